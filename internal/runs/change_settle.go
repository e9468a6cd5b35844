package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// settleTime bounds the waiting for what a step changed, where the step's own timeout does not.
const settleTime = time.Hour

// errSettling is why a wait ended that took too long.
var errSettling = errors.New("it took too long")

// made gathers which of the agreed calls were made.
type made struct{ calls []int }

// see takes an event of the script in.
func (m *made) see(e procedures.Event) {
	if c := e.Call; c != nil && c.PlanNumber > 0 && c.Status == 0 && c.Planned == nil && !c.Rehearsed && !slices.Contains(m.calls, c.PlanNumber) {
		m.calls = append(m.calls, c.PlanNumber)
	}
}

// carried keeps that all calls of a changing step were made, and what its script came to and left. From then on a stop in the
// middle does not make it unknown: nothing of what follows changes anything.
func (s *Service) carried(ctx context.Context, e *procedures.Execution, result *Result, kept *belongings) error {
	ctx = context.WithoutCancel(ctx)
	var event []procedures.Event
	err := s.persist(ctx, patience, func() error {
		return s.Store.Update(ctx, func(tx procedures.Tx) error {
			if err := s.Store.LockRun(ctx, tx, e.Run); err != nil {
				return err
			}
			if holds, err := s.Store.Holds(ctx, tx, e.ID); err != nil || !holds {
				return errors.Join(err, errTaken)
			}
			if result.Rest { // what it left is left by the execution that goes on with it
				e.Resumable, e.Made = true, result.Made
				if err := s.Store.ResealExecution(ctx, tx, e); err != nil {
					return err
				}
			} else if err := s.keep(ctx, tx, e, result, kept); err != nil {
				return err
			}
			if err := s.Store.CarryExecution(ctx, tx, e.ID); err != nil {
				return err
			}
			event = []procedures.Event{{Kind: procedures.EventApplied, At: s.Now(), Step: e.Step, Execution: e.ID, Judgement: &result.Judgement, Status: result.Status, Resumable: result.Rest}}
			return s.Store.Append(ctx, tx, e.Run, event[0].At, event)
		})
	})
	if errors.Is(err, errTaken) {
		s.look(ctx, e.ID)
	}
	if err != nil {
		return err
	}
	e.Applied = true
	s.recorded(event...)
	s.mu.Lock()
	if w := s.running[e.ID]; w != nil {
		w.changes = false
	}
	s.mu.Unlock()
	s.tell(e.Run)
	return nil
}

// cancelHere stops an execution that this process carries out.
func (s *Service) cancelHere(id string, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.running[id]; w != nil {
		w.cancel(cause)
	}
}

// keep keeps what a script left for the next step. What cannot be kept is the step's error.
func (s *Service) keep(ctx context.Context, tx procedures.Tx, e *procedures.Execution, result *Result, kept *belongings) error {
	data, err := kept.pack(ctx, s, tx, result.State)
	if err == nil {
		return s.Store.Keep(ctx, tx, e.Run, data)
	}
	if procedures.CodeOf(err) == procedures.CodeUnavailable {
		return err
	}
	result.Judgement = procedures.Judgement{Verdict: procedures.Errored, Reason: "What the step left could not be kept: " + err.Error() + "."}
	return nil
}

// settling waits for what the calls of one execution changed.
type settling struct {
	service *Service
	engine  *Engine
	carry   Carry
	e       *procedures.Execution

	mu       sync.Mutex
	problems []string
	said     []string // what has become different, of each call that is stable
}

// settleChanges waits until what was changed is stable, a few calls at once, and keeps of each what has become different. It reports
// whether nothing is left to be waited for: not where the server ends, or another one has taken the execution up.
func (s *Service) settleChanges(ctx context.Context, engine *Engine, carry Carry, e *procedures.Execution, calls []int, judgement *procedures.Judgement) (done bool) {
	limit := cmp.Or(carry.Step.Annotations.Timeout, settleTime)
	waiting, cancel := context.WithTimeoutCause(ctx, limit, errSettling)
	defer cancel()
	w := &settling{service: s, engine: engine, carry: carry, e: e}
	places := make(chan struct{}, inspectTogether)
	var all sync.WaitGroup
	for _, n := range calls {
		if n > len(e.Confirmed) {
			continue
		}
		before := procedures.Change{}
		if n <= len(e.Changes) {
			before = e.Changes[n-1]
		}
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			w.settle(waiting, n, before, limit)
		})
	}
	all.Wait()
	if left(ctx) {
		return false
	}
	if len(w.problems) > 0 && judgement.Verdict.Exit() == 0 {
		slices.Sort(w.problems)
		*judgement = procedures.Judgement{Verdict: procedures.Warned, Reason: strings.Join(slices.Compact(w.problems), " "), Advice: seeFirst(e)}
	} else if len(w.said) > 0 && judgement.Verdict == procedures.Info { // what the calls answered is not how it is now
		slices.Sort(w.said)
		judgement.Reason = saidAsOne(w.said)
	}
	return true
}

// saidAsOne is what was said, as one sentence.
func saidAsOne(said []string) string {
	all := strings.Join(said, "; ")
	first, size := utf8.DecodeRuneInString(all)
	return string(unicode.ToUpper(first)) + all[size:] + "."
}

// left reports whether somebody else goes on with an execution.
func left(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errShutdown) || errors.Is(cause, errTaken)
}

// settle waits for one call, and keeps what came of it.
func (w *settling) settle(ctx context.Context, n int, before procedures.Change, limit time.Duration) {
	change, problem := w.engine.settle(ctx, w.carry, n, before, limit)
	if left(ctx) && !change.Stable {
		return
	}
	if problem != "" {
		w.problem(problem)
	} else {
		w.say(change)
	}
	if err := w.service.changed(context.WithoutCancel(ctx), w, change); err != nil && !errors.Is(err, errTaken) {
		w.problem("What has become different could not be kept: " + err.Error() + ".")
	}
}

// settle waits until what one of the agreed calls changed is stable, and returns what has become different, and in a sentence
// what did not go as it was shown.
func (g *Engine) settle(ctx context.Context, c Carry, n int, before procedures.Change, limit time.Duration) (change procedures.Change, problem string) {
	call, change := c.Agreed[n-1], before
	change.Differences, change.Warnings, change.Permissions, change.Stable = nil, nil, nil, false
	if inspector, ok := g.inspector(call); ok {
		after, err := inspector.Settle(ctx, invocation(c, call), &before)
		if after != nil {
			change = *after
		}
		if err != nil {
			change.Stable, change.NoWait = false, notAwaited(ctx, err, limit)
			problem = fmt.Sprintf("The change of %s was made, and stays; %s.", named(change, call), change.NoWait)
		} else if said := unfulfilled(before, change); len(said) > 0 {
			change.Warnings = said
			problem = strings.Join(said, " ")
		}
	}
	change = described(change, call)
	change.PlanNumber = n
	return change, problem
}

// Seen carries a changing step out, as Do, and then waits for what its calls changed, as it is shown beforehand in changes. It
// returns what has become different. Emit hears of both.
func (g *Engine) Seen(ctx context.Context, c Carry, changes []procedures.Change) (Result, []procedures.Change) {
	var calls made
	emit := c.Emit
	c.Emit = func(e procedures.Event) {
		calls.see(e)
		if emit != nil {
			emit(e)
		}
	}
	r := g.Do(ctx, c)
	if len(calls.calls) == 0 || r.State == nil && ctx.Err() != nil {
		return r, nil
	}
	c.Emit(procedures.Event{Kind: procedures.EventApplied, Judgement: &r.Judgement, Status: r.Status, Resumable: r.Rest})
	waiting, cancel := context.WithTimeoutCause(ctx, cmp.Or(c.Step.Annotations.Timeout, settleTime), errSettling)
	defer cancel()
	var out []procedures.Change
	var said []string
	for _, n := range calls.calls {
		before := procedures.Change{}
		if n <= len(changes) {
			before = changes[n-1]
		}
		change, problem := g.settle(waiting, c, n, before, cmp.Or(c.Step.Annotations.Timeout, settleTime))
		change = shownChange(change, c.Secrets)
		c.Emit(procedures.Event{Kind: procedures.EventChanged, Change: &change})
		out = append(out, change)
		if tells(&change) {
			said = append(said, journal.ChangeText(&change))
		}
		if problem != "" && r.Judgement.Verdict.Exit() == 0 {
			r.Judgement = procedures.Judgement{Verdict: procedures.Warned, Reason: interpret.Mask(problem, c.Secrets...)}
		}
	}
	if len(said) > 0 && r.Judgement.Verdict == procedures.Info {
		r.Judgement.Reason = saidAsOne(said)
	}
	return r, out
}

func (w *settling) problem(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, text)
}

// say takes in what has become different, where that was read.
func (w *settling) say(change procedures.Change) {
	if !tells(&change) {
		return
	}
	shown := interpret.MaskChange(change, w.carry.Secrets...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, journal.ChangeText(&shown))
}

// tells reports whether it is known what a change that was made has made different.
func tells(c *procedures.Change) bool {
	return c.Stable && c.NotRead == "" && (len(c.Differences) > 0 || c.Absent)
}

// named is what a change is of.
func named(change procedures.Change, call procedures.PlannedCall) string {
	if change.Resource != "" {
		return change.Resource
	}
	return call.Command
}

// notAwaited says why a wait did not come to its end.
func notAwaited(ctx context.Context, err error, limit time.Duration) string {
	cause := context.Cause(ctx)
	switch {
	case errors.As(cause, new(cancelled)):
		return "the wait for it was " + cause.Error()
	case errors.Is(cause, errSettling):
		return fmt.Sprintf("it was not stable within %s", limit)
	}
	return "it could not be waited for: " + strings.TrimSuffix(err.Error(), ".")
}

// unfulfilled says which members have become something else than what was foretold, where that is known.
func unfulfilled(before, after procedures.Change) []string {
	if after.NotRead != "" || !after.Stable {
		return nil
	}
	var out []string
	for _, d := range before.Differences {
		i := slices.IndexFunc(after.Differences, func(is procedures.Difference) bool { return is.Path == d.Path })
		switch {
		case i < 0:
			out = append(out, fmt.Sprintf("%s of %s was to become %s, and is still %s.", d.Path, after.Resource, journal.OrAbsent(d.After), journal.OrAbsent(d.Before)))
		case after.Differences[i].After != d.After:
			out = append(out, fmt.Sprintf("%s of %s was to become %s, and is %s.", d.Path, after.Resource, journal.OrAbsent(d.After), journal.OrAbsent(after.Differences[i].After)))
		}
	}
	return out
}

// changed keeps what one call has changed: in the journal as it may be shown, and with the execution as the way back needs it.
func (s *Service) changed(ctx context.Context, w *settling, change procedures.Change) error {
	shown := shownChange(change, w.carry.Secrets)
	change.Before = nil // it is not compared with any more
	w.mu.Lock()
	undone := len(change.Rollback) > 0 || change.PlanNumber <= len(w.e.Changes) && len(w.e.Changes[change.PlanNumber-1].Rollback) > 0
	w.mu.Unlock()
	if !undone { // there is nothing that a way back needs
		w.carry.Emit(procedures.Event{Kind: procedures.EventChanged, Change: &shown})
		return nil
	}
	err := s.persist(ctx, patience, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		return s.Store.Update(ctx, func(tx procedures.Tx) error {
			if err := s.Store.LockRun(ctx, tx, w.e.Run); err != nil {
				return err
			}
			if holds, err := s.Store.Holds(ctx, tx, w.e.ID); err != nil || !holds {
				return errors.Join(err, errTaken)
			}
			for len(w.e.Changes) < len(w.e.Confirmed) {
				w.e.Changes = append(w.e.Changes, procedures.Change{})
			}
			w.e.Changes[change.PlanNumber-1] = change
			return s.Store.ResealExecution(ctx, tx, w.e)
		})
	})
	if err == nil {
		w.carry.Emit(procedures.Event{Kind: procedures.EventChanged, Change: &shown})
	}
	return err
}

// Bounds of a change in the journal.
const (
	maxShown = 200     // differences
	maxValue = 4 << 10 // bytes of one value
)

// shownChange is a change as the journal has it: masked, with what is different, and not with all that was read.
func shownChange(change procedures.Change, secrets []string) procedures.Change {
	out := interpret.MaskChange(change, secrets...)
	out.Before = nil
	if rest := len(out.Differences) - maxShown; rest > 0 {
		out.Differences = out.Differences[:maxShown]
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d more members are different.", rest))
	}
	for i := range out.Differences {
		d := &out.Differences[i]
		d.Before, d.After = cut(d.Before), cut(d.After)
	}
	return out
}

func cut(value string) string {
	if len(value) <= maxValue {
		return value
	}
	return strings.ToValidUTF8(value[:maxValue], "") + "…"
}

// story is how far an execution has come whose calls were made, as its journal says.
type story struct {
	made
	started time.Time
	result  Result
	settled []int // of made
}

// storyOf reads it.
func (s *Service) storyOf(ctx context.Context, e *procedures.Execution) (*story, error) {
	out := &story{started: e.AskedAt}
	after := int64(0)
	for {
		events, err := s.Store.Events(ctx, e.Run, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			if after = event.Number; event.Execution == e.ID {
				out.take(event)
			}
		}
		if len(events) < 1000 {
			return out, nil
		}
	}
}

func (h *story) take(e procedures.Event) {
	switch e.Kind {
	case procedures.EventStepStarted:
		h.started = e.At
	case procedures.EventCall:
		h.see(e)
	case procedures.EventApplied:
		h.result.Status, h.result.Rest = e.Status, e.Resumable
		if e.Judgement != nil {
			h.result.Judgement = *e.Judgement
		}
	case procedures.EventChanged:
		if e.Change != nil {
			h.settled = append(h.settled, e.Change.PlanNumber)
		}
	}
}

// open are the calls that are still to be waited for.
func (h *story) open() []int {
	return slices.DeleteFunc(slices.Clone(h.calls), func(n int) bool { return slices.Contains(h.settled, n) })
}
