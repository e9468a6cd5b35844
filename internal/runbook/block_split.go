package runbook

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// lineClass says what a line of a block is to the splitter.
type lineClass byte

// A statement may have several lines, those of its here-documents included.
const (
	lineBlank lineClass = iota
	lineComment
	lineAnnotation
	lineStatement
)

// comment is a comment line less its marks.
type comment struct {
	line int // index in the block
	text string
}

// unit is a paragraph of a block: comment lines, and the statements right under them.
type unit struct {
	notes       []comment
	annotations []comment
	first, last int // indices of its lines, comments included
	statements  bool
	prints      bool // it only prints
	blankAfter  bool
}

// parse finds the statements of the block, fills in placeholders, and returns the class of each
// line. Paragraphs that do not parse stand for themselves, so that they spoil nobody else.
// probe tells placeholders from fixed values: see pageBuilder.probe; nil takes every such word for
// a placeholder. Nothing moves: b.shell keeps its lines and columns.
func (b *block) parse(p *placeholders, probe func(*syntax.CallExpr, string, int, int) wordKind) []lineClass {
	classes := make([]lineClass, len(b.shell))
	masked, _ := maskAngles(strings.Join(b.shell, "\n"), p)
	b.shell = strings.Split(masked, "\n")
	for from := 0; from < len(b.shell); {
		to, file := b.nextChunk(from)
		if file == nil {
			b.failChunk(classes, from, to)
		} else {
			b.acceptChunk(classes, from, to, file, p, probe)
		}
		from = to
	}
	for i, line := range b.shell {
		trimmed := strings.TrimSpace(line)
		switch {
		case classes[i] == lineStatement:
		case b.there[i] != nil && line == "" && strings.TrimSpace(b.raw[i]) != "":
			classes[i] = lineStatement
		case strings.HasPrefix(trimmed, "#|"):
			classes[i] = lineAnnotation
		case strings.HasPrefix(trimmed, "#") && i > 0 && classes[i-1] == lineStatement && strings.Index(line, "#") >= deepIndent:
			classes[i] = lineStatement // it goes on with the comment behind the statement
		case strings.HasPrefix(trimmed, "#") && i > 0 && classes[i-1] == lineStatement && strings.HasSuffix(b.shell[i-1], "\\"):
			classes[i] = lineStatement // it cuts the line that the backslash continues
		case strings.HasPrefix(trimmed, "#"):
			classes[i] = lineComment
		}
		if strings.HasPrefix(trimmed, "#") &&
			(classes[i] != lineStatement || i > 0 && strings.Index(line, "#") >= deepIndent) && !b.output[i] {
			if at := strings.IndexByte(line, '#'); at >= 0 && len(line) == len(b.raw[i]) {
				b.shell[i] = line[:at] + b.raw[i][at:] // comments keep their words
			}
		}
	}
	return classes
}

// deepIndent is from where on a comment stands behind statements rather than above them.
const deepIndent = 12

// nextChunk returns the end of the longest run of lines from `from` on that parses: usually all of
// them. Otherwise it grows paragraph by paragraph, and file is nil where none parses.
func (b *block) nextChunk(from int) (to int, file *syntax.File) {
	if file, err := parseCommented(strings.Join(b.shell[from:], "\n") + "\n"); err == nil {
		return len(b.shell), file
	}
	first := 0
	for end := from + 1; end <= len(b.shell); end++ {
		if end < len(b.shell) && strings.TrimSpace(b.shell[end]) != "" {
			continue
		}
		file, err := parseCommented(strings.Join(b.shell[from:end], "\n") + "\n")
		if err == nil {
			return end, file
		}
		if first == 0 {
			first = end
		}
		if !incomplete(err) {
			return end, nil
		}
	}
	return max(first, from+1), nil
}

// parseCommented parses bash and keeps its comments.
func parseCommented(text string) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
}

// failChunk marks the lines of a run that does not parse; they become a step all the same, which
// cannot run.
func (b *block) failChunk(classes []lineClass, from, to int) {
	for i := from; i < to; i++ {
		if trimmed := strings.TrimSpace(b.shell[i]); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			classes[i], b.unparsed[i] = lineStatement, true
		}
	}
}

// acceptChunk marks the statements of a run that parses, and puts sentinels in the places of its
// placeholders.
func (b *block) acceptChunk(classes []lineClass, from, to int, file *syntax.File, p *placeholders,
	probe func(*syntax.CallExpr, string, int, int) wordKind) {
	text := strings.Join(b.shell[from:to], "\n") + "\n"
	for _, s := range file.Stmts {
		for i := int(s.Pos().Line()); i <= endLine(s); i++ {
			if from+i-1 < to {
				classes[from+i-1] = lineStatement
			}
		}
	}
	finder := &wordFinder{text: text, p: p}
	if probe != nil {
		finder.probe = func(call *syntax.CallExpr, start, end int) wordKind { return probe(call, text, start, end) }
	}
	finder.find(file)
	for _, m := range finder.marks {
		m.line = from + strings.Count(text[:m.offset], "\n")
		m.column = m.offset - strings.LastIndexByte(text[:m.offset], '\n')
		b.marks = append(b.marks, m)
	}
	copy(b.shell[from:to], strings.Split(strings.TrimSuffix(finder.apply(), "\n"), "\n"))
	b.restoreComments(from, to, file)
}

// restoreComments puts the document's own words back into comments behind statements.
func (b *block) restoreComments(from, to int, file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Comment); ok {
			i, col := from+int(c.Pos().Line())-1, int(c.Pos().Col())-1
			if i < to && len(b.shell[i]) == len(b.raw[i]) && col <= len(b.raw[i]) {
				b.shell[i] = b.shell[i][:col] + b.raw[i][col:]
			}
		}
		return true
	})
}

// endLine is the last line of a statement, the closing words of here-documents included.
func endLine(s *syntax.Stmt) int {
	last := int(s.End().Line())
	syntax.Walk(s, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && r.Hdoc != nil {
			last = max(last, int(r.Hdoc.End().Line()))
		}
		return true
	})
	return last
}

// units groups the lines: a unit begins at comments, or at a statement after a blank line.
func (b *block) units(classes []lineClass) []unit {
	var units []unit
	var cur *unit
	flush := func(blank bool) {
		if cur != nil {
			cur.blankAfter = blank
			units = append(units, *cur)
			cur = nil
		}
	}
	for i, class := range classes {
		if class == lineBlank {
			flush(true)
			continue
		}
		if class != lineStatement && cur != nil && cur.statements {
			flush(false)
		}
		if cur == nil {
			cur = &unit{first: i}
		}
		cur.last = i
		switch class {
		case lineStatement:
			cur.statements = true
		case lineComment:
			cur.notes = append(cur.notes, comment{i, commentText(b.raw[i])})
		case lineAnnotation:
			cur.annotations = append(cur.annotations, comment{i, annotationText(b.raw[i])})
		}
	}
	flush(true)
	for i := range units {
		if units[i].statements {
			units[i].prints = onlyPrints(strings.Join(b.shell[units[i].first:units[i].last+1], "\n"))
		}
	}
	return units
}

// commentText is a comment's line without its number signs and blanks, and without a prompt before
// it.
func commentText(line string) string {
	line = strings.TrimSpace(line)
	if i := strings.IndexByte(line, '#'); i > 0 { // a prompt stands before it
		line = line[i:]
	}
	text := strings.TrimSpace(strings.TrimLeft(line, "#"))
	if text == "" && len(line) > 3 {
		return line // a line of nothing but # is decoration
	}
	return text
}

// annotationText keeps the indentation behind "#|", which means something in YAML.
func annotationText(line string) string {
	_, text, _ := strings.Cut(line, "#|")
	return strings.TrimPrefix(text, " ")
}

// onlyPrints reports whether all that a paragraph does is to print.
// echo, printf and date print; a redirection or an assignment is more.
func onlyPrints(text string) bool {
	file, err := parseShell(text + "\n")
	if err != nil {
		return false
	}
	prints, other := 0, 0
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if len(n.Args) == 0 {
				other++
				return true
			}
			switch n.Args[0].Lit() {
			case "echo", "printf":
				prints++
			case "date":
			default:
				other++
			}
		case *syntax.Redirect, *syntax.DeclClause, *syntax.FuncDecl:
			other++
		}
		return true
	})
	return prints > 0 && other == 0
}
