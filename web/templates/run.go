package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// RunPage is a procedure with its run, or without one.
type RunPage struct {
	Frame
	Procedure *procedures.Procedure
	Chapter   string          // its title
	Run       *procedures.Run // nil when none was begun
	// Fixed reports that the page is of one run, not of the procedure's newest.
	Fixed    bool
	Began    time.Time
	Stream   string // address of the stream
	Fields   []Field
	Steps    map[string]*Step
	Meter    Meter
	Standing Standing // of Run; zero where there is none
	Timeline []journal.Entry
	History  []*procedures.Run
	Stopped  string // why Run all ends before the last step; empty when it does not
	Open     string // the step that the address names
	Was      *Step  // that step as it was when the link was copied; nil where the address names no moment
	People   Visitors
	Edit     *Edit // what was edited in the runbook after this run began, nil for nothing
	Coverage Covered
	Reads    map[string]bool // by section: whether Run all has something to do in it; "" for the whole procedure
	// Given are the values of fields that the page's address names.
	Given map[string]string
	// Unknown are names in the address that are no fields, a few of them.
	Unknown []string
	// Earlier is what the runs before this one found, by step.
	Earlier map[string]*Earlier
	Timing  Timing // when the procedure is to be done
	// Waiting is what steps wait for that have not begun, by their ids; nothing of those that begin in a moment.
	Waiting map[string]string
}

// StepURL is the address of a step: the query is for what unfurls the link, the fragment for the browser.
func (p *RunPage) StepURL(step string) string {
	return stepURL(p.URL(), step)
}

// URL is the address of the page.
func (p *RunPage) URL() string {
	address := ProcedureURL(p.Procedure.ID)
	if p.Fixed && p.Run != nil {
		address = "/runs/" + p.Run.ID
	}
	if p.Several() {
		address = InEnvironment(address, p.Environment.Name)
	}
	return address
}

// titled and says are what a copied link is called, and what it says of the run.
func (p *RunPage) titled() string {
	if p.Run != nil {
		return Alone(p.Procedure) + ", run " + p.Run.ID[:4]
	}
	return Alone(p.Procedure)
}

func (p *RunPage) says() string {
	if p.Run == nil {
		return p.Environment.Name
	}
	out := p.Environment.Name + ": " + p.Standing.Sign() + " " + p.Standing.Word()
	if p.Standing.Reason != "" {
		out += ": " + p.Standing.Reason
	}
	return out
}
