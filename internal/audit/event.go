package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ofEvents are the kinds of entries for what happens in a run. What is not here is in the run's journal alone: outputs, samples,
// progress.
var ofEvents = map[procedures.EventKind]Kind{
	procedures.EventRunStarted: RunStarted, procedures.EventRunFinished: RunEnded, procedures.EventRunReopened: RunReopened,
	procedures.EventStepRequested: Pressed, procedures.EventStepCancel: Cancelled, procedures.EventEndedEarly: Cancelled,
	procedures.EventOverride: Overridden, procedures.EventPlanned: Planned,
	procedures.EventApprovalRequested: ApprovalRequested, procedures.EventApproved: Approved, procedures.EventDeclined: Declined,
	procedures.EventApprovalWithdrawn: Withdrawn, procedures.EventCallBegins: CallBegun, procedures.EventCall: Called,
	procedures.EventStepFinished: StepEnded, procedures.EventMarkedDone: Marked, procedures.EventMarkedUndone: Marked,
	procedures.EventMarkedSkipped: Marked, procedures.EventCountdown: Marked, procedures.EventNote: Noted,
	procedures.EventKept: Kept, procedures.EventUnkept: Kept,
}

// OfEvent is the entry for an event of a run, which holds what the journal may show; false for one that is in the journal alone.
func OfEvent(e *procedures.Event, environment, procedure, runbook string) (Entry, bool) {
	kind, ok := ofEvents[e.Kind]
	if !ok {
		return Entry{}, false
	}
	out := Entry{
		At: e.At, Kind: kind, Environment: environment, Procedure: procedure, Run: e.Run,
		Origin: Origin{Issuer: e.Issuer, Subject: e.Subject, Name: e.By}, Step: e.Step, Execution: e.Execution,
		Digest: cmp.Or(e.Digest, runbook), Text: e.Text,
	}
	if e.Issuer == "session" { // its id is a secret of the browser's
		sum := sha256.Sum256([]byte(e.Subject))
		out.Subject = hex.EncodeToString(sum[:6])
	}
	switch kind {
	case Marked, Kept, Cancelled:
		out.Result = string(e.Kind)
	case StepEnded, RunEnded:
		if e.Judgement != nil {
			out.Result = string(e.Judgement.Verdict)
			out.Text = cmp.Or(out.Text, e.Judgement.Reason)
		}
	case Called:
		ofCall(&out, e.Call)
	}
	return out, true
}

// ofCall says which call it was, and what came of it. The digest is of the call with its answer, as the journal has them.
func ofCall(out *Entry, c *procedures.Call) {
	if c == nil {
		return
	}
	out.Text = strings.Join(c.Words(), " ")
	out.Request, out.Result = c.RequestID, cmp.Or(c.Code, "answered")
	if c.Status != 0 && c.Code == "" {
		out.Result = "failed"
	}
	if data, err := json.Marshal(c); err == nil {
		sum := sha256.Sum256(data)
		out.Digest = hex.EncodeToString(sum[:])
	}
}
