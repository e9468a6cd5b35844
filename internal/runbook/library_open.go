package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Options say how a folder of runbooks is read.
type Options struct {
	// Analyser reads the steps' scripts. With nil nothing is known of them, and each counts as a change.
	Analyser procedures.Analyser
	// Variables are an environment's: they fill parameters of the same name.
	Variables map[string]string
	// File returns the address under which pages find a file that a runbook shows or links to; with nil
	// links stay as they are. The name is a path below the library's folder.
	File func(name string) string

	previous *Library // for reloads: what did not change is taken over
}

// Library is what a folder of runbooks says at one moment. It is never changed after Open
// returned it, so it may be read by any number of goroutines.
type Library struct {
	Chapters []*procedures.Chapter
	// Findings are those of all files, sorted by file and line. Each mistake of a step is in its procedure's too.
	Findings []procedures.Finding

	procedures []*procedures.Procedure
	byID       map[string]*procedures.Procedure
	scripts    map[string]scriptFile
	files      map[string]readFile
}

// readFile is a file as it was read, for reloads.
type readFile struct {
	sum  [sha256.Size]byte
	book *runbook // nil for a script
	text string
}

// Open reads every Markdown file below fsys. Only a folder that cannot be read at all is an
// error; what is wrong with a file is in Mistakes, and its other parts and all other files are there.
func Open(fsys fs.FS, options Options) (*Library, error) {
	names, scripts, mistakes, err := listFiles(fsys)
	if err != nil {
		return nil, fmt.Errorf("read the folder of runbooks: %w", err)
	}
	lib := &Library{byID: map[string]*procedures.Procedure{}, scripts: map[string]scriptFile{}, files: map[string]readFile{}, Findings: mistakes}
	files := make([]readFile, len(names))
	problems := make([]*procedures.Finding, len(names))
	each(len(names), func(i int) {
		files[i], problems[i] = loadRunbook(fsys, names[i], options)
	})
	var books []*runbook
	for i, name := range names {
		if problems[i] != nil {
			lib.Findings = append(lib.Findings, *problems[i])
		}
		if files[i].book != nil {
			lib.files[name] = files[i]
			books = append(books, files[i].book)
		}
	}
	lib.assemble(fsys, books, scripts, options)
	return lib, nil
}

// OpenText reads one runbook from its text: the text that a run began with, say, after the file
// has changed. Script files of other runbooks and files beside it are not there.
func OpenText(file, text string, options Options) *Library {
	lib := &Library{byID: map[string]*procedures.Procedure{}, scripts: map[string]scriptFile{}, files: map[string]readFile{}}
	book := readRunbook(file, []byte(text), options)
	lib.files[file] = readFile{sum: sha256.Sum256([]byte(text)), book: book}
	lib.assemble(noFiles{}, []*runbook{book}, nil, options)
	return lib
}

// noFiles is a folder with nothing in it.
type noFiles struct{}

func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// each calls f for 0 … n-1, on as many goroutines as there are processors, and waits for all.
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

// listFiles finds runbooks and shell scripts, in order. Hidden folders and those of package managers are passed over.
func listFiles(fsys fs.FS) (runbooks, scripts []string, mistakes []procedures.Finding, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			mistakes = append(mistakes, procedures.Finding{File: name, Line: 1, Column: 1, Severity: procedures.SeverityError, Rule: "file-unreadable", Message: "this cannot be read: " + cause(err)})
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case name != "." && strings.HasPrefix(path.Base(name), ".") || path.Base(name) == "node_modules":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
		case isMarkdown(name):
			runbooks = append(runbooks, name)
		case strings.HasSuffix(name, ".sh") || strings.HasSuffix(name, ".bash"):
			scripts = append(scripts, name)
		}
		return nil
	})
	return runbooks, scripts, mistakes, err
}

// cause is an error's own words, without the path that the mistake already names.
func cause(err error) string {
	var perr *fs.PathError
	if errors.As(err, &perr) {
		return perr.Err.Error()
	}
	return err.Error()
}

// loadRunbook reads one file, or takes it over from the library before. A file that cannot be read is
// kept as it was last.
func loadRunbook(fsys fs.FS, name string, options Options) (readFile, *procedures.Finding) {
	var before readFile
	if options.previous != nil {
		before = options.previous.files[name]
	}
	text, err := readBounded(fsys, name)
	if err != nil {
		m := &procedures.Finding{File: name, Line: 1, Column: 1, Severity: procedures.SeverityError, Rule: "file-unreadable", Message: "this file cannot be read: " + cause(err)}
		if before.book != nil {
			m.Message += "; what it said last is kept"
		}
		return before, m
	}
	sum := sha256.Sum256(text)
	if before.book != nil && before.sum == sum {
		return before, nil
	}
	return readFile{sum: sum, book: readRunbook(name, text, options)}, nil
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("it has %d bytes, and a runbook has %d at most", info.Size(), maxFile)
	}
	return fs.ReadFile(fsys, name)
}

// assemble puts the files together: chapters that several share, unique
// identifiers, script files, and the checks that need to see all of it.
func (lib *Library) assemble(fsys fs.FS, books []*runbook, scriptNames []string, options Options) {
	chapters := map[string]*procedures.Chapter{}
	for _, book := range books {
		lib.Findings = append(lib.Findings, book.mistakes...)
		for _, c := range book.chapters {
			target := chapters[c.ID]
			if target == nil {
				target = &procedures.Chapter{ID: c.ID, Title: c.Title}
				chapters[c.ID] = target
				lib.Chapters = append(lib.Chapters, target)
			}
			target.About += c.About
			for _, p := range c.Procedures {
				lib.add(target, cloned(p), book)
			}
		}
	}
	lib.addScriptFiles(fsys, scriptNames, options)
	for _, p := range lib.procedures {
		lib.link(p)
		lib.check(fsys, p)
		for _, s := range p.Steps {
			inSentences(s.Findings)
		}
		inSentences(p.Findings)
		p.Findings = procedures.SortFindings(p.Findings)
		lib.Findings = append(lib.Findings, p.Findings...)
	}
	lib.digest()
	inSentences(lib.Findings)
	lib.Findings = procedures.SortFindings(lib.Findings)
}

// add puts a procedure into the library. Two files may make the same identifier
// (`a/b.md` without headings and a heading "b" in `a.md`): the second gets a number.
func (lib *Library) add(c *procedures.Chapter, p *procedures.Procedure, book *runbook) {
	id := p.ID
	for n := 2; lib.byID[p.ID] != nil; n++ {
		p.ID = numbered(id, n)
	}
	if p.ID != id {
		p.Findings = append(p.Findings, procedures.Finding{File: p.File, Line: p.Line, Column: 1, Severity: procedures.SeverityNote, Rule: "same-title",
			Message: fmt.Sprintf("%s has a page called %s too: this one is called %s", lib.byID[id].File, id, p.ID)})
	}
	p.Chapter = c.ID
	lib.byID[p.ID] = p
	lib.procedures = append(lib.procedures, p)
	c.Procedures = append(c.Procedures, p)
	for _, f := range book.scripts {
		if f.procedure == nil || f.procedure.Line != p.Line || f.procedure.Title != p.Title {
			continue
		}
		name := path.Clean(f.path)
		if other, ok := lib.scripts[name]; ok {
			p.Findings = append(p.Findings, procedures.Finding{File: p.File, Line: p.Line, Column: 1, Severity: procedures.SeverityWarning, Rule: "same-script",
				Message: fmt.Sprintf("%s is written on line %d of %s too: steps call that one", name, other.line, other.script.File)})
			continue
		}
		f.procedure, f.step = p, p.Step(f.step.ID)
		f.analysis = f.step.Analysis
		lib.scripts[name] = f
	}
}

// cloned copies a procedure with its steps, so that what the library adds stays out of what was read.
func cloned(p *procedures.Procedure) *procedures.Procedure {
	c := *p
	c.Findings = slices.Clone(p.Findings)
	c.Steps = make([]*procedures.Step, len(p.Steps))
	steps := map[*procedures.Step]*procedures.Step{}
	for i, s := range p.Steps {
		copied := *s
		copied.Findings = slices.Clone(s.Findings)
		c.Steps[i], steps[s] = &copied, &copied
	}
	c.Content = slices.Clone(p.Content)
	for i := range c.Content {
		if c.Content[i].Step != nil {
			c.Content[i].Step = steps[c.Content[i].Step]
		}
	}
	return &c
}

// addScriptFiles reads the shell scripts that lie in the folder as files.
func (lib *Library) addScriptFiles(fsys fs.FS, names []string, options Options) {
	for _, name := range names {
		if _, ok := lib.scripts[name]; ok {
			continue
		}
		text, err := readBounded(fsys, name)
		if err != nil {
			lib.Findings = append(lib.Findings, procedures.Finding{File: name, Line: 1, Column: 1, Severity: procedures.SeverityError, Rule: "file-unreadable", Message: "this script cannot be read: " + cause(err)})
			continue
		}
		f := scriptFile{path: name, line: 1, script: procedures.Script{File: name, Line: 1, Text: string(text), Name: name}, step: &procedures.Step{Analysis: procedures.Analysis{Effect: procedures.EffectChange}}}
		if options.Analyser != nil {
			f.step.Analysis = options.Analyser.Analyse(f.script)
		}
		f.analysis = f.step.Analysis
		lib.scripts[name] = f
		lib.files[name] = readFile{text: string(text)}
	}
}

// Script returns the script file with that path: one that a heading of a runbook names, or
// one that lies in the folder. A leading "./" is ignored; a path below another folder is found if it is the only such one.
func (lib *Library) Script(name string) (procedures.Script, bool) {
	f, ok := lib.scriptFile(name)
	return f.script, ok
}

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

// Procedures returns all procedures, in the order of the chapters.
func (lib *Library) Procedures() []*procedures.Procedure {
	var all []*procedures.Procedure
	for _, c := range lib.Chapters {
		all = append(all, c.Procedures...)
	}
	return all
}

// link adds to each step what the script files do that it calls: their calls, programs, hosts and effect.
func (lib *Library) link(p *procedures.Procedure) {
	for _, s := range p.Steps {
		for _, name := range s.Analysis.Scripts {
			lib.follow(name, &s.Analysis, map[string]bool{})
		}
		if s.Bake != nil && s.Kind == procedures.KindScript && s.Analysis.Effect.Changes() && s.Analysis.Refused == "" {
			s.Analysis.Refused = fmt.Sprintf("Line %d: a bake carries its command out again and again, and only reads; %s changes something.", s.Line, strings.Join(s.Analysis.Scripts, ", "))
		}
	}
}

// follow adds what a script file does, and what those do that it calls in turn. seen are the paths on the way.
func (lib *Library) follow(name string, into *procedures.Analysis, seen map[string]bool) {
	name = path.Clean(name)
	if seen[name] {
		return
	}
	seen[name] = true
	f, ok := lib.scriptFile(name)
	if !ok {
		if into.Bake == nil { // what a bake looks with is a check, as its writer says
			into.Effect = into.Effect.Worse(procedures.EffectChange)
		}
		into.Programs = addNew(into.Programs, name)
		return
	}
	into.Effect = into.Effect.Worse(f.step.Effect())
	into.Calls = append(slices.Clip(into.Calls), f.analysis.Calls...)
	into.Detail = append(slices.Clip(into.Detail), f.analysis.Detail...)
	into.Programs = addNew(into.Programs, f.analysis.Programs...)
	into.Hosts = addNew(into.Hosts, f.analysis.Hosts...)
	for _, called := range f.analysis.Scripts {
		lib.follow(called, into, seen)
	}
}

// addNew appends those that are not in the list.
func addNew(list []string, more ...string) []string {
	for _, item := range more {
		if !slices.Contains(list, item) {
			list = append(slices.Clip(list), item)
		}
	}
	return list
}

// digest lets a procedure's digest cover the script files that it calls.
func (lib *Library) digest() {
	own := map[*procedures.Procedure]string{}
	for _, p := range lib.procedures {
		own[p] = p.Digest
	}
	for _, p := range lib.procedures {
		called := map[string]string{}
		for _, s := range p.Steps {
			lib.gather(s.Analysis.Scripts, called)
		}
		if len(called) == 0 {
			continue
		}
		sum := sha256.New()
		fmt.Fprint(sum, own[p])
		for _, name := range slices.Sorted(maps.Keys(called)) {
			fmt.Fprintf(sum, "\x00%s\x00%s", name, called[name])
		}
		p.Digest = hex.EncodeToString(sum.Sum(nil))[:16]
	}
}

func (lib *Library) gather(names []string, into map[string]string) {
	for _, name := range names {
		name = path.Clean(name)
		if f, ok := lib.scriptFile(name); ok && into[name] == "" {
			into[name] = f.script.Text
			lib.gather(f.step.Analysis.Scripts, into)
		}
	}
}

// inSentences lets every message begin with a capital, unless it begins with a name, and end with a stop.
func inSentences(ms []procedures.Finding) {
	for i := range ms {
		text := ms[i].Message
		first, _, _ := strings.Cut(text, " ")
		if strings.Trim(first, "abcdefghijklmnopqrstuvwxyz") == "" && first != "" {
			text = strings.ToUpper(text[:1]) + text[1:]
		}
		if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, "!") {
			text += "."
		}
		ms[i].Message = text
	}
}
