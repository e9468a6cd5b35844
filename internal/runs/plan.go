package runs

import (
	"cmp"
	"context"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// ready reports whether a changing step may be begun: what it needs has passed, and the page's conditions are ticked.
func (s *Service) ready(ctx context.Context, run string, p *procedures.Procedure, step *procedures.Step) error {
	if len(step.After) == 0 && len(step.Annotations.Needs) == 0 {
		return nil
	}
	view, err := s.View(ctx, run)
	if err != nil && procedures.CodeOf(err) != procedures.CodeNotFound {
		return err
	}
	return journal.Ready(view, p, step)
}

// against names the steps before this one that speak against going on in the open run; empty for none.
func (s *Service) against(ctx context.Context, w *wish, step *procedures.Step) (string, error) {
	open, err := s.Open(ctx, w.procedure.ID, w.Environment)
	if err != nil || open == nil {
		return "", err
	}
	view, err := s.View(ctx, open.ID)
	if err != nil {
		return "", err
	}
	var titles []string
	for _, before := range journal.FailedBefore(view, w.procedure, step) {
		titles = append(titles, before.Title)
	}
	return strings.Join(titles, ", "), nil
}

// agree carries out what was planned, exactly as it was shown, once.
func (s *Service) agree(ctx context.Context, w *wish, step *procedures.Step) (*Pressed, error) {
	against, err := s.against(ctx, w, step)
	if err != nil {
		return nil, err
	}
	out := &Pressed{}
	err = s.Store.Update(ctx, func(tx procedures.Tx) error {
		*out = Pressed{}
		e, err := s.Store.Execution(ctx, tx, w.Confirmed)
		if err != nil {
			return err
		}
		run, err := s.lock(ctx, tx, e.Run)
		if err != nil {
			return err
		}
		if e, err = s.Store.Execution(ctx, tx, w.Confirmed); err != nil { // as it is now that nobody else changes it
			return err
		}
		if err := s.readable(e); err != nil {
			return err
		}
		out.Run, out.Execution = e.Run, e.ID
		if e.State == procedures.ExecutionPlanned && (e.RollbackOf != "" || e.Resumes != "") {
			if err := s.stillNewest(ctx, tx, run, cmp.Or(e.Resumes, e.RollbackOf)); err != nil {
				return err
			}
		}
		if e.RollbackOf != "" {
			against = ""
		}
		if err := s.may(ctx, w.Request, access.Press, e.Effect); err != nil {
			return err
		}
		switch {
		case e.State != procedures.ExecutionPlanned:
			out.Joined = true // it was agreed to already
			return nil
		case e.Step != step.ID || run.Procedure != w.procedure.ID || run.Environment != w.Environment:
			return procedures.Errorf(procedures.CodeInvalid, "what was agreed to is another step")
		case run.State != procedures.RunOpen:
			return procedures.Errorf(procedures.CodeConflict, "the run was finished meanwhile; nothing was changed")
		case run.Digest != w.procedure.Digest:
			return procedures.Errorf(procedures.CodeConflict, "the runbook was edited after this was shown; nothing was changed. Look at it again")
		case s.Now().Sub(e.AskedAt) > planAge:
			return procedures.Errorf(procedures.CodeConflict, "this was shown more than an hour ago; nothing was changed. Look at it again")
		case e.Type != "" && strings.TrimSpace(w.Typed) != e.Type:
			return procedures.Errorf(procedures.CodeInvalid, "type %s to go on; nothing was changed", e.Type)
		case against != "" && strings.TrimSpace(w.Reason) == "":
			return procedures.Errorf(procedures.CodeInvalid, "%s did not go well: say why you go on; nothing was changed", against)
		case len(w.Reason) > maxWords:
			return procedures.Errorf(procedures.CodeInvalid, "the reason has %d bytes; at most %d are taken; nothing was changed", len(w.Reason), maxWords)
		}
		if err := s.approved(ctx, tx, w, step, run, e); err != nil {
			return err
		}
		if _, err := s.Store.ConfirmExecution(ctx, tx, e.ID); err != nil {
			return err
		}
		var events []procedures.Event
		if against != "" {
			events = append(events, w.By.Sign(procedures.Event{Kind: procedures.EventOverride, At: s.Now(), Step: step.ID, Text: w.Reason}))
		}
		events = append(events, w.By.Sign(procedures.Event{
			Kind: procedures.EventStepRequested, At: s.Now(), Step: step.ID, Execution: e.ID, Parameters: shown(w.procedure, keepable(w.procedure, e.Parameters)),
			Corrected: e.Corrected, RollbackOf: e.RollbackOf, Resumes: e.Resumes,
		}))
		if err := s.Store.Append(ctx, tx, e.Run, s.Now(), events); err != nil {
			return err
		}
		return s.Queue(ctx, tx, e.ID)
	})
	if s.Store.Conflicts(err) { // something else was agreed to at the same moment
		return nil, procedures.Errorf(procedures.CodeConflict, "%s is being carried out at the moment; nothing of this was changed. Look at it again when that has ended", step.Title)
	}
	if err != nil {
		return nil, err
	}
	s.tell(out.Run)
	return out, nil
}
