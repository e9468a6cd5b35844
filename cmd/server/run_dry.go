package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// dryRun prints the calls of steps, each as a line that a shell takes, and makes only those that read. What is no
// call stands as a comment. A bake is not waited for: its lines are shown.
func (s *session) dryRun(ctx context.Context, steps []*procedures.Step) error {
	open := map[*procedures.Step]bool{} // what they set is only known after they were executed
	for i, step := range steps {
		if ctx.Err() != nil {
			s.verdicts = append(s.verdicts, procedures.Unavailable)
			break
		}
		if i > 0 {
			s.comment("")
		}
		switch {
		case !s.single && (step.OnDemand || s.procedure.Outside(step, "")):
			s.comment("# %s: done on demand; opsbook run %s#%s --dry-run", step.Title, s.procedure.ID, step.ID)
		case step.Kind == procedures.KindManual || step.Annotations.Manual:
			s.emit(procedures.Event{Kind: procedures.EventMarkedSkipped, Step: step.ID, Text: "a person does this", By: "the command line"})
			s.comment("# by hand: %s", step.Title)
		case !s.single && engine.Alternative(s.procedure, i):
			s.comment("# %s: one of several alternatives; opsbook run %s#%s --dry-run", step.Title, s.procedure.ID, step.ID)
		case step.Bake != nil:
			s.comment("# %s: a bake, which waits and watches:", step.Title)
			for line := range strings.SplitSeq(strings.TrimSpace(step.Script.Text), "\n") {
				s.comment("# %s", line)
			}
		case len(engine.Earlier(s.procedure, step, func(before *procedures.Step) bool { return !open[before] })) > 0:
			open[step] = true
			s.comment("# %s: known when what stands before it was made", step.Title)
		default:
			s.comment("# %s", step.Title)
			open[step] = s.dryStep(ctx, step)
		}
	}
	worst := procedures.Worst(s.verdicts...)
	s.emit(procedures.Event{Kind: procedures.EventRunFinished, Judgement: &procedures.Judgement{Verdict: worst}})
	status := 0
	for _, v := range s.verdicts {
		status = max(status, v.Exit())
	}
	if status != 0 {
		return exitError(status)
	}
	return nil
}

// comment prints a line that is no call, where calls are printed.
func (s *session) comment(format string, args ...any) {
	if s.command.Format != "json" {
		text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
		s.say(s.terminal.out, "%s", text)
	}
}

// dryStep prints the calls of one step, and reports whether some are only known when those before them were made.
// Status 252 is the AWS CLI’s for a line that it does not understand: such a call is not sent.
func (s *session) dryStep(ctx context.Context, step *procedures.Step) (rest bool) {
	c := s.execution(step, io.Discard, io.Discard)
	// Planned calls come as events in the order of the script.
	c.Out = c.Out.To(func(event mask.Event) {
		e := event.Open()
		e.Step = step.ID
		s.emit(e)
		switch {
		case s.command.Format == "json":
		case e.Kind == procedures.EventCommand:
			s.say(s.terminal.out, "%s", e.Text)
		case e.Call == nil:
		case e.Call.Planned != nil && e.Call.Planned.Unknown:
			s.comment("# known when the changes before it were made: %s", interpret.ShowUnknown(journal.PlannedLine(*e.Call.Planned)))
		case e.Call.Status == 252 && e.Call.Effect == procedures.EffectNone:
			s.comment("# line %d is not sent: %s", e.Call.Line, e.Call.Error)
		}
	})
	r := s.engine.engine().DryRun(ctx, c)
	switch {
	case r.Resumable:
		s.comment("# what follows in this step is known when that was made")
		r.Judgement.Verdict = procedures.Info
	case r.State != nil:
		s.state = r.State
	}
	s.verdicts = append(s.verdicts, r.Judgement.Verdict)
	if r.Judgement.Verdict.Exit() > 0 {
		s.comment("# %s: %s", r.Judgement.Verdict, r.Judgement.Reason)
		s.say(s.terminal.err, "%s %s: %s: %s", journal.TerminalSign(r.Judgement.Verdict), step.Title,
			r.Judgement.Verdict, r.Judgement.Reason)
	}
	return r.Resumable
}
