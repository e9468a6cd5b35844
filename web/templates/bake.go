package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/journal"
)

// BakeState is the newest attempt of a bake, as its card shows it.
type BakeState struct {
	*journal.Attempt
	Lasts time.Duration // 0 where somebody ends it
	Sum   string        // "sample 12 of 31, all good"
	Chart *Chart        // of the numbers that were watched; nil for none
}

// RollbackOffer is the change before a bake or a verification that has failed.
type RollbackOffer struct {
	Of        *Step // the step that changed it
	Execution string
	// Rollback is what a press of Roll back plans; empty where there is no button, and NoRollback says why.
	Rollback, NoRollback string
	Lines                string // the command lines of the rollback, with their values
}

// on reports whether it still runs.
func (b *BakeState) on() bool { return b.Ended.IsZero() }

// ends is when its time is over.
func (b *BakeState) ends() time.Time { return b.Began.Add(b.Lasts) }

// clock is the big figure: what is left, or what it took.
func (b *BakeState) clock() string {
	switch {
	case !b.on():
		return Minutes(b.Ended.Sub(b.Began))
	case b.Lasts == 0:
		return Minutes(time.Since(b.Began))
	}
	return Minutes(max(0, time.Until(b.ends())))
}

// under is the line under the figure.
func (b *BakeState) under() string {
	switch {
	case !b.on() && b.Lasts > 0:
		return "of " + Minutes(b.Lasts) + " · " + b.Sum
	case !b.on(), b.Lasts == 0:
		return "watched · " + b.Sum
	}
	return "left of " + Minutes(b.Lasts) + " · " + b.Sum
}

// Baked reports whether the step shows a bake: one that was begun.
func (s *Step) Baked() bool { return s.BakeState != nil }
