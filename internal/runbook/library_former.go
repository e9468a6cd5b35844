package runbook

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// nameFormer settles what names of before lead to: those that documents give, then the renames that are known from elsewhere. What is
// called so today goes before.
func (lib *Library) nameFormer(books []*runbook, renamed map[string]string, off map[string]*directives) {
	claims := map[string]claim{}
	for i, book := range books {
		d := lib.Documents[i]
		var found []procedures.Finding
		for _, a := range book.front.Aliases {
			say := func(message string) {
				found = append(found, procedures.Finding{File: d.File, Line: a.line, Column: 1, Severity: procedures.SeverityWarning,
					Rule: "alias", Message: message})
			}
			lib.claim(d, a, claims, say)
		}
		if found = off[book.file].hide(found); len(found) > 0 {
			inSentences(found)
			d.Findings = procedures.SortFindings(slices.Concat(d.Findings, found))
			lib.Findings = append(lib.Findings, found...)
		}
	}
	for was, now := range renamed {
		lib.lead(was, now)
	}
	lib.tellFormer()
}

// claim is who claims a name.
type claim struct {
	document *procedures.Document
	line     int
}

// claim lets an alias of a document lead to it, or to its heading.
func (lib *Library) claim(d *procedures.Document, a alias, claims map[string]claim, say func(string)) {
	now, ids := d.ID, a.identifiers(d.File)
	if a.heading != "" {
		found, near := lib.headingOf(d, a.heading)
		if found == "" {
			message := "`aliases` names the heading “" + a.heading + "”, which holds no step"
			if near != "" {
				message += ": did you mean “" + near + "”?"
			}
			say(message)
			return
		}
		if now = found; !strings.Contains(a.name, "/") { // its former title
			ids = []string{path.Dir(found) + "/" + cmp.Or(slug(parseHeading(a.name).Title), "section")}
		} else {
			ids = []string{a.identifier()}
		}
	}
	taken := 0
	for _, id := range ids {
		if id == now {
			return
		}
		switch before, ok := claims[id]; {
		case ok && before.document == d:
		case ok:
			say("`" + a.name + "` is an alias of " + before.document.File + " too (line " + strconv.Itoa(before.line) +
				"): what was called so leads there. Remove it from one of the two")
			return
		case lib.isNamed(id):
			taken++
		default:
			claims[id] = claim{d, a.line}
			lib.lead(id, now)
		}
	}
	if taken == len(ids) && taken > 0 {
		say("`" + a.name + "` is still the name of something else, which it leads to: remove the alias, or rename that")
	}
}

// headingOf is the address of a document's procedure or section with a title; near is a title that is like it.
func (lib *Library) headingOf(d *procedures.Document, title string) (address, near string) {
	want := slug(parseHeading(title).Title)
	var titles []string
	for _, p := range d.Procedures {
		if slug(p.Title) == want && p.ID != d.ID {
			return p.ID, ""
		}
		titles = append(titles, p.Title)
		for _, s := range p.Sections {
			if slug(s.Title) == want {
				return s.Address, ""
			}
			titles = append(titles, s.Title)
		}
	}
	return "", procedures.Nearest(title, titles)
}

// isNamed reports whether a procedure, a section or a document has a name today.
func (lib *Library) isNamed(id string) bool {
	return lib.byID[id] != nil || lib.sections[id] != nil || lib.documents[id] != nil
}

// lead lets a name of before lead to one of today, and those below it, of a document, to those below that.
func (lib *Library) lead(was, now string) {
	if !lib.isNamed(now) {
		return
	}
	one := func(was, now string) {
		if _, ok := lib.former[was]; !ok && !lib.isNamed(was) {
			lib.former[was] = now
		}
	}
	one(was, now)
	d := lib.documents[now]
	if d == nil {
		return
	}
	below := func(address string) {
		if rest, ok := strings.CutPrefix(address, now+"/"); ok {
			one(was+"/"+rest, address)
		}
	}
	for _, p := range d.Procedures {
		below(p.ID)
		for _, s := range p.Sections {
			below(s.Address)
		}
	}
}

// tellFormer gives procedures and documents what they were called before.
func (lib *Library) tellFormer() {
	for _, p := range lib.procedures {
		p.Former = nil
	}
	for _, d := range lib.Documents {
		d.Former = nil
	}
	for address, in := range lib.sections {
		if lib.byID[address] == nil {
			in.procedure.Former = append(in.procedure.Former, address)
		}
	}
	for was, now := range lib.former {
		if p := lib.byID[now]; p != nil {
			p.Former = append(p.Former, was)
		} else if in := lib.sections[now]; in != nil {
			in.procedure.Former = append(in.procedure.Former, was)
		}
		if d := lib.documents[now]; d != nil {
			d.Former = append(d.Former, was)
		}
	}
	for _, p := range lib.procedures {
		slices.Sort(p.Former)
	}
	for _, d := range lib.Documents {
		slices.Sort(d.Former)
	}
}

// Document is the document with an identifier or a path, nil for none; renamed reports that it was called so before.
func (lib *Library) Document(name string) (d *procedures.Document, renamed bool) {
	for _, id := range []string{name, fileID(name)} {
		if d := lib.documents[id]; d != nil && (id == name || IsMarkdown(name)) {
			return d, false
		}
	}
	for _, id := range []string{name, fileID(name)} {
		if d := lib.documents[lib.former[id]]; d != nil && (id == name || IsMarkdown(name)) {
			return d, true
		}
	}
	return nil, false
}

// Now is what a name of before is called today, "" where it is no such name.
func (lib *Library) Now(was string) string { return lib.former[strings.Trim(was, "/")] }

// Names are the identifiers under which there may be runs of the procedure that an identifier names exactly, or was: its own first.
// Of one that is in no runbook it is the identifier itself.
func (lib *Library) Names(id string) []string {
	p := lib.exact(id)
	if p == nil {
		return []string{id}
	}
	return p.Names()
}

// exact is the procedure with an identifier, whose section has it as its address, or that was called so.
func (lib *Library) exact(id string) *procedures.Procedure {
	for _, id := range []string{id, lib.former[id]} {
		if p := lib.byID[id]; p != nil {
			return p
		}
		if in := lib.sections[id]; in != nil {
			return in.procedure
		}
	}
	return nil
}
