package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Step is a step of the runbook with what the run's events say of it.
type Step struct {
	*procedures.Step
	*journal.StepView
	Page        *RunPage
	Number      int
	Key         string // of the next press
	Highlighted string // Source as HTML; empty where the page does not show it
	Waits       string // what it waits for before it may run; empty for nothing
	Fixable     bool   // a line with an error has a correction
	Folder      string // where it starts, if not in the run's folder

	Console func(procedures.Call) string // see web.Options; nil for none

	Table *Table // what its calls answered; nil where it is no table
	Chart *Chart
	JSON  string
	View  string // which of "table", "chart", "text", "json", "calls" is open

	Different *Different    // from the last good run; nil where there is none to compare with
	Trend     *ValueTrend   // of the number that it judges; nil for none
	Usual     time.Duration // how long it takes where it is good; 0 where it is not known
	Folded    bool          // only its first line is shown at first

	Outcome   *Changed       // what it changed last; nil for nothing
	Before    *RollbackOffer // the change before it, once it has failed; nil where none was made
	Printed   bool           // the page that it is drawn for has its output already
	Was       bool           // it is drawn as it was when a link to it was copied
	Approval  *Approval      // the open request for approval; nil for none
	BakeState *BakeState     // nil for what is no bake, and for one that was not started
}

// Effects says what a step does to the world, in two words.
func Effects(s *procedures.Step) string {
	n := len(s.Analysis.Detail)
	switch {
	case s.Bake != nil && s.Kind == procedures.KindScript && !s.Annotations.Manual:
		return s.Bake.String()
	case s.Kind == procedures.KindManual:
		return "manual"
	case s.Effect() == procedures.EffectDestroy:
		return "destroys"
	case s.Effect().Changes():
		return "changes"
	case n == 1 && !s.Analysis.Detail[0].Repeats:
		return "1 read"
	case n == 1:
		return "reads (loop)"
	case n > 1:
		return fmt.Sprintf("%d reads", n)
	case len(s.Analysis.Hosts) > 0:
		return "1 request"
	}
	return "no calls"
}

// Will says what a step will call, for the line under its title.
func (s *Step) Will() string {
	var parts []string
	seen := map[string]bool{}
	for _, c := range s.Analysis.Calls {
		if !seen[c] {
			parts = append(parts, c)
		}
		seen[c] = true
	}
	for _, h := range s.Analysis.Hosts {
		parts = append(parts, "curl "+h)
	}
	parts = append(parts, s.Analysis.Programs...)
	if len(s.Analysis.Undecided) > 0 {
		parts = append([]string{"unknown until it runs, may destroy"}, parts...)
	}
	if len(parts) > 5 {
		parts = append(parts[:4], fmt.Sprintf("%d more", len(parts)-4))
	}
	return strings.Join(parts, ", ")
}

// Sub is the line under the title.
func (s *Step) Sub() string {
	switch {
	case s.State == procedures.ExecutionWaiting:
		return cmp.Or(s.Page.Waiting[s.ID], "Waiting for its turn")
	case s.State == procedures.ExecutionRunning && s.Cancelled:
		return "Stopping…"
	case s.Running() && s.Attempt != nil && s.Attempt.Waits != "":
		return s.Attempt.Waits
	case s.Running() && s.Applied:
		return "All calls were sent; waiting for the changes to become stable"
	case s.Running() && s.RollbackOf != "":
		return "Rolling back the previous change"
	case s.Running():
		return cmp.Or(s.Will(), "Running")
	case !s.Until().IsZero():
		return someone(s.Mark.By) + " started waiting for " + Expected(s.Countdown) + ", until " + s.Until().UTC().Format("15:04 UTC")
	case s.Done():
		return "Done by " + someone(s.Mark.By) + withNote(s.Mark.Text)
	case s.Skipped():
		return "Skipped by " + someone(s.Mark.By) + withNote(s.Mark.Text)
	case s.Judged().Reason != "":
		return s.Judged().Reason
	case s.Kind == procedures.KindManual && s.Why != "":
		return s.Why
	}
	return s.Will()
}

// withNote is a note after what it is about.
func withNote(text string) string {
	if text == "" {
		return ""
	}
	return ": “" + text + "”"
}

// aside are the attributes of a button that has nothing to do now, but keeps the focus that it has.
func aside(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-disabled": "true"}
}

// Moves reports whether the step tells how far it is while it runs.
func (s *Step) Moves() bool {
	return slices.ContainsFunc(s.Analysis.Calls, func(c string) bool {
		return c == "s3 sync" || c == "s3 cp" || c == "s3 mv" || c == "s3 rm"
	})
}

// Shows reports whether there is anything to show under the title.
func (s *Step) Shows() bool {
	return len(s.Output.Pieces) > 0 || len(s.Calls) > 0 && !s.Running()
}

// executes reports whether the step has a script that a press can run.
func (s *Step) executes() bool {
	return s.Kind == procedures.KindScript && !s.Annotations.Manual && s.Analysis.Refused == ""
}

// Pressable reports whether a button runs the step here.
func (s *Step) Pressable() bool { return s.executes() && s.Limit() == "" && !s.Page.Elsewhere() }

// ByHand reports whether somebody does the step and marks it as done.
func (s *Step) ByHand() bool {
	return !s.Page.Elsewhere() && (s.Kind == procedures.KindManual || s.Annotations.Manual ||
		s.Verdict() == procedures.Unavailable || s.Analysis.Refused != "" || s.Limit() != "")
}
