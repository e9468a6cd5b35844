package procedures

// Effect says what running something does to the world outside the run.
type Effect string

// The effects, from harmless to worst.
const (
	EffectNone    Effect = "none"    // nothing leaves the run: echo, date, a variable
	EffectRead    Effect = "read"    // reads, and changes nothing
	EffectChange  Effect = "change"  // changes something; also what is unknown
	EffectDestroy Effect = "destroy" // what it removes cannot be restored
)

func (e Effect) rank() int {
	switch e {
	case EffectNone, "":
		return 0
	case EffectRead:
		return 1
	case EffectDestroy:
		return 3
	default:
		return 2
	}
}

// Changes reports whether the effect has to be confirmed before it runs.
func (e Effect) Changes() bool { return e.rank() >= 2 }

// Worse returns the worse of two effects.
func (e Effect) Worse(other Effect) Effect {
	if other.rank() > e.rank() {
		return other
	}
	return e
}
