package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Answer is what somebody says of a planned change.
type Answer struct {
	Execution string
	By        access.Person
	Reason    string // of a no
}

// needed is how many other people have to agree to what was planned: as was planned, and as the configuration says now.
func needed(w *wish, step *procedures.Step, e *procedures.Execution) int {
	if len(e.Confirmed) == 0 {
		return 0
	}
	return max(e.Approvals, procedures.Approvals(w.engine.Environment, w.procedure, step))
}

// digestOf is the SHA-256 of exactly these calls with exactly these values, in this place.
func digestOf(run *procedures.Run, e *procedures.Execution) (string, error) {
	data, err := json.Marshal([]any{run.ID, run.Environment, run.Account, run.Digest, e.ID, e.Step, e.Parameters, e.Confirmed, e.Script, e.Made, e.Corrected, e.RollbackOf, e.Resumes})
	if err != nil {
		return "", fmt.Errorf("write down what is agreed to: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// personOf is who gave an answer.
func personOf(a procedures.Approval) access.Person {
	return access.Stored(a.Person, a.Name)
}

// RequestApproval asks the others for their yes to what was planned. Asked twice it is asked once.
func (s *Service) RequestApproval(ctx context.Context, a Answer) (run string, err error) {
	return s.answer(ctx, a, procedures.AnswerRequested)
}

// Approve says yes to exactly what was asked about. Nobody says yes to their own.
func (s *Service) Approve(ctx context.Context, a Answer) (run string, err error) {
	return s.answer(ctx, a, procedures.AnswerApproved)
}

// Decline says no, for a reason, which ends the request.
func (s *Service) Decline(ctx context.Context, a Answer) (run string, err error) {
	if strings.TrimSpace(a.Reason) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "say why not; nothing was changed")
	}
	return s.answer(ctx, a, procedures.AnswerDeclined)
}

// Withdraw ends one's own request.
func (s *Service) Withdraw(ctx context.Context, a Answer) (run string, err error) {
	return s.answer(ctx, a, procedures.AnswerWithdrawn)
}

// answer keeps an answer, in the run that it is about.
func (s *Service) answer(ctx context.Context, a Answer, answer procedures.Answer) (string, error) {
	if len(a.Reason) > maxWords {
		return "", procedures.Errorf(procedures.CodeInvalid, "the reason has %d bytes; at most %d are taken", len(a.Reason), maxWords)
	}
	if access.CleanName(a.By.Name) == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "say first who you are: a yes has a name. Nothing was changed")
	}
	run := ""
	var events []procedures.Event
	var head *procedures.Run
	err := s.Store.Update(ctx, func(tx procedures.Tx) error {
		events = nil
		w, e, err := s.answered(ctx, tx, a.Execution)
		if err != nil {
			return err
		}
		head, run = w.run, w.run.ID
		if err := s.Policy.May(ctx, access.Request{Person: a.By, Action: access.Approve, Environment: head.Environment, Procedure: head.Procedure, Effect: e.Effect}); err != nil {
			return err
		}
		given, err := s.Store.Approvals(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		event, keep, err := s.judge(w, e, a, answer, given)
		if err != nil || event == nil {
			return err
		}
		switch {
		case answer == procedures.AnswerWithdrawn:
			err = s.Store.WithdrawApproval(ctx, tx, e.ID, event.At)
		case answer == procedures.AnswerDeclined && slices.ContainsFunc(given, func(g procedures.Approval) bool { return g.Person == keep.Person }):
			err = s.Store.RevokeApproval(ctx, tx, e.ID, keep)
		default:
			err = s.Store.InsertApproval(ctx, tx, e.ID, keep)
		}
		if err != nil {
			return err
		}
		events = []procedures.Event{*event}
		return s.Store.Append(ctx, tx, head.ID, event.At, events)
	})
	if s.Store.Conflicts(err) {
		return "", procedures.Errorf(procedures.CodeConflict, "you have answered already")
	}
	if err != nil {
		return "", err
	}
	s.recorded(events...)
	s.tell(run, Topic(head.Environment, head.Procedure), Topic(head.Environment, ""))
	return run, nil
}

// asking is what an answer is about.
type asking struct {
	*wish
	run  *procedures.Run
	step *procedures.Step
}

// answered finds what an answer is about, and keeps others out of its run until the transaction ends. It is refused where
// nothing can be agreed to any more.
func (s *Service) answered(ctx context.Context, tx procedures.Tx, execution string) (*asking, *procedures.Execution, error) {
	e, err := s.Store.Execution(ctx, tx, execution)
	if err != nil {
		return nil, nil, err
	}
	run, err := s.lock(ctx, tx, e.Run)
	if err != nil {
		return nil, nil, err
	}
	if e, err = s.Store.Execution(ctx, tx, execution); err != nil { // as it is now that nobody else changes it
		return nil, nil, err
	}
	if err := s.readable(e); err != nil {
		return nil, nil, err
	}
	w, err := s.askingIn(ctx, run, e)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case e.State != procedures.ExecutionPlanned:
		return nil, nil, procedures.Errorf(procedures.CodeConflict, "this was carried out already: a yes counts once")
	case run.State != procedures.RunOpen:
		return nil, nil, procedures.Errorf(procedures.CodeConflict, "the run is finished; nothing was changed")
	case w.Rollback == "" && w.Resume == "" && s.edited(run):
		return nil, nil, procedures.Errorf(procedures.CodeConflict, "the runbook was edited after this was shown; nothing was changed. Look at it again")
	case s.Now().Sub(e.AskedAt) > planAge:
		return nil, nil, procedures.Errorf(procedures.CodeConflict, "this was shown more than an hour ago; nothing was changed. Look at it again")
	}
	return w, e, nil
}

// askingIn is what a planned execution is about, by the text of its run.
func (s *Service) askingIn(ctx context.Context, run *procedures.Run, e *procedures.Execution) (*asking, error) {
	g, err := s.Engine(run.Environment)
	if err != nil {
		return nil, err
	}
	p, err := s.Procedure(ctx, run)
	if err != nil {
		return nil, err
	}
	step := p.Step(e.Step)
	if step == nil {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the runbook has no step %s any more", e.Step)
	}
	if e.RollbackOf != "" {
		if step, err = g.RollbackStep(p, step, e.Script != "", e.Script); err != nil {
			return nil, err
		}
	}
	w := &wish{Request: Request{Procedure: p.ID, Environment: run.Environment, Run: run.ID, Rollback: e.RollbackOf, Resume: e.Resumes}, engine: g, procedure: p, library: s.Library(), account: run.Account}
	return &asking{w, run, step}, nil
}

// edited reports whether a run's runbook was changed since it began.
func (s *Service) edited(run *procedures.Run) bool {
	now, _, err := s.Library().Find(run.Procedure)
	return err != nil || now.Digest != run.Digest
}

// judge decides about an answer. No event and no error mean that it was given before.
func (s *Service) judge(w *asking, e *procedures.Execution, a Answer, answer procedures.Answer, given []procedures.Approval) (*procedures.Event, procedures.Approval, error) {
	now := s.Now().UTC().Truncate(time.Millisecond)
	digest, err := digestOf(w.run, e)
	if err != nil {
		return nil, procedures.Approval{}, err
	}
	keep := procedures.Approval{Person: a.By.Key(), Name: a.By.Name, Answer: answer, Reason: strings.TrimSpace(a.Reason), At: now, Digest: digest}
	signed := a.By.Sign(procedures.Event{At: now, Step: e.Step, Execution: e.ID, Text: keep.Reason})
	event := &signed
	refuse := func(format string, args ...any) (*procedures.Event, procedures.Approval, error) {
		return nil, keep, procedures.Errorf(procedures.CodeRefused, format, args...)
	}
	asked := slices.IndexFunc(given, func(g procedures.Approval) bool {
		return g.Answer == procedures.AnswerRequested || g.Answer == procedures.AnswerWithdrawn
	})
	if answer == procedures.AnswerRequested {
		n := needed(w.wish, w.step, e)
		switch {
		case n == 0:
			return refuse("nobody else has to agree to this: it can be carried out")
		case asked >= 0 && given[asked].Answer == procedures.AnswerRequested:
			return nil, keep, nil
		case asked >= 0:
			return refuse("this request was withdrawn: look at the change again, and ask anew")
		}
		event.Kind, event.Approvals, event.Duration = procedures.EventApprovalRequested, n, e.AskedAt.Add(planAge).Sub(now)
		return event, keep, nil
	}
	switch {
	case asked < 0:
		return refuse("nobody asked for a yes to this")
	case given[asked].Answer == procedures.AnswerWithdrawn:
		return refuse("%s does not ask for this any more", someone(given[asked].Name))
	case slices.ContainsFunc(given, func(g procedures.Approval) bool { return g.Answer == procedures.AnswerDeclined }):
		return refuse("somebody has said no to this: look at the change again, and ask anew")
	}
	own := a.By.Same(personOf(given[asked])) || a.By.Same(access.Stored(e.Planner, e.By))
	if answer == procedures.AnswerWithdrawn {
		if !own {
			return refuse("only %s can withdraw this; say no instead", someone(given[asked].Name))
		}
		event.Kind = procedures.EventApprovalWithdrawn
		return event, keep, nil
	}
	for _, g := range given {
		if answer == procedures.AnswerApproved && g.Answer == procedures.AnswerApproved && a.By.Same(personOf(g)) {
			if g.Person == a.By.Key() {
				return nil, keep, nil
			}
			return refuse("%s has agreed already: a yes counts once, and another person's is needed", someone(g.Name))
		}
	}
	switch {
	case own && answer == procedures.AnswerApproved:
		return refuse("nobody agrees to their own change: somebody else has to. Nothing was changed")
	case own:
		return refuse("this is your own request: withdraw it instead")
	case answer == procedures.AnswerDeclined:
		event.Kind = procedures.EventDeclined
	default:
		event.Kind = procedures.EventApproved
	}
	return event, keep, nil
}

// someone is a name, or that there is none.
func someone(name string) string {
	if name == "" {
		return "somebody"
	}
	return name
}

// approved reports as an error that not enough other people have agreed to exactly this. Neither who planned it, nor who asked, nor
// who presses counts.
func (s *Service) approved(ctx context.Context, tx procedures.Tx, w *wish, step *procedures.Step, run *procedures.Run, e *procedures.Execution) error {
	n := needed(w, step, e)
	if n == 0 {
		return nil
	}
	if access.CleanName(w.By.Name) == "" {
		return procedures.Errorf(procedures.CodeInvalid, "say first who you are: what others agreed to has a name. Nothing was changed")
	}
	given, err := s.Store.Approvals(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	digest, err := digestOf(run, e)
	if err != nil {
		return err
	}
	involved := []access.Person{w.By, access.Stored(e.Planner, e.By)}
	asked, presses := false, false
	for _, g := range given {
		switch g.Answer {
		case procedures.AnswerRequested:
			asked, involved = true, append(involved, personOf(g))
		case procedures.AnswerDeclined:
			return procedures.Errorf(procedures.CodeRefused, "%s said no: %s. Nothing was changed", someone(g.Name), strings.TrimSuffix(g.Reason, "."))
		case procedures.AnswerWithdrawn:
			return procedures.Errorf(procedures.CodeRefused, "%s does not ask for this any more; nothing was changed. Look at it again", someone(g.Name))
		}
	}
	yes := 0
	for _, g := range given {
		if g.Answer != procedures.AnswerApproved || g.Digest != digest {
			continue
		}
		if slices.ContainsFunc(involved, func(p access.Person) bool { return p.Same(personOf(g)) }) {
			presses = presses || w.By.Same(personOf(g))
			continue
		}
		yes++
	}
	switch {
	case yes >= n:
		return nil
	case !asked:
		return procedures.Errorf(procedures.CodeRefused, "this needs the yes of %s: ask for it first. Nothing was changed", otherPeople(n))
	case presses:
		return procedures.Errorf(procedures.CodeRefused, "who agreed does not carry it out as well: somebody else has to press. Nothing was changed")
	}
	return procedures.Errorf(procedures.CodeRefused, "this waits for the yes of %s; nothing was changed", otherPeople(n-yes))
}

func otherPeople(n int) string {
	if n == 1 {
		return "one other person"
	}
	return fmt.Sprintf("%d other people", n)
}

// Planned is what was planned and not carried out yet, as it may be shown.
func (s *Service) Planned(ctx context.Context, execution string) (*Plan, error) {
	e, err := s.Store.Execution(ctx, nil, execution)
	if err != nil {
		return nil, err
	}
	if err := s.readable(e); err != nil {
		return nil, err
	}
	run, err := s.Run(ctx, e.Run)
	if err != nil {
		return nil, err
	}
	w, err := s.askingIn(ctx, run, e)
	if err != nil {
		return nil, err
	}
	kept, err := s.openSnapshot(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	return s.show(ctx, w.wish, w.step, e, append(engine.Secrets(w.procedure, e.Parameters), kept.State.Secrets...))
}

// AwaitingApproval are the runs in which another person's yes is waited for.
func (s *Service) AwaitingApproval(ctx context.Context) (map[string]bool, error) {
	ids, err := s.Store.RunsAwaitingApproval(ctx, s.Now().Add(-planAge))
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}
