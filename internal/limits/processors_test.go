package limits

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// TestWhatComputesSharesTheProcessors has more that compute than there are shares: each comes to its end, and what waits for something else
// keeps none from the others.
func TestWhatComputesSharesTheProcessors(t *testing.T) {
	t.Parallel()
	pool := NewPool(0)
	pool.processors = newProcessors(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	const many, each = 5, 20
	waits := NewMeter(ctx, pool, Most{}, Hooks{})
	pool.processors.take(ctx, waits) // and computes no more
	for range many {
		step := NewMeter(ctx, pool, Most{}, Hooks{})
		for _, m := range []*Meter{step, step.Part(1)} { // two goroutines of one step
			all.Go(func() {
				defer m.Close()
				for range each {
					pool.processors.take(ctx, m)
					if err := m.Work(shareCheck + 1); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
}

// TestAShareThatIsWaitedForEndsWithItsStep cancels a step that waits for its share.
func TestAShareThatIsWaitedForEndsWithItsStep(t *testing.T) {
	t.Parallel()
	pool := NewPool(0)
	pool.processors = newProcessors(1)
	busy := NewMeter(t.Context(), pool, Most{}, Hooks{})
	pool.processors.have[0] = share{of: busy, ends: time.Now().Add(time.Hour), works: time.Now().Add(time.Hour)}
	ctx, cancel := context.WithCancel(t.Context())
	step := NewMeter(ctx, pool, Most{}, Hooks{})
	var begun sync.WaitGroup
	ended := make(chan error, 3)
	begun.Add(cap(ended))
	for range cap(ended) {
		go func() {
			begun.Done()
			ended <- step.Part(0).Work(shareCheck + 1)
		}()
	}
	begun.Wait()
	cancel()
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if !pool.processors.has(busy) || pool.processors.begin(step) {
		t.Error("a share was given away that has not ended")
	}
}

// TestWorkIsSharedByAGoroutine has the parts of one goroutine use the share of what it works for.
func TestWorkIsSharedByAGoroutine(t *testing.T) {
	t.Parallel()
	pool := NewPool(0)
	pool.processors = newProcessors(1)
	step := NewMeter(t.Context(), pool, Most{}, Hooks{})
	for range 3 { // statements
		part := step.Part(1).Share(step)
		if err := part.Work(shareCheck/2 + 1); err != nil {
			t.Fatal(err)
		}
		part.Close()
	}
	if pool.processors.have[0].of != step {
		t.Error("small parts of much work had no share")
	}
}
