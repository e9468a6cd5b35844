package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/procedures"
)

// PlanPanel is the panel of a change. Before it is made: exactly these calls, what will be different, and what speaks for and
// against it. Afterwards: what is different now. The question, and the step's card, show the same one.
type PlanPanel struct {
	ID          string // begins the ids of its parts; unique on the page
	Environment procedures.Environment
	Account     string
	Identity    string // ARN of the caller; empty where it is not known
	Made        bool   // it was made: the panel says how it is now
	Calls       []PlannedCall
	Checks      []Check
}

// PlannedCall is one call with what it changes.
type PlannedCall struct {
	Words    []CallWord // the whole line as one would type it
	Does     string
	Effect   procedures.Effect
	Resource string
	Unknown  bool // a value of it is only known when a change before it is made
	// ReadCommand is the line that reads the resource; NotRead says why nothing was read.
	ReadCommand, NotRead string
	ReadAt               time.Time
	Rows                 []DifferenceRow
	More                 int  // differences that are left out
	Gone                 bool // all of it goes, or has gone
	Same                 int  // members that stay
	Absent               bool
	Before               string // JSON of how it is before; empty where it was not read
}

// DifferenceRow is one member that is different.
type DifferenceRow struct{ Path, Before, After string }

// CallWord is a piece of a line; Changed is a value that will be different.
type CallWord struct {
	Text    string
	Changed bool
}

// Check is one line of what speaks for or against a change.
type Check struct {
	Tone string // pass, warn, fail, wait or none
	Text string
	Code string    // a line or a name that belongs to it
	At   time.Time // shown as how long ago that is; zero for none
	URL  string    // of what it is about; empty for none
	More string    // said after Code and At
}

var checkGlyphs = map[string]string{"pass": "✓", "warn": "!", "fail": "✕", "wait": "◷", "none": "·"}

var checkWords = map[string]string{"pass": "OK", "warn": "note", "fail": "problem", "wait": "waiting", "none": ""}

// place is where a change is made, in words: the environment's name stands before it.
func (g *PlanPanel) place() string {
	if g.Environment.Sandbox() {
		return ", the simulated account (nothing outside Opsbook is touched)"
	}
	out := ", account " + grouped(g.Account)
	if g.Environment.Region != "" {
		out += ", " + g.Environment.Region
	}
	return out
}

func (g *PlanPanel) exactly() string {
	switch n := len(g.Calls); {
	case g.Made && n == 1:
		return "This call was made in "
	case g.Made:
		return fmt.Sprintf("These %d calls were made in ", n)
	case n == 1:
		return "Exactly this call, in "
	default:
		return fmt.Sprintf("Exactly these %d calls, in ", n)
	}
}

// known counts the calls whose values are all known.
func (g *PlanPanel) known() int {
	n := 0
	for _, c := range g.Calls {
		if !c.Unknown {
			n++
		}
	}
	return n
}

// wide reports whether the differences need the whole width: those of several calls, many, and long ones.
func (g *PlanPanel) wide() bool {
	if len(g.Calls) != 1 {
		return true
	}
	const rows, letters = 8, 60
	return len(g.Calls[0].Rows) > rows || slices.ContainsFunc(g.Calls[0].Rows, func(d DifferenceRow) bool {
		return len(d.Before)+len(d.After) > letters
	})
}

func (g *PlanPanel) differs() string {
	if g.Made {
		return "What is different now"
	}
	return "What will change"
}

func (g *PlanPanel) checks() string {
	if g.Made {
		return "After the change"
	}
	return "Before the change"
}

// shows reports whether there is a table of differences.
func (c *PlannedCall) shows() bool { return len(c.Rows) > 0 }

// long reports whether the table scrolls.
func (c *PlannedCall) long() bool { return len(c.Rows) > 12 }

// stays says how many members stay as they are.
func (c *PlannedCall) stays() string {
	if len(c.Rows) == 0 {
		return plural(c.Same, "member", "members")
	}
	return fmt.Sprintf("%d more", c.Same)
}

// nothing says why there are no differences.
func (c *PlannedCall) nothing(made bool) string {
	switch {
	case c.Unknown:
		return "Known after the change before it."
	case c.NotRead != "" && made:
		return "Not known: " + c.NotRead + "."
	case c.NotRead != "":
		return "Not known in advance: " + c.NotRead + "."
	case c.Gone && made:
		return "It no longer exists."
	case c.Gone:
		return "It will no longer exist."
	case c.ReadAt.IsZero():
		return "Not known."
	case made:
		return "Nothing that was read is different."
	case c.Absent:
		return "It does not exist yet and will be created."
	}
	return "Nothing: it already is as the call would set it."
}

// breakable is a member's path as HTML that may be broken after its points.
func breakable(path string) string {
	return strings.ReplaceAll(templ.EscapeString(path), ".", ".<wbr>")
}

// form sends what a person decides in the dialog: a request for approval where one is needed, else the press again, confirmed.
func (c *Review) form() Form {
	f := Form{Action: "/press", Class: "confirm tone-" + colour(c.Environment), Hidden: c.fields()}
	if c.Approvals > 0 {
		f.Action, f.Hidden = "/approvals", hidden("execution", c.Execution, "back", c.Back)
	}
	return f
}

// fields are what the press of a confirmed plan needs beside what the person types.
func (c *Review) fields() []Hidden {
	return hidden("procedure", c.Procedure, "environment", c.Environment.Name, "step", c.Step.ID, "confirmed", c.Execution, "back", c.Back)
}

// verb is what the button says that confirms a plan.
func verb(c *Review) string {
	n := c.Plan.known()
	switch {
	case n == 0:
		return "Run"
	case c.RollsBack:
		return "Roll back"
	case c.Effect == procedures.EffectDestroy:
		return "Destroy"
	case n == 1:
		return "Make this change"
	}
	return fmt.Sprintf("Make these %d changes", n)
}

func readTitle(g *PlanPanel, c *PlannedCall) string {
	if g.Made || c.Before == "" {
		return "Command that reads it"
	}
	return "State now"
}

// Review is the question before a change.
type Review struct {
	Plan        *PlanPanel
	Environment procedures.Environment
	Step        *procedures.Step
	Procedure   string
	Execution   string // whose plan is confirmed
	Effect      procedures.Effect
	Type        string
	RollsBack   bool               // it rolls an earlier change back
	Against     []*procedures.Step // what failed before it
	Approvals   int                // how many other people have to approve it first
	Back        string
}
