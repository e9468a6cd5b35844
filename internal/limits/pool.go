package limits

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// chunk is what a meter takes from its pool at a time, in bytes, so that most charges touch nothing that is shared.
const chunk = 1 << 20

// Pool is the memory that all steps of a server may hold together. It is safe for concurrent use.
//
// A meter is given more only where every step could still come to its end after it, each with all that it may hold (the banker's
// algorithm): steps that hold half each and wait for one another cannot be.
type Pool struct {
	size       int64
	processors *processors

	mu      sync.Mutex
	free    int64
	meters  map[*Meter]struct{}
	waiting int           // meters that wait
	changed chan struct{} // closed, and made anew, when something is given back
}

// NewPool returns a pool of so many bytes; 0 means ServerMemory.
func NewPool(size int64) *Pool {
	if size == 0 {
		size = ServerMemory.Value
	}
	return &Pool{size: size, processors: newProcessors(otherProcessors()),
		free: size, meters: map[*Meter]struct{}{}, changed: make(chan struct{})}
}

// Held is how much of the pool is taken, in bytes.
func (p *Pool) Held() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size - p.free
}

// take gives a meter n bytes more, and waits for them until ctx ends. waits is called once, where it has to. The step rests
// meanwhile: those that hold the memory may need its turn to come to their ends.
func (p *Pool) take(ctx context.Context, m *Meter, n int64, waits func()) error {
	for first := true; ; first = false {
		p.mu.Lock()
		if p.grant(m, n) {
			p.mu.Unlock()
			return nil
		}
		changed := p.changed
		if first {
			p.waiting++
		}
		p.mu.Unlock()
		if first {
			ServerMemory.reached.Add(1)
			if waits != nil {
				waits()
			}
			turn := TurnOf(ctx)
			defer turn.Rest()()
			defer turn.say(p.waits)()
			defer p.waitsNoMore()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// waits says what a step waits for that waits for memory.
func (p *Pool) waits() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf(
		"Waiting for memory: the steps of this server hold nearly all of the %s that they may use, and %d others wait for some.",
		Bytes.format(p.size), p.waiting-1)
}

// waitsNoMore counts one less that waits.
func (p *Pool) waitsNoMore() { p.mu.Lock(); p.waiting--; p.mu.Unlock() }

// grant gives a meter n bytes where that is safe, and reports whether it did; p.mu is held.
func (p *Pool) grant(m *Meter, n int64) bool {
	if n > p.free {
		return false
	}
	p.free -= n
	m.taken += n
	p.meters[m] = struct{}{}
	if p.safe() {
		return true
	}
	p.free += n
	m.taken -= n
	if m.taken == 0 {
		delete(p.meters, m)
	}
	return false
}

// safe reports whether all meters could come to their ends, one after the other, each with all that it may hold.
func (p *Pool) safe() bool {
	needs := make([]*Meter, 0, len(p.meters))
	for m := range p.meters {
		needs = append(needs, m)
	}
	slices.SortFunc(needs, func(a, b *Meter) int { return cmp.Compare(a.most.Memory-a.taken, b.most.Memory-b.taken) })
	free := p.free
	for _, m := range needs {
		if min(m.most.Memory, p.size)-m.taken > free {
			return false
		}
		free += m.taken
	}
	return true
}

// give takes n bytes back from a meter.
func (p *Pool) give(m *Meter, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free += n
	if m.taken -= n; m.taken == 0 {
		delete(p.meters, m)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}
