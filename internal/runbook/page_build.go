package runbook

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"github.com/opsbook/opsbook/internal/procedures"
)

// pageBuilder builds one procedure out of a section's blocks.
// It is used for one page, by the goroutine that reads the file.
type pageBuilder struct {
	d       *docReader
	s       *section
	p       *procedures.Procedure
	html    strings.Builder
	list    []string // finished items of a list that is not written yet
	listTag string
	label   label
	lead    string // the sentence before a block, ending in a colon
	tasks   []string
	known   map[string]bool // variables that earlier steps set
	ids     map[string]*procedures.Step
	written map[string]int // written ids and their lines
	script  string         // the path that the heading names, until a block took it
	scripts []scriptFile
	uses    []use
	guessed *procedures.Step // the last step whose title was made of its commands
}

// label is a list item or a bold line, and the line that it ends on.
type label struct {
	text string
	line int
	item bool // a list item of several in a list of bullets: it labels only what is on the next line
}

// makePages turns sections into chapters and procedures.
// `# Daily` / `## Morning check` make a chapter with a procedure in it. `chapter:` in the front
// matter puts all procedures of the file into that one.
func (d *docReader) makePages(doc *runbook) {
	chapters := map[*section]*procedures.Chapter{}
	for _, s := range d.sections {
		if !s.procs {
			continue
		}
		home := d.chapterOf(s)
		c := chapters[home]
		if c == nil {
			c = &procedures.Chapter{ID: home.id, Title: home.Title, About: d.chapterText(home)}
			if d.front.Chapter != "" {
				c.ID, c.Title = cmp.Or(slug(d.front.Chapter), home.id), d.front.Chapter
			} else if home.node == nil || home.id == fileID(d.file) {
				c.Title = d.title
			}
			if len(doc.chapters) == 0 {
				c.About = d.introduction(home) + c.About
			}
			chapters[home] = c
			if d.front.Chapter != "" && len(doc.chapters) > 0 {
				chapters[home] = doc.chapters[0]
				c = doc.chapters[0]
			} else {
				doc.chapters = append(doc.chapters, c)
			}
		}
		p, scripts := d.page(s, c.ID)
		c.Procedures = append(c.Procedures, p)
		doc.procedures = append(doc.procedures, p)
		doc.scripts = append(doc.scripts, scripts...)
	}
	d.checkParams(doc)
	checkEnvironmentNames(doc)
}

// chapterOf returns the heading that a procedure is listed under: itself where it holds
// other procedures, else the nearest one above it.
func (d *docReader) chapterOf(s *section) *section {
	if s.parent == nil || slices.ContainsFunc(s.children, hasPages) || s.id == s.parent.id {
		return s
	}
	return s.parent
}

// hasPages reports whether a section or one below it is a procedure.
func hasPages(s *section) bool {
	return s.procs || slices.ContainsFunc(s.children, hasPages)
}

// chapterText is what a chapter says itself, where it is no page of its own.
func (d *docReader) chapterText(s *section) string {
	if s.procs {
		return ""
	}
	text := d.html(s.nodes...)
	for _, c := range s.children {
		if !hasPages(c) {
			text += d.sectionText(c)
		}
	}
	return text
}

// introduction is what stands around a file's chapters: the words under its title and headings that are
// text. They are shown with the file's first chapter. A table of contents is left out, the navigation is one.
func (d *docReader) introduction(first *section) string {
	text := ""
	for s := first.parent; s != nil; s = s.parent {
		if s.procs {
			return text
		}
		own := d.html(slices.DeleteFunc(slices.Clone(s.nodes), func(n ast.Node) bool { _, rule := n.(*ast.ThematicBreak); return rule })...)
		for _, c := range s.children {
			if !hasPages(c) && !contentsTitle.MatchString(plainTitle(c.Title)) {
				own += d.sectionText(c)
			}
		}
		text = own + text
	}
	return text
}

// contentsTitle is the heading of a table of contents in one of several languages.
var contentsTitle = regexp.MustCompile(`(?i)^(?:table of contents|contents|toc|index|inhalt\w*|índice|sommaire|目次)$`)

// sectionText renders a heading that is text with all that it holds.
func (d *docReader) sectionText(s *section) string {
	text := d.html(s.node) + d.html(s.nodes...)
	for _, c := range s.children {
		text += d.sectionText(c)
	}
	return text
}

// page builds one procedure.
// Headings below it without procedures are its text. A rule at its very end is left out: it
// divides chapters.
func (d *docReader) page(s *section, chapter string) (*procedures.Procedure, []scriptFile) {
	p := &procedures.Procedure{
		ID: s.id, Title: s.Title, File: d.file, Line: s.line, Chapter: chapter,
	}
	d.front.describe(p)
	if s.node == nil || p.Title == "" {
		p.Title = cmp.Or(s.Title, d.title)
	}
	p.Duration, p.Rhythm = d.inherited(s)
	b := &pageBuilder{d: d, s: s, p: p, known: map[string]bool{}, ids: map[string]*procedures.Step{}, written: map[string]int{}}
	if s.node != nil {
		b.script = scriptPath(d.plain(s.node))
	}
	for i, n := range s.nodes {
		if _, rule := n.(*ast.ThematicBreak); rule && i == len(s.nodes)-1 {
			break // the line between two chapters
		}
		b.block(n)
	}
	for _, c := range s.children {
		if !hasPages(c) {
			b.html.WriteString(d.sectionText(c))
		}
	}
	b.flush()
	b.finish()
	return p, b.scripts
}

var scriptHeading = regexp.MustCompile(`^(?:\./)?[\w.-]+(?:/[\w.-]+)*$`)

// scriptPath returns the path that a heading names, or "".
// `## scripts/check.sh` says that the block under it is that file. A path needs an ending; without
// .sh or .bash it needs a folder too.
func scriptPath(title string) string {
	title = strings.Trim(stripNumbering(strings.TrimSpace(title)), "`: ")
	if !scriptHeading.MatchString(title) {
		return ""
	}
	if strings.HasSuffix(title, ".sh") || strings.HasSuffix(title, ".bash") ||
		strings.Contains(strings.TrimPrefix(title, "./"), "/") && strings.Contains(title, ".") {
		return strings.TrimPrefix(title, "./")
	}
	return ""
}

// hasSteps reports whether a block holds a step or a task.
func (d *docReader) hasSteps(n ast.Node) bool {
	found := false
	_ = ast.Walk(n, func(n ast.Node, _ bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			if d.fenceKind(n) != blockText {
				found = true
			}
		case *extast.TaskCheckBox:
			found = true
		}
		if found {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}

// fenceKind is what becomes of a fence, by its language and text.
func (d *docReader) fenceKind(n *ast.FencedCodeBlock) blockKind {
	return classifyBlock(fenceLanguage(infoOf(n, d.source)), d.fenceText(n))
}

// fenceText is what stands in a fence, each line with its end.
func (d *docReader) fenceText(n *ast.FencedCodeBlock) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		b.Write(seg.Value(d.source))
	}
	return b.String()
}

// block places one block of the document.
// Text is gathered as HTML until a step comes; its last line may label or announce the step.
func (b *pageBuilder) block(n ast.Node) {
	if fence, ok := n.(*ast.FencedCodeBlock); ok {
		b.fence(fence)
		b.label, b.lead = label{}, ""
		return
	}
	if !b.d.hasSteps(n) {
		b.closeList()
		b.html.WriteString(b.d.html(n))
		b.label, b.lead = b.labelOf(n), leadOf(b.d.plain(n))
		return
	}
	switch n := n.(type) {
	case *ast.List:
		b.steppedList(n)
	default: // a block quote, a definition list, a footnote with a block in it
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			b.block(c)
		}
	}
}

// flush moves the gathered HTML into the page.
func (b *pageBuilder) flush() {
	b.closeList()
	if strings.TrimSpace(b.html.String()) != "" {
		b.p.Content = append(b.p.Content, procedures.Content{HTML: b.html.String()})
	}
	b.html.Reset()
}

// add puts a step on the page.
func (b *pageBuilder) add(s *procedures.Step) {
	b.flush()
	s.File = b.d.file
	s.ID = b.identify(s)
	if s.Kind == procedures.KindScript {
		s.After = slices.Clone(b.tasks)
	}
	b.p.Steps = append(b.p.Steps, s)
	b.p.Content = append(b.p.Content, procedures.Content{Step: s})
}

// finish settles what needs the whole page.
// A page with one step whose title was made of its commands calls the step as the page. The digest
// is of the front matter and the section's source.
func (b *pageBuilder) finish() {
	if len(b.p.Steps) == 1 && b.guessed == b.p.Steps[0] && b.guessed.Annotations.ID == "" {
		b.guessed.Title, b.guessed.ID = b.p.Title, cmp.Or(slug(b.p.Title), "step")
	}
	b.collectParameters()
	for _, s := range b.p.Steps {
		b.checkNeeds(s)
		b.checkRollback(s)
		s.Findings = procedures.SortFindings(s.Findings)
		b.p.Findings = append(b.p.Findings, s.Findings...)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s", b.d.front.raw, b.d.source[b.s.offset:b.s.end])
	b.p.Digest = hex.EncodeToString(sum.Sum(nil))[:16]
}

// checkNeeds looks for the steps that `needs` names. A name with # or / is of another page, and is
// not checked.
func (b *pageBuilder) checkNeeds(s *procedures.Step) {
	for _, id := range s.Annotations.Needs {
		if strings.Contains(id, "#") || strings.Contains(id, "/") || b.p.Step(id) != nil {
			continue
		}
		b.noStep(s, "needs", id)
	}
}

// noStep says that an annotation names a step that is not there.
func (b *pageBuilder) noStep(s *procedures.Step, key, id string) {
	ids := []string{}
	for _, other := range b.p.Steps {
		ids = append(ids, other.ID)
	}
	message := fmt.Sprintf("`%s` names the step %q, which this page does not have", key, id)
	if near := procedures.Nearest(id, ids); near != "" {
		message += fmt.Sprintf(": did you mean %q?", near)
	}
	s.Findings = append(s.Findings, procedures.Finding{
		File: b.d.file, Line: s.Line, Column: 1, Severity: procedures.SeverityError, Rule: "annotation", Message: message,
	})
}

// checkRollback reads the rollback of a step: a step of the page, or a line that can be run. It is found out now, and not when
// somebody needs it.
func (b *pageBuilder) checkRollback(s *procedures.Step) {
	way := strings.TrimSpace(s.Annotations.Rollback)
	switch {
	case way == "" || b.p.Step(way) != nil:
		return
	case !strings.ContainsAny(way, " \t\n"):
		b.noStep(s, "rollback", way)
		return
	}
	analysis := b.d.options.Analyser.Analyse(procedures.Script{File: b.d.file, Line: s.Line, Text: way + "\n"})
	if analysis.Refused != "" {
		s.Findings = append(s.Findings, procedures.Finding{
			File: b.d.file, Line: s.Line, Column: 1, Severity: procedures.SeverityError, Rule: "annotation",
			Message: "`rollback` cannot run here: " + analysis.Refused,
		})
	}
	for _, m := range analysis.Findings {
		if m.Severity == procedures.SeverityError {
			m.Line, m.Column, m.Message = s.Line, 1, "`rollback`: "+m.Message
			s.Findings = append(s.Findings, m)
		}
	}
}
