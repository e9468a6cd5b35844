package templates

import "time"

// Baking is what a bake has seen so far.
type Baking struct {
	Began   time.Time
	Ended   time.Time     // zero while it goes on
	Lasts   time.Duration // 0 where somebody ends it
	Sum     string        // "12 of 31 looks, all good"
	Last    *LookLine     // nil before the first look
	Chart   *Chart        // of the numbers that were watched; nil for none
	EarlyBy string        // who ended it before its time
	// Before is the change that was watched, once the bake has failed; nil where none was made.
	Before *Rollable
}

// LookLine is the newest look.
type LookLine struct {
	Number int
	At     time.Time
	Tone   string
	Word   string
	Text   string
}

// Rollable is the change before a bake that has failed.
type Rollable struct {
	Of        *Step // the step that changed it
	Execution string
	// Way is what a press of Roll back plans; empty where there is no button, and Wayless says why, or what was done already.
	Way, Wayless string
}

// on reports whether it goes on.
func (b *Baking) on() bool { return b.Ended.IsZero() }

// ends is when its time is over.
func (b *Baking) ends() time.Time { return b.Began.Add(b.Lasts) }

// clock is the big figure: what is left, or what it took.
func (b *Baking) clock() string {
	switch {
	case !b.on():
		return Minutes(b.Ended.Sub(b.Began))
	case b.Lasts == 0:
		return Minutes(time.Since(b.Began))
	}
	return Minutes(max(0, time.Until(b.ends())))
}

// under is the line under the figure.
func (b *Baking) under() string {
	switch {
	case !b.on() && b.Lasts > 0:
		return "of " + Minutes(b.Lasts) + " · " + b.Sum
	case !b.on(), b.Lasts == 0:
		return "watched · " + b.Sum
	}
	return "left of " + Minutes(b.Lasts) + " · " + b.Sum
}

// Baked reports whether the step shows a bake: one that was begun.
func (s *Step) Baked() bool { return s.Baking != nil }
