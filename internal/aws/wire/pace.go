package wire

import (
	"context"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// At the longest spacing one call goes out every two seconds.
const (
	firstSpacing   = 50 * time.Millisecond // after the first refusal: twenty calls a second
	longestSpacing = 2 * time.Second
	easing         = 0.8                    // of the spacing is left after a call that was let through
	noticed        = 500 * time.Millisecond // a wait that is worth saying, and in which a step rests
)

// Pace spaces out the calls of all who share one limit of a service, once it has refused
// one for being too many: everybody's next call waits for its turn, and not each for its
// own count of failures. The spacing doubles with every refusal and shrinks with every
// call that goes through, until there is none. The zero value is ready, and is safe for
// concurrent use.
type Pace struct {
	// OnLimit is told of each refusal, for others who share the limit: see Notify. Nil for nobody; it returns at once.
	OnLimit func(Limit)

	mu     sync.Mutex
	limits map[Limit]*spacing
}

// Limit names what AWS counts calls by: an account, a region and a service.
type Limit struct{ Account, Region, Service string }

// spacing is the present distance between the calls of one limit, and the next free turn.
type spacing struct {
	between time.Duration
	next    time.Time // when the next call may be sent
}

// turn is how long a call has to wait. It takes the turn.
// Turns that were given out are not handed back when a call is cancelled.
func (p *Pace) turn(l Limit, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.limits[l]
	if s == nil {
		return 0
	}
	at := s.next
	if at.Before(now) {
		at = now
	}
	s.next = at.Add(s.between)
	return at.Sub(now)
}

// refused says that the service had too many calls.
func (p *Pace) refused(l Limit, now time.Time) {
	p.Notify(l, now)
	if p.OnLimit != nil {
		p.OnLimit(l)
	}
}

// Notify says that the service refused somebody else who shares a limit, as having too many calls.
// It does not call OnLimit, so that two processes do not notify each other for ever.
func (p *Pace) Notify(l Limit, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.limits[l]
	if s == nil {
		s = &spacing{}
		if p.limits == nil {
			p.limits = map[Limit]*spacing{}
		}
		p.limits[l] = s
	}
	s.between = min(max(2*s.between, firstSpacing), longestSpacing)
	if next := now.Add(s.between); s.next.Before(next) {
		s.next = next
	}
}

// answered says that a call was let through.
func (p *Pace) answered(l Limit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.limits[l]
	if s == nil {
		return
	}
	// From the first spacing that takes eleven calls.
	if s.between = time.Duration(float64(s.between) * easing); s.between < firstSpacing/10 {
		delete(p.limits, l)
	}
}

// sleep waits, or until ctx ends. The step holds no worker meanwhile, where it is for more than a moment.
func sleep(ctx context.Context, d time.Duration) error {
	switch {
	case d <= 0:
		return ctx.Err()
	case d >= noticed:
		return limits.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
