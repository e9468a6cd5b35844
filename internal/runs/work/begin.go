package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// usualPatience is how long a changing call waits until the journal has that it begins.
const usualPatience = 2 * time.Minute

// Why a call is not sent, or is given up.
var (
	// errUnwritten says that the journal does not have that a call begins.
	errUnwritten = errors.New("the database did not answer, so that there is no record that it begins")
	// errFenced says that others may have taken the execution over, as the database has not answered for too long.
	errFenced = fmt.Errorf("the database has not answered for %s, after which another server may take over", procedures.AttendanceHolds)
)

// begin writes that a changing call is about to be sent, and returns when that is in the journal, with all that came before it, and
// this process is certainly the one that executes it. The call is sent in the context that is returned: there each request asks
// whether that is still so, and where it is not the execution is stopped, before others take it over. ended is
// called when the call is over.
// Nothing is sent with an error: the journal could not be written, another process has the execution, or ctx ended.
func (r *recorder) begin(ctx context.Context, e mask.Event) (sending context.Context, ended func(), err error) {
	w := r.worker
	wait, cancel := context.WithTimeoutCause(ctx, w.Patience, errUnwritten)
	defer cancel()
	if err = r.written(wait, e); err == nil {
		err = w.proven(wait, r.execution)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			r.refused = err
		}
		return nil, nil, err
	}
	r.sent++
	sending, ended = w.fenced(ctx, r.execution.ID)
	return sending, ended, nil
}

// written writes an event and waits until the journal has it. Its error says what became of the call, and not of the database.
func (r *recorder) written(ctx context.Context, e mask.Event) error {
	begins := &callBegins{done: make(chan error, 1)}
	select {
	case r.events <- &recorded{r.complete(e.Open()), begins}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-begins.done:
		if procedures.CodeOf(err) == procedures.CodeUnavailable { // the server ends
			return errUnwritten
		}
		return errors.Join(err, context.Cause(ctx))
	case <-ctx.Done():
		begins.gone.Store(true)
		return context.Cause(ctx)
	}
}

// proven returns when the database has confirmed for certain that this process executes e: it is there for the others, and e is still
// its own. The journal has just said so.
func (w *Worker) proven(ctx context.Context, e *procedures.Execution) error {
	for holds := true; ; {
		if holds && w.Store.Attended() > 0 {
			return context.Cause(ctx)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		// It was not there for a while: others may have taken over.
		if holds = w.Store.Attended() > 0; !holds {
			continue
		}
		var err error
		if holds, err = w.Store.Holds(ctx, nil, e.ID); err == nil && !holds {
			w.Check(ctx, e.ID)
			return errTaken
		}
		holds = holds && err == nil
	}
}

// fenced is the context that a changing call of an execution is sent in, until ended is called. The execution is stopped as soon as
// others may take it over.
func (w *Worker) fenced(ctx context.Context, id string) (sending context.Context, ended func()) {
	call, ended := context.WithCancel(ctx)
	go func() { // ends with ended
		for {
			left := w.Store.Attended()
			if left <= 0 {
				w.stop(id, errFenced)
				return
			}
			timer := time.NewTimer(left)
			select {
			case <-timer.C:
			case <-call.Done():
				timer.Stop()
				return
			}
		}
	}()
	return procedures.WithFence(call, func() error {
		if w.Store.Attended() > 0 {
			return nil
		}
		w.stop(id, errFenced)
		return errFenced
	}), ended
}

// judgeRefused judges an execution before one of whose changing calls it was stopped, because that was not to be sent.
func (r *recorder) judgeRefused() procedures.Judgement {
	why := procedures.Said(r.refused)
	if r.sent == 0 {
		return procedures.Judgement{
			Verdict: procedures.Errored, Reason: "Nothing was sent: " + why + ".", Advice: "Run it again when the database answers.",
		}
	}
	calls := "1 call was"
	if r.sent > 1 {
		calls = fmt.Sprintf("%d calls were", r.sent)
	}
	return procedures.Judgement{
		Verdict: procedures.Unknown, Advice: engine.CheckFirst(r.execution.Confirmed),
		Reason: fmt.Sprintf("Stopped before call %d of %d, which was not sent: %s. %s sent before it.",
			r.sent+1, len(r.execution.Confirmed), why, calls),
	}
}
