package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// assemble puts the files together: chapters that several share, unique
// identifiers, script files, and the checks that need to see all of it.
// The order matters: steps are linked to scripts before they are checked, and digests come last,
// as they cover the scripts.
func (lib *Library) assemble(fsys fs.FS, books []*runbook, scripts []file, options Options) {
	lib.allows = options.Allows
	chapters := map[string]*procedures.Chapter{}
	for _, book := range books {
		lib.Findings = append(lib.Findings, book.findings...)
		copies := copier{}
		for _, c := range book.chapters {
			target := chapters[c.ID]
			if target == nil {
				target = &procedures.Chapter{ID: c.ID, Title: c.Title}
				chapters[c.ID] = target
				lib.Chapters = append(lib.Chapters, target)
			}
			target.About += c.About
			for _, p := range c.Procedures {
				lib.add(target, copies.of(p), book)
			}
		}
		d := copies.document(book.document)
		lib.Documents = append(lib.Documents, d)
		if lib.documents[d.ID] == nil {
			lib.documents[d.ID] = d
		}
	}
	for _, c := range lib.Chapters {
		slices.SortStableFunc(c.Procedures, func(a, b *procedures.Procedure) int { return FirstOfFolder(a.File, b.File) })
	}
	lib.addScriptFiles(scripts, options)
	off := map[string]*directives{}
	for _, book := range books {
		off[book.file] = book.directives
	}
	lib.nameFormer(books, options.Renamed, off)
	for _, p := range lib.procedures {
		lib.link(p)
		lib.check(fsys, p)
		for _, s := range p.Steps {
			s.Findings = off[p.File].hide(s.Findings)
			inSentences(s.Findings)
		}
		p.Findings = off[p.File].hide(p.Findings)
		inSentences(p.Findings)
		p.Findings = procedures.SortFindings(p.Findings)
	}
	lib.sayOnce()
	for _, p := range lib.procedures {
		lib.Findings = append(lib.Findings, p.Findings...)
	}
	lib.digest()
	inSentences(lib.Findings)
	lib.Findings = procedures.SortFindings(lib.Findings)
}

// FirstOfFolder compares two files of a folder for a stable sort that lists its own page, such as README.md, before its others.
func FirstOfFolder(a, b string) int {
	rank := func(file string) int {
		switch strings.ToLower(path.Base(file)) {
		case "readme.md", "readme.markdown", "index.md", "_index.md":
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}

// add puts a procedure into the library. Two files may make the same identifier
// (`a/b.md` without headings and a heading "b" in `a.md`): the second gets a number.
// A script of a heading is known by its path; of two with one path the first counts, and the
// second has a warning.
func (lib *Library) add(c *procedures.Chapter, p *procedures.Procedure, book *runbook) {
	id := p.ID
	for n := 2; lib.byID[p.ID] != nil; n++ {
		p.ID = numbered(id, n)
	}
	if p.ID != id {
		p.Findings = append(p.Findings, procedures.Finding{File: p.File, Line: p.Line, Column: 1,
			Severity: procedures.SeverityNote, Rule: "same-title",
			Message: fmt.Sprintf("%s also has a page called %s: this one is called %s", lib.byID[id].File, id, p.ID)})
	}
	p.Chapter = c.ID
	lib.byID[p.ID] = p
	for _, at := range p.Sections {
		if lib.sections[at.Address] == nil {
			lib.sections[at.Address] = &placed{p, at}
		}
	}
	lib.procedures = append(lib.procedures, p)
	c.Procedures = append(c.Procedures, p)
	for _, f := range book.scripts {
		if f.procedure == nil || f.procedure.Line != p.Line || f.procedure.Title != p.Title {
			continue
		}
		name := path.Clean(f.path)
		if other, ok := lib.scripts[name]; ok {
			p.Findings = append(p.Findings, procedures.Finding{File: p.File, Line: p.Line, Column: 1,
				Severity: procedures.SeverityWarning, Rule: "same-script",
				Message: fmt.Sprintf("%s is also defined on line %d of %s: steps call that one", name, other.line, other.script.File)})
			continue
		}
		// those of the copy: see copier
		f.procedure, f.step = p, p.Step(f.step.ID)
		f.analysis = f.step.Analysis
		lib.scripts[name] = f
	}
}

// copier copies what a file says, so that what the library adds stays out of what was read.
type copier map[*procedures.Procedure]*procedures.Procedure

// of copies a procedure with its steps. The steps' scripts and annotations are shared: nothing changes them.
func (k copier) of(p *procedures.Procedure) *procedures.Procedure {
	if k[p] == nil {
		k[p] = &procedures.Procedure{}
	}
	c := k[p]
	*c = *p
	c.Findings = slices.Clone(p.Findings)
	c.Steps = make([]*procedures.Step, len(p.Steps))
	steps := map[*procedures.Step]*procedures.Step{}
	for i, s := range p.Steps {
		copied := *s
		copied.Findings = slices.Clone(s.Findings)
		c.Steps[i], steps[s] = &copied, &copied
	}
	c.Content = slices.Clone(p.Content)
	for i, part := range c.Content {
		c.Content[i].Step = steps[part.Step]
		if other := part.Other; other != nil {
			if k[other] == nil {
				k[other] = &procedures.Procedure{} // its own turn comes
			}
			c.Content[i].Other = k[other]
		}
	}
	return c
}

// document copies the page of a file whose procedures were all copied.
func (k copier) document(d *procedures.Document) *procedures.Document {
	c := *d
	c.Parts, c.Procedures = slices.Clone(d.Parts), slices.Clone(d.Procedures)
	for i, part := range c.Parts {
		c.Parts[i].Procedure = k[part.Procedure]
	}
	for i, p := range c.Procedures {
		c.Procedures[i] = k[p]
		c.Procedures[i].Document = &c
	}
	return &c
}

// addScriptFiles reads the shell scripts that lie in the folder as files. A heading's script of the same name goes before.
func (lib *Library) addScriptFiles(files []file, options Options) {
	for _, from := range files {
		if _, ok := lib.scripts[from.name]; ok {
			continue
		}
		text := from.text
		if from.err != nil {
			var before readFile
			if options.previous != nil {
				before = options.previous.files[from.name]
			}
			lib.Findings = append(lib.Findings, unreadable(from, "script", before.text != nil))
			if text = before.text; text == nil {
				continue
			}
		}
		f := scriptFile{path: from.name, line: 1, script: procedures.Script{File: from.name, Line: 1, Text: string(text), Name: from.name},
			step: &procedures.Step{Analysis: procedures.Analysis{Effect: procedures.EffectChange}}}
		if options.Analyser != nil {
			f.step.Analysis = options.Analyser.Analyse(f.script)
		}
		f.analysis = f.step.Analysis
		lib.scripts[from.name] = f
		lib.files[from.name] = readFile{text: text}
	}
}

// link adds to each step what the script files do that it calls: their calls, programs, hosts and effect.
// A bake that calls a script which makes changes is refused here, as its own analysis cannot see
// it.
func (lib *Library) link(p *procedures.Procedure) {
	for _, s := range p.Steps {
		for _, name := range s.Analysis.Scripts {
			lib.follow(name, &s.Analysis, map[string]bool{})
		}
		if s.Bake != nil && s.Kind == procedures.KindScript && s.Analysis.Effect.Changes() && s.Analysis.Refused == "" {
			s.Analysis.Refused = fmt.Sprintf("Line %d: a bake repeats its command, "+
				"so it may only read; %s makes changes.", s.Line, strings.Join(s.Analysis.Scripts, ", "))
		}
	}
}

// follow adds what a script file does, and what those do that it calls in turn. seen are the paths on the way.
// A script that is nowhere counts as a program of its name, and as a change unless a bake calls
// it.
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
	into.Effect, into.WritesFiles = into.Effect.Worse(f.step.Effect()), into.WritesFiles || f.analysis.WritesFiles
	into.UsesAny = into.UsesAny || f.analysis.UsesAny
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
// A change in a script file changes the digests of all procedures that call it.
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

// gather adds the texts of scripts, and of those that they call, by their paths.
func (lib *Library) gather(names []string, into map[string]string) {
	for _, name := range names {
		name = path.Clean(name)
		if f, ok := lib.scriptFile(name); ok && into[name] == "" {
			into[name] = f.script.Text
			lib.gather(f.step.Analysis.Scripts, into)
		}
	}
}
