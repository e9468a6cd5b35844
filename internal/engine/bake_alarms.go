package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// noSuchAlarm begins the reason of a sample for an alarm that does not exist.
const noSuchAlarm = "There is no alarm "

// describeAlarms is the call that reads alarms. What it says of each of them is its command's to know.
const describeAlarms = "cloudwatch describe-alarms"

// alarms reads the alarms once. One that is in ALARM fails the sample, one without enough data leaves it without data, and
// one that does not exist is an error.
// An error of the call, or a call without a verdict, stays the result as it is.
func (b *baking) alarms(ctx context.Context, x Execution) Result {
	r, calls := b.engine.once(ctx, x)
	if r.Judgement.Verdict.Exit() == 2 || len(calls) == 0 || calls[len(calls)-1].RuleVerdict == nil {
		return r
	}
	call := &calls[len(calls)-1]
	var known, blind, gone []string
	for _, a := range call.ResourceVerdicts {
		known = append(known, a.Name)
		if a.Verdict != procedures.Passed && a.Verdict != procedures.Failed {
			blind = append(blind, a.Name)
		}
	}
	for _, name := range namedAlarms(call.Args) {
		if !slices.Contains(known, name) {
			gone = append(gone, name)
		}
	}
	// The order of the cases is the order of their weight: a name that does not exist hides what its alarm would say.
	j := procedures.Judgement{Verdict: procedures.Passed, Reason: "No alarm is in ALARM."}
	if b.spec.Named {
		j.Reason = allOK(known)
	}
	switch {
	case len(gone) > 0:
		j = procedures.Judgement{
			Verdict: procedures.Errored, Reason: noSuchAlarm + strings.Join(gone, ", ") + ".",
			Advice: "List the names: aws cloudwatch describe-alarms --query 'MetricAlarms[].AlarmName'",
		}
	case len(inAlarm(call)) > 0:
		j = *call.RuleVerdict
	case r.Judgement.Expected != "" && r.Judgement.Verdict != procedures.Passed:
		j = r.Judgement
	case len(blind) > 0:
		j = procedures.Judgement{Verdict: procedures.NoData, Reason: "Not enough data: " + strings.Join(blind, ", ") + "."}
	}
	r.Judgement = j
	return r
}

// inAlarm are the alarms of an answer that are in ALARM.
func inAlarm(call *procedures.Call) []string {
	var out []string
	for _, a := range call.ResourceVerdicts {
		if a.Verdict == procedures.Failed {
			out = append(out, a.Name)
		}
	}
	return out
}

// allOK is the reason when every named alarm is OK.
func allOK(names []string) string {
	if len(names) == 1 {
		return names[0] + " is OK."
	}
	return fmt.Sprintf("%d alarms are OK.", len(names))
}

// namedAlarms are the names that a call of describe-alarms asked for.
// nil where it asked for all of them.
func namedAlarms(args []string) []string {
	i := slices.Index(args, "--alarm-names")
	if i < 0 {
		return nil
	}
	var out []string
	for _, arg := range args[i+1:] {
		if strings.HasPrefix(arg, "--") {
			break
		}
		out = append(out, arg)
	}
	return out
}
