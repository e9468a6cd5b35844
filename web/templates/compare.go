package templates

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Compare is the comparison of two runs of a procedure.
type Compare struct {
	Frame
	Before, After Compared
	Values        []journal.Difference // of the parameters
	Steps         []ComparedStep       // in the order of the later text, then those that only the earlier one has
}

// Compared is one of the two runs.
type Compared struct {
	Run       *procedures.Run
	Procedure *procedures.Procedure // as its text was then
	Standing  Standing
}

// ComparedStep is a step in both runs.
type ComparedStep struct {
	*procedures.Step
	Number        int // in the later text; 0 where it has no such step
	Before, After StepSide
	journal.Differences
}

// StepSide is what a step came to in one run.
type StepSide struct {
	Verdict procedures.Verdict // empty where it did not run
	Reason  string
	Took    time.Duration
	Running bool
}

// same reports whether nothing is different but times. How long a step took is always another time.
func (c *ComparedStep) same() bool {
	return c.Before.Verdict == c.After.Verdict && !c.Any() && c.Number > 0 && (c.Before.Reason == c.After.Reason || c.Before.Verdict != "")
}

// different and equal are the steps that differ, and those that do not.
func (c *Compare) different() []ComparedStep {
	return slices.DeleteFunc(slices.Clone(c.Steps), func(s ComparedStep) bool { return s.same() })
}

func (c *Compare) equal() []ComparedStep {
	return slices.DeleteFunc(slices.Clone(c.Steps), func(s ComparedStep) bool { return !s.same() })
}

// Says is the comparison in one sentence.
func (c *Compare) Says() string {
	differ, same := len(c.different()), len(c.equal())
	out := plural(differ, "step differs", "steps differ")
	if differ == 0 {
		out = "No step differs"
	}
	if same > 0 {
		out += fmt.Sprintf(", %d %s the same", same, isAre(same))
	}
	if n := len(c.Values); n > 0 {
		out += "; " + plural(n, "value differs", "values differ")
	}
	if c.Before.Run.Digest != c.After.Run.Digest {
		out += "; the text of the runbook was edited in between"
	}
	return out + "."
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// numbers are the numbers of steps: "1, 3, 4".
func numbers(list []ComparedStep) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprint(s.Number)
	}
	return strings.Join(out, ", ")
}

// PageFields are what the address of a procedure's page says besides the values of parameters: one of such a name is written with p.
// before it.
var PageFields = []string{"step", "environment", "at"}

// AgainURL is the page of a run's procedure with its fields filled in with the values of the run. Nothing runs by it. Values of
// secret parameters are kept nowhere.
func AgainURL(run *procedures.Run) string {
	q := url.Values{}
	for name, value := range run.Parameters {
		if slices.Contains(PageFields, name) {
			name = "p." + name
		}
		q.Set(name, value)
	}
	if len(q) == 0 {
		return ProcedureURL(run.Procedure)
	}
	return ProcedureURL(run.Procedure) + "?" + q.Encode()
}

// CompareURL is the comparison of two runs, at a step ("" for all).
func CompareURL(before, after, step string) string {
	address := "/runs/" + after + "/compare?with=" + before
	if step != "" {
		address += "#compare-" + step
	}
	return address
}
