// Package enginetest has a fake of the command aws for tests that execute steps.
package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// AWS behaves as the command aws does towards scripts and runs: it plans, it reports its calls, and it
// makes no changing call when it is planning. What a call answers is a function of the test.
type AWS struct {
	// Answer returns what a call prints or answers, and its exit status; nil answers with success.
	Answer func(ctx context.Context, args []string) (document.Value, int)

	Things     Things                                         // what the account holds
	Inspecting func(ctx context.Context, args []string) error // before something is read for a plan
	Settling   func(ctx context.Context) error                // before a change is settled

	mu   sync.Mutex
	made [][]string // the calls that were made, in order
}

// Describe implements procedures.Command: the verb of the operation says its effect.
func (f *AWS) Describe(words []procedures.Word) procedures.LineInfo {
	args := make([]string, 0, len(words))
	for _, w := range words[1:] {
		args = append(args, w.Text)
	}
	if len(args) < 2 {
		return procedures.LineInfo{Effect: procedures.EffectRead}
	}
	call := Planned(args)
	return procedures.LineInfo{Effect: call.Effect, Call: &call}
}

// Planned is the planned call of arguments after "aws".
func Planned(args []string) procedures.PlannedCall {
	effect := procedures.EffectChange
	switch verb, _, _ := strings.Cut(args[1], "-"); verb {
	case "get", "list", "describe":
		effect = procedures.EffectRead
	case "delete":
		effect = procedures.EffectDestroy
	}
	call := procedures.PlannedCall{Command: args[0] + " " + args[1], Args: args, Effect: effect}
	if effect.Changes() {
		call.ReadCommand = "aws " + args[0] + " get-it"
	}
	if i := slices.Index(args, "--name"); i >= 0 && i+1 < len(args) {
		call.Resource = args[i+1]
	}
	return call
}

// TakesValue implements procedures.ValueTaker: what stands behind an option is its value, as in a line that is one call.
func (f *AWS) TakesValue(words []string, i int) bool { return strings.HasPrefix(words[i-1], "--") }

// Run implements procedures.Command.
func (f *AWS) Run(ctx context.Context, inv *procedures.Invocation) int {
	args := inv.Args[1:]
	call := Planned(args)
	if inv.Planning && call.Effect.Changes() {
		inv.Report(procedures.Call{Command: call.Command, Args: args, Effect: call.Effect, Planned: &call})
		return 0
	}
	f.mu.Lock()
	f.made = append(f.made, args)
	f.set(args)
	f.mu.Unlock()
	var doc document.Value = document.NewObject(document.Member{Name: "Ok", Value: true})
	status := 0
	if f.Answer != nil {
		doc, status = f.Answer(ctx, args)
	}
	if ctx.Err() != nil {
		return 130
	}
	if doc != nil {
		if text, ok := doc.(string); ok {
			_, _ = fmt.Fprintln(inv.Stdout, text)
		}
	}
	reading := procedures.Judgement{Verdict: procedures.Passed, Reason: "ok"}
	switch status {
	case 0:
	case ThrottledStatus:
		reading = procedures.Judgement{Verdict: procedures.Errored, Reason: "throttled"}
	default:
		reading = procedures.Judgement{Verdict: procedures.Failed, Reason: "not ok"}
	}
	made := procedures.Call{Command: call.Command, Args: args, Effect: call.Effect, Status: status, Document: doc, RuleVerdict: &reading}
	if status == 0 {
		judgeAlarms(&made)
	}
	inv.Report(made)
	return status
}

// ThrottledStatus is the exit status of a call that the service would not take.
const ThrottledStatus = 253

// Calls are the calls that were made, in order, each as one line.
func (f *AWS) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]string, len(f.made))
	for i, args := range f.made {
		out[i] = strings.Join(args, " ")
	}
	return out
}

// Args are the arguments of the calls that were made, in order.
func (f *AWS) Args() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.made)
}

// Fence is a runbook with one section, "Check": a block of bash each, or a list item where one begins with a dash.
func Fence(blocks ...string) string {
	var b strings.Builder
	b.WriteString("# Book\n\n## Check\n\n")
	for _, block := range blocks {
		if strings.HasPrefix(block, "-") {
			b.WriteString(block + "\n")
			continue
		}
		b.WriteString("\n```bash\n" + strings.TrimSpace(block) + "\n```\n")
	}
	return b.String()
}
