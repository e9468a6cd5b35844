package web

import (
	"context"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/runs/schedules"
)

// reading is the only way to what runs hold: Server has no other (a test looks for one). Each method asks the policy
// whether the person in the context may view it, about the environment and the procedure of the run itself, whatever
// a request names besides. A context without a person is refused.
type reading struct {
	runs   *runs.Service
	policy access.Policy
}

// sharedKey marks a context whose reader draws for many people: see forAll.
type sharedKey struct{}

// names are names of procedures, of today and of before; nil are all.
type names map[string]bool

// forAll is the context of what draws for all who have a page open: they may all view what has one of some names. Those are asked
// about one by one, before each message: see streamAll.
func forAll(ctx context.Context, may names) context.Context {
	return context.WithValue(ctx, sharedKey{}, may)
}

// may asks about one procedure in one environment.
func (g *reading) may(ctx context.Context, environment, procedure string) error {
	if may, shared := ctx.Value(sharedKey{}).(names); shared {
		if may == nil || may[procedure] {
			return nil
		}
		return procedures.Errorf(procedures.CodeRefused, "not everybody who reads this may view %s", procedure)
	}
	person, known := ctx.Value(personKey{}).(access.Person)
	if !known {
		return procedures.Errorf(procedures.CodeRefused, "nobody is known who would read this")
	}
	return g.policy.May(ctx, access.Request{Person: person, Action: access.View, Environment: environment, Procedure: procedure})
}

// of returns the head of a run that may be viewed.
func (g *reading) of(ctx context.Context, id string) (*procedures.Run, error) {
	run, err := g.runs.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	if why := g.may(ctx, run.Environment, run.Procedure); why != nil {
		return nil, &hidden{error: noRun(id), at: subject{run.Environment, run.Procedure}, why: why}
	}
	return run, nil
}

// Run is the head of a run.
func (g *reading) Run(ctx context.Context, id string) (*procedures.Run, error) {
	return g.of(ctx, id)
}

// Open is the open run of a procedure in an environment, or nil. One that began under a name of before which the person may not view is
// none.
func (g *reading) Open(ctx context.Context, procedure, environment string) (*procedures.Run, error) {
	if err := g.may(ctx, environment, procedure); err != nil {
		return nil, err
	}
	run, err := g.runs.Open(ctx, procedure, environment)
	if err != nil || run == nil || g.may(ctx, environment, run.Procedure) != nil {
		return nil, err
	}
	return run, nil
}

// viewable keeps the runs that may be viewed. The policy is asked once for each procedure.
func (g *reading) viewable(ctx context.Context, list []*procedures.Run) []*procedures.Run {
	known := map[[2]string]bool{}
	return slices.DeleteFunc(list, func(run *procedures.Run) bool {
		key := [2]string{run.Environment, run.Procedure}
		may, asked := known[key]
		if !asked {
			may = g.may(ctx, run.Environment, run.Procedure) == nil
			known[key] = may
		}
		return !may
	})
}

// Latest is the newest run of each procedure that may be viewed, by its id.
func (g *reading) Latest(ctx context.Context, environment string) (map[string]*procedures.Run, error) {
	all, err := g.runs.Latest(ctx, environment)
	return g.viewableOf(ctx, all), err
}

// OpenRuns are the open runs in an environment that may be viewed, in no order: of each procedure the newest, where it is open.
func (g *reading) OpenRuns(ctx context.Context, environment string) ([]*procedures.Run, error) {
	list, err := g.runs.OpenRuns(ctx, environment)
	return g.viewable(ctx, list), err
}

// viewableOf keeps the runs that may be viewed of a map that others read, too.
func (g *reading) viewableOf(ctx context.Context, all map[string]*procedures.Run) map[string]*procedures.Run {
	viewable := all
	for id, run := range all {
		if g.may(ctx, run.Environment, run.Procedure) == nil {
			continue
		}
		if len(viewable) == len(all) {
			viewable = maps.Clone(all)
		}
		delete(viewable, id)
	}
	return viewable
}

// History is the newest runs of a procedure ("" for all) that may be viewed, newest first.
func (g *reading) History(ctx context.Context, procedure, environment string, limit int) ([]*procedures.Run, error) {
	list, err := g.runs.History(ctx, procedure, environment, limit)
	return g.viewable(ctx, list), err
}

// Changes is how many steps of each of some runs, which were read here, have applied changes.
func (g *reading) Changes(ctx context.Context, list []*procedures.Run) (map[string]int, error) {
	ids := make([]string, len(list))
	for i, run := range list {
		ids[i] = run.ID
	}
	return g.runs.Changes(ctx, ids)
}

// Before is the runs of a procedure ("" for all) that may be viewed among the newest ones that began before one did, newest first, and
// the last of those newest ones, nil where there are no more. began and id are that of the one; the zero time is that of a run yet to come.
func (g *reading) Before(
	ctx context.Context, procedure, environment string, began time.Time, id string, limit int,
) (list []*procedures.Run, last *procedures.Run, err error) {
	all, err := g.runs.Before(ctx, procedure, environment, began, id, limit)
	if len(all) == limit {
		last = all[limit-1]
	}
	return g.viewable(ctx, all), last, err
}

// Verdicts is what the newest runs of procedures came to that may be viewed, by their ids, newest first, at most so many of each.
func (g *reading) Verdicts(
	ctx context.Context, environment string, of []*procedures.Procedure, most int,
) (map[string][]procedures.Verdict, error) {
	ids := make([]string, 0, len(of))
	for _, p := range g.mayBeViewed(ctx, environment, of) {
		ids = append(ids, p.ID)
	}
	return g.runs.Verdicts(ctx, environment, ids, most)
}

// mayBeViewed keeps the procedures all of whose runs may be viewed in an environment, under whichever name they began.
func (g *reading) mayBeViewed(ctx context.Context, environment string, of []*procedures.Procedure) []*procedures.Procedure {
	hidden := func(name string) bool { return g.may(ctx, environment, name) != nil }
	return slices.DeleteFunc(slices.Clone(of), func(p *procedures.Procedure) bool {
		return hidden(p.ID) || slices.ContainsFunc(p.Former, hidden)
	})
}

// Since is the events of a run after a number, at most limit of them.
func (g *reading) Since(ctx context.Context, run string, after int64, limit int) ([]procedures.Event, error) {
	if _, err := g.of(ctx, run); err != nil {
		return nil, err
	}
	return g.runs.Since(ctx, run, after, limit)
}

// Search finds parts of journals of all runs: who shows one asks whether its run may be viewed.
func (g *reading) Search(ctx context.Context, words []string, before int64, limit int) ([]procedures.Hit, error) {
	return g.runs.Search(ctx, words, before, limit)
}

// Waiting says what each step of a run waits for that has not begun.
func (g *reading) Waiting(ctx context.Context, run string) (map[string]string, error) {
	if _, err := g.of(ctx, run); err != nil {
		return nil, err
	}
	return g.runs.Waiting(ctx, run)
}

// View is the view of a run's whole journal.
func (g *reading) View(ctx context.Context, run string) (*journal.View, error) {
	if _, err := g.of(ctx, run); err != nil {
		return nil, err
	}
	return g.runs.View(ctx, run)
}

// Procedure is the procedure of a run, as its text was when the run began.
func (g *reading) Procedure(ctx context.Context, run *procedures.Run) (*procedures.Procedure, error) {
	if err := g.may(ctx, run.Environment, run.Procedure); err != nil {
		return nil, err
	}
	return g.runs.Procedure(ctx, run)
}

// File is a file that a run's steps wrote.
func (g *reading) File(ctx context.Context, run, name string) ([]byte, error) {
	if _, err := g.of(ctx, run); err != nil {
		return nil, err
	}
	return g.runs.File(ctx, run, name)
}

// Text is the runbook's text as it was when a run began.
func (g *reading) Text(ctx context.Context, run string) (string, error) {
	head, err := g.of(ctx, run)
	if err != nil {
		return "", err
	}
	if p, err := g.runs.Procedure(ctx, head); err != nil {
		return "", err
	} else if err := g.wholeFile(ctx, head.Environment, p); err != nil {
		return "", err
	}
	return g.runs.Text(ctx, run)
}

// wholeFile asks about all procedures of the file of one.
func (g *reading) wholeFile(ctx context.Context, environment string, p *procedures.Procedure) error {
	if p.Document == nil {
		return nil
	}
	for _, other := range p.Document.Procedures {
		if why := g.may(ctx, environment, other.ID); why != nil {
			said := procedures.Errorf(procedures.CodeNotFound, "there is no text of the file that you may view: %s is part of one", p.Title)
			return &hidden{error: said, at: subject{environment, other.ID}, why: why}
		}
	}
	return nil
}

// Evidence reads the whole journal of a run.
func (g *reading) Evidence(ctx context.Context, run string) (*journal.Evidence, error) {
	if _, err := g.of(ctx, run); err != nil {
		return nil, err
	}
	return g.runs.Evidence(ctx, run)
}

// WriteJournal writes the events of a run up to a number, 0 for all. It ends where the right to view the run does.
func (g *reading) WriteJournal(ctx context.Context, run string, to int64, w io.Writer) error {
	head, err := g.of(ctx, run)
	if err != nil {
		return err
	}
	return g.runs.WriteJournal(ctx, run, to, &askingWriter{w: w, asked: time.Now(), ask: func() error {
		return g.may(ctx, head.Environment, head.Procedure)
	}})
}

// Planned is what was planned in a run and not executed yet.
func (g *reading) Planned(ctx context.Context, run *procedures.Run, execution string) (*runs.Plan, error) {
	if err := g.may(ctx, run.Environment, run.Procedure); err != nil {
		return nil, err
	}
	return g.runs.Planned(ctx, execution)
}

// AwaitingApproval are the ids of runs that wait for another person's approval. It tells nothing else of them.
func (g *reading) AwaitingApproval(ctx context.Context) (map[string]bool, error) {
	return g.runs.AwaitingApproval(ctx)
}

// AllTimings says of each procedure that may be viewed when it is due, by its id. latest are the newest runs, as Latest returns them.
func (g *reading) AllTimings(
	ctx context.Context, environment string, latest map[string]*procedures.Run,
) (map[string]schedules.Timing, error) {
	all, err := g.runs.All(ctx, environment, latest)
	maps.DeleteFunc(all, func(id string, _ schedules.Timing) bool { return g.may(ctx, environment, id) != nil })
	return all, err
}

// Timing says when one procedure is due; latest is its newest run, nil for none.
func (g *reading) Timing(
	ctx context.Context, environment string, p *procedures.Procedure, latest *procedures.Run,
) (schedules.Timing, error) {
	if err := g.may(ctx, environment, p.ID); err != nil {
		return schedules.Timing{}, err
	}
	return g.runs.Timing(ctx, environment, p, latest)
}

// Subscribe tells that something of a topic has changed, and not what.
func (g *reading) Subscribe(topics ...string) (changed <-chan struct{}, stop func()) {
	return g.runs.Subscribe(topics...)
}

// Now is the server's clock.
func (g *reading) Now() time.Time { return g.runs.Now() }

// askAgainAfter is how long an answer of the policy holds while one download is written.
const askAgainAfter = time.Second

// askingWriter asks again while it is written to, so that a download that takes long ends where the right does.
type askingWriter struct {
	w     io.Writer
	ask   func() error
	asked time.Time
}

// Write implements io.Writer.
func (a *askingWriter) Write(p []byte) (int, error) {
	if time.Since(a.asked) > askAgainAfter {
		if err := a.ask(); err != nil {
			return 0, err
		}
		a.asked = time.Now()
	}
	return a.w.Write(p)
}
