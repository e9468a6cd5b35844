package runbook

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// decision is what one of the rules came to.
type decision struct {
	rule    string // its name, as a Reading has it
	one     bool   // one procedure; else several
	because string // what decided, as the end of a sentence for the page: "PREV from line 40 is needed under Mitigate"
	line    int    // of the file, from 1: where that stands
}

// outline is a heading for the question what is run together.
type outline struct {
	s               *section
	text            string // as it is written
	words           string // without emoji and number
	kind            headingKind
	numbered, timed bool
	own             bool // steps stand right under it
	counts          bool // steps stand at it or below
	children        []*outline
	uses            []shellUse // once read
	read            bool
}

// below yields a heading and all below it, in the order of the text.
func (o *outline) below(yield func(*outline) bool) { o.each(yield) }

func (o *outline) each(yield func(*outline) bool) bool {
	if !yield(o) {
		return false
	}
	for _, c := range o.children {
		if !c.each(yield) {
			return false
		}
	}
	return true
}

// counted are the children that hold steps.
func (o *outline) counted() []*outline {
	return slices.DeleteFunc(slices.Clone(o.children), func(c *outline) bool { return !c.counts })
}

// outlineOf makes the outline of a heading and all below it.
func (d *docReader) outlineOf(s *section) *outline {
	o := &outline{s: s, own: d.holdsSteps(s)}
	if s.node != nil {
		o.text = d.plain(s.node)
		o.words, o.numbered = bareHeading(o.text)
		o.kind = headingKindOf(o.text, o.words)
		o.timed = s.Duration > 0 || s.Rhythm != "" || fits("timed", o.words)
	}
	o.counts = o.own
	for _, c := range s.children {
		child := d.outlineOf(c)
		o.children = append(o.children, child)
		o.counts = o.counts || child.counts
	}
	return o
}

// question is what the rules are asked of: the document, or a heading that holds others.
type question struct {
	d        *docReader
	document bool
	line     int      // of the title or heading
	names    []string // the words of the title or heading, and of the lone children that stand for it
	text     string   // of the title or heading
	kinds    []headingKind
	own      *outline   // the one whose steps stand right under it; nil for none
	kids     []*outline // those that hold steps
	core     []*outline // of them, those that are neither preparation nor aside
	all      []*outline // with those that hold no step, and lone children
	beside   bool       // a lone child has neighbours that hold no step
	rhythm   bool       // the title or heading says in parentheses how often
}

// half reports whether a number is at least half of the children that matter.
func (q *question) half(n int) bool { return 2*n >= len(q.core) }

// of are the children of a kind.
func of(kind headingKind, list []*outline) []*outline {
	return slices.DeleteFunc(slices.Clone(list), func(o *outline) bool { return o.kind != kind })
}

// ask asks whether what stands under a heading is run together. A lone child stands for its parent.
func (d *docReader) ask(o *outline, title string, document bool, more []*outline) (*question, decision) {
	q := &question{d: d, document: document, text: title, line: o.s.line, rhythm: o.s.Rhythm != "", beside: len(o.children) > 1}
	q.add(title)
	last := o
	q.kids = append(o.counted(), more...)
	q.all = append(slices.Clone(o.children), more...)
	for len(q.kids) == 1 && !last.own && !q.kids[0].own && q.kids[0].counts && q.kids[0].kind != headingScript {
		last = q.kids[0]
		q.add(last.words)
		q.kinds = append(q.kinds, last.kind)
		q.rhythm = q.rhythm || last.s.Rhythm != ""
		q.kids = last.counted()
		q.all, q.beside = append(q.all, last.children...), q.beside || len(last.children) > 1
	}
	if last.own {
		q.own = last
	}
	scripts := of(headingScript, q.kids)
	rest := slices.DeleteFunc(slices.Clone(q.kids), func(k *outline) bool { return k.kind == headingScript })
	if !document {
		q.kinds = append(q.kinds, o.kind)
	}
	whole := q.kids
	q.kids = rest
	q.core = slices.DeleteFunc(slices.Clone(rest), func(k *outline) bool {
		return k.kind == headingPreparation || k.kind == headingAside
	})
	r := q.decide(len(scripts))
	q.kids = whole
	return q, r
}

func (q *question) add(words string) {
	if words != "" {
		q.names = append(q.names, words)
	}
}

// decide asks the rules in their order. Under a heading, what holds nothing but one child, or nothing but its own steps, is one.
func (q *question) decide(scripts int) decision {
	switch {
	case len(q.kids) == 0 && q.own != nil:
		return decision{rule: ruleSingle, one: true, because: "no heading below it has steps of its own", line: q.line}
	case len(q.core) == 0 && q.own != nil:
		return decision{rule: ruleSingle, one: true, because: "what stands below its own steps is no task", line: q.line}
	case len(q.kids) == 0:
		return decision{rule: ruleSeveral, because: fmt.Sprintf("its %d scripts are run by themselves", scripts), line: q.line}
	}
	for _, r := range togetherRules {
		if because, line := r.holds(q); because != "" {
			return decision{rule: r.name, one: r.one, because: because, line: cmp.Or(line, q.line)}
		}
	}
	if !q.document && len(q.kids) == 1 && q.own == nil && !q.apart() {
		return decision{rule: ruleSingle, one: true, because: q.kids[0].name() + " is all that it holds", line: q.kids[0].s.line}
	}
	return decision{rule: ruleSeveral, because: "nothing says that its headings belong to one task", line: q.line}
}

// apart reports whether the only child with steps is one of several things that the heading is about.
func (q *question) apart() bool {
	k := q.kids[0]
	return q.beside && (k.kind == headingTask || k.kind == headingCase)
}

// name is a heading in a sentence.
func (o *outline) name() string { return "“" + strings.TrimSpace(o.text) + "”" }

// named are headings in a sentence, two of them at most, and the line of the first.
func named(list []*outline) (names string, line int) {
	names = list[0].name()
	if len(list) > 1 {
		names += " and " + list[1].name()
	}
	return names, list[0].s.line
}

// decide settles which headings are procedures, and whose sections the others are.
func (d *docReader) decide() {
	top := d.outlineOf(d.sections[0])
	if !top.counts {
		d.dataPages(top)
		return
	}
	if d.options.headings {
		d.cut(top, 0)
		return
	}
	document, title, more := d.documentOf(top)
	if d.front.Procedure != "" {
		d.decideByFrontMatter(top, document, more)
		return
	}
	q, r := d.ask(document, title, true, more)
	d.reading = procedures.Reading{Rule: r.rule, Because: r.because, Line: r.line, Change: "procedure: document"}
	if r.one {
		d.reading.Change = "procedure: heading"
	}
	root := document
	if top.own || len(more) > 0 { // it holds the document's heading too
		root = top
	}
	d.apply(root, q, r, nil)
}

// documentOf returns the outline that stands for the document, with its title's words, and headings beside it that are to be asked with
// its own. The document is its one heading at the top, with what follows it at the same level as help; else all that it holds.
func (d *docReader) documentOf(top *outline) (document *outline, title string, more []*outline) {
	title, _ = bareHeading(d.title)
	if len(top.children) == 0 || top.own && len(top.children) > 1 {
		return top, title, nil
	}
	first := top.children[0]
	var others []*outline
	beside := true
	for _, c := range top.children[1:] {
		if c.counts {
			others = append(others, c)
			beside = beside && (c.kind == headingAside || c.kind == headingScript || c.kind == headingCollection)
		}
	}
	switch {
	case first.counts && len(others) == 0, first.counts && first.s.level == 1 && len(first.counted()) > 0 && beside:
		return first, title, others
	case !first.counts && first.s.level == 1:
		return top, title, nil // a title, and then headings of its own level
	case d.front.Title == "":
		title = humanize(strings.TrimSuffix(path.Base(d.file), path.Ext(d.file)))
	}
	return top, title, nil
}

// apply carries a reading out. Preparations are those that stand before it and reach all that follows.
func (d *docReader) apply(o *outline, q *question, r decision, preparations []*section) {
	if r.one {
		d.claim(o, o, false)
		openAll(o, preparations)
		return
	}
	if q.own != nil {
		q.own.s.procs, q.own.s.opening = true, preparations
	}
	inKids := map[*section]bool{}
	for _, k := range q.kids {
		inKids[k.s] = true
		d.one(k, preparations)
		if k.kind == headingPreparation && !k.timed { // one that takes its own time is a task
			preparations = append(slices.Clip(preparations), k.s)
		}
	}
	for _, c := range q.all {
		switch {
		case inKids[c.s] || c.counts:
		case q.own != nil && c.s.parent == q.own.s:
			d.claim(q.own, c, false)
		default:
			d.dataPages(c)
		}
	}
}

// one decides a heading of a document that holds several.
func (d *docReader) one(o *outline, preparations []*section) {
	if o.kind == headingScript || len(o.counted()) == 0 {
		d.claim(o, o, false)
		openAll(o, preparations)
		return
	}
	q, r := d.ask(o, o.words, false, nil)
	d.apply(o, q, r, preparations)
}

func openAll(o *outline, preparations []*section) {
	if o.kind != headingPreparation {
		o.s.opening = preparations
	}
}

// claim makes a heading and what is below it sections of a procedure. Scripts stay their own, and a collection keeps its procedures.
func (d *docReader) claim(root, o *outline, aside bool) {
	if o == root {
		o.s.procs, o.s.whole = true, true
	} else {
		o.s.within, o.s.aside = root.s, aside
	}
	choices := of(headingChoice, o.counted())
	for _, c := range o.children {
		switch {
		case c.kind == headingScript && c.counts:
			d.claim(c, c, false)
			continue
		case c.kind == headingCollection && !aside && len(c.counted()) > 1:
			if q, r := d.ask(c, c.words, false, nil); !r.one {
				d.apply(c, q, r, nil)
				continue
			}
		}
		c.s.choice = len(choices) > 1 && c.kind == headingChoice && c.counts
		d.claim(root, c, aside || c.kind == headingAside)
	}
}

// dataPages gives data that no procedure is around a page of its own.
func (d *docReader) dataPages(o *outline) {
	if o.s.node != nil && holdsFence(o.s) {
		d.claim(o, o, false)
		return
	}
	for _, c := range o.children {
		d.dataPages(c)
	}
}

// decideByFrontMatter does what `procedure:` says: the document, its deepest headings with steps, or those of a level. Above that level a
// heading with steps of its own is one of its own; scripts always are.
func (d *docReader) decideByFrontMatter(top, document *outline, more []*outline) {
	value := d.front.Procedure
	d.reading = procedures.Reading{Rule: "front-matter", Because: "the front matter says procedure: " + value, Line: d.front.procedureLine,
		Change: "procedure: document"}
	if value == "document" {
		d.reading.Change = "procedure: heading"
		if top.own || len(more) > 0 {
			document = top
		}
		d.claim(document, document, false)
		return
	}
	level, _ := strconv.Atoi(value) // 0 for "heading"
	d.cut(top, level)
}

// cut makes procedures of headings of a level, or with level 0 of all that have steps of their own.
func (d *docReader) cut(o *outline, level int) {
	switch {
	case level > 0 && o.s.level >= level && o.counts, o.kind == headingScript && o.counts:
		d.claim(o, o, false)
		return
	case o.own:
		o.s.procs = true
	case !o.counts:
		d.dataPages(o)
		return
	}
	for _, c := range o.children {
		if o.own && !c.counts {
			d.claim(o, c, false)
			continue
		}
		d.cut(c, level)
	}
}
