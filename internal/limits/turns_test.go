package limits_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// take takes a turn that is free.
func take(t *testing.T, turns *limits.Turns, who string) *limits.Turn {
	t.Helper()
	turn, err := turns.Take(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

func is(t *testing.T, turns *limits.Turns, working, resting, waiting int) {
	t.Helper()
	synctest.Wait()
	if w, r, n := turns.Working(), turns.Resting(), turns.Waiting(); w != working || r != resting || n != waiting {
		t.Fatalf("%d work, %d rest, %d wait; want %d, %d, %d", w, r, n, working, resting, waiting)
	}
}

// TestWhoSleepsHoldsNoTurn lets many sleep, and one work meanwhile. Those who wake wait until somebody is done.
func TestWhoSleepsHoldsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(2, 0)
		var sleeping sync.WaitGroup
		for i := range 50 {
			turn := take(t, turns, fmt.Sprint(i))
			sleeping.Go(func() {
				if err := limits.Sleep(limits.WithTurn(t.Context(), turn), time.Minute); err != nil {
					t.Error(err)
				}
				<-turn.Rested()
				turn.Close()
				turn.Close()
			})
			synctest.Wait()
		}
		is(t, turns, 0, 50, 0)
		a, b := take(t, turns, "a"), take(t, turns, "b")
		time.Sleep(time.Hour)
		is(t, turns, 2, 50, 50) // all are awake, and have to wait
		a.Close()
		sleeping.Wait()
		b.Close()
		is(t, turns, 0, 0, 0)
	})
}

// TestTurnsAreGivenInRounds lets somebody with many steps wait before somebody with one.
func TestTurnsAreGivenInRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(1, 0)
		first := take(t, turns, "ada")
		order := make(chan string, 20)
		var all sync.WaitGroup
		for i, who := range strings.Fields("ada ada ada ada bob cat bob") {
			all.Go(func() {
				turn, err := turns.Take(t.Context(), who)
				if err != nil {
					t.Error(err)
					return
				}
				order <- who + fmt.Sprint(i)
				turn.Close()
			})
			synctest.Wait()
		}
		is(t, turns, 1, 0, 7)
		first.Close()
		all.Wait()
		close(order)
		var got []string
		for who := range order {
			got = append(got, who)
		}
		if want := "ada0 bob4 cat5 ada1 bob6 ada2 ada3"; strings.Join(got, " ") != want {
			t.Errorf("the order was %v, want %s", got, want)
		}
	})
}

// TestWhoGoesLeavesItsTurnToTheNext ends waiting for each reason: before a turn was given, and in the moment in which it is.
func TestWhoGoesLeavesItsTurnToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, gone := limits.NewTurns(1, 0), errors.New("cancelled")
		first := take(t, turns, "a")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 2)
		for _, who := range []string{"a", "b"} {
			go func() { _, err := turns.Take(ctx, who); ended <- err }()
		}
		is(t, turns, 1, 0, 2)
		cancel(gone)
		for range 2 {
			if err := <-ended; !errors.Is(err, gone) {
				t.Errorf("it ended with %v", err)
			}
		}
		is(t, turns, 1, 0, 0)
		if _, err := turns.Take(ctx, "c"); !errors.Is(err, gone) {
			t.Errorf("took a turn when it was over: %v", err)
		}
		first.Close()
		if _, err := turns.Take(ctx, "c"); !errors.Is(err, gone) {
			t.Errorf("took a turn when it was over: %v", err)
		}
		is(t, turns, 0, 0, 0)
	})
}

// TestPartsOfAStepRestTogether: a step holds its turn where no part of it rests, and takes it once.
func TestPartsOfAStepRestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(1, 0)
		turn := take(t, turns, "a")
		one, two := turn.Rest(), turn.Rest()
		is(t, turns, 0, 1, 0)
		one()
		is(t, turns, 0, 1, 0)
		other := take(t, turns, "b")
		go two()
		is(t, turns, 1, 1, 1)
		three := turn.Rest() // while it waits for its turn
		other.Close()
		is(t, turns, 0, 1, 0)
		three()
		is(t, turns, 1, 0, 0)
		late := turn.Rest()
		turn.Close() // a part that still rests takes nothing when it wakes
		is(t, turns, 0, 0, 0)
		late()
		is(t, turns, 0, 0, 0)
	})
}

// TestSoManyRest: a step beyond them keeps its turn while it sleeps.
func TestSoManyRest(t *testing.T) {
	turns := limits.NewTurns(3, 2)
	a, b, c := take(t, turns, "a"), take(t, turns, "b"), take(t, turns, "c")
	before := limits.StepsResting.Times()
	wakeA, wakeB, wakeC := a.Rest(), b.Rest(), c.Rest()
	if turns.Working() != 1 || turns.Resting() != 2 || limits.StepsResting.Times() != before+1 {
		t.Errorf("%d work, %d rest", turns.Working(), turns.Resting())
	}
	wakeC()
	wakeA()
	wakeC = c.Rest()
	if turns.Working() != 1 || turns.Resting() != 2 {
		t.Errorf("%d work, %d rest", turns.Working(), turns.Resting())
	}
	wakeB()
	wakeC()
	if turns.Working() != 3 || turns.Resting() != 0 {
		t.Errorf("%d work, %d rest", turns.Working(), turns.Resting())
	}
}

// TestWhatIsWaitedForIsTold: not where it comes at once, with how many are before, and that it is over.
func TestWhatIsWaitedForIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(1, 0)
		turn := take(t, turns, "a")
		var told []string
		stop := turn.Tell(func(text string) { told = append(told, text) })
		ctx := limits.WithTurn(t.Context(), turn)
		if limits.Sleep(ctx, time.Minute) != nil || len(told) != 0 {
			t.Fatalf("told %q", told)
		}
		wake := turn.Rest()
		other := take(t, turns, "b")
		before := make(chan *limits.Turn)
		go func() { next, _ := turns.Take(t.Context(), "c"); before <- next }()
		synctest.Wait()
		go wake()
		time.Sleep(10 * time.Second)
		other.Close()
		other = <-before
		time.Sleep(10 * time.Second)
		other.Close()
		is(t, turns, 1, 0, 0)
		stop()
		const says = "Waiting for a worker: this server works on 1 steps at a time, and %d wait before this one."
		if want := fmt.Sprintf(says+"|"+says+"|", 1, 0); strings.Join(told, "|") != want {
			t.Errorf("told %q", told)
		}
	})
}

// TestWhoWaitsForMemoryHoldsNoTurn: those who hold the memory may need the turn to come to their ends.
func TestWhoWaitsForMemoryHoldsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, pool := limits.NewTurns(1, 0), limits.NewPool(4<<20)
		holds := take(t, turns, "a")
		wake := holds.Rest()
		holder := limits.NewMeter(limits.WithTurn(t.Context(), holds), pool, limits.Most{Memory: 4 << 20}, limits.Hooks{})
		if err := holder.Charge(4 << 20); err != nil {
			t.Fatal(err)
		}
		wants := take(t, turns, "b")
		var told []string
		defer wants.Tell(func(text string) { told = append(told, text) })()
		meter := limits.NewMeter(limits.WithTurn(t.Context(), wants), pool, limits.Most{Memory: 4 << 20}, limits.Hooks{})
		charged := make(chan error, 1)
		go func() { charged <- meter.Charge(1 << 20) }()
		is(t, turns, 0, 2, 0)
		wake() // at once, though the other one was first
		is(t, turns, 1, 1, 0)
		time.Sleep(time.Minute)
		holder.Close()
		holds.Close()
		if err := <-charged; err != nil {
			t.Fatal(err)
		}
		is(t, turns, 1, 0, 0)
		if len(told) != 2 || !strings.HasPrefix(told[0], "Waiting for memory") || !strings.Contains(told[0], "and 0 others wait") ||
			told[1] != "" {
			t.Errorf("told %q", told)
		}
	})
}

// TestNoTurnIsLost takes, rests, wakes, cancels and closes in many orders: at the end all turns are free.
func TestNoTurnIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(3, 5)
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%17+1)*10*time.Millisecond)
				defer cancel()
				turn, err := turns.Take(ctx, fmt.Sprint(i%7))
				if err != nil {
					return
				}
				defer turn.Close()
				ctx = limits.WithTurn(ctx, turn)
				var parts sync.WaitGroup
				for part := range i%3 + 1 {
					parts.Go(func() { _ = limits.Sleep(ctx, time.Duration((i*7+part*13)%40)*time.Millisecond) })
				}
				if i%2 == 0 {
					parts.Wait()
				}
			})
		}
		all.Wait()
		time.Sleep(time.Hour)
		is(t, turns, 0, 0, 0)
	})
}
