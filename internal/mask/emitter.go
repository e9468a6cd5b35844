package mask

import (
	"github.com/opsbook/opsbook/internal/procedures"
)

// Event is an event without its secrets. Only a Mask makes one: who takes an Event gets nothing that was not masked.
type Event struct{ event procedures.Event }

// Open is the event, as it may be shown and kept.
func (e Event) Open() procedures.Event { return e.event }

// Emitter is the way by which events leave an execution. It masks what it is given before it tells anybody.
// It is safe for concurrent use as far as tell is. A nil one knows no secrets and tells nobody.
type Emitter struct {
	mask *Mask
	tell func(Event)
}

// NewEmitter is the emitter of an execution. tell may be nil.
func NewEmitter(m *Mask, tell func(Event)) *Emitter {
	if m == nil {
		m = new(Mask)
	}
	return &Emitter{mask: m, tell: tell}
}

// Emit masks an event and tells it.
func (e *Emitter) Emit(event procedures.Event) {
	if e != nil && e.tell != nil {
		e.tell(e.mask.Event(event))
	}
}

// Mask is what the emitter masks with; never nil.
func (e *Emitter) Mask() *Mask {
	if e == nil {
		return new(Mask)
	}
	return e.mask
}

// Also is an emitter with the same mask that tells somebody else first.
func (e *Emitter) Also(tell func(Event)) *Emitter {
	return NewEmitter(e.Mask(), func(event Event) {
		tell(event)
		if e != nil && e.tell != nil {
			e.tell(event)
		}
	})
}

// To is an emitter with the same mask that tells somebody else.
func (e *Emitter) To(tell func(Event)) *Emitter { return NewEmitter(e.Mask(), tell) }
