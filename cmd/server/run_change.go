package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// change executes a changing step after its plan was confirmed. What uses an answer of the first calls is planned by
// itself. A plan that is not confirmed ends the step as unavailable, without an error.
func (s *session) change(ctx context.Context, step *procedures.Step) error {
	c := s.execution(step, s.stdout(), s.terminal.err)
	now := time.Now() // what is computed is computed once, before the plan
	c.Now, c.Salt = func() time.Time { return now }, rand.Text()
	for {
		planned, ok, err := s.plan(ctx, step, c)
		if err != nil {
			return err
		}
		if !ok {
			s.verdicts = append(s.verdicts, procedures.Unavailable)
			return nil
		}
		// The engine applies exactly these calls; what was not planned yet comes back as Resumable.
		c.Confirmed, c.Answers = planned.Calls, planned.Answers
		r := s.execute(ctx, step, c)
		if r.State != nil {
			s.state = r.State
		}
		if !r.Resumable {
			s.verdicts = append(s.verdicts, r.Judgement.Verdict)
			return nil
		}
		c.Made, c.Answers, c.Resuming = r.Made, r.Answers, true
	}
}

// plan plans a step over a copy of the run's files, as its script runs once more when the plan is carried out, and asks for the
// confirmation.
func (s *session) plan(ctx context.Context, step *procedures.Step, c engine.Execution) (*engine.Planned, bool, error) {
	files, done, err := s.copyOfFiles()
	if err != nil {
		return nil, false, err
	}
	defer done()
	c.Files = files
	return s.confirm(ctx, step, c)
}

// copyOfFiles are the run's files in a folder of their own, which done removes.
func (s *session) copyOfFiles() (files procedures.Files, done func(), err error) {
	dir, err := os.MkdirTemp("", "opsbook-run-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder for the plan: %w", err)
	}
	remove := func() { _ = os.RemoveAll(dir) }
	if err := os.CopyFS(dir, s.root.FS()); err != nil {
		remove()
		return nil, nil, fmt.Errorf("copy the run's files for the plan: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("open the plan's folder: %w", err)
	}
	return &interpret.Folder{Own: root, Over: s.over}, func() { _ = root.Close(); remove() }, nil
}

// confirm shows the plan of a changing step, and reads whether the person confirms it. Approvals are never given
// here, not even by --yes. It asks only on a terminal: an answer from a pipe was written by no person who saw the
// plan. What destroys is confirmed by its name. On the sandbox, a step without calls needs no answer.
func (s *session) confirm(ctx context.Context, step *procedures.Step, c engine.Execution) (*engine.Planned, bool, error) {
	plan, err := s.engine.engine().Plan(ctx, c)
	if procedures.CodeOf(err) == procedures.CodeRefused {
		s.say(s.terminal.err, "✕ %s: %s", step.Title, err)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	planned, m := plan.Calls, c.Out.Mask()
	if n := procedures.Approvals(s.engine.environment, s.procedure, step); n > 0 && len(planned) > 0 {
		s.say(s.terminal.err,
			"Refused: %s needs the approval of another person (approvals: %d), which is given in the portal and "+
				"never by --yes. Nothing was changed.", step.Title, n)
		return nil, false, nil
	}
	if s.command.Yes || len(planned) == 0 && s.engine.environment.Sandbox() {
		return plan, true, nil
	}
	environment := s.engine.environment
	s.say(s.terminal.err, "%s changes something in the environment %s (account %s):", step.Title, environment.Name,
		orElse(environment.Account, "of the profile"))
	for _, call := range engine.MaskCalls(planned, m) {
		s.say(s.terminal.err, "  %s", journal.PlannedLine(call))
		s.say(s.terminal.err, "    %s", call.Does)
	}
	s.sayChanges(s.terminal.err, engine.MaskChanges(s.engine.engine().Inspect(ctx, c, planned), m), false)
	typed := engine.Typed(step, planned)
	file, ok := s.terminal.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		s.say(s.terminal.err, "Refused: there is no terminal to confirm at. --yes confirms beforehand.")
		return nil, false, nil
	}
	prompt, want := "Type yes to continue: ", "yes"
	if typed != "" {
		prompt, want = "This destroys something. Type its name, "+typed+", to continue: ", typed
	}
	fmt.Fprint(s.terminal.err, prompt)
	answer, err := s.input.ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != want {
		s.say(s.terminal.err, "Not confirmed; nothing was changed.")
		return nil, false, nil //nolint:nilerr // the end of the input does not confirm
	}
	return plan, true, nil
}

// sayChanges says what is, or will be, different.
func (s *session) sayChanges(w io.Writer, changes []procedures.Change, made bool) {
	for _, c := range changes {
		isNew := made && !slices.ContainsFunc(c.Differences, func(d procedures.Difference) bool { return d.Before != "" })
		for _, d := range c.Differences {
			if isNew {
				break // that it is there now is said by the verdict
			}
			s.say(w, "    %s of %s: %s → %s",
				d.Path, orElse(c.Resource, c.Command), journal.OrAbsent(d.Before), journal.OrAbsent(d.After))
		}
		for _, line := range c.Rollback {
			s.say(w, "    rollback: %s", line)
		}
		if len(c.Rollback) == 0 && c.NoRollback != "" {
			s.say(w, "    no rollback: %s", c.NoRollback)
		}
		for _, warning := range c.Warnings {
			s.say(w, "    %s", warning)
		}
	}
}

// judge keeps the verdict of a step for those that need it.
func (s *session) judge(step string, verdict procedures.Verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.judged == nil {
		s.judged = map[string]procedures.Verdict{}
	}
	s.judged[step] = verdict
}

// unmet is the title of a step that one needs and that has not passed; "" for none. A step that was asked for by itself needs none.
func (s *session) unmet(step *procedures.Step) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range step.Annotations.Needs {
		if verdict, ok := s.judged[id]; s.single || ok && verdict.Exit() == 0 && verdict != procedures.Skipped {
			continue
		}
		if needed := s.procedure.Step(id); needed != nil {
			return needed.Title
		}
		return id
	}
	return ""
}
