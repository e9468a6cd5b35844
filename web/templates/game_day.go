package templates

import (
	"net/url"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// GameDayView is the page of game days.
type GameDayView struct {
	Frame
	On         *Game // the one that is on; nil for none
	Past       []Game
	Procedures []*procedures.Procedure // whose checks a fault may be chosen for
	Chosen     string                  // the procedure that the form begins with
}

// gameForm begins or ends a game; the page is drawn anew.
func (p *GameDayView) gameForm(action, class string) Form {
	back := InEnvironment("/gameday", p.Environment.Name)
	return Form{Action: action, Plain: true, Class: class, Hidden: hidden("environment", p.Environment.Name, "back", back)}
}

// GameDayEvidence is the page of one game that is over, with the earlier ones of the same procedure.
type GameDayEvidence struct {
	Frame
	Game    Game
	Earlier []Game
}

// Game is a game day as the pages show it. What is secret is empty while it is on.
type Game struct {
	ID, Procedure, Name, By               string // Name is the procedure's title, or "all procedures"
	Fault, Title, Salt, Hash, Saw, Helped string
	Begun, Starts, Red, Mitigated, Ended  time.Time
	Reads                                 int
	Tried                                 []string // the changes since the fault began
	Verified                              bool     // the hash is that of the salt and the fault
}

// ToRed and ToMitigated are how long it took from the fault's start; a dash for what never was.
func (g Game) ToRed() string { return took(g.Starts, g.Red) }

// ToMitigated is how long it took from the fault's start until a change had mended it.
func (g Game) ToMitigated() string { return took(g.Starts, g.Mitigated) }

func took(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "–"
	}
	return Took(to.Sub(from).Round(time.Second))
}

// Outcome is how it ended, in words.
func (g Game) Outcome() string {
	switch {
	case g.Ended.IsZero():
		return "is on"
	case !g.Mitigated.IsZero():
		return "mitigated"
	case !g.Red.IsZero():
		return "seen, and given up"
	}
	return "given up"
}

// Needless is how many changes came before the one that helped.
func (g Game) Needless() int {
	if g.Mitigated.IsZero() {
		return len(g.Tried)
	}
	return max(0, len(g.Tried)-1)
}

// URL is the address of its evidence.
func (g Game) URL() string { return "/gameday/record?game=" + g.ID }

// gameDayFrom is the page on which a game for the procedure of a page is begun; for all where it is of none.
func gameDayFrom(page string) string {
	page, _, _ = strings.Cut(page, "?")
	if procedure, ok := strings.CutPrefix(page, "/procedures/"); ok {
		return "/gameday?procedure=" + url.QueryEscape(procedure)
	}
	return "/gameday"
}

// clock is a time of day, with seconds.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }
