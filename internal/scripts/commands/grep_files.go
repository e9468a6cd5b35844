package commands

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// grepFilter is --include or --exclude, or --exclude-dir.
type grepFilter struct {
	re       *posix.Regexp
	includes bool
}

// setUpFiles reads which files are searched, and whether their names are printed.
func (g *grep) setUpFiles() error {
	p := g.p
	g.folders = "read"
	seen := map[string]int{}
	for _, name := range p.order {
		value := p.values[name][seen[name]]
		seen[name]++
		switch name {
		case "recursive", "dereference-recursive":
			g.folders = "recurse"
		case "directories":
			if value != "read" && value != "skip" && value != "recurse" {
				return &badWordError{"directories", value}
			}
			g.folders = value
		case "include", "exclude", "exclude-dir":
			re, err := globRegexp(g.inv, strings.TrimRight(value, "/"), false)
			if err != nil {
				return err
			}
			if name == "exclude-dir" {
				g.in = append(g.in, grepFilter{re, false})
			} else {
				g.files = append(g.files, grepFilter{re, name == "include"})
			}
		}
	}
	g.names = len(p.operands) > 1
	switch p.lastOf("with-filename", "no-filename") {
	case "with-filename":
		g.names = true
	case "no-filename":
		g.names = false
	}
	return nil
}

// skipped reports whether filters leave a name out: the last that fits decides, and where none does the opposite of the first.
func skipped(filters []grepFilter, name string) (bool, error) {
	for _, f := range slices.Backward(filters) {
		if fits, err := f.re.Match(name); fits || err != nil {
			return !f.includes, err
		}
	}
	return len(filters) > 0 && filters[0].includes, nil
}

// operand searches a file that the line names, or a folder.
func (g *grep) operand(name string) {
	if name == "-" || name == nullFile {
		g.file(name)
		return
	}
	info, err := g.inv.Files.Stat(name)
	switch {
	case err != nil:
		g.failed(name, err)
	case !info.IsDir():
		if out, err := skipped(g.files, name); err != nil || out {
			g.failed(name, err)
			return
		}
		g.file(name)
	case g.folders == "skip":
	case g.folders == "read":
		g.failed(name, errors.New("Is a directory"))
		g.failed(name, (&grepFile{grep: g, name: name}).summary()) // it has no lines
	default:
		if out, err := skipped(g.in, strings.TrimRight(name, "/")); err != nil || out {
			g.failed(name, err)
			return
		}
		g.folder(name, 0)
	}
}

// failed complains about a file, unless -s is given; nil is no failure.
func (g *grep) failed(name string, err error) {
	var broken *writeError
	var bound *limits.Error
	switch {
	case err == nil || g.ctx.Err() != nil:
		return
	case errors.As(err, &broken): // the reader has gone, as after `| head`
	case errors.As(err, &bound):
		complain(g.inv, 2, "%s: %v", name, bound)
	case !g.p.has("no-messages"):
		complain(g.inv, 2, "%s: %s", name, fileError(err))
	}
	g.status = 2
}

// folder searches what is in a folder, in the order of names. Links in it are followed by -R alone.
func (g *grep) folder(name string, depth int) {
	if err := errors.Join(g.ctx.Err(), g.inv.Meter.Work(2000)); err != nil || depth > maxTree {
		g.failed(name, err)
		return
	}
	if g.p.lastOf("with-filename", "no-filename") == "" {
		g.names = true
	}
	entries, err := g.inv.Files.ReadDir(name)
	if err != nil {
		g.failed(name, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		at := strings.TrimRight(name, "/") + "/" + e.Name()
		if name == "." && len(g.p.operands) == 0 {
			at = e.Name()
		}
		filters := g.files
		if e.IsDir() {
			filters = g.in
		}
		out, err := skipped(filters, path.Base(at))
		linked := e.Type()&fs.ModeSymlink != 0
		switch {
		case err != nil:
			g.failed(at, err)
		case out, linked && !g.p.has("dereference-recursive"):
		case linked:
			g.operand(at)
		case e.IsDir():
			g.folder(at, depth+1)
		case e.Type().IsRegular():
			g.file(at)
		}
		if g.status != 0 && g.ctx.Err() != nil || g.any && g.quiet() {
			return
		}
	}
}

// file searches one input.
func (g *grep) file(name string) {
	g.failed(name, oneInput(g.ctx, g.inv, name, g.search))
}

// search goes through one input.
// -q, -l, -L and -c print at most one line for an input, when it has been read as far as needed.
func (g *grep) search(name string, r io.Reader) error {
	if name == "-" {
		name = "(standard input)"
		if g.p.has("label") {
			name = g.p.last("label")
		}
	}
	s := &grepFile{grep: g, name: name, last: -1, held: window{meter: g.inv.Meter}}
	in := &peeked{r: r}
	if s.binary = !g.p.has("text") && g.end == '\n' && in.hasZero(); s.binary && g.p.has("I") {
		return nil
	}
	lines := newRecords(&contextReader{g.ctx, in, g.inv.Meter}, g.end)
	defer lines.close()
	err := s.all(lines)
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	return s.summary()
}

// summary prints what -c, -l and -L say of an input.
func (s *grepFile) summary() error {
	g := s.grep
	if g.quiet() {
		return nil
	}
	kind := g.p.lastOf("files-with-matches", "files-without-match")
	if kind == "" && g.p.has("count") {
		if err := write(g.inv.Stdout, fmt.Appendf(nil, "%s%d\n", s.fileName(":"), s.selected)); err != nil {
			return err
		}
	}
	return s.printName(kind != "" && (kind == "files-with-matches") == (s.selected > 0))
}

// peeked is a reader of which the beginning is known.
type peeked struct {
	r    io.Reader
	head []byte
	err  error
}

// hasZero reports whether the beginning of an input has a zero byte: it is no text.
func (p *peeked) hasZero() bool {
	buffer := make([]byte, 32<<10)
	n, err := p.r.Read(buffer)
	p.head, p.err = buffer[:n], err
	return slices.Contains(p.head, 0)
}

// Read implements io.Reader.
func (p *peeked) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.r.Read(b)
}
