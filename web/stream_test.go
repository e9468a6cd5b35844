package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// revocable allows everything until it is taken away.
type revocable struct{ taken atomic.Bool }

func (p *revocable) May(context.Context, access.Request) error {
	if p.taken.Load() {
		return procedures.Errorf(procedures.CodeRefused, "you may not look any more")
	}
	return nil
}

func TestAStreamEndsWhenItsReaderMayNotLook(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(*counter) // after it was taken away
	}{{"and something happens", func(c *counter) { c.to(2) }}, {"and nothing happens", func(*counter) {}}} {
		t.Run(c.name, func(t *testing.T) {
			policy := &revocable{}
			s := closed(t, policy) // its sessions have a goroutine of their own
			synctest.Test(t, func(t *testing.T) {
				source := &counter{changed: make(chan struct{}, 1)}
				source.goal.Store(1)
				h, leave := s.hubs.join("numbers", numbers(source))
				defer leave()
				w := httptest.NewRecorder()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					s.streamAll(t.Context(), writer{w, http.NewResponseController(w)},
						&reader{hub: h, following: &following{subject: subject{environment: "sandbox"}, sees: seesAlways}})
				}()
				synctest.Wait()
				select {
				case <-ended:
					t.Fatal("it ended while its reader may look")
				default:
				}
				policy.taken.Store(true)
				before := w.Body.Len()
				c.then(source)
				<-ended // at the latest with the next heartbeat
				if w.Body.Len() != before {
					t.Errorf("it was told %q", w.Body.String()[before:])
				}
			})
		})
	}
}
