package limits

import (
	"sync"
	"time"
)

// programMoment is how long a program may run before its step rests: giving a turn back for less is not worth the wait for the next.
const programMoment = 500 * time.Millisecond

// newPlaces are places of steps that run programs.
func newPlaces(size int) *Turns {
	return &Turns{
		size: size, free: size, lines: map[string][]*waiter{},
		says: "Waiting to run a program: %d steps of this server may do so at a time, and %d wait before this one.",
	}
}

// Program takes a place among the steps of the server that run programs of the system, until ended is called, which has to be. A step
// has one place, however many programs it runs at the same time, so that no two wait for one another. A program works in a process of
// its own, or waits for something there: the step rests meanwhile. The error is the cause of the step's end, before there was a place.
func (t *Turn) Program() (ended func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	if err := t.place(); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	over, wake := false, func() {}
	timer := time.AfterFunc(programMoment, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			wake = t.Rest()
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		over = true
		mu.Unlock()
		t.leavePlace()
		wake()
	}, nil
}

// place counts a program of the step, and takes a place for the first one.
func (t *Turn) place() error {
	t.placing.Lock()
	defer t.placing.Unlock()
	if t.programs == 0 {
		if err := t.take(t.turns.programs); err != nil {
			return err
		}
	}
	t.programs++
	return nil
}

// leavePlace counts one less, and gives the place back after the last one.
func (t *Turn) leavePlace() {
	t.placing.Lock()
	defer t.placing.Unlock()
	if t.programs--; t.programs == 0 {
		t.turns.programs.back()
	}
}
