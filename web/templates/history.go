package templates

import (
	"fmt"
	"net/url"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// trend says in words what the bars of the last runs show.
func trend(verdicts []procedures.Verdict) string {
	if len(verdicts) == 0 {
		return "no runs yet"
	}
	counts := map[string]int{}
	for _, v := range verdicts {
		counts[Word(v)]++
	}
	out := fmt.Sprintf("last %d runs:", len(verdicts))
	for _, v := range procedures.Verdicts {
		if n := counts[Word(v)]; n > 0 {
			out += fmt.Sprintf(" %d %s", n, Word(v))
		}
	}
	return out
}

// RunFilter is which runs the history lists.
type RunFilter struct {
	Every     bool   // in all environments that the person may view, not only in the page's
	Procedure string // a part of its identifier or title; empty for all
	Verdict   string // one of RunVerdicts; empty for all
	By        string // who started them; empty for everybody
	From, To  string // days, as 2026-11-30; empty for all
	Changes   bool   // only those that have applied changes
	Words     string // in names, ids and values; empty for all
}

// RunOpen is the filter for runs that are open, whatever they came to so far.
const RunOpen = "open"

// RunVerdicts are what runs can be filtered by: the tones of verdicts, and those that are open.
var RunVerdicts = []string{"pass", "info", "warn", "fail", RunOpen}

// runVerdictWords are what they are called on the page.
var runVerdictWords = map[string]string{"pass": "passed", "info": "done", "warn": "warned", "fail": "failed", RunOpen: "open"}

// Any reports whether the filter leaves anything out.
func (f RunFilter) Any() bool {
	f.Every = false
	return f != RunFilter{}
}

// more reports whether it filters by more than words.
func (f RunFilter) more() bool {
	f.Words = ""
	return f.Any() || f.Every
}

// values are the filter as an address has it.
func (f RunFilter) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("procedure", f.Procedure)
	set("verdict", f.Verdict)
	set("by", f.By)
	set("from", f.From)
	set("to", f.To)
	set("q", f.Words)
	if f.Changes {
		q.Set("changes", "true")
	}
	if f.Every {
		q.Set("every", "true")
	}
	return q
}

// Runs is the history.
type Runs struct {
	Frame
	RunFilter
	Runs     []ListedRun
	Older    string    // address of those that began before them; empty where there are none
	Newest   string    // address of the newest; empty where they are listed
	Lines    string    // address of what is listed as lines of JSON
	LookedTo time.Time // how far back runs were looked for, where that was not to the end
}

// ListedRun is a line of the history.
type ListedRun struct {
	*procedures.Run
	Changes  int       // steps that have applied changes
	Standing *Standing // of runs that are open or red; nil for others
}

// Address is that of the history from a place on.
func (p *Runs) Address(before string) string {
	q := p.values()
	q.Set("environment", p.Environment.Name)
	if before != "" {
		q.Set("before", before)
	}
	return "/runs?" + q.Encode()
}

// colourOf is the colour of a run's environment.
func (p *Runs) colourOf(r ListedRun) string {
	for _, e := range p.Environments {
		if e.Name == r.Environment {
			return "tone-" + colour(e)
		}
	}
	return ""
}

// took is how long a run that is over took, from its beginning to its end.
func (r *ListedRun) took() string {
	if r.FinishedAt.IsZero() {
		return ""
	}
	return Took(r.FinishedAt.Sub(r.StartedAt))
}

// verdictsOf are what runs came to.
func verdictsOf(runs []*procedures.Run) []procedures.Verdict {
	out := make([]procedures.Verdict, len(runs))
	for i, r := range runs {
		out[i] = r.Verdict
	}
	return out
}
