package runbook

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// folder is what a folder of runbooks holds at one moment.
type folder struct {
	books, scripts []file // in the order of their names
	findings       []procedures.Finding
	// sum covers the names of all files and folders, and the text of those that are read, or why they are not.
	sum [sha256.Size]byte
	// whole reports that everything could be read.
	whole bool
}

// file is a runbook or shell script with its text, or with the reason why there is none.
type file struct {
	name string
	text []byte
	err  error
}

// readFolder reads all runbooks and shell scripts below fsys. Only a folder that cannot be read at all is an error.
// Files are read by several goroutines; the result is in the order of their names.
func readFolder(fsys fs.FS) (*folder, error) {
	names, err := list(fsys)
	if err != nil {
		return nil, fmt.Errorf("read the folder of runbooks: %w", err)
	}
	files := make([]file, len(names))
	each(len(names), func(i int) {
		files[i].name = names[i].path
		if names[i].kind == kindBook || names[i].kind == kindShell {
			files[i].text, files[i].err = readBounded(fsys, names[i].path)
			if files[i].err == nil && names[i].kind == kindBook {
				files[i].err = bearable(files[i].text)
			}
		}
	})
	out, sum := &folder{whole: true}, sha256.New()
	for i, f := range files {
		if errors.Is(f.err, fs.ErrNotExist) {
			if _, err := fs.Lstat(fsys, f.name); errors.Is(err, fs.ErrNotExist) {
				continue // it went between the listing and the reading; a link to nothing is still there
			}
		}
		text := sha256.Sum256(f.text)
		fmt.Fprintf(sum, "%d %q %x %v\n", names[i].kind, f.name, text, errors.Join(f.err, names[i].err))
		why := errors.Join(f.err, names[i].err)
		out.whole = out.whole && (why == nil || errors.Is(why, confined.ErrOutside)) // a link outside stays one until it changes
		switch names[i].kind {
		case kindBook:
			out.books = append(out.books, f)
		case kindShell:
			out.scripts = append(out.scripts, f)
		case kindUnreadable:
			out.findings = append(out.findings,
				procedures.Finding{File: f.name, Line: 1, Column: 1, Severity: procedures.SeverityError, Rule: "file-unreadable",
					Message: "this cannot be read: " + cause(names[i].err)})
		}
	}
	out.sum = [sha256.Size]byte(sum.Sum(nil))
	return out, nil
}

// entryKind says what is done with an entry of the folder.
type entryKind int

const (
	kindFolder entryKind = iota
	kindBook
	kindShell
	kindOther // a file that a step may name
	kindUnreadable
)

// entry is a file or folder below the library's folder.
type entry struct {
	path string
	kind entryKind
	err  error // of kindUnreadable
}

// list walks through the folder in the order of the names. Hidden files and folders, and those of package managers, are
// passed over.
func list(fsys fs.FS) (entries []entry, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			entries = append(entries, entry{name, kindUnreadable, err})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case passedOver(name):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
			entries = append(entries, entry{name, kindFolder, nil})
		default:
			e := entry{name, kindOf(name), nil}
			if e.kind == kindOther && d.Type()&fs.ModeSymlink != 0 {
				if _, err := fs.Stat(fsys, name); errors.Is(err, confined.ErrOutside) {
					e = entry{name, kindUnreadable, err} // scripts would find nothing behind it, and should know why
				}
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

// kindOf is what a file is by its name.
// Scripts are .sh and .bash; of all other files only the name counts.
func kindOf(name string) entryKind {
	switch {
	case IsMarkdown(name):
		return kindBook
	case strings.HasSuffix(name, ".sh") || strings.HasSuffix(name, ".bash"):
		return kindShell
	}
	return kindOther
}

// IsMarkdown reports the endings of Markdown files, in small letters or capitals.
func IsMarkdown(name string) bool { return procedures.IsRunbook(name) }

// passedOver reports names that hold no runbooks: hidden ones, and package managers' folders.
func passedOver(name string) bool {
	base := path.Base(name)
	return name != "." && strings.HasPrefix(base, ".") || base == "node_modules"
}

// readBounded reads a regular file of a bearable size. A pipe would never end.
// Links are followed as fsys does it: those of a folder on the server only inside of it.
func readBounded(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > limits.RunbookBytes.Value:
		return nil, limits.RunbookBytes.Reached()
	}
	return fs.ReadFile(fsys, name)
}

// cause is an error's own words, without the path that the finding already names.
func cause(err error) string {
	if errors.Is(err, confined.ErrOutside) {
		return "it is a link that leads outside of the folder of runbooks, or not a relative one, and is not followed; put the " +
			"file into the folder"
	}
	var perr *fs.PathError
	if errors.As(err, &perr) {
		return perr.Err.Error()
	}
	return err.Error()
}

// each calls f for 0 … n-1, on as many goroutines as there are processors, and waits for all.
// f has to be safe for concurrent use.
func each(n int, f func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), n) {
		group.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

// glance is what a folder looks like from outside: the names, sizes, times and modes of its files.
type glance struct {
	sum uint64
	// sure reports that another glance with the same sum means that nothing has changed since.
	sure bool
}

// recent is how young a file's time may be for its next change to have the same one: file systems count time in steps, from
// some milliseconds on Linux to 2 s on FAT.
const recent = 3 * time.Second

// glanceAt looks at a folder without reading its files.
func glanceAt(fsys fs.FS) glance {
	sum, g := fnv.New64a(), glance{sure: true}
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && passedOver(name) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		fmt.Fprintf(sum, "%q %v ", name, err)
		if err != nil {
			return nil //nolint:nilerr // the sum has the error
		}
		info, err := fs.Stat(fsys, name)
		if err != nil { // a link to nothing, or it went meanwhile
			fmt.Fprintf(sum, "%v ", err)
			return nil
		}
		fmt.Fprintf(sum, "%o ", info.Mode())
		if !d.IsDir() && kindOf(name) != kindOther { // of others it counts that they are there
			_ = binary.Write(sum, binary.LittleEndian, [2]int64{info.Size(), info.ModTime().UnixNano()})
			g.sure = g.sure && time.Since(info.ModTime()).Abs() > recent
		}
		return nil
	})
	g.sum = sum.Sum64()
	return g
}
