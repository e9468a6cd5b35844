package limits

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Turns are how many steps of a server work at the same time. A step takes a turn before it begins, gives it back while it rests
// (it sleeps, polls, or waits for memory), and takes one again after. It is safe for concurrent use.
//
// Those who wait are served in rounds, one of each who waits: somebody with many steps keeps nobody else from theirs.
type Turns struct {
	size, most int
	says       string // what somebody waits for, with %d for the size and %d for how many are before
	programs   *Turns // places of the steps that run programs; nil in those

	mu      sync.Mutex
	free    int
	resting int                  // steps that gave their turn back
	lines   map[string][]*waiter // by who waits, the first of each is next
	round   []string             // of lines, in the order in which they are served
}

// waiter waits for a turn.
type waiter struct{ given chan struct{} }

// NewTurns returns so many turns, and lets at most resting steps rest without theirs; 0 means StepsWorking and StepsResting.
func NewTurns(size, resting int) *Turns {
	if size == 0 {
		size = StepsWorking.Size()
	}
	if resting == 0 {
		resting = StepsResting.Size()
	}
	return &Turns{
		size: size, most: resting, free: size, lines: map[string][]*waiter{},
		says:     "Waiting for a worker: this server works on %d steps at a time, and %d wait before this one.",
		programs: newPlaces(StepsPrograms.Size()),
	}
}

// Working is how many turns are taken; Resting how many steps have given theirs back and will want one again.
func (t *Turns) Working() int { t.mu.Lock(); defer t.mu.Unlock(); return t.size - t.free }

// Resting is how many steps rest without a turn.
func (t *Turns) Resting() int { t.mu.Lock(); defer t.mu.Unlock(); return t.resting }

// Waiting is how many steps wait for a turn.
func (t *Turns) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, line := range t.lines {
		n += len(line)
	}
	return n
}

// Take waits for a turn of a step that who began, until ctx ends; then the error is its cause. The step closes it. ctx is that of
// the whole step: with it, too, the step waits for its turn after it has rested.
func (t *Turns) Take(ctx context.Context, who string) (*Turn, error) {
	turn := &Turn{turns: t, who: who, ctx: ctx, rested: make(chan struct{})}
	if err := turn.take(t); err != nil {
		return nil, err
	}
	turn.held = true
	return turn, nil
}

// enter gives a free turn, or puts a waiter into its line.
func (t *Turns) enter(who string) (w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w = &waiter{given: make(chan struct{})}
	if len(t.lines[who]) == 0 {
		t.round = append(t.round, who)
	}
	t.lines[who] = append(t.lines[who], w)
	t.give()
	return w
}

// leave takes a waiter out of its line; where it was given a turn already, that goes to the next.
func (t *Turns) leave(who string, w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.lines[who], w)
	if i < 0 {
		t.free++
		t.give()
		return
	}
	t.lines[who] = slices.Delete(t.lines[who], i, i+1)
	if len(t.lines[who]) == 0 {
		delete(t.lines, who)
		t.round = slices.DeleteFunc(t.round, func(name string) bool { return name == who })
	}
}

// back takes a turn back.
func (t *Turns) back() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	t.give()
}

// give hands free turns to those who are next; t.mu is held.
func (t *Turns) give() {
	for t.free > 0 && len(t.round) > 0 {
		who := t.round[0]
		t.round = t.round[1:]
		line := t.lines[who]
		close(line[0].given)
		t.free--
		if line = line[1:]; len(line) == 0 {
			delete(t.lines, who)
			continue
		}
		t.lines[who] = line
		t.round = append(t.round, who)
	}
}

// before is how many turns are given before a waiter's.
func (t *Turns) before(who string, w *waiter) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := slices.Index(t.lines[who], w)
	n, passed := mine, false
	for _, name := range t.round {
		switch {
		case name == who:
			passed = true
		case passed:
			n += min(mine, len(t.lines[name]))
		default:
			n += min(mine+1, len(t.lines[name]))
		}
	}
	return max(n, 0)
}

// Turn is a step's. A nil one is that of what takes none: it rests without giving anything back.
type Turn struct {
	turns *Turns
	who   string
	ctx   context.Context //nolint:containedctx // a step waits for its turn as long as it lasts

	mu      sync.Mutex
	held    bool
	resting int // parts of the step that rest; it holds its turn where there are none
	closed  bool
	first   sync.Once
	rested  chan struct{}

	telling sync.Mutex
	tell    func(text string)

	placing  sync.Mutex
	programs int // of the step that run; it has a place while there are some
}

// take waits for one of some turns: the step's own, or a place.
func (t *Turn) take(of *Turns) error {
	w := of.enter(t.who)
	select {
	case <-w.given:
	default:
		if of != t.turns {
			StepsPrograms.reached.Add(1)
			defer t.Rest()()
		}
		over := t.say(func() string { return fmt.Sprintf(of.says, of.size, of.before(t.who, w)) })
		defer over()
		select {
		case <-w.given:
		case <-t.ctx.Done():
		}
	}
	if t.ctx.Err() != nil {
		of.leave(t.who, w)
		return context.Cause(t.ctx)
	}
	return nil
}

// Rested is closed when the step has rested for the first time.
func (t *Turn) Rested() <-chan struct{} { return t.rested }

// Rest gives the step's turn back until wake, which takes one again: where several parts of the step rest, the last one that
// wakes. wake has to be called. A step keeps its turn where as many rest as may.
func (t *Turn) Rest() (wake func()) {
	if t == nil {
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting == 0 && t.held && !t.closed {
		if !t.turns.rest() {
			return func() {}
		}
		t.held = false
		t.first.Do(func() { close(t.rested) })
	}
	t.resting++
	return t.wake
}

// rest takes a turn back from a step that rests, and reports whether one more may.
func (t *Turns) rest() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting == t.most {
		StepsResting.reached.Add(1)
		return false
	}
	t.resting++
	t.free++
	t.give()
	return true
}

// wake ends the rest of a part of the step.
func (t *Turn) wake() {
	t.mu.Lock()
	t.resting--
	takes := t.resting == 0 && !t.held && !t.closed
	t.mu.Unlock()
	if !takes || t.take(t.turns) != nil { // a step that has ended works no more
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held || t.closed || t.resting > 0 { // another part was first, or rests again
		t.turns.back()
		return
	}
	t.held = true
	t.turns.woke()
}

// woke counts one step less that rests.
func (t *Turns) woke() { t.mu.Lock(); t.resting--; t.mu.Unlock() }

// Close gives the turn back for good. It may be called again.
func (t *Turn) Close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
	case t.held:
		t.turns.back()
	default:
		t.turns.woke()
	}
	t.held, t.closed = false, true
}

// Tell lets somebody be told what the step waits for, and once more, with an empty text, when it goes on. tell may be called from
// any goroutine, and is not called any more when stop has returned.
func (t *Turn) Tell(tell func(text string)) (stop func()) {
	if t == nil {
		return func() {}
	}
	set := func(tell func(string)) { t.telling.Lock(); t.tell = tell; t.telling.Unlock() }
	set(tell)
	return func() { set(nil) }
}

// When what a step waits for is told: not where it goes on at once, and again where it has changed.
const (
	sayAfter = time.Second
	sayAgain = 2 * time.Second
)

// say tells what the step waits for until over, which returns when all is told.
func (t *Turn) say(text func() string) (over func()) {
	if t == nil {
		return func() {}
	}
	done, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		said := ""
		for wait := sayAfter; ; wait = sayAgain {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-done:
				timer.Stop()
				if said != "" {
					t.tells("")
				}
				return
			}
			if now := text(); now != said {
				said = now
				t.tells(now)
			}
		}
	}()
	return func() { close(done); <-told }
}

// tells tells, where somebody wants to know.
func (t *Turn) tells(text string) {
	t.telling.Lock()
	defer t.telling.Unlock()
	if t.tell != nil {
		t.tell(text)
	}
}

type turnKey struct{}

// WithTurn returns a context that carries a step's turn, for what waits many functions away from the worker that took it.
func WithTurn(ctx context.Context, t *Turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// TurnOf returns the turn that a context carries; nil for none.
func TurnOf(ctx context.Context) *Turn {
	t, _ := ctx.Value(turnKey{}).(*Turn)
	return t
}

// Sleep waits at rest: the step holds no turn meanwhile. It ends early, with the context's error, when ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	defer TurnOf(ctx).Rest()()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
