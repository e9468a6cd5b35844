package runbook

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// nameSections settles the document's title, which headings are procedures, and their identifiers.
// In `daily.md` the heading `## Check the queue (5 minutes)` is the page daily/check-the-queue. A
// heading of the first level at the top is the file's title and not part of identifiers.
func (d *docReader) nameSections() {
	top := d.sections[0]
	root := top // the section whose identifier is the file's
	if len(d.sections) > 1 && d.sections[1].level == 1 {
		d.title = d.sections[1].Title
		if !d.holdsSteps(top) {
			root = d.sections[1]
		}
	}
	own := humanize(strings.TrimSuffix(path.Base(d.file), path.Ext(d.file)))
	more := max(titleLength(own), titleLength(d.front.Title)) > 1
	if root != top && (templateTag().MatchString(d.title) || titleLength(d.title) < 2 && more) {
		d.title = own // says too little alone, or something else wherever the file is used
		root.Title = cmp.Or(d.front.Title, own)
		root.nodes = append([]ast.Node{root.node}, root.nodes...) // it stays on the page, as text
	}
	d.title = cmp.Or(d.front.Title, d.title, own)
	base := fileID(d.file)
	top.id = base
	taken := map[string]*section{}
	d.decide()
	for _, s := range d.sections {
		id := cmp.Or(slug(s.Title), "section")
		s.Title = cmp.Or(s.Title, d.title)
		if s != top && s != root {
			parent := base
			if s.parent != top && s.parent != root {
				parent = s.parent.id
			}
			s.id = d.uniqueSection(taken, parent+"/"+id, s)
		} else {
			s.id = base
		}
	}
	for _, s := range d.sections[1:] {
		page := pageOf(s)
		keys := []string{slug(d.plain(s.node)), slug(s.Title)}
		if m := headingID().FindStringSubmatch(d.plain(s.node)); m != nil {
			keys = append(keys, slug(m[1]))
		}
		for _, key := range keys {
			if page != nil && d.anchors[key] == "" {
				d.anchors[key] = page.id
				if s.within != nil {
					d.anchors[key] = s.id // its address leads to it
				}
			}
		}
	}
}

// templateTag is a part of a text that another tool fills in: {{ cookiecutter.name }}, {% … %}, <% … %>.
var templateTag = lazy.Regexp(`\{\{.*?\}\}|\{%.*?%\}|<%.*?%>`)

// headingID is an identifier that a heading is given by its author, as Hugo, Docusaurus, Pandoc and kramdown read it: {#check}.
var headingID = lazy.Regexp(`\s*\{:?\s*#([A-Za-z][\w:.-]*)[^{}]*\}`)

// place is the address of an anchor of HTML in this document, empty where it has none of the name.
func (d *docReader) place(name string) string {
	for _, p := range d.places {
		if p.id != name {
			continue
		}
		line := d.lineOf(p.at)
		var page, first *section
		for _, s := range d.sections[1:] {
			of := pageOf(s)
			if of == nil {
				continue
			}
			if first == nil {
				first = of
			}
			if first != of {
				page = of // there are several
			}
		}
		if page == nil {
			return "#" + anchorPrefix + name
		}
		page = first
		for _, s := range d.sections[1:] {
			if of := pageOf(s); of != nil && s.line <= line {
				page = of
			}
		}
		return "/procedures/" + page.id + "#" + anchorPrefix + name
	}
	return ""
}

// pageOf is the page that shows a heading: its own, the first one in it, or the one that it is text of.
func pageOf(s *section) *section {
	if s.procs {
		return s
	}
	if s.within != nil {
		return s.within
	}
	for _, c := range s.children {
		if hasPages(c) {
			return pageOf(c)
		}
	}
	for p := s.parent; p != nil; p = p.parent {
		if p.procs {
			return p
		}
	}
	return nil
}

// uniqueSection gives the second of two equal identifiers a number, and says so for pages.
// `check` is followed by check-2.
func (d *docReader) uniqueSection(taken map[string]*section, id string, s *section) string {
	first, ok := taken[id]
	if !ok {
		taken[id] = s
		return id
	}
	unique := id
	for n := 2; taken[unique] != nil; n++ {
		unique = numbered(id, n)
	}
	taken[unique] = s
	if s.procs || first.procs {
		d.findings = append(d.findings, procedures.Finding{File: d.file, Line: s.line, Column: 1,
			Severity: procedures.SeverityNote, Rule: "same-title",
			Message: fmt.Sprintf("the heading %q is also on line %d: this page is called %s, and its name changes if "+
				"the other heading is removed", s.Title, first.line, unique)})
	}
	return unique
}

// fileNumber is the number that puts a file or a folder in its place: "2-weekly.md", "03_scaling".
var fileNumber = lazy.Regexp(`^\d{1,2}[-_](\pL)`)

// fileID is the part of identifiers that a file's path makes: like a title's without the number that orders it.
func fileID(file string) string {
	parts := strings.Split(strings.TrimSuffix(file, path.Ext(file)), "/")
	for i, p := range parts {
		parts[i] = cmp.Or(slug(fileNumber().ReplaceAllString(p, "$1")), "page")
	}
	return strings.Join(parts, "/")
}
