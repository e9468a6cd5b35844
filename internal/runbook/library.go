package runbook

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Options say how a folder of runbooks is read.
type Options struct {
	// Analyser reads the steps' scripts. With nil nothing is known of them, and each counts as a change.
	Analyser procedures.Analyser
	// Variables are an environment's: they fill parameters of the same name.
	Variables map[string]string
	// File returns the address under which pages find a file that a runbook links to; with nil
	// links stay as they are. The name is a path below the library's folder.
	File func(name string) string
	// Image returns the address under which pages find an image of the folder; with nil it stays as it is.
	Image func(name string) string
	// ImageHosts are the hosts, in lower case, from which images may be shown.
	ImageHosts []string
	// Allows reports whether some environment runs a program that is not ours. A finding names those that none runs; with nil nothing is
	// said of them.
	Allows func(program string) bool
	// Renamed says what identifiers of before are called today, as far as that is known from elsewhere than front matter.
	Renamed map[string]string

	previous *Library // for reloads: what did not change is taken over
	headings bool     // each heading with steps is a procedure, whatever the document says
}

// Library is what a folder of runbooks says at one moment. It is never changed after Open
// returned it, so it may be read by any number of goroutines.
type Library struct {
	Chapters []*procedures.Chapter
	// Documents are the files as pages, in the order of their paths.
	Documents []*procedures.Document
	// Findings are those of all files, sorted by file and line. Each finding of a step is in its procedure's too.
	Findings []procedures.Finding

	procedures []*procedures.Procedure
	byID       map[string]*procedures.Procedure
	sections   map[string]*placed // by their addresses
	documents  map[string]*procedures.Document
	former     map[string]string // names of before, and what they are called today
	scripts    map[string]scriptFile
	allows     func(program string) bool // of the options
	files      map[string]readFile
	sum        [sha256.Size]byte // of the folder that it was read from
}

// readFile is a file as it was read, for reloads.
type readFile struct {
	sum  [sha256.Size]byte // of its text
	book *runbook          // nil for a script
	text []byte            // of a script
}

// Open reads every Markdown file below fsys. Only a folder that cannot be read at all is an
// error; what is wrong with a file is in Findings, and its other parts and all other files are there.
// It returns when everything is read; nothing of fsys is held.
func Open(fsys fs.FS, options Options) (*Library, error) {
	f, err := readFolder(fsys)
	if err != nil {
		return nil, err
	}
	return openFolder(fsys, f, options), nil
}

// openFolder makes the library of a folder that was read. Of a file that could not be read it takes over what
// options.previous has.
// Runbooks are read by several goroutines, which share options; assemble then works on its own
// copies.
func openFolder(fsys fs.FS, from *folder, options Options) *Library {
	lib := emptyLibrary()
	lib.Findings, lib.sum = from.findings, from.sum
	read := make([]readFile, len(from.books))
	each(len(from.books), func(i int) { read[i] = readBook(from.books[i], options) })
	var books []*runbook
	for i, f := range from.books {
		if f.err != nil {
			lib.Findings = append(lib.Findings, unreadable(f, "file", read[i].book != nil))
		}
		if read[i].book != nil {
			lib.files[f.name] = read[i]
			books = append(books, read[i].book)
		}
	}
	lib.assemble(fsys, books, from.scripts, options)
	return lib
}

// readBook parses a file, or takes it over from the library before where it is the same or cannot be read.
func readBook(f file, options Options) readFile {
	var before readFile
	if options.previous != nil {
		before = options.previous.files[f.name]
	}
	sum := sha256.Sum256(f.text)
	if f.err != nil || before.book != nil && before.sum == sum {
		return before
	}
	return readFile{sum: sum, book: readRunbook(f.name, f.text, options)}
}

// unreadable says why a file is not read, and, where kept, that the version before is used.
func unreadable(f file, what string, kept bool) procedures.Finding {
	m := procedures.Finding{File: f.name, Line: 1, Column: 1, Severity: procedures.SeverityError, Rule: "file-unreadable",
		Message: fmt.Sprintf("this %s cannot be read: %s", what, cause(f.err))}
	if kept {
		m.Message += "; the version read before is used"
	}
	return m
}

// OpenText reads one runbook from its text: the text that a run began with, say, after the file
// has changed. Script files of other runbooks and files beside it are not there.
func OpenText(file, text string, options Options) *Library {
	lib := emptyLibrary()
	book := readRunbook(file, []byte(text), options)
	lib.files[file] = readFile{sum: sha256.Sum256([]byte(text)), book: book}
	lib.assemble(noFiles{}, []*runbook{book}, nil, options)
	return lib
}

// OpenRun reads the runbook of a run from the text that it began with. Where the run's procedure is a section now, each heading
// with steps is a procedure, as it was when the run began.
func OpenRun(file, text, procedure string, options Options) *Library {
	lib := OpenText(file, text, options)
	if lib.byID[procedure] == nil {
		options.headings = true
		return OpenText(file, text, options)
	}
	return lib
}

func emptyLibrary() *Library {
	return &Library{
		byID: map[string]*procedures.Procedure{}, sections: map[string]*placed{}, scripts: map[string]scriptFile{},
		files: map[string]readFile{}, documents: map[string]*procedures.Document{}, former: map[string]string{},
	}
}

// noFiles is a folder with nothing in it.
type noFiles struct{}

// Open implements fs.FS: no file exists.
func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Script returns the script file with that path: one that a heading of a runbook names, or
// one that lies in the folder. A leading "./" is ignored; a path below another folder is found if it is the only such one.
func (lib *Library) Script(name string) (procedures.Script, bool) {
	f, ok := lib.scriptFile(name)
	return f.script, ok
}

// scriptFile is Script with all that is known of the file.
func (lib *Library) scriptFile(name string) (scriptFile, bool) {
	name = path.Clean(name)
	if f, ok := lib.scripts[name]; ok {
		return f, true
	}
	var found []scriptFile
	for p, f := range lib.scripts {
		if strings.HasSuffix(p, "/"+name) {
			found = append(found, f)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return scriptFile{}, false
}

// Markdown returns the text of a runbook as it was read.
func (lib *Library) Markdown(file string) (string, bool) {
	f, ok := lib.files[file]
	if !ok || f.book == nil {
		return "", false
	}
	return f.book.source, true
}

// texts are the runbooks as they were read, by their paths.
func (lib *Library) texts() map[string]string {
	out := map[string]string{}
	for name, f := range lib.files {
		if f.book != nil {
			out[name] = f.book.source
		}
	}
	return out
}

// RenamedBy is the library with names of before that a function finds: see [Options].
func (lib *Library) RenamedBy(find func(texts map[string]string) map[string]string) {
	for was, now := range find(lib.texts()) {
		lib.lead(was, now)
	}
	lib.tellFormer()
}

// Files are the paths of all runbooks that were read, sorted.
func (lib *Library) Files() []string {
	var files []string
	for name, f := range lib.files {
		if f.book != nil {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}

// Procedures returns all procedures, in the order of the chapters.
// The list is the caller's, and what it points to is not.
func (lib *Library) Procedures() []*procedures.Procedure {
	var all []*procedures.Procedure
	for _, c := range lib.Chapters {
		all = append(all, c.Procedures...)
	}
	return all
}
