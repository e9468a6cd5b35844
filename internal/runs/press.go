package runs

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// Request is a press of a button.
type Request struct {
	Procedure, Environment string
	Step                   string // empty for Run all
	Section                string // with Run all: the section whose steps are executed; empty for all
	Run                    string // the run that the page shows; empty for the open one, or a new one
	Parameters             map[string]string
	By                     access.Person
	// Key identifies the press: one that is sent again is not a second press.
	Key string
	// Seen is the newest execution of the step that the page showed. Where there is a newer one, the press joins it.
	Seen        string
	Corrected   bool // lines with a known correction run as corrected
	WithEarlier bool // execute the earlier steps, too, that set what this one uses
	// Confirmed is the execution that was planned, shown and confirmed; Typed is what was typed for it.
	Confirmed, Typed string
	// Rollback is an execution of the step that is to be rolled back.
	Rollback string
	// Resume is an execution of the step that ended before its last changes, which is to be resumed.
	Resume string
	// Reason says why somebody proceeds though something before the step failed.
	Reason string
}

// Pressed is what a press led to.
type Pressed struct {
	Run       string
	Execution string // of the step; empty when nothing was begun
	// Joined reports that the step was running already.
	Joined bool
	// Needs are earlier steps that set what this one uses and were not executed: confirmed with WithEarlier.
	Needs []*procedures.Step
	// Plan is set when the step makes changes and has to be confirmed first.
	Plan *Plan
}

// PressStore is what pressing needs of the database, beside the ledger.
type PressStore interface {
	// Lock keeps others who ask for one of the names out until the transaction ends.
	Lock(ctx context.Context, tx procedures.Tx, names ...string) error
	// Conflicts reports whether an error is about a row that has to be the only one.
	Conflicts(err error) bool
	InsertRun(ctx context.Context, tx procedures.Tx, r *procedures.Run, file string) error
	OpenRun(ctx context.Context, tx procedures.Tx, environment string, names ...string) (string, error)
	SetParameters(ctx context.Context, tx procedures.Tx, id string, values map[string]string) error
	ExecutionOfKey(ctx context.Context, tx procedures.Tx, key string) (*procedures.Execution, error)
	// ExpireAnswers drops what plans were answered that could be confirmed until a time before this one; HoldAnswers keeps those of a plan
	// that was confirmed.
	ExpireAnswers(ctx context.Context, tx procedures.Tx, before time.Time) error
	HoldAnswers(ctx context.Context, tx procedures.Tx, execution string) error
	ConfirmExecution(ctx context.Context, tx procedures.Tx, id string) (bool, error)
	Approvals(ctx context.Context, tx procedures.Tx, execution string) ([]procedures.Approval, error)
}

// Presser decides about presses: a reading step is requested, a changing one is planned, and requested when it is confirmed.
type Presser struct {
	ledger     *ledger.Ledger
	executions sealed.Executions
	snapshots  sealed.Snapshots
	store      PressStore
	policy     access.Policy
	engine     func(environment string) (*engine.Engine, error)
	runbooks   fs.FS
}

// press is a request with what it is about.
type press struct {
	Request
	engine    *engine.Engine
	procedure *procedures.Procedure
	library   *runbook.Library
	account   string
	former    bool // its run began under another name than the press gave
}

// Press executes a step, or says what is missing.
func (p *Presser) Press(ctx context.Context, r Request) (out *Pressed, err error) {
	ctx, span := startRun(ctx)
	defer func() { endRun(span, out, err) }()
	w, err := p.resolve(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := p.useTextOfRun(ctx, w); err != nil {
		return nil, err
	}
	step := w.procedure.Step(r.Step)
	aboutRun(span, w, step)
	if step == nil {
		return nil, procedures.Errorf(procedures.CodeNotFound, "%s has no step %q", w.procedure.Title, r.Step)
	}
	if err := p.may(ctx, w, access.Press, step.Effect()); err != nil {
		return nil, err
	}
	scripted := step.Kind == procedures.KindScript && !step.Annotations.Manual
	if err := w.engine.Environment.Refusal(step.Title, step.Effect()); err != nil && scripted {
		return nil, err
	}
	switch {
	case step.Kind == procedures.KindManual && step.Bake != nil: // the alarms are watched while somebody waits
		if err := p.notMarked(ctx, w, step); err != nil {
			return nil, err
		}
	case !scripted:
		return nil, procedures.Errorf(procedures.CodeInvalid, "%s is a manual step: mark it as done", step.Title)
	case step.Analysis.Refused != "":
		return nil, procedures.Errorf(procedures.CodeRefused, "%s is not run: %s", step.Title, step.Analysis.Refused)
	case r.Confirmed != "":
		return p.confirm(ctx, w, step)
	case r.Rollback != "":
		return p.rollback(ctx, w, step)
	case r.Resume != "":
		return p.resume(ctx, w, step)
	}
	return p.begin(ctx, w, step)
}

// useTextOfRun lets a press go by the text that its run began with: the one that the press names, that of what it confirms, rolls
// back or resumes, else the open run of the procedure. An open run keeps its text, whatever becomes of the runbook.
func (p *Presser) useTextOfRun(ctx context.Context, w *press) error {
	id := w.Run
	if execution := cmp.Or(w.Rollback, w.Resume, w.Confirmed); execution != "" {
		e, err := p.executions.Get(ctx, nil, execution)
		if err != nil {
			return err
		}
		id = e.Run
	}
	if id == "" {
		open, err := p.store.OpenRun(ctx, nil, w.Environment, w.procedure.Names()...)
		if err != nil || open == "" {
			return err
		}
		id = open
	}
	run, err := p.ledger.Head(ctx, id)
	if err != nil {
		return err
	}
	if !slices.Contains(w.procedure.Names(), run.Procedure) || run.Environment != w.Environment {
		return procedures.Errorf(procedures.CodeInvalid, "this belongs to another page; nothing was changed")
	}
	return p.useText(ctx, w, run)
}

// useText lets a press go by the text that a run began with, and by its name: a procedure that was renamed may hold runs which the person
// may not press in.
func (p *Presser) useText(ctx context.Context, w *press, run *procedures.Run) (err error) {
	w.former = w.Procedure != run.Procedure
	w.Procedure = run.Procedure
	if w.library, err = p.ledger.LibraryOf(ctx, run); err != nil {
		return err
	}
	w.procedure, err = p.ledger.Procedure(ctx, run)
	return err
}

// resolve finds what a request is about. It is refused where the run takes no presses, or the environment is not the procedure's.
func (p *Presser) resolve(ctx context.Context, r Request) (*press, error) {
	g, err := p.engine(r.Environment)
	if err != nil {
		return nil, err
	}
	w := &press{Request: r, engine: g, library: p.ledger.Library()}
	if r.Run != "" {
		run, err := p.ledger.Head(ctx, r.Run)
		if err != nil {
			return nil, err
		}
		switch {
		case run.State == procedures.RunScheduled:
			return nil, procedures.Errorf(procedures.CodeConflict,
				"this is a scheduled run, which ends by itself; press on the procedure's page")
		case run.State != procedures.RunOpen:
			return nil, procedures.Errorf(procedures.CodeConflict, "this run is finished; open the procedure's page to begin another")
		case run.Environment != r.Environment:
			return nil, procedures.Errorf(procedures.CodeInvalid, "this run is in the environment %s, and the press was for %s",
				run.Environment, r.Environment)
		}
		if err := p.useText(ctx, w, run); err != nil { // its procedure may be a section by now
			return nil, err
		}
	} else if w.procedure, _, err = w.library.Find(w.Procedure); err != nil {
		return nil, err
	} else {
		w.Procedure = w.procedure.ID // the policy decides about this one, whatever end of its identifier the press named
	}
	if err := w.procedure.Refusal(g.Environment); err != nil {
		return nil, err
	}
	w.account = g.Environment.Account
	if g.Account != nil {
		if w.account, err = g.Account(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// may asks the policy. What it says names the procedure: those who may not view a name of before are not told it.
func (p *Presser) may(ctx context.Context, w *press, action access.Action, effect procedures.Effect) error {
	asked := access.Request{Person: w.By, Action: action, Environment: w.Environment, Procedure: w.Procedure, Effect: effect}
	err := p.policy.May(ctx, asked)
	if asked.Action, asked.Effect = access.View, ""; err == nil || !w.former || p.policy.May(ctx, asked) == nil {
		return err
	}
	return procedures.Errorf(procedures.CodeRefused, "the open run began when this procedure had another name, under which you may not "+
		"%s it. Whoever may can finish that run. Nothing was done", action)
}

// begin requests a step, after the earlier ones that it needs; or plans it, where it makes changes.
func (p *Presser) begin(ctx context.Context, w *press, step *procedures.Step) (*Pressed, error) {
	out := &Pressed{}
	var earlier []string
	err := p.ledger.Update(ctx, func(tx procedures.Tx) error {
		*out, earlier = Pressed{}, nil
		run, executions, err := p.join(ctx, tx, w, out)
		if err != nil || out.Joined {
			return err
		}
		if e := active(executions, step.ID); e != nil {
			out.Execution, out.Joined = e.ID, true
			return nil
		}
		if newest := newest(executions, step.ID); newest != nil && w.Seen != "" && newest.ID != w.Seen {
			out.Execution, out.Joined = newest.ID, true
			return nil
		}
		chain := append(engine.Earlier(w.procedure, step, engine.Executed(run.sinceReopened(executions))), step)
		if len(chain) > 1 && !w.WithEarlier {
			out.Needs = chain[:len(chain)-1]
			return run.append(ctx)
		}
		changing := func(e *procedures.Step) bool { return e.Effect().Changes() }
		if i := slices.IndexFunc(chain[:len(chain)-1], changing); i >= 0 {
			return procedures.Errorf(procedures.CodeRefused, "%s needs %s, which makes changes: run that first", step.Title, chain[i].Title)
		}
		values, err := engine.Parameters(w.procedure, chain, run.given(w.Parameters), w.engine.Environment.Variables)
		if err != nil {
			return err
		}
		if step.Effect().Changes() {
			chain = chain[:len(chain)-1] // planned below, after what it needs
			if err := p.ready(ctx, run.head.ID, w.procedure, step); err != nil {
				return err
			}
		} else if err := p.needed(ctx, run.head.ID, w.procedure, chain); err != nil {
			return err
		}
		if earlier, err = run.request(ctx, chain, values, w); err != nil {
			return err
		}
		if len(earlier) > 0 && !step.Effect().Changes() {
			out.Execution = earlier[len(earlier)-1]
		}
		return nil
	})
	if p.store.Conflicts(err) { // somebody pressed at the same moment
		return p.joined(ctx, w, step)
	}
	if err != nil {
		return nil, err
	}
	p.began(w, out.Run)
	if out.Joined || out.Needs != nil || !step.Effect().Changes() {
		return out, nil
	}
	if err := p.await(ctx, out.Run, earlier); err != nil {
		return nil, err
	}
	out.Plan, err = p.plan(ctx, w, out.Run, step, &procedures.Execution{})
	return out, err
}

// began tells readers that a press has written something.
func (p *Presser) began(w *press, run string) {
	p.ledger.NotifyRun(&procedures.Run{ID: run, Environment: w.Environment, Procedure: w.procedure.ID})
}

// joined is what a press finds that came second.
func (p *Presser) joined(ctx context.Context, w *press, step *procedures.Step) (*Pressed, error) {
	id, err := p.store.OpenRun(ctx, nil, w.Environment, w.procedure.Names()...)
	if err != nil {
		return nil, err
	}
	executions, err := p.executions.OfRun(ctx, nil, id)
	if err != nil {
		return nil, err
	}
	out := &Pressed{Run: id, Joined: true}
	if e := newest(executions, step.ID); e != nil {
		out.Execution = e.ID
	}
	return out, nil
}

// await waits until executions are finished, and fails when one could not run.
func (p *Presser) await(ctx context.Context, run string, ids []string) error {
	changed, stop := p.ledger.Subscribe(run)
	defer stop()
	for _, id := range ids {
		for {
			e, err := p.executions.Get(ctx, nil, id)
			if err != nil {
				return err
			}
			if e.State == procedures.ExecutionFinished {
				if e.Verdict.Exit() == 2 {
					return procedures.Errorf(procedures.CodeConflict, "a step that this one needs could not run; nothing was changed")
				}
				break
			}
			select {
			case <-changed:
			case <-ctx.Done():
				still := procedures.Errorf(procedures.CodeUnavailable, "a step that this one needs is still running; nothing was changed")
				return errors.Join(still, ctx.Err())
			}
		}
	}
	return nil
}
