package metrics

import "sync"

// MaxProcedures is how many procedures have series of their own: the first that are seen. Others are counted together,
// under the name Other. With a dozen environments and the nine verdicts that bounds what Prometheus has to keep.
const (
	MaxProcedures = 200
	Other         = "other"
)

// procedureNames bounds the values of the label procedure. The zero one has none yet.
type procedureNames struct {
	mu      sync.Mutex
	named   map[string]bool
	counted map[[2]string]bool // procedures as they are called, with their environments
}

// of is what a procedure is called.
func (n *procedureNames) of(procedure string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.named == nil {
		n.named = map[string]bool{}
	}
	switch {
	case n.named[procedure]:
		return procedure
	case procedure == "", len(n.named) >= MaxProcedures: // of a run whose head could not be read
		return Other
	}
	n.named[procedure] = true
	return procedure
}

// first reports whether something of that name is counted for the first time in an environment.
func (n *procedureNames) first(name, environment string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.counted == nil {
		n.counted = map[[2]string]bool{}
	}
	at := [2]string{name, environment}
	first := !n.counted[at]
	n.counted[at] = true
	return first
}
