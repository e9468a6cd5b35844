package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// noSuchAlarm begins the reason of a sample for an alarm that does not exist.
const noSuchAlarm = "There is no alarm "

// alarms reads the alarms once. One that is in ALARM fails the sample, one without enough data leaves it without data, and
// one that does not exist is an error.
func (b *baking) alarms(ctx context.Context, x Execution) Result {
	r, calls := b.engine.once(ctx, x)
	if r.Judgement.Verdict.Exit() == 2 || len(calls) == 0 || calls[len(calls)-1].Document == nil {
		return r
	}
	call := calls[len(calls)-1]
	states := map[string][]string{}
	var known []string
	for _, a := range alarmsOf(call.Document) {
		name, _ := text(a, "AlarmName")
		state, _ := text(a, "StateValue")
		since := ""
		if at, ok := text(a, "StateUpdatedTimestamp"); ok && state == "ALARM" {
			if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
				since = ", since " + t.UTC().Format("15:04 UTC")
			}
		}
		known = append(known, name)
		states[state] = append(states[state], name+since)
	}
	var gone []string
	for _, name := range namedAlarms(call.Args) {
		if !slices.Contains(known, name) {
			gone = append(gone, name)
		}
	}
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
	case len(states["ALARM"]) > 0:
		j = procedures.Judgement{Verdict: procedures.Failed, Reason: inAlarm(states["ALARM"])}
	case r.Judgement.Expected != "" && r.Judgement.Verdict != procedures.Passed:
		j = r.Judgement
	case len(states["INSUFFICIENT_DATA"]) > 0:
		j = procedures.Judgement{Verdict: procedures.NoData, Reason: "Not enough data: " + strings.Join(states["INSUFFICIENT_DATA"], ", ") + "."}
	}
	r.Judgement = j
	return r
}

func allOK(names []string) string {
	if len(names) == 1 {
		return names[0] + " is OK."
	}
	return fmt.Sprintf("%d alarms are OK.", len(names))
}

func inAlarm(names []string) string {
	if len(names) == 1 {
		return "1 alarm is in ALARM: " + names[0] + "."
	}
	return fmt.Sprintf("%d alarms are in ALARM: %s.", len(names), strings.Join(names, "; "))
}

// alarmsOf lists the alarms in an answer of describe-alarms.
func alarmsOf(doc document.Value) []*document.Object {
	var out []*document.Object
	o, _ := doc.(*document.Object)
	for _, key := range []string{"MetricAlarms", "CompositeAlarms"} {
		if o == nil {
			return nil
		}
		v, _ := o.Get(key)
		list, _ := v.(document.List)
		for _, item := range list {
			if a, ok := item.(*document.Object); ok {
				out = append(out, a)
			}
		}
	}
	return out
}

// namedAlarms are the names that a call of describe-alarms asked for.
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

func text(o *document.Object, key string) (string, bool) {
	v, ok := o.Get(key)
	s, isText := v.(string)
	return s, ok && isText
}
