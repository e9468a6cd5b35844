package runs_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// things are what the fake account holds, where a test gives it any: the members of each resource, by its name.
type things map[string]map[string]string

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
func (f *fakeAWS) set(args []string) {
	if call := planned(args); call.Effect.Changes() && f.things[call.Resource] != nil {
		maps.Copy(f.things[call.Resource], members(args))
	}
}

// put changes a thing as somebody else does.
func (f *fakeAWS) put(name, member, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.things[name][member] = value
}

// Inspect implements procedures.Inspector.
func (f *fakeAWS) Inspect(ctx context.Context, inv *procedures.Invocation) (*procedures.Change, error) {
	args := inv.Args[1:]
	if f.inspecting != nil {
		if err := f.inspecting(ctx, args); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read(args, members(args)), nil
}

// read is a change of what the account holds now to what is wanted.
func (f *fakeAWS) read(args []string, wanted map[string]string) *procedures.Change {
	name := planned(args).Resource
	out := &procedures.Change{
		Resource: "thing " + name, ReadCommand: "aws " + args[0] + " get-it --name " + name,
		Waits: "waits until it is quiet", ReadAt: monday,
	}
	thing := f.things[name]
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
func (f *fakeAWS) Settle(ctx context.Context, inv *procedures.Invocation, before *procedures.Change) (*procedures.Change, error) {
	inv.Note("waits until " + before.Resource + " is quiet")
	out := *before
	if f.settling != nil {
		if err := f.settling(ctx); err != nil {
			return &out, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settled++
	out.Stable, out.Waited, out.Differences = true, time.Second, nil
	old, _ := before.Before.(*document.Object)
	for member, value := range old.All() {
		if now := f.things[planned(inv.Args[1:]).Resource][member]; now != value {
			out.Differences = append(out.Differences, procedures.Difference{Path: member, Before: value.(string), After: now})
		}
	}
	return &out, nil
}

// hold answers changing calls when they are released, and says that one has begun.
func hold(began chan<- struct{}, release <-chan struct{}) func(context.Context, []string) (document.Value, int) {
	return func(ctx context.Context, args []string) (document.Value, int) {
		if planned(args).Effect.Changes() {
			began <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil, 0
	}
}

// answering lets the calls for some names fail.
func answering(statuses map[string]int) func(context.Context, []string) (document.Value, int) {
	return func(_ context.Context, args []string) (document.Value, int) {
		return nil, statuses[planned(args).Resource]
	}
}
