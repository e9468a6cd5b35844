package runs

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// ReadStore lists runs.
type ReadStore interface {
	OpenRun(ctx context.Context, tx procedures.Tx, environment string, names ...string) (string, error)
	LatestRuns(ctx context.Context, environment string) ([]*procedures.Run, error)
	Runs(ctx context.Context, environment string, limit int, names ...string) ([]*procedures.Run, error)
	RunsBefore(ctx context.Context, environment string, began time.Time, id string, limit int, names ...string) ([]*procedures.Run, error)
	ChangesOfRuns(ctx context.Context, ids []string) (map[string]int, error)
	RecentVerdicts(ctx context.Context, environment string, names [][]string, most int) (map[string][]procedures.Verdict, error)
}

// Reader reads runs and their journals. It changes nothing.
type Reader struct {
	ledger    *ledger.Ledger
	snapshots sealed.Snapshots
	store     ReadStore
	execution func(ctx context.Context, tx procedures.Tx, id string) (*procedures.Execution, error)
	line      func(ctx context.Context) ([]string, error) // nil where no queue is known
	latest    *latest
	search    func(ctx context.Context, words []string, before int64, limit int) ([]procedures.Hit, error) // nil where nothing is searched
}

// Now is the server's clock.
func (r *Reader) Now() time.Time { return r.ledger.Now() }

// Run returns the head of a run.
func (r *Reader) Run(ctx context.Context, id string) (*procedures.Run, error) {
	return r.ledger.Head(ctx, id)
}

// Open returns the open run of a procedure in an environment, or nil. One that began when the procedure had another name is its run too.
func (r *Reader) Open(ctx context.Context, procedure, environment string) (*procedures.Run, error) {
	id, err := r.store.OpenRun(ctx, nil, environment, r.ledger.Library().Names(procedure)...)
	if err != nil || id == "" {
		return nil, err
	}
	return r.ledger.Head(ctx, id)
}

// Latest returns the newest run of each procedure, by its id of today. The map is the caller's; the runs are shared with other readers:
// nobody changes them.
func (r *Reader) Latest(ctx context.Context, environment string) (map[string]*procedures.Run, error) {
	all, err := r.latest.in(ctx, environment)
	if err != nil {
		return nil, err
	}
	lib := r.ledger.Library()
	out := make(map[string]*procedures.Run, len(all))
	for id, run := range all {
		id = lib.Names(id)[0]
		if other := out[id]; other == nil || run.StartedAt.After(other.StartedAt) {
			out[id] = run
		}
	}
	return out, nil
}

// OpenRuns returns the open runs in an environment that are the newest of their procedures, in no order. They are shared with other
// readers: nobody changes them.
func (r *Reader) OpenRuns(ctx context.Context, environment string) ([]*procedures.Run, error) {
	all, err := r.latest.in(ctx, environment)
	var out []*procedures.Run
	for _, run := range all {
		if run.State == procedures.RunOpen {
			out = append(out, run)
		}
	}
	return out, err
}

// Named returns the names of each procedure under which there are runs in an environment, after its own.
func (r *Reader) Named(ctx context.Context, environment string, ids []string) ([][]string, error) {
	all, err := r.latest.in(ctx, environment)
	lib, out := r.ledger.Library(), make([][]string, len(ids))
	for i, id := range ids {
		names := lib.Names(id)
		out[i] = slices.DeleteFunc(names, func(name string) bool { return name != names[0] && all[name] == nil })
	}
	return out, err
}

// History returns the newest runs of a procedure ("" for all), newest first, whatever it was called when they began.
func (r *Reader) History(ctx context.Context, procedure, environment string, limit int) ([]*procedures.Run, error) {
	if procedure == "" {
		return r.store.Runs(ctx, environment, limit)
	}
	names, err := r.Named(ctx, environment, []string{procedure})
	if err != nil {
		return nil, err
	}
	return r.store.Runs(ctx, environment, limit, names[0]...)
}

// Before returns the runs of a procedure ("" for all) that began before one did, newest first, whatever it was called when they began.
// That one began at a time and has an id; the zero time is that of a run yet to come.
func (r *Reader) Before(
	ctx context.Context, procedure, environment string, began time.Time, id string, limit int,
) ([]*procedures.Run, error) {
	if procedure == "" {
		return r.store.RunsBefore(ctx, environment, began, id, limit)
	}
	names, err := r.Named(ctx, environment, []string{procedure})
	if err != nil {
		return nil, err
	}
	return r.store.RunsBefore(ctx, environment, began, id, limit, names[0]...)
}

// Changes returns how many steps of each of some runs have applied changes; runs without any are left out.
func (r *Reader) Changes(ctx context.Context, ids []string) (map[string]int, error) {
	return r.store.ChangesOfRuns(ctx, ids)
}

// Verdicts returns what the newest runs of procedures came to, at most so many of each, by its id, the newest first.
func (r *Reader) Verdicts(ctx context.Context, environment string, ids []string, most int) (map[string][]procedures.Verdict, error) {
	names, err := r.Named(ctx, environment, ids)
	if err != nil {
		return nil, err
	}
	return r.store.RecentVerdicts(ctx, environment, names, most)
}

// Search returns the parts of journals that have a word beginning with each of some words, the newest first, those with a smaller id than
// before (0 for all), at most limit.
func (r *Reader) Search(ctx context.Context, words []string, before int64, limit int) ([]procedures.Hit, error) {
	if r.search == nil {
		return nil, nil
	}
	return r.search(ctx, words, before, limit)
}

// Since returns the events of a run after a number, at most limit of them.
func (r *Reader) Since(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error) {
	return r.ledger.Store.Events(ctx, run, after, limit)
}

// Subscribe returns a channel that receives after something of a topic has changed: see [ledger.Ledger.Subscribe].
func (r *Reader) Subscribe(topics ...string) (changed <-chan struct{}, stop func()) {
	return r.ledger.Subscribe(topics...)
}

// View reads the whole journal of a run.
func (r *Reader) View(ctx context.Context, run string) (*journal.View, error) {
	return r.ledger.View(ctx, run)
}

// Procedure returns the procedure of a run, as its text was when the run began.
func (r *Reader) Procedure(ctx context.Context, run *procedures.Run) (*procedures.Procedure, error) {
	return r.ledger.Procedure(ctx, run)
}

// File returns a file that the run's steps wrote, with its secrets masked where it is text.
func (r *Reader) File(ctx context.Context, run, name string) ([]byte, error) {
	kept, err := r.snapshots.Read(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	data, ok, err := engine.SnapshotFile(kept, name)
	if err == nil && !ok {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the run has no file %s; files are deleted when a run is finished", name)
	}
	return data, err
}

// Text is the runbook's text as it was when a run began.
func (r *Reader) Text(ctx context.Context, id string) (string, error) {
	run, _, err := r.ledger.Store.Run(ctx, id)
	if err != nil {
		return "", err
	}
	return run.Markdown, nil
}

// Evidence reads the whole journal of a run.
func (r *Reader) Evidence(ctx context.Context, id string) (*journal.Evidence, error) {
	full, file, err := r.ledger.Store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	run, err := r.ledger.Head(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := r.ledger.Procedure(ctx, run)
	if err != nil {
		return nil, err
	}
	e := journal.NewEvidence(run, p, file, full.Markdown)
	if err := r.ledger.Each(ctx, id, 0, e.Apply); err != nil {
		return nil, err
	}
	return e, nil
}

// WriteJournal writes the events of a run up to a number (0 for all), each as one line of JSON. Its SHA-256 is the Journal of an
// Evidence that was made when that event was the last.
func (r *Reader) WriteJournal(ctx context.Context, run string, to int64, w io.Writer) error {
	return r.ledger.Each(ctx, run, to, func(e procedures.Event) error { return journal.WriteEvent(w, e) })
}
