package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// place says where and as whom changes are made, by the configuration and as AWS says it now. It is a part of what is approved: another
// role, address or account between the approval and the press is another change.
func (g *Engine) place(ctx context.Context) []procedures.BoundMember {
	e := g.Environment
	account := e.Account
	if g.Account != nil {
		account = "not verified"
		if found, err := g.Account(ctx); err == nil {
			account = found
		}
	}
	out := []procedures.BoundMember{
		{Name: "environment", Value: e.Name}, {Name: "account", Value: account},
		{Name: "environment's region", Value: e.Region}, {Name: "environment's profile", Value: e.Profile},
		{Name: "environment's role", Value: e.Role}, {Name: "environment's endpoint", Value: e.Endpoint},
		{Name: "environment's workspace", Value: e.Workspace},
	}
	if g.Identity != nil {
		identity := "not verified"
		if arn, err := g.Identity(ctx); err == nil {
			identity = WithoutSession(arn)
		}
		out = append(out, procedures.BoundMember{Name: "identity", Value: identity})
	}
	return out
}

// WithoutSession is the ARN of a caller without the name of its session, which says who pressed and not what may be done.
func WithoutSession(arn string) string {
	if !strings.Contains(arn, ":assumed-role/") {
		return arn
	}
	if at := strings.LastIndexByte(arn, '/'); strings.Count(arn, "/") > 1 {
		return arn[:at]
	}
	return arn
}

// Deviations plans the confirmed calls once more, with what was answered then, and says what differs from what was confirmed: a sentence,
// masked; empty where nothing does. Nothing is changed, whatever it says. What the script writes goes into x.Files, which should be a copy.
func (g *Engine) Deviations(ctx context.Context, x Execution) string {
	again := x
	x = x.closed()
	again.Out, again.Confirmed = x.Out.To(nil), nil
	now, err := g.Plan(ctx, again)
	if err != nil {
		return x.Out.Mask().Text("it could not be planned again: " + procedures.Said(err))
	}
	var out []string
	for i := range max(len(now.Calls), len(x.Confirmed)) {
		switch {
		case i >= len(x.Confirmed):
			out = append(out, "another call would be made: "+strings.Join(now.Calls[i].Words(), " "))
		case i >= len(now.Calls):
			out = append(out, "a call would not be made any more: "+strings.Join(x.Confirmed[i].Words(), " "))
		case x.Confirmed[i].Unknown != now.Calls[i].Unknown:
			out = append(out, fmt.Sprintf("call %d: what is known of it beforehand has changed", i+1))
		default:
			for _, differs := range x.Confirmed[i].Deviations(now.Calls[i]) {
				if len(x.Confirmed) > 1 {
					differs = fmt.Sprintf("call %d, %s", i+1, differs)
				}
				out = append(out, differs)
			}
		}
	}
	return x.Out.Mask().Text(interpret.ShowUnknown(interpret.ShowDeviations(out)))
}
