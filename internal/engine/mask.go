package engine

import (
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// MaskCalls are calls as they may be shown, without secrets.
// The variables of a call are dropped, as they may hold anything. calls stay as they are.
func MaskCalls(calls []procedures.PlannedCall, secrets []string) []procedures.PlannedCall {
	out := slices.Clone(calls)
	for i := range out {
		c := &out[i]
		c.Does, c.Variables = interpret.Mask(c.Does, secrets...), nil
		c.Args = slices.Clone(c.Args)
		for k, arg := range c.Args {
			c.Args[k] = interpret.Mask(arg, secrets...)
		}
	}
	return out
}

// MaskChanges are changes as they may be shown, without secrets.
func MaskChanges(changes []procedures.Change, secrets []string) []procedures.Change {
	out := make([]procedures.Change, len(changes))
	for i, c := range changes {
		out[i] = interpret.MaskChange(c, secrets...)
	}
	return out
}
