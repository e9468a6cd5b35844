package signin

import (
	"context"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// watched is a sign-in that pages are open of.
type watched struct {
	watchers map[chan struct{}]bool
	due      time.Time // when it is read again
}

const (
	// readAgain is how often the sign-ins of open pages are read, whatever other replicas tell: what they tell may be lost.
	readAgain = 15 * time.Second
	// readEvery is how exact the end of one is.
	readEvery = 500 * time.Millisecond
	// noteSubject begins the subject of what replicas tell each other.
	noteSubject = "sign-in "
)

// Watch returns a channel that receives after a sign-in may have changed or ended; stop ends it.
func (s *Service) Watch(id string) (changed <-chan struct{}, stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watching[id]
	if w == nil {
		w = &watched{watchers: map[chan struct{}]bool{}, due: s.Now().Add(readEvery)}
		s.watching[id] = w
	}
	ch := make(chan struct{}, 1)
	w.watchers[ch] = true
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if delete(w.watchers, ch); len(w.watchers) == 0 && s.watching[id] == w {
			delete(s.watching, id)
		}
	}
}

// changed wakes the open pages of sign-ins, here and in other replicas.
func (s *Service) changed(ids ...string) {
	for _, id := range ids {
		s.tell(id)
		if s.Announce != nil {
			s.Announce(noteSubject+id, s.Now().UTC().Format(time.RFC3339Nano))
		}
	}
}

// tell wakes the open pages of a sign-in here.
func (s *Service) tell(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.watching[id]; w != nil {
		w.wake()
	}
}

// wake wakes all who watch. The lock is held.
func (w *watched) wake() {
	for ch := range w.watchers {
		select {
		case ch <- struct{}{}:
		default: // it has not looked since
		}
	}
}

// Ended tells the open pages of sign-ins that have ended, here and in other replicas.
func (s *Service) Ended(ids ...string) { s.changed(ids...) }

// Notify takes in what another replica tells.
func (s *Service) Notify(n procedures.Notification) {
	for subject := range n.Notes {
		if id, ok := strings.CutPrefix(subject, noteSubject); ok {
			s.tell(id)
		}
	}
}

// tidying is how often old sign-ins are deleted.
const tidying = 10 * time.Minute

// Run reads the sign-ins of open pages again: to end those whose time is over, and to ask providers what holds of people now. It
// deletes old ones. It returns when ctx ends.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	tidied, version := time.Now(), int64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		version = s.followAccounts(ctx, version)
		for _, id := range s.due() {
			s.look(ctx, id)
		}
		if time.Since(tidied) > tidying {
			tidied = time.Now()
			if err := s.Store.DropSignIns(ctx, s.Now().Add(-s.Idle), s.Now().Add(-s.Lasts)); err != nil && ctx.Err() == nil {
				s.Logger.WarnContext(ctx, "old sign-ins could not be deleted; it is tried again", "error", err)
			}
		}
	}
}

// followAccounts has the sign-ins of all open pages read anew where an account has changed since a version, such as by a command line
// beside this server, which tells nobody. It returns the version of now.
func (s *Service) followAccounts(ctx context.Context, since int64) int64 {
	s.mu.Lock()
	open := len(s.watching) > 0
	s.mu.Unlock()
	if s.LocalVersion == nil || !open {
		return since
	}
	version, err := s.LocalVersion(ctx)
	if err != nil || version == since {
		return since // what does not answer is asked again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.watching {
		w.wake()
	}
	return version
}

// due are the sign-ins that have to be read now.
func (s *Service) due() (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	for id, w := range s.watching {
		if !now.Before(w.due) {
			w.due = now.Add(readAgain)
			ids = append(ids, id)
		}
	}
	return ids
}

// look reads a sign-in and tells its pages where it has ended. That something else has changed, fresh tells.
func (s *Service) look(ctx context.Context, id string) {
	in, err := s.current(access.Unattended(ctx), id)
	if err != nil {
		s.tell(id)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.watching[id]; w != nil {
		for _, at := range []time.Time{s.until(in), in.Refreshed.Add(s.Refresh)} {
			if at.After(s.Now()) && at.Before(w.due) {
				w.due = at
			}
		}
	}
}
