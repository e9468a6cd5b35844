package templates

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Covered is what became of the steps of a procedure or document.
type Covered struct {
	Live, ByHand, Partly, NotRead, Findings int // Partly are those, live or needing a program, of which a part is done by hand
	Needs                                   []Needed
	Rehearsed                               Rehearsed
}

// Rehearsed says how many calls the sandbox answers with what it has or grows, with samples, and not at all; nothing where that was not
// asked for.
type Rehearsed struct {
	Calls, Simulated, Samples, NotSimulated int
	Words                                   string // all of it in a line
	Missing                                 []Needed
}

// short is how many of how many calls it answers: "9 of 10", "all 3".
func (r Rehearsed) short() string {
	switch {
	case r.Calls == 0:
		return ""
	case r.Calls == r.Simulated && r.Calls > 1:
		return fmt.Sprintf("all %d", r.Calls)
	}
	return fmt.Sprintf("%d of %d", r.Simulated, r.Calls)
}

// callWord is the word after that number.
func callWord(n int) string {
	if n == 1 {
		return "call"
	}
	return "calls"
}

// Text reports that there is no step at all.
func (c Covered) Text() bool { return c.Live+c.ByHand+c.NotRead+len(c.Needs) == 0 }

// mostNeeds is how many programs one line names: those of most steps come first, and the page of all documents has the rest.
const mostNeeds = 5

// first are the programs that the line names, others the names of the rest.
func (c Covered) first() []Needed { return c.Needs[:len(c.Needs)-len(c.others())] }

func (c Covered) others() []string {
	if len(c.Needs) <= mostNeeds+1 { // naming one takes no more room than counting it
		return nil
	}
	var names []string
	for _, n := range c.Needs[mostNeeds:] {
		names = append(names, n.Program)
	}
	return names
}

// Needed is a program that steps need and that does not run here.
type Needed struct {
	Program string
	N       int
}

// Edit is what was edited in a runbook since a run began.
type Edit struct {
	Gone    bool     // the procedure is not in the runbooks any more
	Within  string   // the procedure whose section it became, empty for none
	Changed []string // titles of steps that run something else now
	Added   []string
	Removed []string
	Prose   int // lines of text that are no part of a step
}

// Says names what was edited: "2 lines of prose changed, step “Go back” changed".
func (e *Edit) Says() string {
	var parts []string
	for _, list := range []struct {
		titles []string
		verb   string
	}{{e.Changed, "changed"}, {e.Added, "added"}, {e.Removed, "removed"}} {
		switch n := len(list.titles); {
		case n == 1:
			parts = append(parts, "step “"+list.titles[0]+"” "+list.verb)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d steps %s", n, list.verb))
		}
	}
	if e.Prose > 0 {
		parts = append(parts, plural(e.Prose, "line", "lines")+" of prose changed")
	}
	switch {
	case e.Gone:
		return "the procedure was removed"
	case e.Within != "":
		return "the procedure became a section of “" + e.Within + "”"
	case len(parts) == 0:
		return "the front matter or a script file changed"
	}
	return strings.Join(parts, ", ")
}

// SectionAnchor is where a section stands on its page. Steps have identifiers without a dot.
func SectionAnchor(id string) string { return "section." + id }

// DocumentURL is the address of a document's page.
func DocumentURL(id string) string { return "/documents/" + (&url.URL{Path: id}).EscapedPath() }

func sectionURL(id string) string { return "/run-all?section=" + url.QueryEscape(id) }

// lineOf is the line of a source as the margin shows it, empty where it is not known.
func lineOf(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func steps(n int) string {
	if n == 1 {
		return "step"
	}
	return "steps"
}

func findings(n int) string {
	if n == 1 {
		return "finding"
	}
	return "findings"
}

func needs(n int) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}

// readAs says how the document of a procedure was read.
func readAs(p *procedures.Procedure) string {
	if p.Whole {
		return "one procedure"
	}
	if n := withSteps(p.Document); n > 1 {
		return fmt.Sprintf("one of %d procedures", n)
	}
	return "a procedure of its own"
}

// Alone is a procedure's name where nothing around it says which document it is of: "Verify · ECS rollback".
func Alone(p *procedures.Procedure) string {
	if p.Document == nil || p.Whole || p.Document.Title == p.Title {
		return p.Title
	}
	return p.Title + " · " + p.Document.Title
}

// mistakesURL leads to what is wrong in the page's file.
func (p *RunPage) mistakesURL() string { return mistakesOf(p.Procedure.File) }

// because is the end of the sentence that says how a document was read.
func because(r procedures.Reading) string {
	if r.Because == "" {
		return "."
	}
	return ", because " + r.Because + "."
}
