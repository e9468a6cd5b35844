package lint

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// Fix applies corrections to a document’s source and returns it with their number. It applies those that are safe: of errors, as
// those lines cannot work as they stand. read reads a text as the document. A correction is kept
// only where the document, read again, has one such finding less, no new error and the same steps. Line endings stay as they are.
func Fix(file string, source []byte, read func(text []byte) *runbook.Library) (fixed []byte, n int) {
	tried := map[procedures.Finding]bool{}
	lib := read(source)
	for {
		m, ok := nextFix(lib, file, tried)
		if !ok {
			return source, n
		}
		tried[m] = true
		next, ok := apply(source, lib, m)
		if !ok {
			continue
		}
		if after := read(next); better(lib, after, m) {
			source, lib = next, after
			n++
		}
	}
}

// sameMeaning are rules whose corrections say the same in other words.
var sameMeaning = map[string]bool{"bake-command": true}

// safe reports a correction that is applied without a person who looks at it.
func safe(m procedures.Finding) bool {
	return m.Corrected != "" && (m.Severity == procedures.SeverityError || sameMeaning[m.Rule])
}

// nextFix is the first finding whose correction was not tried.
func nextFix(lib *runbook.Library, file string, tried map[procedures.Finding]bool) (procedures.Finding, bool) {
	for _, m := range lib.Findings {
		if m.File == file && safe(m) && !tried[m] {
			return m, true
		}
	}
	return procedures.Finding{}, false
}

// better compares a document with itself after a correction.
func better(before, after *runbook.Library, m procedures.Finding) bool {
	count := func(lib *runbook.Library) (errors, same int) {
		for _, f := range lib.Findings {
			if f.Severity == procedures.SeverityError {
				errors++
			}
			if f.Rule == m.Rule {
				same++
			}
		}
		return errors, same
	}
	errors, same := count(before)
	errorsAfter, sameAfter := count(after)
	return sameAfter < same && errorsAfter <= errors && steps(before) == steps(after)
}

// steps are the procedures with the kinds of their steps. Titles may be made of the commands, which a correction changes.
func steps(lib *runbook.Library) string {
	var out strings.Builder
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			out.WriteString(p.Title + "\x00" + string(s.Kind) + "\n")
		}
	}
	return out.String()
}

// line is a line of a source with its end.
type line struct{ text, end string }

// splitLines cuts a source as the reader counts lines: \r\n, \n and \r end one. A byte order mark is no part of the first.
func splitLines(source []byte) (mark string, lines []line) {
	text := string(source)
	if rest, ok := strings.CutPrefix(text, "\xEF\xBB\xBF"); ok {
		mark, text = text[:3], rest
	}
	for text != "" {
		i := strings.IndexAny(text, "\r\n")
		if i < 0 {
			return mark, append(lines, line{text: text})
		}
		end := text[i : i+1]
		if strings.HasPrefix(text[i:], "\r\n") {
			end = "\r\n"
		}
		lines = append(lines, line{text[:i], end})
		text = text[i+len(end):]
	}
	return mark, lines
}

// apply replaces the statement that a finding is about by its correction.
func apply(source []byte, lib *runbook.Library, m procedures.Finding) ([]byte, bool) {
	s := stepAt(lib, m)
	if s == nil {
		return nil, false
	}
	mark, lines := splitLines(source)
	script := strings.Split(strings.TrimSuffix(s.Script.Text, "\n"), "\n")
	first := s.Script.Line - 1
	if first < 0 || first+len(script) > len(lines) {
		return nil, false
	}
	// What stands before each line of the script in the source (its indentation, a prompt, the mark of a quote), and the script in
	// the source's words: a placeholder is as long as the word that stands for it, and blanks stand for a prompt.
	prefixes := make([]string, len(script))
	own := make([]string, len(script))
	for i, text := range script {
		raw, words := lines[first+i].text, strings.TrimLeft(text, " \t")
		if len(raw) < len(text) || len(s.Script.Placeholders) == 0 && !strings.HasSuffix(raw, words) {
			return nil, false
		}
		prefixes[i] = raw[:len(raw)-len(words)]
		own[i] = text[:len(text)-len(words)] + raw[len(prefixes[i]):]
	}
	notes, corrected := annotated(m.Corrected)
	from, to, ok := nearest(s.Script.Text, strings.Join(own, "\n"), m.Line-s.Script.Line, corrected)
	if !ok {
		return nil, false
	}
	whole := strings.Join(own, "\n")
	at, last := strings.Count(whole[:from], "\n"), strings.Count(whole[:to], "\n")
	changed := strings.Split(whole[:from][strings.LastIndexByte(whole[:from], '\n')+1:]+strings.TrimRight(corrected, "\n")+
		upTo(whole[to:], "\n"), "\n")
	out := make([]line, 0, len(notes)+len(changed))
	for _, note := range notes {
		if strings.Trim(prefixes[at], " \t>") != "" {
			return nil, false // a prompt, behind which the shell would read the note
		}
		out = append(out, line{prefixes[at] + note, lines[first+at].end})
	}
	for i, text := range changed {
		prefix, end := prefixes[at], lines[first+at].end
		switch {
		case at+i <= last:
			prefix, text = prefixes[at+i], strings.TrimLeft(text, " \t")
		case strings.TrimSpace(prefix) != "":
			return nil, false // a prompt, say, which would have to be made for a new line
		}
		if i == len(changed)-1 {
			end = lines[first+last].end
		}
		out = append(out, line{prefix + text, end})
	}
	var b bytes.Buffer
	b.WriteString(mark)
	for _, part := range [][]line{lines[:first+at], out, lines[first+last+1:]} {
		for _, l := range part {
			b.WriteString(l.text + l.end)
		}
	}
	return b.Bytes(), true
}

// annotated are the annotations at the head of a correction, and the rest of it.
func annotated(corrected string) (notes []string, rest string) {
	for strings.HasPrefix(corrected, "#|") {
		note, after, _ := strings.Cut(corrected, "\n")
		notes, corrected = append(notes, note), after
	}
	return notes, corrected
}

// upTo is the text before a separator, or all of it.
func upTo(text, separator string) string {
	before, _, _ := strings.Cut(text, separator)
	return before
}

// stepAt is the script step that a finding is in.
func stepAt(lib *runbook.Library, m procedures.Finding) *procedures.Step {
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			if p.File == m.File && s.Script.Text != "" && s.Script.Line <= m.Line &&
				m.Line < s.Script.Line+strings.Count(s.Script.Text, "\n") {
				return s
			}
		}
	}
	return nil
}

// nearest is the place of the statement that a correction is the text of: of all that a line of the script is in, the one that
// differs from it the least. A Finding names the line and not where its statement begins.
func nearest(script, own string, at int, corrected string) (from, to int, ok bool) {
	file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(script), "")
	if err != nil {
		return 0, 0, false
	}
	best := len(own) + len(corrected) + 1
	corrected = strings.TrimRight(corrected, "\n")
	consider := func(a, b int) {
		if a < 0 || b > len(own) || a >= b || at < strings.Count(own[:a], "\n") || at > strings.Count(own[:b], "\n") {
			return
		}
		if d := differ(own[a:b], corrected); d < best {
			best, from, to, ok = d, a, b, true
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			return true
		}
		_, statement := n.(*syntax.Stmt)
		_, command := n.(syntax.Command)
		if !statement && !command {
			return true
		}
		a, b := int(n.Pos().Offset()), min(int(n.End().Offset()), len(own))
		if a > b {
			return true
		}
		consider(a, b)
		// the whole lines, without the blanks at their ends
		a = strings.LastIndexByte(own[:a], '\n') + 1
		b += len(upTo(own[b:], "\n"))
		text := own[a:b]
		consider(a+len(text)-len(strings.TrimLeft(text, " \t")), a+len(strings.TrimRight(text, " \t")))
		return true
	})
	return from, to, ok
}

// differ is the number of bytes that two texts do not share at their beginning and end.
func differ(a, b string) int {
	p := 0
	for p < min(len(a), len(b)) && a[p] == b[p] {
		p++
	}
	q := 0
	for q < min(len(a), len(b))-p && a[len(a)-1-q] == b[len(b)-1-q] {
		q++
	}
	return len(a) + len(b) - 2*(p+q)
}
