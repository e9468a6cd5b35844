package runbook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// docReader reads one file. It is used once.
type docReader struct {
	file       string
	source     []byte
	lineStarts []int
	options    Options
	markdown   goldmark.Markdown
	front      frontMatter
	params     *placeholders
	anchors    map[string]string // the slug of a heading → the id of its page
	places     []anchored        // anchors of HTML
	unshown    []procedures.Unshown
	findings   []procedures.Finding
	sections   []*section // in the order of the text; the first is what stands before any heading
	title      string
	pages      map[*section]*procedures.Procedure
	reading    procedures.Reading
	blocks     int // of code
}

// runbook is what one file says, before the files are put together. It is not changed after it was read.
type runbook struct {
	file       string
	source     string
	title      string
	chapters   []*procedures.Chapter // in order, with their procedures
	scripts    []scriptFile
	findings   []procedures.Finding // those that belong to no procedure
	unshown    []procedures.Unshown
	front      frontMatter
	procedures []*procedures.Procedure
	document   *procedures.Document
	directives *directives
}

// scriptFile is a script that a heading names.
type scriptFile struct {
	path      string
	line      int
	script    procedures.Script
	procedure *procedures.Procedure
	step      *procedures.Step
	analysis  procedures.Analysis // of the script alone, without what it calls
}

// section is a heading with what stands under it up to the next heading.
type section struct {
	heading
	level    int
	line     int
	offset   int // of the heading's line in the source
	end      int // of the last byte before the next heading
	nodes    []ast.Node
	node     ast.Node // the heading; nil for what stands before the first one
	parent   *section
	children []*section
	id       string
	procs    bool       // a procedure begins at it
	whole    bool       // it is a procedure with the headings below it as its sections
	within   *section   // the procedure whose section it is; nil for none
	aside    bool       // a section that is no part of Run all
	choice   bool       // a section that is one of several ways: a person chooses
	opening  []*section // of a procedure: preparations elsewhere in the document that its page begins with
}

// readRunbook reads a file's text. It never fails: what is wrong is in the findings.
// The result depends on nothing but its arguments.
func readRunbook(file string, source []byte, options Options) *runbook {
	d := newDocReader(file, source, options)
	tree := d.parse()
	d.blocks = countBlocks(tree)
	d.collectValues(tree)
	d.cutSections(tree)
	d.nameSections()
	doc := &runbook{file: file, source: string(d.source), title: d.title, front: d.front, unshown: d.unshown}
	d.makePages(doc)
	doc.directives = d.readDirectives(tree)
	doc.findings = doc.directives.hide(procedures.SortFindings(d.findings))
	doc.document = d.document(doc)
	return doc
}

func newDocReader(file string, source []byte, options Options) *docReader {
	d := &docReader{file: file, options: options, anchors: map[string]string{}, pages: map[*section]*procedures.Procedure{}}
	d.source = d.normalise(source)
	d.lineStarts = []int{0}
	for i, c := range d.source {
		if c == '\n' {
			d.lineStarts = append(d.lineStarts, i+1)
		}
	}
	d.params = newPlaceholders(string(d.source))
	return d
}

// parse reads the text as Markdown, and its front matter.
func (d *docReader) parse() ast.Node {
	mark, end := cutFrontMatter(d.source)
	d.misplaced()
	d.hiddenCharacters()
	links := linkCheck{d.file, d.options.ImageHosts}
	d.markdown = newMarkdown(links)
	context := parser.NewContext()
	tree := d.markdown.Parser().Parse(text.NewReader(withoutFront(d.source, end)), parser.WithContext(context))
	if mark != "" {
		d.readFront(mark, d.source[:end])
	}
	d.readNotes(context)
	return tree
}

// normalise makes the text what the parsers expect: UTF-8, line feeds, no byte order mark.
func (d *docReader) normalise(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\xEF\xBB\xBF"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	source = bytes.ReplaceAll(source, []byte("\r"), []byte("\n"))
	if valid := bytes.ToValidUTF8(source, []byte("\uFFFD")); len(valid) != len(source) || !bytes.Equal(valid, source) {
		line := 1
		for i := range min(len(source), len(valid)) {
			if source[i] != valid[i] {
				break
			}
			if source[i] == '\n' {
				line++
			}
		}
		d.findings = append(d.findings, procedures.Finding{File: d.file, Line: line, Column: 1,
			Severity: procedures.SeverityError, Rule: "encoding",
			Message: "this line is not UTF-8: save the file as UTF-8. Bytes that cannot be read are shown as \uFFFD"})
		source = valid
	}
	// CommonMark, 2.3: a zero byte is shown as the replacement character. The bytes that follow
	// move by two, the lines stay.
	source = bytes.ReplaceAll(source, []byte{0}, []byte("\uFFFD"))
	_, front := cutFrontMatter(source)
	return slices.Concat(source[:front], shownWhole(source[front:]))
}

// withoutFront is a document whose front matter, which ends at an offset, is blank lines: everything stands where it stood.
func withoutFront(source []byte, end int) []byte {
	out := slices.Clone(source)
	for i, b := range out[:end] {
		if b != '\n' {
			out[i] = ' '
		}
	}
	return out
}

// readFront reads front matter by its mark, YAML's "---" or TOML's "+++". It has both marks.
func (d *docReader) readFront(mark string, front []byte) {
	raw := string(front[bytes.IndexByte(front, '\n')+1 : bytes.LastIndexByte(front, '\n')+1])
	var findings []procedures.Finding
	if mark == "+++" {
		d.front, findings = readTOML(d.file, raw)
	} else {
		d.front, findings = readFrontMatter(d.file, raw)
	}
	d.findings = append(d.findings, findings...)
}

// readTOML reads Hugo's other front matter: as the same keys, found on the lines that begin with them.
// Lines of findings are those of the keys in the TOML text; a finding whose key is not found there
// is on line 1.
func readTOML(file, raw string) (frontMatter, []procedures.Finding) {
	var values map[string]any
	if err := toml.Unmarshal([]byte(raw), &values); err != nil {
		line := 1
		var perr toml.ParseError
		if errors.As(err, &perr) {
			line = perr.Position.Line
		}
		return frontMatter{raw: raw}, []procedures.Finding{{File: file, Line: line + 1, Column: 1,
			Severity: procedures.SeverityError, Rule: "front-matter",
			Message: fmt.Sprintf("front matter is not TOML: %s", err)}}
	}
	converted, err := yaml.Marshal(values)
	if err != nil {
		return frontMatter{raw: raw}, nil
	}
	f, findings := readFrontMatter(file, string(converted))
	lines := strings.Split(string(converted), "\n")
	for i := range findings {
		key := ""
		if n := findings[i].Line - 2; n >= 0 && n < len(lines) {
			key, _, _ = strings.Cut(strings.TrimSpace(lines[n]), ":")
		}
		findings[i].Line = 1
		for k, l := range strings.Split(raw, "\n") {
			if name, _, ok := strings.Cut(l, "="); ok && strings.TrimSpace(name) == key {
				findings[i].Line = k + 2
			}
		}
	}
	f.raw = raw
	return f, findings
}

// lineOf returns the line, from 1, of an offset.
func (d *docReader) lineOf(offset int) int {
	return sort.SearchInts(d.lineStarts, offset+1)
}

// nodeLine returns the line of a block's first text, or 0.
func (d *docReader) nodeLine(n ast.Node) int {
	line := 0
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			line = d.lineOf(n.Lines().At(0).Start)
			if f, ok := n.(*ast.FencedCodeBlock); ok && f.Info == nil {
				line--
			}
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return line
}

// cutSections puts the document's blocks under their headings.
// A heading is the child of the nearest one above it with a smaller level. Headings in quotes and
// lists are no sections.
func (d *docReader) cutSections(tree ast.Node) {
	cur := &section{line: 1}
	d.sections = []*section{cur}
	stack := []*section{cur}
	for n := tree.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			cur.nodes = append(cur.nodes, n)
			continue
		}
		cur = &section{level: h.Level, node: h, heading: parseHeading(d.plain(h))}
		if h.Lines().Len() > 0 {
			cur.line = d.lineOf(h.Lines().At(0).Start)
			cur.offset = d.lineStarts[cur.line-1]
		} else { // "##" without words
			cur.line, cur.offset = d.sections[len(d.sections)-1].line, d.sections[len(d.sections)-1].offset
		}
		// `### A` under `# B` is its child too: a level may be left out
		for len(stack) > 1 && stack[len(stack)-1].level >= h.Level {
			stack = stack[:len(stack)-1]
		}
		cur.parent = stack[len(stack)-1]
		cur.parent.children = append(cur.parent.children, cur)
		stack = append(stack, cur)
		d.sections[len(d.sections)-1].end = cur.offset
		d.sections = append(d.sections, cur)
	}
	d.sections[len(d.sections)-1].end = len(d.source)
}

// holdsFence reports whether any block of code stands directly under a heading. Data
// that no page is around has one of its own.
func holdsFence(s *section) bool {
	return slices.ContainsFunc(s.nodes, func(n ast.Node) bool {
		fence, ok := n.(*ast.FencedCodeBlock)
		return ok && fence.Lines().Len() > 0
	})
}

// holdsSteps reports whether a step or a task stands directly under a heading.
func (d *docReader) holdsSteps(s *section) bool {
	return slices.ContainsFunc(s.nodes, d.hasSteps)
}

// inherited returns the duration and rhythm that a procedure has from its file and chapter, or from its sections.
// The duration is not inherited from headings, the rhythm is: "Weekly" over a chapter holds for
// its procedures. Sections that each say how long they take add up.
func (d *docReader) inherited(s *section) (time.Duration, procedures.Rhythm) {
	duration, rhythm := s.Duration, s.Rhythm
	if duration == 0 {
		duration = cmp.Or(d.front.Duration, d.sectionsDuration(s))
	}
	for p := s.parent; p != nil && rhythm == ""; p = p.parent {
		rhythm = p.Rhythm
		if rhythm == "" {
			rhythm = chapterRhythm(p.Title)
		}
	}
	return duration, rhythm
}

// sectionsDuration is how long the sections right below a procedure take together: 0 where one of them with steps does not say.
func (d *docReader) sectionsDuration(s *section) time.Duration {
	var sum time.Duration
	for _, c := range s.children {
		if c.within == nil || c.aside || !d.holdsAny(c) {
			continue
		}
		took := cmp.Or(c.Duration, d.sectionsDuration(c))
		if took == 0 || c.choice {
			return 0
		}
		sum += took
	}
	return sum
}

// holdsAny reports whether a step or a task stands under a heading, or below.
func (d *docReader) holdsAny(s *section) bool {
	return d.holdsSteps(s) || slices.ContainsFunc(s.children, d.holdsAny)
}
