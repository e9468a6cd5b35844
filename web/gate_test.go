package web

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// TestAGateLetsFewIn has two people ask for much more than they may: none is at work more often than the bounds say,
// all come in at last, and somebody else is not held up.
func TestAGateLetsFewIn(t *testing.T) {
	var g gate
	var all sync.WaitGroup
	var in, most atomic.Int64
	block := make(chan struct{})
	for i := range 3 * limits.HTTPPersonRequests.Size() {
		all.Go(func() {
			leave, err := g.enter(t.Context(), []string{"ada", "ada", "bert"}[i%3])
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			n := in.Add(1)
			for before := most.Load(); n > before && !most.CompareAndSwap(before, n); before = most.Load() {
			}
			<-block
			in.Add(-1)
		})
	}
	for in.Load() < 2*limits.HTTPPersonRequests.Value {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.enter(ctx, "ada"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ada comes in once more: %v", err)
	}
	close(block)
	all.Wait()
	if most.Load() > limits.HTTPRequests.Value || g.in != 0 || len(g.of) > 0 || len(g.queue) > 0 {
		t.Errorf("%d were in, %d are in, %d wait", most.Load(), g.in, len(g.queue))
	}
	leave, err := g.enter(t.Context(), "cleo")
	if err != nil {
		t.Fatal(err)
	}
	leave()
}

// TestATallyIsBounded: of each and in all, and what is refused is not counted.
func TestATallyIsBounded(t *testing.T) {
	var c tally
	for _, who := range []string{"a", "b", "c"} {
		for range 100 {
			_ = c.add(who, 1, &limits.Row{Value: 20}, &limits.Row{Value: 8}) // refused at the bound
		}
	}
	if c.all != 20 || c.of["a"] != 8 || c.of["b"] != 8 || c.of["c"] != 4 {
		t.Errorf("%d in all, %v", c.all, c.of)
	}
	c.remove("a", 8)
	c.remove("nobody", 0)
	if err := c.add("c", 4, &limits.Row{Value: 20}, &limits.Row{Value: 8}); err != nil || c.all != 16 {
		t.Errorf("%d in all, %v", c.all, err)
	}
}
