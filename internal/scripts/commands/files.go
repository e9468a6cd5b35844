package commands

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// The commands of this file and of copy.go change the run's own files, which lie over the runbooks': what the runbooks' folder has is never
// changed, and a script that tries is told so.

// maxTree bounds how deep folders are followed.
const maxTree = 200

// isThere reports whether a file is there, and whether it is a folder.
func isThere(files procedures.Files, name string) (there, folder bool) {
	info, err := files.Stat(name)
	return err == nil, err == nil && info.IsDir()
}

var mkdirOptions = []option{{'p', "parents", noArgument}, {'v', "verbose", noArgument}, {'m', "mode", needsArgument}}

// runMkdir makes folders.
func runMkdir(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], mkdirOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) == 0 {
		return complain(inv, 1, "missing operand")
	}
	if _, ok := changedMode(0o777, p.last("mode")); p.has("mode") && !ok {
		return complain(inv, 1, "invalid mode ‘%s’", p.last("mode"))
	}
	status := 0
	for _, name := range p.operands {
		made, err := makeFolder(inv.Files, name, p.has("parents"))
		if err == nil && p.has("mode") && len(made) > 0 {
			to, _ := changedMode(0o777, p.last("mode"))
			err = setMode(inv, made[len(made)-1], to)
		}
		for _, m := range made {
			if p.has("verbose") && write(inv.Stdout, []byte("mkdir: created directory '"+m+"'\n")) != nil {
				return 1
			}
		}
		if err != nil {
			status = complain(inv, 1, "cannot create directory ‘%s’: %s", name, fileError(err))
		}
	}
	return status
}

// setMode sets the mode of a file that a command has made.
func setMode(inv *procedures.Invocation, name string, mode fs.FileMode) error {
	if inv.Chmod == nil {
		return nil // nobody asks for modes where there are none
	}
	return inv.Chmod(name, mode)
}

// makeFolder makes a folder, with parents those on its way too; made are the names of those that were not there.
func makeFolder(files procedures.Files, name string, parents bool) (made []string, err error) {
	if name == "" {
		return nil, fs.ErrNotExist
	}
	if !parents {
		if there, _ := isThere(files, name); there {
			return nil, fs.ErrExist
		}
		return []string{name}, files.Mkdir(strings.TrimRight(name, "/"))
	}
	if strings.Count(name, "/") > maxTree {
		return nil, errors.New("File name too long")
	}
	way := ""
	for part := range strings.SplitSeq(strings.TrimRight(name, "/"), "/") {
		way += part
		if part != "" {
			switch there, folder := isThere(files, way); {
			case there && !folder && way == strings.TrimRight(name, "/"):
				return made, fs.ErrExist
			case there && !folder:
				return made, errors.New("Not a directory")
			case !there:
				if err := files.Mkdir(way); err != nil {
					return made, err
				}
				made = append(made, way)
			}
		}
		way += "/"
	}
	return made, nil
}

var rmdirOptions = []option{{'p', "parents", noArgument}, {'v', "verbose", noArgument}, {0, "ignore-fail-on-non-empty", noArgument}}

// runRmdir removes empty folders.
func runRmdir(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], rmdirOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) == 0 {
		return complain(inv, 1, "missing operand")
	}
	status := 0
	for _, name := range p.operands {
		for first := true; first || p.has("parents") && name != "." && name != "/"; first = false {
			if p.has("verbose") && write(inv.Stdout, []byte("rmdir: removing directory, '"+name+"'\n")) != nil {
				return 1
			}
			entries, err := inv.Files.ReadDir(name)
			_, folder := isThere(inv.Files, name)
			switch {
			case err == nil && len(entries) > 0 && p.has("ignore-fail-on-non-empty"):
			case err == nil && len(entries) > 0:
				err = errors.New("Directory not empty")
			case err == nil && !folder:
				err = errors.New("Not a directory")
			case err == nil:
				err = inv.Files.Remove(name)
			}
			if err != nil {
				status = complain(inv, 1, "failed to remove '%s': %s", name, fileError(err))
			}
			if err != nil || len(entries) > 0 {
				break
			}
			name = path.Dir(strings.TrimRight(name, "/"))
		}
	}
	return status
}

var rmOptions = []option{
	{'r', "recursive", noArgument}, {'R', "", noArgument}, {'f', "force", noArgument}, {'v', "verbose", noArgument},
	{'d', "dir", noArgument},
}

// runRm removes files of the run.
func runRm(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], rmOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) == 0 && !p.has("force") {
		return complain(inv, 1, "missing operand")
	}
	r := remover{ctx: ctx, inv: inv, deep: p.has("recursive") || p.has("R"), empty: p.has("dir"), verbose: p.has("verbose")}
	status := 0
	for _, name := range p.operands {
		base := path.Base(strings.TrimRight(name, "/"))
		there, _ := isThere(inv.Files, name)
		switch {
		case base == "." || base == ".." || strings.Trim(name, "/") == "" && name != "":
			status = complain(inv, 1, "refusing to remove '.' or '..' or '/' directory: skipping '%s'", name)
		case !there && p.has("force"):
		case !there:
			status = complain(inv, 1, "cannot remove '%s': No such file or directory", name)
		default:
			if err := r.remove(name, 0); err != nil {
				status = complain(inv, 1, "cannot remove '%s': %s", name, fileError(err))
			}
		}
	}
	return status
}

type remover struct {
	ctx                  context.Context //nolint:containedctx // of one line
	inv                  *procedures.Invocation
	deep, empty, verbose bool
}

func (r remover) remove(name string, depth int) error {
	if err := errors.Join(r.ctx.Err(), r.inv.Meter.Work(1000)); err != nil {
		return err
	}
	if depth > maxTree {
		return errors.New("the folders are nested too deep")
	}
	what := "removed '" + name + "'\n"
	if _, folder := isThere(r.inv.Files, name); folder {
		entries, err := r.inv.Files.ReadDir(name)
		switch {
		case err != nil:
			return err
		case !r.deep && !r.empty:
			return errors.New("Is a directory")
		case !r.deep && len(entries) > 0:
			return errors.New("Directory not empty")
		}
		for _, e := range entries {
			if err := r.remove(strings.TrimRight(name, "/")+"/"+e.Name(), depth+1); err != nil {
				return err
			}
		}
		what = "removed directory '" + name + "'\n"
	}
	if err := r.inv.Files.Remove(name); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fs.ErrPermission // it is one of the runbooks'
		}
		return err
	}
	if r.verbose {
		return write(r.inv.Stdout, []byte(what))
	}
	return nil
}

var touchOptions = []option{
	{'a', "", noArgument}, {'m', "", noArgument}, {'c', "no-create", noArgument}, {'d', "date", needsArgument},
	{'r', "reference", needsArgument},
	{'t', "", needsArgument},
}

// runTouch sets when files were changed, and makes those that are not there.
func runTouch(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], touchOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) == 0 {
		return complain(inv, 1, "missing file operand")
	}
	at := inv.Now().In(dateZone(inv, &parsed{values: map[string][]string{}}))
	switch {
	case p.has("date"):
		if at, err = parseDate(p.last("date"), at); err != nil {
			return complain(inv, 1, "invalid date format ‘%s’", p.last("date"))
		}
	case p.has("t"):
		if at, err = touchStamp(p.last("t"), at); err != nil {
			return complain(inv, 1, "invalid date format ‘%s’", p.last("t"))
		}
	case p.has("reference"):
		info, err := inv.Files.Stat(p.last("reference"))
		if err != nil {
			return complain(inv, 1, "failed to get attributes of '%s': %s", p.last("reference"), fileError(err))
		}
		at = info.ModTime()
	}
	status := 0
	for _, name := range p.operands {
		if there, _ := isThere(inv.Files, name); !there {
			if p.has("no-create") {
				continue
			}
			f, err := inv.Files.Create(name, true)
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				status = complain(inv, 1, "cannot touch '%s': %s", name, fileError(err))
				continue
			}
		}
		if err := inv.Files.Chtimes(name, at); err != nil {
			status = complain(inv, 1, "setting times of '%s': %s", name, fileError(err))
		}
	}
	return status
}

// touchStamp reads [[CC]YY]MMDDhhmm[.ss].
func touchStamp(text string, now time.Time) (time.Time, error) {
	digits, seconds, ok := strings.Cut(text, ".")
	if !ok {
		seconds = "00"
	}
	switch len(digits) {
	case 8:
		digits = fmt.Sprintf("%04d", now.Year()) + digits
	case 10:
		century := "20"
		if digits[:2] >= "69" {
			century = "19"
		}
		digits = century + digits
	}
	return time.ParseInLocation("20060102150405", digits+seconds, now.Location())
}

var mktempOptions = []option{
	{'d', "directory", noArgument}, {'u', "dry-run", noArgument}, {'q', "quiet", noArgument}, {'p', "tmpdir", mayHaveArgument},
	{'t', "", noArgument}, {0, "suffix", needsArgument},
}

// ownTmpdir makes --tmpdir= of -p, which has a value of its own where --tmpdir may have one.
func ownTmpdir(args []string) []string {
	for i, a := range args {
		if a == "-p" && i+1 < len(args) {
			return append(append(append([]string{}, args[:i]...), "--tmpdir="+args[i+1]), args[i+2:]...)
		}
	}
	return args
}

// runMktemp makes a file or a folder with a name that nothing has. The name follows from the script's clock and the line, so that what was
// planned with it is what is sent.
func runMktemp(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], ownTmpdir(inv.Args[1:]), mktempOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	template, folder := "tmp.XXXXXXXXXX", ""
	switch {
	case len(p.operands) > 1:
		return complain(inv, 1, "too many templates")
	case len(p.operands) == 1:
		template = p.operands[0]
	}
	if len(p.operands) == 0 || p.has("tmpdir") || p.has("t") {
		if folder = p.last("tmpdir"); folder == "" {
			folder = "/tmp"
		}
	}
	end := strings.LastIndexByte(template, 'X') + 1
	start := len(strings.TrimRight(template[:end], "X"))
	suffix := template[end:]
	switch {
	case end-start < 3:
		return complain(inv, 1, "too few X's in template ‘%s’", template)
	case p.has("suffix") && suffix != "":
		return complain(inv, 1, "with --suffix, template ‘%s’ must end in X", template)
	case strings.Contains(suffix+p.last("suffix"), "/"):
		return complain(inv, 1, "invalid suffix ‘%s’, contains directory separator", suffix+p.last("suffix"))
	}
	for try := range 1000 {
		seed := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s/%d", inv.Now().UnixNano(), inv.Line, template, try))
		name := []byte(template[:end])
		for i := start; i < end; i++ {
			const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			name[i] = letters[int(seed[(i-start)%len(seed)])%len(letters)]
		}
		at := string(name) + suffix + p.last("suffix")
		if folder != "" {
			at = strings.TrimRight(folder, "/") + "/" + at
		}
		if there, _ := isThere(inv.Files, at); there {
			continue
		}
		if err := makeTemporary(inv, p, at); err != nil {
			var bound *limits.Error
			if p.has("quiet") && !errors.As(err, &bound) {
				return 1
			}
			return complain(inv, 1, "failed to create file via template ‘%s’: %s", template, fileError(err))
		}
		if write(inv.Stdout, []byte(at+"\n")) != nil {
			return 1
		}
		return 0
	}
	return complain(inv, 1, "failed to create file via template ‘%s’: File exists", template)
}

func makeTemporary(inv *procedures.Invocation, p *parsed, at string) error {
	switch {
	case p.has("dry-run"):
		return nil
	case p.has("directory"):
		if err := inv.Files.Mkdir(at); err != nil {
			return err
		}
		return setMode(inv, at, 0o700)
	}
	var f io.Closer
	f, err := inv.Files.Create(at, false)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), setMode(inv, at, 0o600))
}
