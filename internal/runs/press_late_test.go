package runs_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/store"
)

// deaf is a database that does not take how executions end until it hears.
type deaf struct {
	*store.DB
	told  chan struct{} // closed with the first attempt
	once  sync.Once
	hears chan struct{}
}

func (d *deaf) FinishExecution(
	ctx context.Context, tx procedures.Tx, e *procedures.Execution, v procedures.Verdict, at time.Time,
) (bool, error) {
	d.once.Do(func() { close(d.told) })
	select {
	case <-d.hears:
		return d.DB.FinishExecution(ctx, tx, e, v, at)
	default:
		return false, procedures.Errorf(procedures.CodeUnavailable, "the database does not answer; nothing was changed")
	}
}

// TestPressJoinsWhatEndedUntold presses a reading that has ended long ago, and whose end the database could not be told: it joins
// that, and the journal says when it ended and not when that was written. The next press begins another one.
func TestPressJoinsWhatEndedUntold(t *testing.T) { onEach(t, testPressJoinsWhatEndedUntold) }

func testPressJoinsWhatEndedUntold(t *testing.T) {
	p := newPortal(t, enginetest.Fence(two))
	d := &deaf{DB: p.db, told: make(chan struct{}), hears: make(chan struct{})}
	p.options.Stores.Ledger = d
	p.Service = runs.New(p.options)
	first := p.press(p.request("one"))
	<-d.told
	ended := p.clock()
	p.later(time.Minute)
	second := p.press(p.request("one"))
	if !second.Joined || second.Execution != first.Execution {
		t.Errorf("the second press came to %+v, the first to %+v", second, first)
	}
	close(d.hears)
	s := p.finished(first.Run, "one").Step("one")
	if s.Execution != first.Execution || s.Verdict() != procedures.Passed || !s.Ended.Equal(ended) {
		t.Errorf("the step %s is %s and ended at %s, not %s", s.Execution, s.Verdict(), s.Ended, ended)
	}
	if third := p.press(p.request("one")); third.Joined || third.Execution == first.Execution {
		t.Errorf("a press after that came to %+v", third)
	}
}
