package templates

import (
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	// navProcedures is how many procedures the navigation of every page lists: of more it lists the chapters.
	navProcedures = 150
	// navChapters is how many chapters it lists at most then.
	navChapters = 40
)

// procedures counts those that the person may view.
func (f *Frame) procedures() (n int) {
	for _, c := range f.Chapters {
		n += len(c.Procedures)
	}
	return n
}

// long reports whether the navigation lists chapters in place of procedures.
func (f *Frame) long() bool { return f.procedures() > navProcedures }

// filterWord is what the field above the navigation does: it filters what is listed, or finds what is not.
func (f *Frame) filterWord() string {
	if f.long() {
		return "Find a procedure"
	}
	return "Filter procedures"
}

// chapter is the one with the procedure that is open; nil where none is, and bounded as the navigation is.
func (f *Frame) chapter() *NavChapter {
	for _, c := range f.Chapters {
		i := slices.IndexFunc(c.Procedures, func(p NavItem) bool { return p.ID == f.Current })
		if f.Current == "" || i < 0 {
			continue
		}
		from := max(0, min(i-navProcedures/2, len(c.Procedures)-navProcedures))
		c.Procedures = c.Procedures[from:min(len(c.Procedures), from+navProcedures)]
		return &c
	}
	return nil
}

// firstChapters are those that are listed.
func (f *Frame) firstChapters() []NavChapter { return f.Chapters[:min(len(f.Chapters), navChapters)] }

// NavChapter is a chapter in the navigation.
type NavChapter struct {
	Title      string
	Procedures []NavItem
}

// NavItem is a procedure in the navigation.
type NavItem struct {
	ID, Title string
	Words     string // what it is found by besides
	Verdict   procedures.Verdict
	Running   bool
	Open      bool // something is left of its run
}
