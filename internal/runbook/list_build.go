package runbook

import (
	"cmp"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// steppedList writes a list whose items hold steps: text as list items, steps between them.
// 1. Open the console, then a block, then 2. Check it: the page has a list, a step, and a list
// that starts with 2.
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

// item writes one item. Its first line labels the blocks in it, unless it says nothing: "Run:".
func (b *pageBuilder) item(list *ast.List, item ast.Node, number int) {
	child := item.FirstChild()
	if child != nil {
		if box, ok := child.FirstChild().(*extast.TaskCheckBox); ok {
			b.taskItem(child, box)
			return
		}
	}
	var text strings.Builder
	begun := false
	flush := func() {
		if text.Len() > 0 {
			if begun { // the item goes on behind its step: it has its number already
				b.closeList()
				b.html.WriteString(text.String())
			} else if list.IsOrdered() {
				b.openItem(fmt.Sprintf(`<ol start="%d">`, number), "</ol>", text.String())
			} else {
				b.openItem("<ul>", "</ul>", text.String())
			}
			text.Reset()
		}
		begun = true
	}
	for ; child != nil; child = child.NextSibling() {
		if b.d.hasSteps(child) {
			flush()
			b.block(child)
			continue
		}
		text.WriteString(b.d.html(child))
		if fence, ok := child.(*ast.FencedCodeBlock); ok {
			b.expectedOutput(b.d.fenceText(fence))
		}
		if child == item.FirstChild() || b.labelOf(child).text != "" {
			if text := b.itemLabel(child); !generalLabels[strings.ToLower(text)] {
				b.label = label{text: text, line: b.endOf(child)}
			}
		}
		b.lead = leadOf(b.d.plain(child))
	}
	flush()
}

// generalLabels say nothing about the block under them: what is around them does.
var generalLabels = setOf("command commands run cli bash shell example examples usage befehl befehle comando comandos commande commandes")

// taskItem makes the manual step of a task, with the text below it. Blocks within the item are
// how the task is done, so they wait for earlier tasks only, and it labels them. Where it says what one right below it does, and that is
// one step without a title of its own, the step is the task: its button does what the box stands for.
// `- [ ] Call the customer` is a task; a box that is checked in the file is one too, as each run
// has its own marks.
func (b *pageBuilder) taskItem(text ast.Node, box ast.Node) {
	b.closeList()
	outer := b.label
	line := b.endOf(text)
	s := b.task(text, box)
	child := text.NextSibling()
	if fence, ok := child.(*ast.FencedCodeBlock); ok && s.Countdown == 0 && namesDeed(s.Title) && b.d.hasSteps(fence) {
		await := &awaitedTask{task: s}
		b.awaiting, b.label = await, label{text: s.Title, line: line}
		b.block(fence)
		b.addAwaiting()
		s, child = await.done, child.NextSibling()
	} else {
		b.add(s)
	}
	for ; child != nil; child = child.NextSibling() {
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

// awaitedTask is a task whose block is read: done is the step that the task is done by, its own where the block is several or has titles.
type awaitedTask struct{ task, done *procedures.Step }

// stated is a title that says what has to be so, or what a person has to judge: what a command prints does not tell that it is.
var stated = lazy.Regexp(`(?i)\b(?:is|are|was|were|has|have|been|that|no|ist|sind|wurde\w*|est|sont|es|está|están|são|è|sono)\b|` +
	`^(?:confirm|review|assess|ensure|approv|sign|decid|agree)`)

// namesDeed reports a title that says what the block below it does: "Check the queue", and not "The queue is empty".
func namesDeed(title string) bool {
	words := titleWords()
	return !stated().MatchString(title) && (words.destroy.begins(title) || words.change.begins(title) || words.read.begins(title))
}

// takeTask makes a step of a block the one that the task above the block is done by.
func (b *pageBuilder) takeTask(s *procedures.Step) {
	if b.awaiting != nil {
		task := b.awaiting.task
		if task.About == "" && strings.TrimRight(task.Source, ":： ") != s.Title { // a number, say, that titles go without
			task.About = "<p>" + html.EscapeString(task.Source) + "</p>\n"
		}
		s.About = task.About + s.About
		b.awaiting.done, b.awaiting = s, nil
	}
}

// addAwaiting puts a task on the page that no step has taken.
func (b *pageBuilder) addAwaiting() {
	if await := b.awaiting; await != nil {
		await.done, b.awaiting = await.task, nil
		b.add(await.task)
	}
}

// openItem adds an item to the list that is being written, or begins one.
func (b *pageBuilder) openItem(open, end, text string) {
	if b.listTag != end {
		b.closeList()
	}
	if len(b.list) == 0 {
		b.listTag = end
		b.list = append(b.list, open)
	}
	b.list = append(b.list, "<li>"+text+"</li>")
}

// closeList writes the items that were gathered, as one list.
func (b *pageBuilder) closeList() {
	if len(b.list) > 0 {
		b.html.WriteString(strings.Join(b.list, "\n") + "\n" + b.listTag + "\n")
		b.list = nil
	}
}

// task makes the manual step of a task item's first line.
// `- [ ] Wait 10 minutes` has a countdown. About repeats the line as HTML only where that holds
// more than the title: a link, code, an image.
func (b *pageBuilder) task(text ast.Node, box ast.Node) *procedures.Step {
	// the page has a box of its own, which is the step's
	text.RemoveChild(text, box)
	defer text.InsertBefore(text, text.FirstChild(), box) // a block may be placed on several pages
	title, rest := b.d.plain(text), ""
	if lines := b.textLines(text); len(lines) > 1 && strings.HasSuffix(lines[0], ":") {
		title, rest = lines[0], strings.Join(lines[1:], "\n")
	}
	s := &procedures.Step{
		Kind: procedures.KindManual, Title: cmp.Or(cleanTitle(visible(title)), "Done"), Line: b.d.nodeLine(text), Group: b.label.text,
	}
	if rest != "" {
		s.About = b.d.convert([]string{rest})
	} else if about := strings.TrimSpace(b.d.html(text)); strings.Contains(about, "<a ") ||
		strings.Contains(about, "<code") || strings.Contains(about, "<img") {
		s.About = about
	}
	s.Countdown = countdownOf(s.Title)
	watchMeanwhile(s, b.d.file)
	s.Source = title
	if s.Line == 0 {
		s.Line = b.at.line
	}
	return s
}

// textLines are the lines of a paragraph as the document has them, less the task's box.
func (b *pageBuilder) textLines(n ast.Node) []string {
	var lines []string
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		line := strings.TrimSpace(string(seg.Value(b.d.source)))
		if i == 0 {
			line = taskBox().ReplaceAllString(line, "")
		}
		lines = append(lines, line)
	}
	return lines
}

// taskBox is the box at the beginning of a task's source.
var taskBox = lazy.Regexp(`^\[[ xX]\]\s*`)

// countdownStart is a verb of waiting in one of the languages that runbooks here are written in.
var countdownStart = lazy.Regexp(`(?i)^(?:wait|monitor|observe|watch|bake|soak|pause|let\b|allow|warte\w*|` +
	`beobacht\w*|attend\w*|esper\w*)\b`)

// countdownOf returns how long a manual step takes that says to wait for a time.
// "Wait 10 minutes" takes 10 min; "Call within 10 minutes" takes none.
func countdownOf(title string) time.Duration {
	if !countdownStart().MatchString(plainTitle(title)) {
		return 0
	}
	return procedures.FindDuration(title)
}

// watchMeanwhile lets a manual step that waits for a time watch any alarm meanwhile.
// Samples are a tenth of the time apart, at least BakeShortest and at most BakeEvery.
func watchMeanwhile(s *procedures.Step, file string) {
	if s.Countdown > 0 {
		every := min(procedures.BakeEvery, max(s.Countdown/10, procedures.BakeShortest))
		s.Bake = &procedures.Bake{
			For: s.Countdown, Every: every, Alarms: procedures.AlarmsScript("", procedures.Script{File: file, Line: s.Line}),
		}
	}
}
