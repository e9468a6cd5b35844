package runs

import (
	"context"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxDocument bounds the documents that are kept in the journal, in bytes of JSON.
const maxDocument = 1 << 20

// journal writes the events of one execution: those that come while it is writing are written together.
type journal struct {
	service   *Service
	run       string
	execution *procedures.Execution
	events    chan procedures.Event
	done      sync.WaitGroup
	err       error // of the writer, to be read after done
}

func (s *Service) record(ctx context.Context, run string, e *procedures.Execution) *journal {
	j := &journal{service: s, run: run, execution: e, events: make(chan procedures.Event, 512)}
	j.done.Go(func() { j.write(context.WithoutCancel(ctx)) })
	return j
}

// add takes an event; it waits where the database is slower than the script.
func (j *journal) add(e procedures.Event) {
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

func (j *journal) close() error {
	close(j.events)
	j.done.Wait()
	return j.err
}

func (j *journal) write(ctx context.Context) {
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
		j.err = s.persist(ctx, func() error {
			return s.Store.Update(ctx, func(tx procedures.Tx) error { return s.Store.Append(ctx, tx, j.run, s.Now(), batch) })
		})
		s.tell(j.run)
	}
}

// persist tries again for some seconds to write what must not be lost, when the database does not answer.
func (s *Service) persist(ctx context.Context, write func() error) error {
	wait := 50 * time.Millisecond
	for range 9 { // 25 s in all
		err := write()
		if err == nil || procedures.CodeOf(err) != procedures.CodeUnavailable || ctx.Err() != nil {
			return err
		}
		s.Logger.WarnContext(ctx, "the database does not take an event; trying again", "error", err, "wait", wait)
		time.Sleep(wait)
		wait *= 2
	}
	return write()
}
