package commands

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

var cpOptions = []option{
	{'r', "recursive", noArgument}, {'R', "", noArgument}, {'a', "archive", noArgument}, {'p', "preserve", mayHaveArgument},
	{'f', "force", noArgument}, {'n', "no-clobber", noArgument}, {'u', "update", noArgument}, {'v', "verbose", noArgument},
	{'t', "target-directory", needsArgument}, {'T', "no-target-directory", noArgument}, {'d', "", noArgument}, {'L', "", noArgument},
	{'P', "", noArgument}, {'x', "one-file-system", noArgument},
}

var mvOptions = []option{
	{'f', "force", noArgument}, {'n', "no-clobber", noArgument}, {'u', "update", noArgument}, {'v', "verbose", noArgument},
	{'t', "target-directory", needsArgument}, {'T', "no-target-directory", noArgument},
}

// copier copies files of the run, and the runbooks'.
type copier struct {
	ctx     context.Context //nolint:containedctx // of one line
	inv     *procedures.Invocation
	p       *parsed
	deep    bool
	times   bool // those of the originals stay
	moves   bool
	visited int
}

// runCp copies files and folders.
func runCp(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], cpOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	c := &copier{ctx: ctx, inv: inv, p: p, deep: p.has("recursive") || p.has("R") || p.has("archive"),
		times: p.has("preserve") || p.has("archive")}
	return c.all()
}

// runMv moves files of the run: they are copied, and then removed.
func runMv(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], mvOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	c := &copier{ctx: ctx, inv: inv, p: p, deep: true, times: true, moves: true}
	return c.all()
}

// all goes through the operands: the last one is where they go, unless -t says it.
func (c *copier) all() int {
	names := c.p.operands
	target := c.p.last("target-directory")
	switch {
	case len(names) == 0:
		return complain(c.inv, 1, "missing file operand")
	case target == "" && len(names) == 1:
		return complain(c.inv, 1, "missing destination file operand after '%s'", names[0])
	case target == "":
		target, names = names[len(names)-1], names[:len(names)-1]
	}
	there, folder := isThere(c.inv.Files, target)
	into := folder && !c.p.has("no-target-directory") || c.p.has("target-directory")
	switch {
	case c.p.has("target-directory") && !folder:
		return complain(c.inv, 1, "target directory '%s': No such file or directory", target)
	case len(names) > 1 && c.p.has("no-target-directory"):
		return complain(c.inv, 1, "extra operand '%s'", target)
	case len(names) > 1 && !into && there:
		return complain(c.inv, 1, "target '%s': Not a directory", target)
	case len(names) > 1 && !into:
		return complain(c.inv, 1, "target '%s': No such file or directory", target)
	case strings.HasSuffix(target, "/") && !there && !c.deep:
		return complain(c.inv, 1, "cannot create regular file '%s': Not a directory", target)
	}
	status := 0
	for _, name := range names {
		to := target
		if into {
			to = strings.TrimRight(target, "/") + "/" + path.Base(strings.TrimRight(name, "/"))
			if target == "/" {
				to = "/" + path.Base(name)
			}
		}
		if got := c.one(name, to); got != 0 {
			status = got
		}
	}
	return status
}

// one copies one operand, and removes it where it moves.
func (c *copier) one(from, to string) int {
	info, err := c.inv.Files.Stat(from)
	verb := "cannot stat"
	if err != nil {
		return complain(c.inv, 1, "%s '%s': %s", verb, from, fileError(err))
	}
	there, folder := isThere(c.inv.Files, to)
	clean := func(name string) string { return path.Join("/", c.inv.Folder, strings.TrimRight(name, "/")) }
	same := absolute(from, clean) == absolute(to, clean)
	switch {
	case info.IsDir() && !c.deep:
		return complain(c.inv, 1, "-r not specified; omitting directory '%s'", from)
	case same:
		return complain(c.inv, 1, "'%s' and '%s' are the same file", from, to)
	case info.IsDir() && strings.HasPrefix(absolute(to, clean)+"/", absolute(from, clean)+"/"):
		return complain(c.inv, 1, "cannot copy a directory, '%s', into itself, '%s'", from, to)
	case there && !folder && info.IsDir():
		return complain(c.inv, 1, "cannot overwrite non-directory '%s' with directory '%s'", to, from)
	case there && folder && !info.IsDir():
		return complain(c.inv, 1, "cannot overwrite directory '%s' with non-directory", to)
	case there && c.p.has("no-clobber") && !info.IsDir():
		return 0
	}
	if c.moves && there && folder {
		if entries, err := c.inv.Files.ReadDir(to); err == nil && len(entries) > 0 {
			return complain(c.inv, 1, "cannot move '%s' to '%s': Directory not empty", from, to)
		}
	}
	if c.p.has("verbose") && c.moves && write(c.inv.Stdout, []byte("renamed '"+from+"' -> '"+to+"'\n")) != nil {
		return 1
	}
	if err := c.tree(from, to, 0); err != nil {
		word := "cannot create regular file"
		if c.moves {
			word = "cannot move '" + from + "' to"
		}
		return complain(c.inv, 1, "%s '%s': %s", word, to, fileError(err))
	}
	if c.moves {
		if err := (remover{ctx: c.ctx, inv: c.inv, deep: true}).remove(from, 0); err != nil {
			return complain(c.inv, 1, "cannot remove '%s': %s", from, fileError(err))
		}
	}
	return 0
}

func absolute(name string, clean func(string) string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return clean(name)
}

func (c *copier) tree(from, to string, depth int) error {
	if err := errors.Join(c.ctx.Err(), c.inv.Meter.Work(2000)); err != nil {
		return err
	}
	if c.visited++; depth > maxTree || c.visited > limits.RunFiles.Size() {
		return errors.New("there are too many files, or they are nested too deep")
	}
	info, err := c.inv.Files.Stat(from)
	if err != nil {
		return err
	}
	if c.p.has("update") && !info.IsDir() {
		if old, err := c.inv.Files.Stat(to); err == nil && !info.ModTime().After(old.ModTime()) {
			return nil
		}
	}
	if c.p.has("verbose") && !c.moves {
		if err := write(c.inv.Stdout, []byte("'"+from+"' -> '"+to+"'\n")); err != nil {
			return err
		}
	}
	if !info.IsDir() {
		return c.file(from, to, info.ModTime())
	}
	entries, err := c.inv.Files.ReadDir(from)
	if err != nil {
		return err
	}
	if there, folder := isThere(c.inv.Files, to); !there || !folder {
		if err := c.inv.Files.Mkdir(strings.TrimRight(to, "/")); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if there, _ := isThere(c.inv.Files, to+"/"+e.Name()); there && c.p.has("no-clobber") && !e.IsDir() {
			continue
		}
		if err := c.tree(strings.TrimRight(from, "/")+"/"+e.Name(), strings.TrimRight(to, "/")+"/"+e.Name(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) file(from, to string, at time.Time) error {
	in, err := c.inv.Files.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	there, _ := isThere(c.inv.Files, to)
	out, err := c.inv.Files.Create(to, false)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, &contextReader{c.ctx, in, c.inv.Meter})
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if info, err := in.Stat(); err == nil && (c.times || !there) { // -p goes with the times
		mode := info.Mode().Perm()
		if !c.times {
			mode &^= 0o022
		}
		if err := setMode(c.inv, to, mode); err != nil {
			return err
		}
	}
	if c.times {
		return c.inv.Files.Chtimes(to, at)
	}
	return nil
}
