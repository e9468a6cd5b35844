package engine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// Bounds of inspecting what is going to change: a review dialog does not wait longer for what it says beside the calls.
const (
	inspectTime     = 10 * time.Second
	inspectTogether = 4
	// maxInspected bounds the documents that are kept with an execution, in bytes of all its changes together.
	maxInspected = 1 << 20
)

// Inspect reads what planned calls would change, a few at once and for a bounded time, and returns one Change for each. What
// could not be found out is said in the Change.
// calls that did not begin in time get a Change that says so. The order is that of calls.
func (g *Engine) Inspect(ctx context.Context, x Execution, calls []procedures.PlannedCall) []procedures.Change {
	x = x.closed()
	x.Files = g.Workspace.Over(x.Files)
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	out := make([]procedures.Change, len(calls))
	places := make(chan struct{}, inspectTogether)
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() {
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
			case <-ctx.Done():
			}
			out[i] = g.inspect(ctx, x, call)
		})
	}
	all.Wait()
	bound(out)
	return out
}

// inspect reads what one call would change.
func (g *Engine) inspect(ctx context.Context, x Execution, call procedures.PlannedCall) procedures.Change {
	if call.Unknown {
		const later = "some of its values are known only after an earlier change; it is planned again then, with all of them"
		return described(procedures.Change{NotRead: later}, call)
	}
	inspector, ok := g.inspector(call)
	if !ok {
		word := call.Words()[0]
		return described(procedures.Change{
			NotRead:    fmt.Sprintf("what %s changes cannot be read beforehand", word),
			NoWait:     fmt.Sprintf("%s is done when it has ended", word),
			NoRollback: fmt.Sprintf("no rollback of %s is known", word),
		}, call)
	}
	change, err := inspector.Inspect(ctx, invocation(x, call))
	if err == nil && change != nil {
		return described(*change, call)
	}
	why := fmt.Sprintf("it could not be read within %s", inspectTime)
	if ctx.Err() == nil && err != nil {
		why = procedures.Said(err)
	}
	return described(procedures.Change{NotRead: why, NoRollback: "its present state could not be read"}, call)
}

// described is a change with what is known of its call where the command did not say it.
func described(change procedures.Change, call procedures.PlannedCall) procedures.Change {
	change.Program, change.Command, change.Args = call.Program, call.Command, call.Args
	if change.Does == "" {
		change.Does = call.Does
	}
	if change.Resource == "" {
		change.Resource = call.Resource
	}
	return change
}

// bound drops documents that are too large to be kept: such a change cannot be compared later.
// The bound is on all changes of an execution together, in their order.
func bound(changes []procedures.Change) {
	left := int64(maxInspected)
	for i := range changes {
		c := &changes[i]
		if left -= document.Size(c.Before); c.Before != nil && left < 0 {
			c.Before, c.NotRead = nil, fmt.Sprintf("what was read is more than %d kB and is not kept", maxInspected>>10)
		}
	}
}

// inspector is the command of a call, if it knows what its calls change.
func (g *Engine) inspector(call procedures.PlannedCall) (procedures.Inspector, bool) {
	command, ok := g.Commands(call.Words()[0])
	if !ok {
		return nil, false
	}
	inspector, ok := command.(procedures.Inspector)
	return inspector, ok
}

// invocation is a call outside of its script: it prints nothing, and its calls do not count for the step.
// Its output goes nowhere, and it sees the files and variables that the call will have.
func invocation(x Execution, call procedures.PlannedCall) *procedures.Invocation {
	return &procedures.Invocation{
		Args: call.Words(), Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		Files: interpret.Around(x.Files, call.Folder), Now: x.Now, Line: call.Line,
		Env:    func(name string) (string, bool) { v, ok := call.Variables[name]; return v, ok },
		Report: func(procedures.Call) {},
		Note: func(text string) {
			x.Out.Emit(procedures.Event{Kind: procedures.EventNotice, Text: text, Line: call.Line})
		},
		Secret: x.Out.Mask().Add, Open: x.Out.Mask().Open,
	}
}
