package templates

import (
	"fmt"

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

// Runs is the list of runs.
type Runs struct {
	Frame
	Runs  []*procedures.Run
	Older string // address of those that began before them; empty where there are none
}

// verdictsOf are what runs came to.
func verdictsOf(runs []*procedures.Run) []procedures.Verdict {
	out := make([]procedures.Verdict, len(runs))
	for i, r := range runs {
		out[i] = r.Verdict
	}
	return out
}
