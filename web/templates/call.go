package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// CallLine is one call that was made.
type CallLine struct {
	Line      string
	Verdict   procedures.Verdict
	Reason    string
	Advice    string
	Duration  time.Duration
	Retries   int
	Rehearsed bool
}
