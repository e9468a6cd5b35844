package runbook

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Only is the library as somebody sees it who may view some of its procedures: nothing of the others is in it, not in
// what Find says is near either. A finding of a file, and of no procedure, is in it where all procedures of the file are.
// Where nothing is left out it is the library itself. What it holds is shared, and never changed.
func (lib *Library) Only(may func(*procedures.Procedure) bool) *Library {
	hidden := map[*procedures.Procedure]bool{}
	hiddenFiles := map[string]bool{}
	for _, p := range lib.procedures {
		if !may(p) {
			hidden[p], hiddenFiles[p.File] = true, true
		}
	}
	if len(hidden) == 0 {
		return lib
	}
	out := emptyLibrary()
	out.sum = lib.sum
	shown := map[procedures.Finding]bool{}
	for _, p := range lib.procedures {
		if !hidden[p] {
			out.procedures, out.byID[p.ID] = append(out.procedures, p), p
			for _, m := range p.Findings {
				shown[m] = true
			}
		}
	}
	for address, in := range lib.sections {
		if !hidden[in.procedure] {
			out.sections[address] = in
		}
	}
	for _, d := range lib.Documents {
		if part := documentPart(d, hidden); part != nil {
			out.Documents = append(out.Documents, part)
			out.documents[part.ID] = part
		}
	}
	for was, now := range lib.former {
		if out.isNamed(now) {
			out.former[was] = now
		}
	}
	for name, script := range lib.scripts {
		if script.procedure != nil && hidden[script.procedure] {
			hiddenFiles[name] = true
			continue
		}
		out.scripts[name] = script
	}
	for _, c := range lib.Chapters {
		chapter := &procedures.Chapter{ID: c.ID, Title: c.Title, About: c.About}
		for _, p := range c.Procedures {
			if !hidden[p] {
				chapter.Procedures = append(chapter.Procedures, p)
			}
		}
		if len(chapter.Procedures) > 0 {
			out.Chapters = append(out.Chapters, chapter)
		}
	}
	for _, m := range lib.Findings {
		if shown[m] || !hiddenFiles[m.File] {
			out.Findings = append(out.Findings, m)
		}
	}
	return out
}

// documentPart is a document less the procedures that are hidden: nil where all are. What is found wrong in a file is told only
// to those who may view all of it.
func documentPart(d *procedures.Document, hidden map[*procedures.Procedure]bool) *procedures.Document {
	is := func(p *procedures.Procedure) bool { return hidden[p] }
	if !slices.ContainsFunc(d.Procedures, is) {
		return d
	}
	out := *d
	out.Procedures, out.Findings = slices.DeleteFunc(slices.Clone(d.Procedures), is), nil
	out.Parts = slices.DeleteFunc(slices.Clone(d.Parts), func(p procedures.DocumentPart) bool { return hidden[p.Procedure] })
	if len(out.Procedures) == 0 {
		return nil
	}
	out.Reading = procedures.Reading{} // it quotes headings
	return &out
}

// Shows reports whether a piece of HTML stands in what the library says: in a document, or in one of its procedures.
func (lib *Library) Shows(html string) bool {
	has := func(text string) bool { return strings.Contains(text, html) }
	for _, d := range lib.Documents {
		if has(d.Before) || slices.ContainsFunc(d.Parts, func(p procedures.DocumentPart) bool { return has(p.HTML) }) {
			return true
		}
	}
	for _, p := range lib.procedures {
		if slices.ContainsFunc(p.Content, func(c procedures.Content) bool { return has(c.HTML) }) ||
			slices.ContainsFunc(p.Sections, func(s *procedures.Section) bool { return has(s.HTML) }) ||
			slices.ContainsFunc(p.Steps, func(s *procedures.Step) bool { return has(s.About) }) {
			return true
		}
	}
	return slices.ContainsFunc(lib.Chapters, func(c *procedures.Chapter) bool { return has(c.About) })
}
