package engine

import (
	"context"

	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// closed is an execution with a way out: nothing of it is told, or returned to be shown, but through that. It knows what
// earlier steps have learned.
func (x Execution) closed() Execution {
	if x.Out == nil {
		x.Out = mask.NewEmitter(nil, nil)
	}
	x.Out.Mask().Learn(x.State)
	return x
}

// MaskCalls are calls as they may be shown, without secrets.
// The variables of a call are dropped, as they may hold anything. calls stay as they are.
func MaskCalls(calls []procedures.PlannedCall, m *mask.Mask) []procedures.PlannedCall {
	out := make([]procedures.PlannedCall, len(calls))
	for i, c := range calls {
		out[i] = m.PlannedCall(c)
	}
	return out
}

// MaskChanges are changes as they may be shown, without secrets.
func MaskChanges(changes []procedures.Change, m *mask.Mask) []procedures.Change {
	out := make([]procedures.Change, len(changes))
	for i, c := range changes {
		out[i] = m.Change(c)
	}
	return out
}

// MaskOf is the mask of an execution that was planned, which is that of ctx: with its declared secrets, with what earlier steps
// left, and with what the commands of its calls know to be secret in them.
func (g *Engine) MaskOf(
	ctx context.Context, e *procedures.Execution, state *procedures.ScriptState, declared ...string,
) *mask.Mask {
	m := mask.FromContext(ctx).Knowing(state, declared...)
	m.Learn(e.Learned)
	for _, call := range e.Confirmed {
		words := call.Words()
		command, ok := g.Commands(words[0])
		if !ok {
			continue
		}
		known := make([]procedures.Word, len(words))
		for i, word := range words {
			known[i] = procedures.Word{Text: word, Known: true, Source: word, Line: call.Line, Col: i + 1}
		}
		for _, value := range command.Describe(known).Secrets {
			if !m.Knows(value) {
				m.Add(value)
			}
		}
	}
	return m
}
