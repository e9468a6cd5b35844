package runs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxDocument bounds the documents that are kept in the journal, in bytes of JSON.
const maxDocument = 1 << 20

// recorder writes the events of one execution: those that come while it is writing are written together.
type recorder struct {
	service   *Service
	run       string
	execution *procedures.Execution
	events    chan procedures.Event
	done      sync.WaitGroup
	err       error // of the writer, to be read after done
}

func (s *Service) record(ctx context.Context, run string, e *procedures.Execution) *recorder {
	j := &recorder{service: s, run: run, execution: e, events: make(chan procedures.Event, 512)}
	j.done.Go(func() { j.write(context.WithoutCancel(ctx)) })
	return j
}

// add takes an event; it waits where the database is slower than the script.
func (j *recorder) add(e procedures.Event) {
	e.Step, e.Execution, e.At = j.execution.Step, j.execution.ID, j.service.Now()
	if e.Call != nil && e.Call.Document != nil {
		if data, err := document.AppendJSON(nil, e.Call.Document, "", true); err != nil || len(data) > maxDocument {
			call := *e.Call
			call.Document, call.Truncated = nil, true
			e.Call = &call
		}
	}
	j.events <- e
}

func (j *recorder) close() error {
	close(j.events)
	j.done.Wait()
	return j.err
}

func (j *recorder) write(ctx context.Context) {
	for e := range j.events {
		batch := []procedures.Event{e}
	gather:
		for len(batch) < 256 {
			select {
			case next, open := <-j.events:
				if !open {
					break gather
				}
				batch = append(batch, next)
			default:
				break gather
			}
		}
		if j.err != nil {
			continue // it is said at the end; the script is not held up
		}
		s := j.service
		j.err = s.persist(ctx, patience, func() error {
			return s.Store.Update(ctx, func(tx procedures.Tx) error { return j.append(ctx, tx, batch) })
		})
		if errors.Is(j.err, errTaken) {
			s.look(ctx, j.execution.ID) // it goes on elsewhere: it is stopped here
		}
		if j.err == nil {
			s.recorded(batch...)
		}
		s.tell(j.run)
	}
}

// append adds events, as long as the execution is this process's.
func (j *recorder) append(ctx context.Context, tx procedures.Tx, events []procedures.Event) error {
	s := j.service
	if err := s.Store.LockRun(ctx, tx, j.run); err != nil {
		return err
	}
	if holds, err := s.Store.Holds(ctx, tx, j.execution.ID); err != nil {
		return err
	} else if !holds {
		return errTaken
	}
	return s.Store.Append(ctx, tx, j.run, s.Now(), events)
}

// How long something that must not be lost is tried to be written while the database does not answer.
const (
	patience = 2 * time.Minute
	forever  = time.Duration(1<<63 - 1)
)

// persist tries again to write what must not be lost, when the database does not answer: for a while, and not when
// the server ends.
func (s *Service) persist(ctx context.Context, patience time.Duration, write func() error) error {
	began := time.Now()
	wait := 50 * time.Millisecond
	for said := false; ; {
		err := write()
		if err == nil || procedures.CodeOf(err) != procedures.CodeUnavailable || ctx.Err() != nil || time.Since(began) > patience {
			return err
		}
		if !said {
			s.Logger.WarnContext(ctx, "the database does not take what happens; it is held and tried again", "error", err)
			said = true
		}
		select {
		case <-time.After(wait):
		case <-s.over:
			return err
		}
		wait = min(2*wait, time.Second)
	}
}
