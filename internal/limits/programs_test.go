package limits_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// program lets a step run one for a time.
func program(t *testing.T, turn *limits.Turn, d time.Duration) {
	t.Helper()
	ended, err := turn.Program()
	if err != nil {
		t.Error(err)
		return
	}
	time.Sleep(d)
	ended()
}

// TestProgramsHoldNoTurn: those that take more than a moment. While one runs, another step works.
func TestProgramsHoldNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(1, 0)
		turn := take(t, turns, "a")
		program(t, turn, 400*time.Millisecond)
		select {
		case <-turn.Rested():
			t.Error("it rested for a moment")
		default:
		}
		var both sync.WaitGroup // a pipe of two
		for _, d := range []time.Duration{time.Minute, time.Second} {
			both.Go(func() { program(t, turn, d) })
		}
		time.Sleep(10 * time.Second)
		is(t, turns, 0, 1, 0)
		other := take(t, turns, "b")
		time.Sleep(time.Hour)
		is(t, turns, 1, 1, 1) // the program has ended, and its step waits for its turn
		other.Close()
		both.Wait()
		is(t, turns, 1, 0, 0)
		turn.Close()
		is(t, turns, 0, 0, 0)
	})
}

// TestProgramsHaveTheirBound: a step waits at rest for a place, says so, and gets one in its round; a step with two programs has one place.
func TestProgramsHaveTheirBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := limits.StepsPrograms.Size()
		turns := limits.NewTurns(n+1, 0)
		var running sync.WaitGroup
		for range n {
			turn := take(t, turns, "a")
			running.Go(func() { program(t, turn, time.Hour); turn.Close() })
			running.Go(func() { program(t, turn, time.Minute) })
		}
		synctest.Wait()
		gone, cancel := context.WithCancelCause(t.Context())
		cancelled, err := turns.Take(gone, "b")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { _, err := cancelled.Program(); ended <- err }()
		why := errors.New("cancelled")
		synctest.Wait()
		cancel(why)
		if err := <-ended; !errors.Is(err, why) {
			t.Errorf("it ended with %v", err)
		}
		cancelled.Close()
		waits := take(t, turns, "b")
		var told []string
		defer waits.Tell(func(text string) { told = append(told, text) })()
		began := time.Now()
		program(t, waits, time.Second)
		if waited := time.Since(began); waited < time.Hour || waited > time.Hour+2*time.Second {
			t.Errorf("it waited for %s", waited)
		}
		want := fmt.Sprintf("Waiting to run a program: %d steps of this server may do so at a time, and 0 wait before this one.", n)
		if len(told) != 2 || told[0] != want || told[1] != "" {
			t.Errorf("told %q", told)
		}
		running.Wait()
		is(t, turns, 1, 0, 0)
		waits.Close()
		is(t, turns, 0, 0, 0)
	})
}
