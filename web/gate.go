package web

import (
	"context"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// gate lets so many in at the same time, in all and of each person; others wait for their turn in the order in which
// they came. Those of somebody who is at their bound hold nobody else up. The zero gate lets in what the rows of
// limits say.
type gate struct {
	mu    sync.Mutex
	in    int
	of    map[string]int
	queue []*turn
}

// turn is somebody who waits.
type turn struct {
	who   string
	given chan struct{}
}

// mostWaiting bounds those who wait: an answer that says so costs less than to keep them.
const mostWaiting = 1024

// enter waits until who may go in, at most for limits.HTTPWait. leave must be called once. The error is that of the
// bound, or of the context.
func (g *gate) enter(ctx context.Context, who string) (leave func(), err error) {
	g.mu.Lock()
	if g.of == nil {
		g.of = map[string]int{}
	}
	if g.fits(who) {
		g.count(who, 1)
		g.mu.Unlock()
		return func() { g.leave(who) }, nil
	}
	if len(g.queue) >= mostWaiting {
		defer g.mu.Unlock()
		return nil, g.full(who)
	}
	mine := &turn{who, make(chan struct{})}
	g.queue = append(g.queue, mine)
	g.mu.Unlock()
	timer := time.NewTimer(limits.HTTPWait.Time())
	defer timer.Stop()
	select {
	case <-mine.given:
		return func() { g.leave(who) }, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, t := range g.queue {
		if t == mine {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, g.full(who)
		}
	}
	return func() { g.leave(who) }, nil // it was given at the same moment
}

// fits reports whether who may go in. The lock is held.
func (g *gate) fits(who string) bool {
	return g.in < limits.HTTPRequests.Size() && g.of[who] < limits.HTTPPersonRequests.Size()
}

// full is the error of the bound that who has met. The lock is held.
func (g *gate) full(who string) error {
	if g.of[who] >= limits.HTTPPersonRequests.Size() {
		return limits.HTTPPersonRequests.Reached()
	}
	return limits.HTTPRequests.Reached()
}

// count counts somebody in or out. The lock is held.
func (g *gate) count(who string, n int) {
	g.in += n
	if g.of[who] += n; g.of[who] == 0 {
		delete(g.of, who)
	}
}

// leave counts somebody out, and lets those in who fit now.
func (g *gate) leave(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count(who, -1)
	rest := g.queue[:0]
	for _, t := range g.queue {
		if !g.fits(t.who) {
			rest = append(rest, t)
			continue
		}
		g.count(t.who, 1)
		close(t.given)
	}
	clear(g.queue[len(rest):])
	g.queue = rest
}

// tally counts something in all and of each, up to two bounds. The zero tally counts nothing yet.
type tally struct {
	mu  sync.Mutex
	all int64
	of  map[string]int64
}

// add counts n more of who; where a bound would be broken nothing is counted, and the error is the bound's. An empty
// who has no bound of its own.
func (t *tally) add(who string, n int64, most, ofEach *limits.Row) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case who != "" && t.of[who]+n > ofEach.Value:
		return ofEach.Reached()
	case t.all+n > most.Value:
		return most.Reached()
	}
	if t.of == nil {
		t.of = map[string]int64{}
	}
	t.all += n
	t.of[who] += n
	return nil
}

// remove counts n out again.
func (t *tally) remove(who string, n int64) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all -= n
	if t.of[who] -= n; t.of[who] <= 0 {
		delete(t.of, who)
	}
}
