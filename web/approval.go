package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// approvals takes what somebody says of a planned change: that they ask, yes, no, or that they do not ask any more.
// The policy is asked about no environment here, because only the execution tells which one is meant: package runs
// asks it again with the run’s. An answer never applies the change.
func (s *Server) approvals(w http.ResponseWriter, r *http.Request) error {
	answer := runs.Answer{Execution: r.FormValue("execution"), By: s.person(r), Reason: strings.TrimSpace(r.FormValue("text"))}
	kinds := map[string]func(context.Context, runs.Answer) (string, error){
		"request": s.answers.RequestApproval, "approve": s.answers.Approve, "decline": s.answers.Decline, "withdraw": s.answers.Withdraw,
	}
	do, ok := kinds[r.FormValue("kind")]
	if !ok {
		return procedures.Errorf(procedures.CodeInvalid, "unknown action %q. Nothing was done", r.FormValue("kind"))
	}
	if _, err := do(r.Context(), answer); err != nil {
		return err
	}
	return s.done(w, r)
}

// markOf tells on a page whether two people are one, and not who they are; empty where nothing tells.
func markOf(p access.Person) string {
	if p.Key() == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(p.Key()))
	return hex.EncodeToString(sum[:6])
}

// approvalOf draws the newest request for another person's yes to what a step would change; nil for none. The
// request stays on the card of an open run after it is over, with what ended it. A plan that cannot be shown any
// more is over as well, and the reason says why.
func (s *Server) approvalOf(page *templates.RunPage, v *journal.StepView) *templates.Approval {
	q := v.Request
	if page.Run == nil || page.Run.State != procedures.RunOpen {
		return nil
	}
	out := &templates.Approval{ApprovalRequest: q, Claimed: !s.Authenticator.Verified()}
	out.Asker = markOf(access.Person{Issuer: q.Issuer, Subject: q.Subject})
	switch {
	case q.Declined != nil:
		out.Over = orSomeone(q.Declined.By) + " declined: " + q.Declined.Text
	case q.Withdrawn != nil:
		out.Over = orSomeone(q.Withdrawn.By) + " withdrew the request."
		if q.Withdrawn.Text != "" {
			out.Over = orSomeone(q.Withdrawn.By) + " withdrew the request: " + q.Withdrawn.Text + "."
		}
	case s.reads.Now().After(q.Until):
		out.Over = "The request expired before the plan was applied. Review the change again, then request approval again."
	}
	if out.Over != "" {
		return out
	}
	ctx, cancel := context.WithTimeout(forAll(context.Background(), nil), limits.HTTPPlanTime.Time()) // it is drawn once for everybody
	defer cancel()
	plan, err := s.reads.Planned(ctx, page.Run, q.Execution)
	if err != nil {
		out.Over = sentence(err)
		return out
	}
	out.Review = reviewOf(plan)
	out.Review.Procedure, out.Review.Back = page.Procedure.ID, page.Here
	// The same plan may be open as a review dialog: an id stands once in a document.
	out.Review.Plan.ID = "asked-" + plan.Execution
	return out
}
