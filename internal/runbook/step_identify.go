package runbook

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/opsbook/opsbook/internal/procedures"
)

// identify gives a step its identifier: the written one, or its title's with a number for equal ones.
// "Check the queue" is check-the-queue, the second one check-the-queue-2, with a note, as its link
// depends on the first.
func (b *pageBuilder) identify(s *procedures.Step) string {
	if id := s.Annotations.ID; id != "" {
		if line, ok := b.written[id]; ok {
			s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: s.Line, Column: 1,
				Severity: procedures.SeverityError, Rule: "same-id",
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
	base := cmp.Or(slug(s.Title), "step")
	id := b.free(base)
	// a task beside its command is one thing, and a program that is called as its heading was not named
	other := b.ids[base]
	if id != base && s.Title != "" && s.Kind == other.Kind && (s.Why == "") == (other.Why == "") &&
		(s.Source == "" || s.Title != b.heading()) {
		s.Findings = append(s.Findings, procedures.Finding{File: b.d.file, Line: s.Line, Column: 1,
			Severity: procedures.SeverityNote, Rule: "same-title",
			Message: fmt.Sprintf("another step of this page (line %d) is also called %q: this one's link is #%s, and "+
				"changes if the other step is removed. Set `#| id:` to keep it", other.Line, s.Title, id),
			About: strconv.Quote(s.Title)})
	}
	b.ids[id] = s
	return id
}

// withoutSameTitle drops the note that another step has the same title.
func withoutSameTitle(findings []procedures.Finding) []procedures.Finding {
	return slices.DeleteFunc(findings, func(m procedures.Finding) bool { return m.Rule == "same-title" })
}

// rename gives a step another identifier, wherever it was named.
func (b *pageBuilder) rename(s *procedures.Step, id string) {
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

// afterLists are the lists of the steps that each step waits for, to be changed in place.
func afterLists(steps []*procedures.Step) [][]string {
	var lists [][]string
	for _, s := range steps {
		lists = append(lists, s.After)
	}
	return lists
}

// free is the identifier, with a number if it is taken.
func (b *pageBuilder) free(id string) string {
	unique := id
	for n := 2; b.ids[unique] != nil; n++ {
		unique = numbered(id, n)
	}
	return unique
}

// numbered returns the n-th name of several equal ones: "check-2".
func numbered(name string, n int) string { return name + "-" + strconv.Itoa(n) }
