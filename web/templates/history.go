package templates

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/procedures"
)

// trend says in words what the bars of the last runs show.
func trend(runs []*procedures.Run) string {
	if len(runs) == 0 {
		return "no runs yet"
	}
	counts := map[string]int{}
	for _, r := range runs {
		counts[Word(r.Verdict)]++
	}
	out := fmt.Sprintf("last %d runs:", len(runs))
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
	Runs []*procedures.Run
}
