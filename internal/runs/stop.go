package runs

import (
	"context"
	"time"
)

// readingEnds is how long what only reads may go on in a server that ends, before it is put back.
const readingEnds = 2 * time.Second

// Stop ends what is running here, for a server that ends. Nothing more is begun; what only reads has a moment to
// end, and is put back after it; what changes something has until ctx ends, and is unknown after it.
func (s *Service) Stop(ctx context.Context) {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	defer s.overOnce.Do(func() { close(s.over) })
	s.stopBakes()
	moment, cancel := context.WithTimeout(ctx, readingEnds)
	defer cancel()
	if s.quiet(moment) {
		return
	}
	s.stopRunning(false)
	if s.quiet(ctx) {
		return
	}
	s.stopRunning(true)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), readingEnds)
	defer cancel()
	s.quiet(last)
}

func (s *Service) stopRunning(changes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.running {
		if changes || !w.changes {
			w.cancel(errShutdown)
		}
	}
}

// quiet waits until nothing runs here, and reports whether that came before ctx ended.
func (s *Service) quiet(ctx context.Context) bool {
	for {
		s.mu.Lock()
		running := len(s.running)
		s.mu.Unlock()
		if running == 0 {
			return true
		}
		select {
		case <-s.ended:
		case <-ctx.Done():
			return false
		}
	}
}
