package runbook

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// pageBuilder builds one procedure out of a section's blocks.
// It is used for one page, by the goroutine that reads the file.
type pageBuilder struct {
	d       *docReader
	s       *section // the root: its heading is the procedure's
	at      *section // whose blocks are being placed: the root, or one of its sections
	placed  []*section
	current string // the id of the section at
	p       *procedures.Procedure
	html    strings.Builder
	list    []string // finished items of a list that is not written yet
	listTag string
	label   label
	lead    string // the sentence before a block, ending in a colon
	tasks   []string
	// awaiting is a task that a step of the block below it may take; nil for none.
	awaiting *awaitedTask
	known    map[string]bool // variables that earlier steps set
	ids      map[string]*procedures.Step
	written  map[string]int // written ids and their lines
	script   string         // the path that the heading names, until a block took it
	scripts  []scriptFile
	uses     []use
	guessed  *procedures.Step // the last step whose title was made of its commands
	namings  []naming
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
		if s.procs {
			d.pages[s] = &procedures.Procedure{}
		}
	}
	for _, s := range d.sections {
		if !s.procs {
			continue
		}
		home := d.chapterOf(s)
		c := chapters[home]
		if c == nil {
			c = &procedures.Chapter{ID: home.id, Title: home.Title, About: d.chapterText(home)}
			if home.whole && home.id == fileID(d.file) { // files that are one procedure each are listed by their folders
				c.ID, c.Title = folderChapter(d.file)
			} else if home.node == nil || home.id == fileID(d.file) {
				c.Title = d.title
			}
			if d.front.Chapter != "" {
				c.ID, c.Title = cmp.Or(slug(d.front.Chapter), home.id), d.front.Chapter
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
	d.checkThresholds(doc)
	checkEnvironmentNames(doc)
}

// folderChapter is the chapter of the documents in a file's folder. Its title is the whole path: the last folder of several may be
// called the same.
func folderChapter(file string) (id, title string) {
	folder := path.Dir(file)
	if folder == "." {
		return "runbooks", "Runbooks"
	}
	names := strings.Split(folder, "/")
	for i, name := range names {
		names[i] = humanize(fileNumber().ReplaceAllString(name, "$1"))
	}
	return fileID(folder), strings.Join(names, " / ")
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
			if !hasPages(c) && !contentsTitle().MatchString(plainTitle(c.Title)) {
				own += d.sectionText(c)
			}
		}
		text = own + text
	}
	return text
}

// contentsTitle is the heading of a table of contents in one of several languages.
var contentsTitle = lazy.Regexp(`(?i)^(?:table of contents|contents|toc|index|inhalt\w*|índice|sommaire|目次)$`)

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
	p := d.pages[s]
	*p = procedures.Procedure{ID: s.id, Title: s.Title, File: d.file, Line: s.line, Chapter: chapter}
	d.front.describe(p)
	if s.node == nil || p.Title == "" {
		p.Title = cmp.Or(s.Title, d.title)
	}
	p.Duration, p.Rhythm = d.inherited(s)
	b := &pageBuilder{d: d, s: s, p: p, known: map[string]bool{}, ids: map[string]*procedures.Step{}, written: map[string]int{}}
	for _, before := range s.opening {
		b.section(before)
	}
	b.current = ""
	b.under(s)
	b.flush()
	b.finish()
	return p, b.scripts
}

// under puts what stands under a heading on the page, and the headings below it.
func (b *pageBuilder) under(s *section) {
	outer := b.at
	b.at, b.label, b.lead, b.script = s, label{}, "", ""
	b.placed = append(b.placed, s)
	before := len(b.p.Steps)
	defer func() { b.at = outer }()
	if s.node != nil {
		b.script = scriptPath(b.d.plain(s.node))
	}
	for i, n := range s.nodes {
		if _, rule := n.(*ast.ThematicBreak); rule && i == len(s.nodes)-1 {
			break // the line between two chapters
		}
		b.block(n)
	}
	if s != b.s {
		b.nameLone(b.p.Steps[before:], s.Title)
	}
	for _, c := range s.children {
		switch {
		case c.within != nil && (c.within == b.s || c.within == s.within || c.within == s):
			b.section(c)
		case b.s.whole && hasPages(c):
			b.elsewhere(c)
		case !hasPages(c):
			b.closeList()
			b.html.WriteString(b.d.sectionText(c))
		}
	}
}

// nameLone calls the only step of a page or section as its heading, where the step's title was made of its commands.
func (b *pageBuilder) nameLone(steps []*procedures.Step, heading string) {
	if len(steps) != 1 || steps[0] != b.guessed || b.guessed.Annotations.ID != "" {
		return
	}
	words, _ := bareHeading(heading)
	if kind := headingKindOf(heading, words); kind == headingAside || kind == headingCollection {
		return // such a heading names no deed
	}
	s := b.guessed
	delete(b.ids, s.ID)
	s.Findings = withoutSameTitle(s.Findings)
	s.Title, b.guessed = heading, nil
	s.ID = b.identify(s)
}

// section puts one of the procedure's sections on the page, with its heading.
func (b *pageBuilder) section(s *section) {
	b.flush()
	at := &procedures.Section{
		ID: b.anchor(s), Title: s.Title, Level: s.level, Line: s.line, Address: s.id,
		Aside: s.aside, Choice: s.choice, HTML: headingID().ReplaceAllString(b.d.inline(s.node), ""),
	}
	b.p.Sections = append(b.p.Sections, at)
	b.p.Content = append(b.p.Content, procedures.Content{Section: at, Line: s.line})
	outer := b.current
	b.current = at.ID
	b.under(s)
	b.flush()
	b.current = outer
}

// anchor makes the identifier of a section in its procedure. Of two equal ones the second has a number.
func (b *pageBuilder) anchor(s *section) string {
	base := cmp.Or(slug(s.Title), "section")
	id := base
	for n := 2; b.p.Section(id) != nil; n++ {
		id = numbered(base, n)
	}
	return id
}

// elsewhere says where the pages are that stand below a heading.
func (b *pageBuilder) elsewhere(s *section) {
	b.flush()
	if s.procs {
		b.p.Content = append(b.p.Content, procedures.Content{Other: b.d.pages[s], Line: s.line})
		return
	}
	b.html.WriteString(b.d.html(s.node) + b.d.html(s.nodes...))
	for _, c := range s.children {
		if hasPages(c) {
			b.elsewhere(c)
		} else {
			b.html.WriteString(b.d.sectionText(c))
		}
	}
}

var scriptHeading = lazy.Regexp(`^(?:\./)?[\w.-]+(?:/[\w.-]+)*$`)

// scriptPath returns the path that a heading names, or "".
// `## scripts/check.sh` says that the block under it is that file. A path needs an ending; without
// .sh or .bash it needs a folder too.
func scriptPath(title string) string {
	title = strings.Trim(stripNumbering(strings.TrimSpace(title)), "`: ")
	if !scriptHeading().MatchString(title) {
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
func (d *docReader) fenceText(n *ast.FencedCodeBlock) string { return codeText(n, d.source) }

// heading is the title of what the next block stands under.
func (b *pageBuilder) heading() string { return cmp.Or(b.at.Title, b.p.Title) }

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
		b.label, b.lead = b.labelOf(n), b.leadOf(n)
		return
	}
	switch n := n.(type) {
	case *ast.List:
		b.steppedList(n)
	case *ast.Blockquote:
		b.steppedQuote(n)
	default: // a definition list, a footnote with a block in it
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

// finish settles what needs the whole page.
// The digest is of the front matter and the source of the page's sections.
func (b *pageBuilder) finish() {
	if len(b.p.Steps) == 1 {
		b.nameLone(b.p.Steps, b.p.Title)
	}
	b.nameSteps()
	b.collectParameters()
	for _, s := range b.p.Steps {
		b.checkFields(s)
		b.checkNeeds(s)
		b.checkRollback(s)
		s.Findings = procedures.SortFindings(s.Findings)
		b.p.Findings = append(b.p.Findings, s.Findings...)
	}
	sum := sha256.New()
	fmt.Fprint(sum, b.d.front.raw)
	for _, s := range b.placed {
		fmt.Fprintf(sum, "\x00%s", b.d.source[s.offset:s.end])
	}
	b.p.Digest = hex.EncodeToString(sum.Sum(nil))[:16]
}
