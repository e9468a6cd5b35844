package main

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// execute executes a step and says what came of it. It may be called for several steps at once. What it prints and
// records are events, as in the portal.
func (s *session) execute(ctx context.Context, step *procedures.Step, c engine.Execution) engine.Result {
	started := time.Now()
	execution := runs.NewID()
	var mu sync.Mutex
	var calls []procedures.Call
	emit := func(e procedures.Event) {
		e.Step, e.Execution = step.ID, execution
		if e.Call != nil {
			mu.Lock()
			calls = append(calls, procedures.Call{Simulated: e.Call.Simulated})
			mu.Unlock()
		}
		s.emit(e)
	}
	// Events of a step name it and its execution; those of the run name neither.
	c.Out = c.Out.To(func(e mask.Event) { emit(e.Open()) })
	emit(procedures.Event{Kind: procedures.EventStepRequested, By: "the command line", Corrected: c.Corrected})
	emit(procedures.Event{Kind: procedures.EventStepStarted})
	r, changed := s.apply(ctx, c)
	finished := procedures.Event{
		Kind: procedures.EventStepFinished, Judgement: &r.Judgement, Status: r.Status, Duration: time.Since(started),
	}
	emit(finished)
	s.judge(step.ID, r.Judgement.Verdict)
	s.sayChanges(c.Stderr, changed, true)
	s.say(c.Stderr, "%s", journal.TerminalLine(step.Title, finished))
	mu.Lock()
	defer mu.Unlock()
	if made := procedures.MadeUp(calls); made != "" {
		s.say(c.Stderr, "  Sandbox: %s.", made)
	}
	return r
}

// apply executes a step. What a changing one would send is compared before with what was confirmed, over a copy of the run's files.
func (s *session) apply(ctx context.Context, c engine.Execution) (engine.Result, []procedures.Change) {
	g := s.engine.engine()
	if !c.Step.Effect().Changes() {
		return g.Apply(ctx, c, nil)
	}
	files, done, err := s.copyOfFiles()
	if err != nil {
		return engine.Result{Status: 1, Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error() + "."}}, nil
	}
	defer done()
	trial := c
	trial.Files, trial.Resuming = files, false
	var changes []procedures.Change
	if differs := g.Deviations(ctx, trial); differs != "" {
		return engine.Result{Status: 1, Judgement: procedures.Judgement{
			Verdict: procedures.Errored, Reason: "Not what was confirmed: " + differs + ". Nothing was changed here.",
		}}, nil
	}
	if len(c.Confirmed) > 0 {
		changes = g.Inspect(ctx, trial, c.Confirmed)
	}
	return g.Apply(ctx, c, changes)
}

// execution is what the engine is given of a step. Each gets the session’s state, and returns its own as a result.
func (s *session) execution(step *procedures.Step, stdout, stderr io.Writer) engine.Execution {
	return engine.Execution{
		Step: step, Scripts: s.library.Script, State: s.state, Parameters: s.parameters,
		Out: mask.NewEmitter(s.mask(), nil), Files: s.files, Corrected: s.command.Corrected,
		Now: time.Now, Stdout: stdout, Stderr: stderr,
	}
}
