package enginetest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// ReadAt is when the fake account says that a change was read.
var ReadAt = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// Things are what the fake account holds, where a test gives it any: the members of each resource, by its name.
type Things map[string]map[string]string

// members are what a call sets of its resource: its options but --name.
func members(args []string) map[string]string {
	out := map[string]string{}
	for i := 2; i+1 < len(args); i += 2 {
		if name := strings.TrimPrefix(args[i], "--"); name != "name" {
			out[name] = args[i+1]
		}
	}
	return out
}

// set makes a changing call's change; f.mu is held.
func (f *AWS) set(args []string) {
	if call := Planned(args); call.Effect.Changes() && f.Things[call.Resource] != nil {
		maps.Copy(f.Things[call.Resource], members(args))
	}
}

// Put changes a thing as somebody else does.
func (f *AWS) Put(name, member, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Things[name][member] = value
}

// Inspect implements procedures.Inspector.
func (f *AWS) Inspect(ctx context.Context, inv *procedures.Invocation) (*procedures.Change, error) {
	args := inv.Args[1:]
	if f.Inspecting != nil {
		if err := f.Inspecting(ctx, args); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read(args, members(args)), nil
}

// read is a change of what the account holds now to what is wanted.
func (f *AWS) read(args []string, wanted map[string]string) *procedures.Change {
	name := Planned(args).Resource
	out := &procedures.Change{
		Resource: "thing " + name, ReadCommand: "aws " + args[0] + " get-it --name " + name,
		Waits: "waits until it is quiet", ReadAt: ReadAt,
	}
	thing := f.Things[name]
	if thing == nil {
		return &procedures.Change{NotRead: "there is no reading of it", NoRollback: "it was not read"}
	}
	before := &document.Object{}
	back := "aws " + args[0] + " " + args[1] + " --name " + name
	for _, member := range slices.Sorted(maps.Keys(thing)) {
		before.Set(member, thing[member])
		if value, ok := wanted[member]; ok && value != thing[member] {
			out.Differences = append(out.Differences, procedures.Difference{Path: member, Before: thing[member], After: value})
			back += " --" + member + " " + cmp.Or(thing[member], "''")
		} else {
			out.Same++
		}
	}
	out.Before = before
	if len(out.Differences) > 0 {
		out.Rollback = []string{back}
	}
	return out
}

// Settle implements procedures.Inspector.
func (f *AWS) Settle(ctx context.Context, inv *procedures.Invocation, before *procedures.Change) (*procedures.Change, error) {
	inv.Note("waits until " + before.Resource + " is quiet")
	out := *before
	if f.Settling != nil {
		if err := f.Settling(ctx); err != nil {
			return &out, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out.Stable, out.Waited, out.Differences = true, time.Second, nil
	old, _ := before.Before.(*document.Object)
	for member, value := range old.All() {
		if now := f.Things[Planned(inv.Args[1:]).Resource][member]; now != value {
			out.Differences = append(out.Differences, procedures.Difference{Path: member, Before: value.(string), After: now})
		}
	}
	return &out, nil
}

// Thing is what the account holds of a name: its members, in the order of their names.
func (f *AWS) Thing(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, member := range slices.Sorted(maps.Keys(f.Things[name])) {
		out = append(out, member+"="+f.Things[name][member])
	}
	return strings.Join(out, " ")
}

// AlarmStates is an answer of describe-alarms.
func AlarmStates(states ...string) document.Value {
	var list document.List
	for i := 0; i+1 < len(states); i += 2 {
		list = append(list, document.NewObject(document.Member{Name: "AlarmName", Value: states[i]},
			document.Member{Name: "StateValue", Value: states[i+1]}))
	}
	return document.NewObject(document.Member{Name: "MetricAlarms", Value: list})
}

// judgeAlarms judges an answer of AlarmStates as the verdict rule of describe-alarms does.
func judgeAlarms(call *procedures.Call) {
	o, _ := call.Document.(*document.Object)
	v, _ := o.Get("MetricAlarms")
	list, _ := v.(document.List)
	var red []string
	for _, item := range list {
		a := item.(*document.Object)
		name, _ := a.Get("AlarmName")
		state, _ := a.Get("StateValue")
		verdict := map[document.Value]procedures.Verdict{
			"OK": procedures.Passed, "ALARM": procedures.Failed, "INSUFFICIENT_DATA": procedures.Warned,
		}[state]
		if verdict == procedures.Failed {
			red = append(red, name.(string))
		}
		call.ResourceVerdicts = append(call.ResourceVerdicts,
			procedures.ResourceVerdict{Kind: "Alarm", Name: name.(string), Verdict: verdict})
	}
	switch len(red) {
	case 0:
	case 1:
		call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Failed, Reason: "1 alarm is in ALARM: " + red[0] + "."}
	default:
		reason := fmt.Sprintf("%d alarms are in ALARM: %s.", len(red), strings.Join(red, "; "))
		call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Failed, Reason: reason}
	}
}

// Datapoint is an answer of get-metric-statistics.
func Datapoint(sum int64) document.Value {
	return document.NewObject(document.Member{Name: "Label", Value: "Errors"}, document.Member{Name: "Datapoints", Value: document.List{
		document.NewObject(document.Member{Name: "Timestamp", Value: "2026-11-26T10:00:00+00:00"},
			document.Member{Name: "Sum", Value: sum}),
		document.NewObject(document.Member{Name: "Timestamp", Value: "2026-11-26T09:00:00+00:00"},
			document.Member{Name: "Sum", Value: int64(99)}),
	}})
}
