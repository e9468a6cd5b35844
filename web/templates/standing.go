package templates

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Standing is how far a run is.
type Standing struct {
	Done, Total int // steps; of several ways to do the same one counts
	Running     bool
	Open        bool               // it takes further presses
	Waiting     bool               // for another person's approval
	Verdict     procedures.Verdict // the worst of what was done
	Failed      *procedures.Step   // the first that is red; nil for none
	Number      int                // its number on the page
	FailedAs    procedures.Verdict // its verdict
	Reason      string             // its sentence
}

// Left reports whether there is something to do yet.
func (s Standing) Left() bool { return s.Done < s.Total }

// Word is how far the run is: "passed" only where nothing is left.
func (s Standing) Word() string {
	done := fmt.Sprintf("%d of %d", s.Done, s.Total)
	switch {
	case s.Waiting:
		return "waiting for approval, " + done + " done"
	case s.Failed != nil:
		return fmt.Sprintf("%s at step %d", Word(s.FailedAs), s.Number)
	case s.Running:
		return "running, " + done
	case s.Left() && s.Open && s.Done == 0:
		return "open, nothing done"
	case s.Left() && s.Open:
		return "open, " + done + " done"
	case s.Left() && s.Done == 0:
		return "finished, nothing done"
	case s.Left():
		return "finished, " + done + " done"
	}
	return Word(s.Verdict)
}

// More goes on with what Word leaves out.
func (s Standing) More() string {
	done := fmt.Sprintf("%d of %d", s.Done, s.Total)
	switch {
	case s.Waiting:
		return ""
	case s.Failed != nil && s.Running:
		return "running, " + done
	case s.Failed != nil && s.Left():
		return done + " done"
	case s.Left() && Tone(s.Verdict) == "warn":
		return Word(s.Verdict)
	}
	return ""
}

// Tone is the class of its colour. Green is only what has nothing left.
func (s Standing) Tone() string {
	switch tone := Tone(s.Verdict); {
	case s.Failed != nil:
		return "fail"
	case s.Waiting || tone == "warn":
		return "warn"
	case s.Running:
		return "run"
	case s.Left():
		return "open"
	default:
		return tone
	}
}

// Sign is its sign: a shape as well as a colour.
func (s Standing) Sign() string {
	switch {
	case s.Failed != nil:
		return Glyph(s.FailedAs)
	case s.Waiting:
		return "◷"
	case s.Running:
		return "◔"
	case s.Left():
		return "◐"
	}
	return Glyph(s.Verdict)
}
