package runbook

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Rehearsal says what the sandbox answers the calls of steps with that run, before anything is pressed. Its names are a promise of
// `list --coverage --format json`.
type Rehearsal struct {
	Calls        int `json:"calls"`         // the others together
	Simulated    int `json:"simulated"`     // of what the simulated account has
	Grown        int `json:"grown"`         // of what it has because the runbooks name it
	Samples      int `json:"samples"`       // of the right shape and nothing more, or an empty list
	NotSimulated int `json:"not_simulated"` // refused
	// Missing counts the calls that are refused by their operation.
	Missing map[string]int `json:"missing,omitempty"`
}

// Count adds a call, by what it is answered with: one of the words that procedures.Call.Simulated knows, and EstateAnswer, NoAnswer.
func (r *Rehearsal) Count(command, answer string) {
	switch answer {
	case procedures.EstateAnswer:
		r.Simulated++
	case procedures.GrownAnswer:
		r.Grown++
	case procedures.SampleAnswer, procedures.EmptyAnswer:
		r.Samples++
	case procedures.NoAnswer:
		r.NotSimulated++
		if r.Missing == nil {
			r.Missing = map[string]int{}
		}
		r.Missing[command]++
	default:
		return
	}
	r.Calls++
}

// Add adds another one.
func (r *Rehearsal) Add(other Rehearsal) {
	r.Calls += other.Calls
	r.Simulated += other.Simulated
	r.Grown += other.Grown
	r.Samples += other.Samples
	r.NotSimulated += other.NotSimulated
	for command, n := range other.Missing {
		if r.Missing == nil {
			r.Missing = map[string]int{}
		}
		r.Missing[command] += n
	}
}

// Words say it in a line: "9 of 10 calls (4 simulated, 5 grown), 1 sample"; empty without calls.
func (r *Rehearsal) Words() string {
	if r.Calls == 0 {
		return ""
	}
	word := "calls"
	if r.Calls == 1 {
		word = "call"
	}
	var parts, others []string
	add := func(list *[]string, n int, one, many string) {
		switch n {
		case 0:
		case 1:
			*list = append(*list, "1 "+one)
		default:
			*list = append(*list, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(&parts, r.Simulated, "simulated", "simulated")
	add(&parts, r.Grown, "grown", "grown")
	add(&others, r.Samples, "sample", "samples")
	add(&others, r.NotSimulated, "not simulated", "not simulated")
	out := fmt.Sprintf("%d of %d %s", r.Simulated+r.Grown, r.Calls, word)
	if len(parts) > 0 {
		out += " (" + strings.Join(parts, ", ") + ")"
	}
	return strings.Join(append([]string{out}, others...), ", ")
}
