package limits

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// What computes on a server shares the processors but one, which is left for pages. A share is taken by a meter's work and is not given
// back: it ends by itself after its time, or as soon as what has it computes no more (it waits for a pipe, an answer, a sleep).
const (
	shareTime  = 4 * time.Millisecond
	shareIdle  = 300 * time.Microsecond // without work for so long it waits for something
	shareCheck = 100_000                // units of work from one look at the clock to the next
)

// processors are those that the steps of a server compute on. It is safe for concurrent use.
type processors struct {
	next chan struct{} // held by the one that is the next to have a share

	mu   sync.Mutex
	have []share
}

// share is what may compute at the same time as the others.
type share struct {
	of          *Meter
	ends, works time.Time
}

// newProcessors are shares for so many that compute at the same time.
func newProcessors(n int) *processors {
	return &processors{next: make(chan struct{}, 1), have: make([]share, n)}
}

// otherProcessors are all processors but the one of the pages.
func otherProcessors() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// take waits until a meter has a share, or until ctx ends.
func (t *processors) take(ctx context.Context, m *Meter) {
	if t.has(m) {
		return
	}
	select {
	case t.next <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-t.next }()
	if runtime.GOMAXPROCS(0) == 1 { // the only processor is the pages' too
		rest(ctx, shareTime)
	}
	for !t.begin(m) {
		if !rest(ctx, shareIdle/2) {
			return
		}
	}
}

// rest waits, and reports whether ctx has not ended.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// has reports whether a meter has a share that has not ended, and notes that it works.
func (t *processors) has(m *Meter) bool {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.have {
		if t.have[i].of == m {
			t.have[i].works = now
			if now.Before(t.have[i].ends) {
				return true
			}
			t.have[i].of = nil
			return false
		}
	}
	return false
}

// begin begins a meter's share where one is free.
func (t *processors) begin(m *Meter) bool {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, has := range t.have {
		if has.of == nil || !now.Before(has.ends) || now.Sub(has.works) > shareIdle {
			t.have[i] = share{of: m, ends: now.Add(shareTime), works: now}
			return true
		}
	}
	return false
}
