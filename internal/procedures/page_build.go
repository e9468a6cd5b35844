package procedures

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// pageBuilder builds one procedure out of a section's blocks.
type pageBuilder struct {
	d       *docReader
	s       *section
	p       *Procedure
	html    strings.Builder
	list    []string // finished items of a list that is not written yet
	listTag string
	label   label
	lead    string // the sentence before a block, ending in a colon
	tasks   []string
	known   map[string]bool // variables that earlier steps set
	ids     map[string]*Step
	written map[string]int // written ids and their lines
	script  string         // the path that the heading names, until a block took it
	scripts []scriptFile
	uses    []use
	guessed *Step // the last step whose title was made of its commands
}

// label is a list item or a bold line, and the line that it ends on.
type label struct {
	text string
	line int
	item bool // a list item of several in a list of bullets: it labels only what is on the next line
}

// makePages turns sections into chapters and procedures.
func (d *docReader) makePages(doc *runbook) {
	chapters := map[*section]*Chapter{}
	for _, s := range d.sections {
		if !s.procs {
			continue
		}
		home := d.chapterOf(s)
		c := chapters[home]
		if c == nil {
			c = &Chapter{ID: home.id, Title: home.Title, About: d.chapterText(home)}
			if d.front.Chapter != "" {
				c.ID, c.Title = orElse(slug(d.front.Chapter), home.id), d.front.Chapter
			} else if home.node == nil || home.id == fileID(d.file) {
				c.Title = d.title
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

// sectionText renders a heading that is text with all that it holds.
func (d *docReader) sectionText(s *section) string {
	text := d.html(s.node) + d.html(s.nodes...)
	for _, c := range s.children {
		text += d.sectionText(c)
	}
	return text
}

// page builds one procedure.
func (d *docReader) page(s *section, chapter string) (*Procedure, []scriptFile) {
	p := &Procedure{
		ID: s.id, Title: s.Title, File: d.file, Line: s.line, Chapter: chapter,
		Owner: d.front.Owner, Schedule: d.front.Schedule, Environments: d.front.Environments,
		Approvals: d.front.Approvals, Links: d.front.Links, Contacts: d.front.Contacts,
	}
	if s.node == nil || p.Title == "" {
		p.Title = orElse(s.Title, d.title)
	}
	p.Duration, p.Rhythm = d.inherited(s)
	b := &pageBuilder{d: d, s: s, p: p, known: map[string]bool{}, ids: map[string]*Step{}, written: map[string]int{}}
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
func scriptPath(title string) string {
	title = strings.Trim(stripNumbering(strings.TrimSpace(title)), "`: ")
	if !scriptHeading.MatchString(title) {
		return ""
	}
	if strings.HasSuffix(title, ".sh") || strings.HasSuffix(title, ".bash") || strings.Contains(strings.TrimPrefix(title, "./"), "/") && strings.Contains(title, ".") {
		return strings.TrimPrefix(title, "./")
	}
	return ""
}

// hasSteps reports whether a block holds a step or a task.
func (d *docReader) hasSteps(n ast.Node) bool {
	found := false
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
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

func (d *docReader) fenceKind(n *ast.FencedCodeBlock) blockKind {
	return classifyBlock(fenceLanguage(infoOf(n, d.source)), d.fenceText(n))
}

func (d *docReader) fenceText(n *ast.FencedCodeBlock) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		b.Write(seg.Value(d.source))
	}
	return b.String()
}

// block places one block of the document.
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

// leadOf returns a short sentence that announces what follows it.
func leadOf(text string) string {
	if len(text) > 120 || !strings.HasSuffix(text, ":") {
		return ""
	}
	return cleanTitle(text)
}

// labelOf returns the label that a block is for a fence right below it.
func (b *pageBuilder) labelOf(n ast.Node) label {
	switch n := n.(type) {
	case *ast.Paragraph:
		if text := b.boldLine(n); text != "" {
			return label{text: text, line: b.endOf(n)}
		}
	case *ast.List:
		item := n.LastChild()
		if item == nil || item.FirstChild() == nil {
			return label{}
		}
		return label{text: b.itemLabel(item.FirstChild()), line: b.endOf(item), item: !n.IsOrdered() && n.ChildCount() > 1}
	}
	return label{}
}

// boldLine returns the text of a paragraph that is bold from end to end, a colon aside.
func (b *pageBuilder) boldLine(n ast.Node) string {
	var bold, rest strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if e, ok := c.(*ast.Emphasis); ok && e.Level == 2 {
			bold.WriteString(b.d.plain(c) + " ")
		} else {
			rest.WriteString(b.d.plain(c))
		}
	}
	if bold.Len() == 0 || strings.Trim(rest.String(), ": .") != "" && !startsSymbolic(rest.String()) {
		return ""
	}
	return cleanTitle(bold.String())
}

// startsSymbolic allows emoji and durations beside a bold title.
func startsSymbolic(s string) bool {
	_, _, ok := parseParentheses(strings.Trim(strings.TrimSpace(s), "():"))
	return ok || !strings.ContainsFunc(s, func(r rune) bool { return r < 0x2000 && r != ' ' && r != ':' })
}

// itemLabel is an item's first line, or its bold beginning where it is long.
func (b *pageBuilder) itemLabel(first ast.Node) string {
	text := b.d.plain(first)
	if e, ok := first.FirstChild().(*ast.Emphasis); ok && e.Level == 2 && len(text) > 80 {
		text = b.d.plain(e)
	}
	if sentence, _, ok := strings.Cut(text, ". "); ok {
		text = sentence
	}
	if len(text) > 120 {
		return ""
	}
	return strings.TrimSuffix(cleanTitle(parseHeading(text).Title), ".")
}

// endOf is the line of a block's last text.
func (b *pageBuilder) endOf(n ast.Node) int {
	line := 0
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			line = max(line, b.d.lineOf(n.Lines().At(n.Lines().Len()-1).Start))
		}
		return ast.WalkContinue, nil
	})
	return line
}

// steppedList writes a list whose items hold steps: text as list items, steps between them.
func (b *pageBuilder) steppedList(list *ast.List) {
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		b.item(list, item, number)
		number++
	}
	b.closeList()
	if n := len(b.p.Content); n > 0 && b.html.Len() == 0 && b.p.Content[n-1].Step != nil {
		b.label, b.lead = label{}, "" // it ended with a step
	}
}

func (b *pageBuilder) item(list *ast.List, item ast.Node, number int) {
	child := item.FirstChild()
	if child != nil {
		if box, ok := child.FirstChild().(*extast.TaskCheckBox); ok {
			b.taskItem(child, box)
			return
		}
	}
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			if list.IsOrdered() {
				b.openItem(fmt.Sprintf(`<ol start="%d">`, number), "</ol>", text.String())
			} else {
				b.openItem("<ul>", "</ul>", text.String())
			}
			text.Reset()
		}
	}
	for ; child != nil; child = child.NextSibling() {
		if b.d.hasSteps(child) {
			flush()
			b.block(child)
			continue
		}
		text.WriteString(b.d.html(child))
		if child == item.FirstChild() || b.labelOf(child).text != "" {
			b.label = label{text: b.itemLabel(child), line: b.endOf(child)}
		}
		b.lead = leadOf(b.d.plain(child))
	}
	flush()
}

// taskItem makes the manual step of a task, with the text below it. Blocks within the item are
// how the task is done, so they wait for earlier tasks only, and it labels them.
func (b *pageBuilder) taskItem(text ast.Node, box ast.Node) {
	b.closeList()
	outer := b.label
	line := b.endOf(text)
	s := b.task(text, box)
	for child := text.NextSibling(); child != nil; child = child.NextSibling() {
		if b.d.hasSteps(child) {
			b.label = label{text: s.Title, line: line}
			if list, ok := child.(*ast.List); ok {
				b.label = outer
				b.steppedList(list)
			} else {
				b.block(child)
			}
			continue
		}
		s.About += b.d.html(child)
		line = b.endOf(child)
	}
	b.label = outer
	b.tasks = append(b.tasks, s.ID)
}

// openItem adds an item to the list that is being written, or begins one.
func (b *pageBuilder) openItem(open, end, text string) {
	if len(b.list) > 0 && b.listTag != end {
		b.closeList()
	}
	if len(b.list) == 0 {
		b.listTag = end
		b.list = append(b.list, open)
	}
	b.list = append(b.list, "<li>"+text+"</li>")
}

func (b *pageBuilder) closeList() {
	if len(b.list) > 0 {
		b.html.WriteString(strings.Join(b.list, "\n") + "\n" + b.listTag + "\n")
		b.list = nil
	}
}

// flush moves the gathered HTML into the page.
func (b *pageBuilder) flush() {
	b.closeList()
	if strings.TrimSpace(b.html.String()) != "" {
		b.p.Content = append(b.p.Content, Content{HTML: b.html.String()})
	}
	b.html.Reset()
}

// add puts a step on the page.
func (b *pageBuilder) add(s *Step) {
	b.flush()
	s.File = b.d.file
	s.ID = b.identify(s)
	if s.Kind == KindScript {
		s.After = slices.Clone(b.tasks)
	}
	b.p.Steps = append(b.p.Steps, s)
	b.p.Content = append(b.p.Content, Content{Step: s})
}

// identify gives a step its identifier: the written one, or its title's with a number for equal ones.
func (b *pageBuilder) identify(s *Step) string {
	if id := s.Annotations.ID; id != "" {
		if line, ok := b.written[id]; ok {
			s.Mistakes = append(s.Mistakes, Mistake{File: b.d.file, Line: s.Line, Severity: SeverityError, Rule: "same-id",
				Message: fmt.Sprintf("the id %q is written on lines %d and %d: give one of the steps another", id, line, s.Line)})
		} else {
			b.written[id] = s.Line
			other := b.ids[id]
			b.ids[id] = s
			if other != nil { // a written id wins over one that was derived
				b.rename(other, b.free(id))
			}
			return id
		}
	}
	base := orElse(slug(s.Title), "step")
	id := b.free(base)
	if id != base && s.Title != "" {
		s.Mistakes = append(s.Mistakes, Mistake{File: b.d.file, Line: s.Line, Severity: SeverityNote, Rule: "same-title",
			Message: fmt.Sprintf("another step of this page (line %d) is called %q too: this one's link is #%s, and changes if the other one goes. A written `#| id:` keeps it", b.ids[base].Line, s.Title, id)})
	}
	b.ids[id] = s
	return id
}

// rename gives a step another identifier, wherever it was named.
func (b *pageBuilder) rename(s *Step, id string) {
	for _, list := range append([][]string{b.tasks}, afterLists(b.p.Steps)...) {
		for i := range list {
			if list[i] == s.ID {
				list[i] = id
			}
		}
	}
	s.ID = id
	b.ids[id] = s
}

func afterLists(steps []*Step) [][]string {
	var lists [][]string
	for _, s := range steps {
		lists = append(lists, s.After)
	}
	return lists
}

func (b *pageBuilder) free(id string) string {
	unique := id
	for n := 2; b.ids[unique] != nil; n++ {
		unique = numbered(id, n)
	}
	return unique
}

// task makes the manual step of a task item's first line.
func (b *pageBuilder) task(text ast.Node, box ast.Node) *Step {
	text.RemoveChild(text, box)
	title := b.d.plain(text)
	s := &Step{Kind: KindManual, Title: orElse(cleanTitle(title), "Done"), Line: b.d.nodeLine(text), Group: b.label.text}
	if about := strings.TrimSpace(b.d.html(text)); strings.Contains(about, "<a ") || strings.Contains(about, "<code") || strings.Contains(about, "<img") {
		s.About = about
	}
	s.Countdown = countdownOf(s.Title)
	s.Source = title
	if s.Line == 0 {
		s.Line = b.s.line
	}
	b.add(s)
	return s
}

var countdownStart = regexp.MustCompile(`(?i)^(?:wait|monitor|observe|watch|bake|soak|pause|let\b|allow|warte\w*|beobacht\w*|attend\w*|esper\w*)\b`)

// countdownOf returns how long a manual step takes that says to wait for a time.
func countdownOf(title string) time.Duration {
	if !countdownStart.MatchString(plainTitle(title)) {
		return 0
	}
	return findDuration(title)
}

// finish settles what needs the whole page.
func (b *pageBuilder) finish() {
	if len(b.p.Steps) == 1 && b.guessed == b.p.Steps[0] && b.guessed.Annotations.ID == "" {
		b.guessed.Title, b.guessed.ID = b.p.Title, orElse(slug(b.p.Title), "step")
	}
	b.collectParameters()
	for _, s := range b.p.Steps {
		b.checkNeeds(s)
		s.Mistakes = SortMistakes(s.Mistakes)
		b.p.Mistakes = append(b.p.Mistakes, s.Mistakes...)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s", b.d.front.raw, b.d.source[b.s.offset:b.s.end])
	b.p.Digest = hex.EncodeToString(sum.Sum(nil))[:16]
}

func (b *pageBuilder) checkNeeds(s *Step) {
	for _, id := range s.Annotations.Needs {
		if strings.Contains(id, "#") || strings.Contains(id, "/") || b.p.Step(id) != nil {
			continue
		}
		ids := []string{}
		for _, other := range b.p.Steps {
			ids = append(ids, other.ID)
		}
		message := fmt.Sprintf("`needs` names the step %q, which this page does not have", id)
		if near := nearest(id, ids); near != "" {
			message += fmt.Sprintf(": did you mean %q?", near)
		}
		s.Mistakes = append(s.Mistakes, Mistake{File: b.d.file, Line: s.Line, Severity: SeverityError, Rule: "annotation", Message: message})
	}
}
