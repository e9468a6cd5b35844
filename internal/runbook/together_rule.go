package runbook

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The rules that have no function: the last one, and what holds nothing but one.
const (
	ruleSingle  = "single-task"
	ruleSeveral = "several"
)

type togetherRule struct {
	name  string
	one   bool
	holds func(*question) (because string, line int)
}

// togetherRules are asked of the document, then of each heading in one that is several, in this order: the first that holds decides.
// holds returns what decided, as the end of a sentence, or "", and the line where that stands, 0 for the heading's own. Before them is
// the front matter (rule 1), after them is "several" (rule 17).
var togetherRules = []togetherRule{
	{"rhythm", false, rhythmHeading},               // 2
	{"variable", true, neededVariable},             // 3
	{"steps", true, steps},                         // 4
	{"times", false, timedHeadings},                // 5
	{"collection", false, collectionHeading},       // 6
	{"numbers", true, numberedHeadings},            // 7
	{"announced-steps", true, stepsHeading},        // 8
	{"rhythm-below", false, rhythmChild},           // 9
	{"collection-title", false, collectionTitle},   // 10
	{"cases", false, cases},                        // 11
	{"choices", true, choices},                     // 12
	{"part", true, bareChild},                      // 13
	{"opening-and-closing", true, closingChildren}, // 14
	{ruleSingle, true, singleTask},                 // 15
	{"task-title", true, taskTitle},                // 16
}

// title names what is asked in a sentence.
func (q *question) title() string {
	if q.document {
		return "its title, “" + q.text + "”,"
	}
	return "“" + q.text + "”"
}

func (q *question) is(kinds ...headingKind) bool {
	return slices.ContainsFunc(q.kinds, func(k headingKind) bool { return slices.Contains(kinds, k) })
}

func (q *question) named(lists ...string) bool {
	return slices.ContainsFunc(q.names, func(name string) bool {
		return slices.ContainsFunc(lists, func(list string) bool { return fits(list, name) })
	})
}

// 2: what comes again by the calendar is a round of several.
func rhythmHeading(q *question) (string, int) {
	if q.rhythm || q.named("rhythm") {
		return q.title() + " says how often", 0
	}
	return "", 0
}

// 3: what is set under one child is needed under a later one.
func neededVariable(q *question) (string, int) {
	list := q.kids
	if q.own != nil && !q.document {
		list = append([]*outline{{s: q.own.s, kind: q.own.kind, own: true}}, list...)
	}
	set, inCase := map[string]shellUse{}, map[string]bool{}
	for _, k := range list {
		if k.kind == headingAside {
			continue
		}
		sets, needs := k.variables(q.d)
		first, at := shellUse{}, 0
		for _, name := range slices.Sorted(maps.Keys(needs)) { // of two on one line always the same one is named
			u := needs[name]
			if k.kind == headingCase && inCase[name] { // they exclude each other
				continue
			}
			if from, ok := set[name]; ok && (first.name == "" || u.line < at) {
				first, at = from, u.line
			}
		}
		if first.name != "" {
			return fmt.Sprintf("%s from line %d is needed under %s", first.name, first.line, k.name()), first.line
		}
		if k.kind == headingPreparation {
			continue
		}
		for name, u := range sets {
			if _, known := set[name]; !known || inCase[name] {
				set[name], inCase[name] = u, k.kind == headingCase
			}
		}
	}
	return "", 0
}

// 4: numbered steps.
func steps(q *question) (string, int) {
	if list := of(headingStep, q.core); len(list) > 1 && q.half(len(list)) {
		names, line := named(list)
		return names + " are steps of one", line
	}
	return "", 0
}

// 5: each says how long it takes, or how often it comes.
func timedHeadings(q *question) (string, int) {
	var list []*outline
	for _, k := range q.kids {
		if k.kind == headingStep || k.kind == headingPhase {
			return "", 0
		}
		if k.timed {
			list = append(list, k)
		}
	}
	if len(list) < 2 {
		return "", 0
	}
	names, line := named(list)
	return names + " each say how long they take or how often they come", line
}

// 6: under one roof.
func collectionHeading(q *question) (string, int) {
	if q.is(headingCollection, headingAside) {
		return q.title() + " is a collection", 0
	}
	return "", 0
}

// 7: a numbered list of short headings.
func numberedHeadings(q *question) (string, int) {
	if q.document && q.named("title-collection") {
		return "", 0
	}
	var list []*outline
	for _, k := range q.kids {
		// numbered cases, "§1. Database outage", are a list to choose from: rule 11
		if k.numbered && len(k.children) == 0 && k.kind != headingCase {
			list = append(list, k)
		}
	}
	if len(list) < 2 || !q.half(len(list)) {
		return "", 0
	}
	names, line := named(list)
	return names + " are numbered", line
}

// 8: the heading announces steps.
func stepsHeading(q *question) (string, int) {
	if q.is(headingPreparation) {
		return q.title() + " is a preparation", 0
	}
	names := q.names
	if q.document && len(names) > 0 && names[0] == q.text {
		names = names[1:]
	}
	for _, name := range names {
		if fits("steps", name) {
			return "“" + name + "” announces steps", 0
		}
	}
	return "", 0
}

// 9: one of them comes again by the calendar.
func rhythmChild(q *question) (string, int) {
	if list := of(headingRhythm, q.kids); len(list) > 0 {
		return list[0].name() + " says how often", list[0].s.line
	}
	return "", 0
}

// 10: the title is a collection.
func collectionTitle(q *question) (string, int) {
	if q.document && fits("title-collection", q.text) {
		return q.title() + " names a collection", 0
	}
	return "", 0
}

// 11: several things that may have happened.
func cases(q *question) (string, int) {
	if list := of(headingCase, q.core); len(list) > 1 && q.half(len(list)) {
		names, line := named(list)
		return names + " are cases of their own", line
	}
	return "", 0
}

// 12: several ways to do one thing.
func choices(q *question) (string, int) {
	if list := of(headingChoice, q.core); len(list) > 1 && q.half(len(list)) {
		names, line := named(list)
		return names + " are ways to do the same", line
	}
	return "", 0
}

// 13: under a heading, one that says only what part it is.
func bareChild(q *question) (string, int) {
	if q.document {
		return "", 0
	}
	for _, k := range q.all {
		if fits("bare", k.words) {
			return k.name() + " is a part of it", k.s.line
		}
	}
	return "", 0
}

// 14: it opens and closes like a page for one thing.
func closingChildren(q *question) (string, int) {
	if len(of(headingCollection, q.kids)) > 1 || len(of(headingCase, q.kids)) > 1 {
		return "", 0
	}
	list := slices.DeleteFunc(slices.Clone(q.all), func(k *outline) bool { return !fits("closing", k.words) })
	if len(list) < 2 {
		return "", 0
	}
	names, line := named(list)
	return names + " are parts of one", line
}

// 15: there is nothing else that could be a task.
func singleTask(q *question) (string, int) {
	tasks := of(headingTask, q.kids)
	asides := of(headingAside, q.kids)
	if !q.document || len(tasks) > 1 || len(asides) == len(q.kids) ||
		len(of(headingCollection, q.kids)) > 0 || len(of(headingCase, q.kids)) > 0 {
		return "", 0
	}
	if len(tasks) == 1 {
		return "no heading but " + tasks[0].name() + " is a task", tasks[0].s.line
	}
	names, line := named(q.kids)
	if strings.Contains(names, "” and “") {
		return names + " are parts of one", line
	}
	return names + " is all that it holds", line
}

// 16: the title names one task.
func taskTitle(q *question) (string, int) {
	if len(of(headingCollection, q.kids)) <= 1 && (q.named("title-verb") || q.document && fits("title-task", q.text)) {
		return q.title() + " names one task", 0
	}
	return "", 0
}
