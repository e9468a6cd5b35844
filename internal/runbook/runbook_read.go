package runbook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"go.abhg.dev/goldmark/frontmatter"
	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// docReader reads one file. It is used once.
type docReader struct {
	file          string
	source        []byte
	lineStarts    []int
	options       Options
	markdown      goldmark.Markdown
	plainMarkdown goldmark.Markdown
	front         frontMatter
	params        *placeholders
	anchors       map[string]string // the slug of a heading → the id of its page
	findings      []procedures.Finding
	sections      []*section // in the order of the text; the first is what stands before any heading
	title         string
}

// runbook is what one file says, before the files are put together. It is not changed after it was read.
type runbook struct {
	file       string
	source     string
	title      string
	chapters   []*procedures.Chapter // in order, with their procedures
	scripts    []scriptFile
	findings   []procedures.Finding // those that belong to no procedure
	front      frontMatter
	procedures []*procedures.Procedure
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
	procs    bool // it is a procedure
}

// readRunbook reads a file's text. It never fails: what is wrong is in the findings.
// The result depends on nothing but its arguments.
func readRunbook(file string, source []byte, options Options) *runbook {
	d := &docReader{file: file, options: options, anchors: map[string]string{}}
	d.source = d.normalise(source)
	d.lineStarts = []int{0}
	for i, c := range d.source {
		if c == '\n' {
			d.lineStarts = append(d.lineStarts, i+1)
		}
	}
	d.params = newPlaceholders(string(d.source))
	mark, _ := cutFrontMatter(d.source)
	d.markdown, d.plainMarkdown = newMarkdown(mark != ""), newMarkdown(false)
	context := parser.NewContext()
	tree := d.markdown.Parser().Parse(text.NewReader(d.source), parser.WithContext(context))
	if data := frontmatter.Get(context); data != nil {
		d.readFront(mark, data)
	}
	d.cutSections(tree)
	d.nameSections()
	doc := &runbook{file: file, source: string(d.source), title: d.title, front: d.front}
	d.makePages(doc)
	doc.findings = procedures.SortFindings(d.findings)
	return doc
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
	return bytes.ReplaceAll(source, []byte{0}, []byte("\uFFFD"))
}

// readFront reads front matter by its mark: YAML's "---" or TOML's "+++".
func (d *docReader) readFront(mark string, data *frontmatter.Data) {
	var raw string
	if err := data.Decode(&raw); err != nil {
		return
	}
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
	if d.front.Title != "" {
		d.title = d.front.Title
	}
	if d.title == "" {
		d.title = humanize(strings.TrimSuffix(path.Base(d.file), path.Ext(d.file)))
	}
	base := fileID(d.file)
	top.id = base
	taken := map[string]*section{}
	for _, s := range d.sections {
		s.procs = d.holdsSteps(s) || s.node != nil && !s.parent.procs && holdsFence(s)
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
		for _, key := range []string{slug(d.plain(s.node)), slug(s.Title)} {
			if page != nil && d.anchors[key] == "" {
				d.anchors[key] = page.id
			}
		}
	}
}

// pageOf is the page that shows a heading: its own, the first one in it, or the one that it is text of.
func pageOf(s *section) *section {
	if s.procs {
		return s
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

// fileNumber is the number that puts a file or a folder in its place: "2-weekly.md", "03_scaling".
var fileNumber = regexp.MustCompile(`^\d{1,2}[-_](\pL)`)

// fileID is the part of identifiers that a file's path makes: like a title's without the number that orders it.
func fileID(file string) string {
	parts := strings.Split(strings.TrimSuffix(file, path.Ext(file)), "/")
	for i, p := range parts {
		parts[i] = cmp.Or(slug(fileNumber.ReplaceAllString(p, "$1")), "page")
	}
	return strings.Join(parts, "/")
}

// isMarkdown reports the endings of Markdown files, in small letters or capitals.
func isMarkdown(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown", ".mdx":
		return true
	}
	return false
}

// inherited returns the duration and rhythm that a procedure has from its file and chapter.
// The duration is not inherited from headings, the rhythm is: "Weekly" over a chapter holds for
// its procedures.
func (d *docReader) inherited(s *section) (time.Duration, procedures.Rhythm) {
	duration, rhythm := s.Duration, s.Rhythm
	if duration == 0 {
		duration = d.front.Duration
	}
	for p := s.parent; p != nil && rhythm == ""; p = p.parent {
		rhythm = p.Rhythm
		if rhythm == "" {
			rhythm = chapterRhythm(p.Title)
		}
	}
	return duration, rhythm
}
