package access

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// How long effects are raised, how often other replicas' changes are looked for besides being told, and how long a reason may be, in
// bytes.
const (
	GlassTime      = time.Hour
	glassAgain     = 2 * time.Second
	maxGlassReason = 500
)

// GlassSubject is the subject of the note by which replicas tell each other that somebody has broken glass, or that it has ended.
const GlassSubject = "glass"

// GlassStore keeps who has broken glass. Each change is on record in the audit log, in its transaction.
type GlassStore interface {
	// Raise keeps that somebody has broken glass, and tells people.
	Raise(ctx context.Context, r procedures.Raised) error
	// Raised returns those whose raising has not ended, by the time when it began.
	Raised(ctx context.Context) ([]procedures.Raised, error)
	// EndRaised ends one at a time, by the name of whoever ended it, empty for by itself; false where it had ended.
	EndRaised(ctx context.Context, r procedures.Raised, at time.Time, by string) (bool, error)
}

// Glass knows whose effects are raised. It is safe for use by several goroutines.
type Glass struct {
	Store  GlassStore
	Now    func() time.Time
	Note   func(subject, text string) // tells the other replicas; nil for nobody
	Logger *slog.Logger

	mu   sync.Mutex
	open []procedures.Raised
	wake chan struct{}
}

// Of is what somebody has raised at the moment; nil for nothing.
func (g *Glass) Of(p Person) *procedures.Raised {
	if g == nil || !p.signedIn() {
		return nil
	}
	for _, r := range g.All() {
		if r.Issuer == p.Issuer && r.Subject == p.Subject {
			return &r
		}
	}
	return nil
}

// All are those whose effects are raised at the moment, the first first.
func (g *Glass) All() []procedures.Raised {
	if g == nil {
		return nil
	}
	now := g.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(g.open), func(r procedures.Raised) bool { return !now.Before(r.Until) })
}

// Break raises a person's effects, for a reason. Whether they may is asked before.
func (g *Glass) Break(ctx context.Context, p Person, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case !p.signedIn():
		return procedures.Errorf(procedures.CodeRefused, "only who is signed in can break glass. Nothing was changed")
	case reason == "":
		return procedures.Errorf(procedures.CodeInvalid, "say why you break glass: everybody sees it. Nothing was changed").
			Of("reason")
	case len(reason) > maxGlassReason:
		return procedures.Errorf(procedures.CodeInvalid, "the reason has %d bytes; the limit is %d", len(reason), maxGlassReason).
			Of("reason")
	}
	if err := g.read(ctx); err != nil {
		return err
	}
	if r := g.Of(p); r != nil {
		return procedures.Errorf(procedures.CodeConflict, "your effects are raised already, until %s UTC", r.Until.UTC().Format("15:04"))
	}
	now := g.Now().UTC().Truncate(time.Millisecond)
	err := g.Store.Raise(ctx, procedures.Raised{
		ID: strings.ToLower(rand.Text()), Issuer: p.Issuer, Subject: p.Subject, Email: p.Email, Name: p.Name, Reason: reason,
		Begun: now, Until: now.Add(GlassTime),
	})
	if err != nil {
		return err
	}
	return procedures.Afterwards("your effects are raised", g.changed(ctx))
}

// End ends what somebody raised, before its time. Whether by may is asked before.
func (g *Glass) End(ctx context.Context, id string, by Person) error {
	for _, r := range g.All() {
		if r.ID != id {
			continue
		}
		if _, err := g.Store.EndRaised(ctx, r, g.Now(), by.Name); err != nil {
			return err
		}
		return procedures.Afterwards("what was raised has ended", g.changed(ctx))
	}
	return procedures.Errorf(procedures.CodeNotFound, "nobody's effects are raised by that. It may have ended")
}

// changed reads what this replica changed, and tells the others.
func (g *Glass) changed(ctx context.Context) error {
	if g.Note != nil {
		g.Note(GlassSubject, rand.Text())
	}
	return g.read(ctx)
}

// read reads who has broken glass. Where the database does not answer, what was known stays, and ends at its time.
func (g *Glass) read(ctx context.Context) error {
	open, err := g.Store.Raised(ctx)
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.open = open
	g.mu.Unlock()
	return nil
}

// Notify takes in what another replica tells. It returns at once.
func (g *Glass) Notify(n procedures.Notification) {
	if _, ok := n.Notes[GlassSubject]; !ok {
		return
	}
	select {
	case g.woken() <- struct{}{}:
	default: // it is being read, or will be
	}
}

func (g *Glass) woken() chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wake == nil {
		g.wake = make(chan struct{}, 1)
	}
	return g.wake
}

// Load reads who has broken glass, for a server that starts.
func (g *Glass) Load(ctx context.Context) error { return g.read(ctx) }

// Run follows the database until ctx ends, and records what ended by itself.
func (g *Glass) Run(ctx context.Context) {
	tick := time.NewTicker(glassAgain)
	defer tick.Stop()
	failing := false
	for {
		err := g.read(ctx)
		if err == nil {
			err = g.expire(ctx)
		}
		if err != nil && !failing && ctx.Err() == nil {
			g.Logger.WarnContext(ctx, "who has broken glass cannot be read; what is known ends at its time", "error", err)
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-g.woken():
		case <-ctx.Done():
			return
		}
	}
}

// expire ends what has come to its time. One replica does it, and records it.
func (g *Glass) expire(ctx context.Context) error {
	now := g.Now()
	g.mu.Lock()
	open := slices.Clone(g.open)
	g.mu.Unlock()
	for _, r := range open {
		if now.Before(r.Until) {
			continue
		}
		if _, err := g.Store.EndRaised(ctx, r, r.Until, ""); err != nil {
			return err
		}
	}
	return nil
}

// signedIn reports whether somebody vouches for the person, and it is one.
func (p Person) signedIn() bool {
	return !p.machine && p.Token == nil && !p.Claimed && p.Issuer != "" && p.Issuer != IssuerSession && p.Subject != ""
}
