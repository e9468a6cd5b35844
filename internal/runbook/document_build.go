package runbook

import (
	"bytes"
	"html"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/opsbook/opsbook/internal/procedures"
)

// document makes the page of the whole file: what its procedures are not, in its place, and they in theirs.
func (d *docReader) document(doc *runbook) *procedures.Document {
	out := &procedures.Document{
		ID: fileID(d.file), Title: d.title, File: d.file, Source: doc.source, Lines: len(d.lineStarts), Procedures: doc.procedures,
		Reading: d.reading, Blocks: d.blocks, Findings: doc.findings, OtherKeys: d.front.others, Unshown: d.unshown,
	}
	slices.SortStableFunc(out.Unshown, func(a, b procedures.Unshown) int { return a.Line - b.Line })
	d.parts(out, d.sections[0])
	var before strings.Builder
	for _, p := range out.Parts {
		before.WriteString(p.HTML)
	}
	out.Before = before.String()
	for _, p := range doc.procedures {
		p.Document = out
	}
	return out
}

// parts adds a heading with all that stands under it. The heading of the document's title is the page's own.
func (d *docReader) parts(out *procedures.Document, s *section) {
	if s.node != nil && s.id == out.ID && s.Title != out.Title {
		d.text(out, s, d.html(s.node)) // the page has another title, of front matter
	}
	if s.procs {
		out.Parts = append(out.Parts, procedures.DocumentPart{Procedure: d.pages[s], Line: s.line})
		d.pages[s].Whole = s.id == out.ID && (s.whole || len(out.Procedures) == 1)
		if s.whole {
			return // its page says where those stand that are below it
		}
	} else {
		if s.node != nil && s.id != out.ID && !d.repeatsTitle(out, s) {
			d.text(out, s, d.html(s.node))
		}
		d.text(out, s, d.html(s.nodes...))
	}
	for _, c := range s.children {
		switch {
		case hasPages(c):
			d.parts(out, c)
		case s.procs: // it is the procedure's own text
		case d.repeatsTitle(out, c):
			d.text(out, c, d.html(c.nodes...))
			for _, below := range c.children {
				d.text(out, below, d.sectionText(below))
			}
		default:
			d.text(out, c, d.sectionText(c))
		}
	}
}

// repeatsTitle reports whether a heading at the top of the page says the page's title, which stands there already.
func (d *docReader) repeatsTitle(out *procedures.Document, s *section) bool {
	return s.node != nil && len(out.Parts) == 0 && (s.Title == out.Title || d.plain(s.node) == out.Title)
}

// text adds HTML to the part before, where that is text.
func (d *docReader) text(out *procedures.Document, s *section, html string) {
	if strings.TrimSpace(html) == "" {
		return
	}
	if n := len(out.Parts); n > 0 && out.Parts[n-1].Procedure == nil {
		out.Parts[n-1].HTML += html
		return
	}
	out.Parts = append(out.Parts, procedures.DocumentPart{HTML: html, Line: s.line})
}

// inline renders what a node holds, without the node itself.
func (d *docReader) inline(n ast.Node) string {
	var out bytes.Buffer
	d.relink(n)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if err := d.markdown.Renderer().Render(&out, d.source, c); err != nil {
			return html.EscapeString(d.plain(n))
		}
	}
	return out.String()
}

// countBlocks counts the blocks of code of a document.
func countBlocks(tree ast.Node) int {
	n := 0
	_ = ast.Walk(tree, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && (node.Kind() == ast.KindFencedCodeBlock || node.Kind() == ast.KindCodeBlock) {
			n++
		}
		return ast.WalkContinue, nil
	})
	return n
}

// linesOf are lines of a text, from 1, with their ends.
func linesOf(text string, first, last int) string {
	lines := strings.SplitAfter(text, "\n")
	if first = max(first, 1); first > len(lines) {
		return ""
	}
	return strings.Join(lines[first-1:min(max(last, first), len(lines))], "")
}
