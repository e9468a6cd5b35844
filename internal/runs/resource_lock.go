package runs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// resourcesOf names what an execution changes: a service's resource, or a service or program as a whole where a call
// does not say which of its resources it changes.
func resourcesOf(e *procedures.Execution) []string {
	var out []string
	for _, c := range e.Confirmed {
		if c.Effect.Changes() {
			service, _, _ := strings.Cut(c.Command, " ")
			out = append(out, strings.TrimSpace(service+" "+c.Resource))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lockResources keeps others from deciding about what an execution changes until the transaction ends. It comes before
// LockRun, everywhere.
func (s *Service) lockResources(ctx context.Context, tx procedures.Tx, e *procedures.Execution) (environment string, resources []string, err error) {
	if resources = resourcesOf(e); len(resources) == 0 {
		return "", nil, nil
	}
	run, err := s.Store.Head(ctx, tx, e.Run)
	if err != nil {
		return "", nil, err
	}
	names := make([]string, len(resources))
	for i, r := range resources {
		names[i] = "resource\x00" + run.Environment + "\x00" + r
	}
	return run.Environment, resources, s.Store.Lock(ctx, tx, names...)
}

// reserve lets an execution change its resources; where another one changes one of them, it waits for that one and says so.
func (s *Service) reserve(ctx context.Context, tx procedures.Tx, e *procedures.Execution, environment string, resources []string) (waits bool, err error) {
	if e.State != procedures.ExecutionWaiting || len(resources) == 0 {
		return false, nil
	}
	id, err := s.Store.Reserve(ctx, tx, environment, resources, e.ID)
	if err != nil || id == "" {
		return false, err
	}
	if id == e.WaitsFor {
		return true, nil
	}
	holder, err := s.Store.Execution(ctx, tx, id)
	if err != nil {
		return true, err
	}
	run, err := s.Store.Head(ctx, tx, holder.Run)
	if err != nil {
		return true, err
	}
	if err := s.Store.WaitFor(ctx, tx, e.ID, id); err != nil {
		return true, err
	}
	common := slices.DeleteFunc(resources, func(r string) bool { return !slices.Contains(resourcesOf(holder), r) })
	note := procedures.Event{Kind: procedures.EventNotice, At: s.Now(), Step: e.Step, Execution: e.ID, Text: fmt.Sprintf(
		"Waits for %s of %s (%s), which is changing %s too. It begins by itself when that has ended.", s.titleOf(run, holder.Step), run.Title, by(holder.By), strings.Join(common, ", "))}
	return true, s.Store.Append(ctx, tx, e.Run, note.At, []procedures.Event{note})
}

// unreserve gives back what an execution reserved, and queues those that waited for it.
func (s *Service) unreserve(ctx context.Context, tx procedures.Tx, e *procedures.Execution) error {
	if len(resourcesOf(e)) == 0 {
		return nil
	}
	waited, err := s.Store.Unreserve(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	for _, id := range waited {
		if err := s.Queue(ctx, tx, id); err != nil {
			return fmt.Errorf("queue the step that waited: %w", err)
		}
	}
	return nil
}

// titleOf is a step as its page calls it, as far as the newest runbooks have it.
func (s *Service) titleOf(run *procedures.Run, step string) string {
	if p, _, err := s.Library().Find(run.Procedure); err == nil {
		if found := p.Step(step); found != nil {
			return found.Title
		}
	}
	return step
}

// by is somebody's name, who may have said none.
func by(name string) string {
	if name == "" {
		return "pressed by somebody"
	}
	return "pressed by " + name
}
