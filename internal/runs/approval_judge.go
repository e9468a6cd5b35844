package runs

import (
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// judge decides about an answer: the event and the approval to keep, or an error that says why it does not count. No event and
// no error mean that it was given before.
func (a *Approvals) judge(
	w *plannedChange, e *procedures.Execution, by Answer, answer procedures.Answer, given []procedures.Approval,
) (*procedures.Event, procedures.Approval, error) {
	now := a.presser.ledger.Now().UTC().Truncate(time.Millisecond)
	digest, err := digestOf(w.run, e)
	if err != nil {
		return nil, procedures.Approval{}, err
	}
	keep := procedures.Approval{
		Person: by.By.Key(), Email: by.By.Email, Name: by.By.Name, Answer: answer,
		Reason: strings.TrimSpace(by.Reason), At: now, Digest: digest,
	}
	// The event shows the name; the approval keeps the key of the person and the digest of what was seen.
	signed := by.By.Sign(procedures.Event{At: now, Step: e.Step, Execution: e.ID, Text: keep.Reason})
	event := &signed
	refuse := func(format string, args ...any) (*procedures.Event, procedures.Approval, error) {
		return nil, keep, procedures.Errorf(procedures.CodeRefused, format, args...)
	}
	if (answer == procedures.AnswerRequested && approvalsNeeded(w.press, w.step, e) > 0 || answer == procedures.AnswerApproved) &&
		!countsAsPerson(w.engine.Environment, by.By) {
		return refuse("nobody signs in on this server, so another browser of this machine is not another person. Nothing was changed. "+
			"Put the portal behind a proxy that signs people in (--behind-proxy), or set approvals_without_sign_in: true for the "+
			"environment %s", w.engine.Environment.Name)
	}
	// There is one request of a plan: withdrawing it changes its row, and a second one needs a new plan with another digest.
	request := slices.IndexFunc(given, func(g procedures.Approval) bool {
		return g.Answer == procedures.AnswerRequested || g.Answer == procedures.AnswerWithdrawn
	})
	if answer == procedures.AnswerRequested {
		n := approvalsNeeded(w.press, w.step, e)
		switch {
		case n == 0:
			return refuse("this needs no approval: you can confirm it")
		case request >= 0 && given[request].Answer == procedures.AnswerRequested:
			return nil, keep, nil
		case request >= 0:
			return refuse("this request was withdrawn: review the change again, then request approval")
		}
		event.Kind, event.Approvals, event.Duration = procedures.EventApprovalRequested, n, e.AskedAt.Add(planAge).Sub(now)
		return event, keep, nil
	}
	switch {
	case request < 0:
		return refuse("no approval of this was requested")
	case given[request].Answer == procedures.AnswerWithdrawn:
		return refuse("%s withdrew this request", someone(given[request].Name))
	case slices.ContainsFunc(given, func(g procedures.Approval) bool { return g.Answer == procedures.AnswerDeclined }):
		return refuse("this was declined: review the change again, then request approval")
	}
	// Who planned and who requested are both the owner: either may withdraw, and neither counts as an approver.
	own := by.By.Same(personOf(given[request])) || by.By.Same(access.Stored(e.Planner, e.By, e.PlannerEmail))
	if answer == procedures.AnswerWithdrawn {
		if !own {
			return refuse("only %s can withdraw this; decline it instead", someone(given[request].Name))
		}
		event.Kind = procedures.EventApprovalWithdrawn
		return event, keep, nil
	}
	// Two accounts of one person, or two names of one browser, are the same person (access.Person.Same).
	for _, g := range given {
		if answer == procedures.AnswerApproved && g.Answer == procedures.AnswerApproved && by.By.Same(personOf(g)) {
			if g.Person == by.By.Key() {
				return nil, keep, nil
			}
			return refuse("%s has approved already: a person's approval counts once, and another one is needed", someone(g.Name))
		}
	}
	switch {
	case own && answer == procedures.AnswerApproved:
		return refuse("you cannot approve your own change: another person has to. Nothing was changed")
	case own:
		return refuse("this is your own request: withdraw it instead")
	case answer == procedures.AnswerDeclined:
		event.Kind = procedures.EventDeclined
	default:
		event.Kind = procedures.EventApproved
	}
	return event, keep, nil
}
