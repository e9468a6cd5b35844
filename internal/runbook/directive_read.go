package runbook

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// directives are the comments and the front matter by which a document turns rules off. They have the form of markdownlint's:
//
//	<!-- opsbook-lint-disable aws-enum poll -->      from here on
//	<!-- opsbook-lint-enable aws-enum -->            until here
//	<!-- opsbook-lint-disable-line poll -->          on this line
//	<!-- opsbook-lint-disable-next-line poll -->     on the next line; where that opens a fence, in all of it
//	<!-- opsbook-lint-disable-file poll -->          everywhere in the file
//
// Without names they are about all rules.
type directives struct {
	everywhere []directive
	ranges     []directive // in the order of the text
	lines      []directive
}

// directive is one comment. It holds from its first line to its last, or, of ranges, from its first line on.
type directive struct {
	first, last int
	enable      bool
	rules       []string // none for all
}

// names reports whether it is about a rule.
func (d directive) names(rule string) bool {
	return len(d.rules) == 0 || slices.Contains(d.rules, rule)
}

// hides reports whether a finding is turned off.
func (d *directives) hides(m procedures.Finding) bool {
	about := func(x directive) bool { return x.names(m.Rule) && x.first <= m.Line && m.Line <= x.last }
	if slices.ContainsFunc(d.everywhere, func(x directive) bool { return x.names(m.Rule) }) || slices.ContainsFunc(d.lines, about) {
		return true
	}
	off := false
	for _, x := range d.ranges {
		if x.first <= m.Line && x.names(m.Rule) {
			off = !x.enable
		}
	}
	return off
}

// hide drops what is turned off.
func (d *directives) hide(findings []procedures.Finding) []procedures.Finding {
	if d == nil || len(d.everywhere)+len(d.ranges)+len(d.lines) == 0 {
		return findings
	}
	return slices.DeleteFunc(slices.Clone(findings), d.hides)
}

var directiveComment = lazy.Regexp(
	`<!--\s*opsbook-lint-(disable-next-line|disable-line|disable-file|disable|enable)((?:[ \t,]+[\w-]+)*)\s*-->`)

// readDirectives reads the comments of a document. Comments in code are text and none of them.
func (d *docReader) readDirectives(tree ast.Node) *directives {
	out := &directives{}
	if known := d.knownRules(1, d.front.LintOff); len(known) > 0 {
		out.everywhere = append(out.everywhere, directive{rules: known})
	}
	found := directiveComment().FindAllSubmatchIndex(d.source, -1)
	if len(found) == 0 {
		return out
	}
	code := codeOf(tree)
	for _, m := range found {
		if !slices.ContainsFunc(code, func(s text.Segment) bool { return s.Start <= m[0] && m[0] < s.Stop }) {
			d.addDirective(out, m)
		}
	}
	return out
}

// codeOf are the places of all code of a document.
func codeOf(tree ast.Node) []text.Segment {
	var out []text.Segment
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch {
		case !entering:
		case n.Kind() == ast.KindFencedCodeBlock || n.Kind() == ast.KindCodeBlock:
			out = append(out, n.Lines().Sliced(0, n.Lines().Len())...)
		case n.Kind() == ast.KindCodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					out = append(out, t.Segment)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return out
}

// addDirective reads a comment, from the places of its parts.
func (d *docReader) addDirective(out *directives, m []int) {
	line := d.lineOf(m[0])
	words := strings.FieldsFunc(string(d.source[m[4]:m[5]]), func(r rune) bool { return strings.ContainsRune(" \t,", r) })
	known := d.knownRules(line, words)
	if len(words) > 0 && len(known) == 0 {
		return // it would be about all rules, which nobody wrote
	}
	x := directive{first: line, last: line, rules: known}
	switch kind := string(d.source[m[2]:m[3]]); kind {
	case "disable-file":
		out.everywhere = append(out.everywhere, x)
	case "disable-line":
		out.lines = append(out.lines, x)
	case "disable-next-line":
		x.first, x.last = line+1, d.endOfFence(line+1)
		out.lines = append(out.lines, x)
	default:
		x.enable = kind == "enable"
		out.ranges = append(out.ranges, x)
	}
}

// knownRules are those of the names that are rules; of the others there is a finding.
func (d *docReader) knownRules(line int, names []string) []string {
	var known []string
	for _, name := range names {
		if _, ok := procedures.RuleOf(name); ok {
			known = append(known, name)
			continue
		}
		var all []string
		for _, r := range procedures.Rules() {
			all = append(all, r.Name)
		}
		message := fmt.Sprintf("there is no rule %q to turn off", name)
		if near := procedures.Nearest(name, all); near != "" {
			message += fmt.Sprintf(": did you mean %q?", near)
		}
		d.findings = append(d.findings, procedures.Finding{File: d.file, Line: line, Column: 1,
			Severity: procedures.SeverityWarning, Rule: "lint-directive", Message: message})
	}
	return known
}

var fenceMark = lazy.Regexp("^[ \t>]*(```+|~~~+)")

// endOfFence is the line on which a fence ends that begins on a line; that line itself where none begins.
func (d *docReader) endOfFence(line int) int {
	opening := fenceMark().FindSubmatch(d.line(line))
	if opening == nil {
		return line
	}
	for n := line + 1; n <= len(d.lineStarts); n++ {
		closing := bytes.Trim(d.line(n), " \t>")
		if len(closing) >= len(opening[1]) && bytes.Trim(closing, string(opening[1][:1])) == nil {
			return n
		}
	}
	return len(d.lineStarts)
}

// line is a line of the source without its end.
func (d *docReader) line(n int) []byte {
	if n < 1 || n > len(d.lineStarts) {
		return nil
	}
	end := len(d.source)
	if n < len(d.lineStarts) {
		end = d.lineStarts[n]
	}
	return bytes.TrimRight(d.source[d.lineStarts[n-1]:end], "\n")
}
