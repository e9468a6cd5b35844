package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// drilled is the evidence of the recorded restore drill, up to an event. Its restore changes something.
func drilled(t *testing.T, to int64) *Evidence {
	t.Helper()
	events := recorded(t)["restore-drill"]
	e := newEvidence(events)
	e.Run.Parameters = map[string]string{"MOST": "7m"}
	objectives := &procedures.Recovery{
		Time: procedures.Target{Fixed: 30 * time.Minute}, Point: procedures.Target{Fixed: 5 * time.Hour}, At: "Made",
	}
	for _, step := range e.Procedure.Steps {
		step.Annotations.Recovery, step.Annotations.Target = objectives, procedures.Target{Parameter: "MOST"}
		if step.ID == "restore-it" {
			step.Analysis.Effect = procedures.EffectChange
		}
	}
	for _, event := range events {
		if to > 0 && event.Number > to {
			break
		}
		if err := e.Apply(event); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestEvidenceOfADrill(t *testing.T) {
	t.Parallel()
	e := drilled(t, 0)
	if got := len(e.AttemptsOf("compare")); got != 2 {
		t.Errorf("%d attempts of the comparison", got)
	}
	restore := e.AttemptsOf("restore-it")[0]
	if restore.Duration != 5*time.Minute || e.Target(restore) != 7*time.Minute ||
		CallLine(restore.Calls[0]) != "aws rds restore-it --name copy" {
		t.Errorf("the restore: %+v, target %s", restore, e.Target(restore))
	}
	if own := (&Attempt{Step: "restore-it", Parameters: map[string]string{"MOST": "1h"}}); e.Target(own) != time.Hour ||
		e.Target(&Attempt{Step: "gone"}) != 0 {
		t.Error("a target does not depend on the parameters of its attempt")
	}
	for _, a := range e.Attempts {
		for _, c := range a.Calls {
			if c.Document != nil {
				t.Errorf("the evidence holds what %s answered", c.Command)
			}
		}
	}
	if actions := e.Actions(); len(actions) != 1 || actions[0].Kind != procedures.EventNote || strings.Join(e.People, " ") != "oncall ada" {
		t.Errorf("people %v did %+v", e.People, e.Actions())
	}
	var journal bytes.Buffer
	for _, event := range recorded(t)["restore-drill"] {
		if err := WriteEvent(&journal, event); err != nil {
			t.Fatal(err)
		}
	}
	if sum := sha256.Sum256(journal.Bytes()); e.Digest() != hex.EncodeToString(sum[:]) {
		t.Error("the digest is not that of the journal")
	}
}

// TestRecovery measures the drill after each of its events: it has an answer only once all steps have ended.
func TestRecovery(t *testing.T) {
	t.Parallel()
	whole := drilled(t, 0)
	for to := int64(1); to <= whole.Last; to++ {
		e := drilled(t, to)
		r := e.Recovery()
		ended := 0
		for _, step := range e.Procedure.Steps {
			if e.Step(step.ID).Judgement != nil {
				ended++
			}
		}
		met, ok := r.TimeMet()
		if len(r.Missing) != 3-ended || ok != (ended == 3) || r.Took > 0 != (ended == 3) || r.Ended.IsZero() != (ended < 3) {
			t.Fatalf("after event %d, %d steps have ended: %+v, met: %v, %v", to, ended, r, met, ok)
		}
	}
	r := whole.Recovery()
	if met, ok := r.TimeMet(); !met || !ok || r.Took != 20*time.Minute {
		t.Errorf("it took %s: met %v, %v", r.Took, met, ok)
	}
	if met, ok := r.PointMet(); met || !ok || r.Age != 5*time.Hour+35*time.Minute {
		t.Errorf("the data were %s old: met %v, %v", r.Age, met, ok)
	}
	r.Failed = true
	if met, ok := r.TimeMet(); met || !ok {
		t.Errorf("a failed recovery: met %v, %v", met, ok)
	}
	if none := newEvidence(recorded(t)["marks"]).Recovery(); none != nil {
		t.Errorf("a procedure without a recovery: %+v", none)
	}
}

func TestRequestsForApproval(t *testing.T) {
	t.Parallel()
	all := recorded(t)
	for _, test := range []struct {
		name           string
		to             int64
		approved, open bool
		requests       bool
	}{
		{"rollback-approved", 2, false, true, true},
		{"rollback-approved", 3, true, true, true},
		{"rollback-approved", 4, false, false, false}, // it is executed
		{"rollback-approved", 12, false, true, true},  // its rollback is asked for
		{"approval-declined", 3, true, true, true},
		{"approval-declined", 4, false, false, true}, // an approval was taken back
		{"approval-withdrawn", 4, false, false, true},
	} {
		view := NewView()
		for _, e := range all[test.name][:test.to] {
			view.Apply(e)
		}
		r := view.Step("scale").Request
		if (r != nil) != test.requests || r.Open() != test.open || r != nil && r.Approved() != test.approved {
			t.Errorf("%s after event %d: %+v", test.name, test.to, r)
		}
		if r != nil && (r.By != "Ada" || r.Needed != 1 || !r.Until.Equal(r.At.Add(time.Hour))) {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
}

func TestJudgementOfACall(t *testing.T) {
	t.Parallel()
	rule, expected := &procedures.Judgement{Verdict: procedures.Warned, Reason: "by rule"},
		&procedures.Judgement{Verdict: procedures.Failed, Reason: "expected"}
	for want, c := range map[procedures.Judgement]procedures.Call{
		*expected: {Judgement: expected, RuleVerdict: rule, Status: 1},
		*rule:     {RuleVerdict: rule, Status: 1},
		{Verdict: procedures.Errored, Reason: "denied"}: {Status: 254, Error: "denied"},
		{Verdict: procedures.Info}:                      {},
	} {
		if got := CallJudgement(c); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if got := PlannedLine(procedures.PlannedCall{Command: "s3 ls",
		Args: []string{"s3://b/with space"}}); !strings.Contains(got, "'s3://b/with space'") {
		t.Errorf("the planned call is %s", got)
	}
}
