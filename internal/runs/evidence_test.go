package runs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// drill is a restore with both objectives, and a tidying up that is no part of it.
var drill = enginetest.Fence("#| recovery: {time: 30m, point: 26h, at: Made}\n\n# Find the backup\naws rds get-backup\n\n# "+
	"Restore it\n#| target: 20m\naws rds restore-it --name copy\n\n# Compare\naws rds get-copy\n", "# Tidy up\naws rds get-rid\n")

// minutely makes each call take minutes of the portal's clock; what finds the backup says that it is of 02:30 on Monday.
func minutely(p *portal, minutes int) {
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		p.later(time.Duration(minutes) * time.Minute)
		if args[1] == "get-backup" {
			return document.NewObject(document.Member{Name: "Made", Value: "2026-11-23T02:30:00+00:00"}), 0
		}
		return document.NewObject(), 0
	}
}

// executed presses steps one after the other, and confirms what makes changes.
func (p *portal) executed(steps ...string) string {
	p.t.Helper()
	run := ""
	for _, step := range steps {
		r := p.request(step)
		if run != "" {
			v, err := p.View(p.t.Context(), run)
			if err != nil {
				p.t.Fatal(err)
			}
			r.Seen = v.Step(step).Execution
		}
		pressed := p.press(r)
		if pressed.Plan != nil {
			r.Confirmed = pressed.Plan.Execution
			pressed = p.press(r)
		}
		run = pressed.Run
		p.until(run, step, func(v *journal.View) bool {
			return v.Step(step).Execution == pressed.Execution && v.Step(step).State == procedures.ExecutionFinished
		})
	}
	return run
}

func TestEvidence(t *testing.T) {
	onEach(t, func(t *testing.T) {
		p := newPortal(t, drill)
		minutely(p, 5)
		run := p.executed("find-the-backup", "restore-it", "compare", "compare")
		if _, err := p.AddNote(t.Context(),
			runs.Mark{
				Procedure: p.Library().Procedures()[0].ID, Environment: "test", Step: "compare", Text: "seen by two",
				By: access.Person{Name: "ada"},
			}); err != nil {
			t.Fatal(err)
		}
		e, err := p.Evidence(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		r := e.Recovery()
		if r == nil || len(r.Steps) != 3 || len(r.Missing) != 0 || r.Took != 20*time.Minute ||
			!r.Point.Equal(time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)) || r.Age != 5*time.Hour+35*time.Minute {
			t.Fatalf("the recovery is %+v", r)
		}
		if met, ok := r.TimeMet(); !met || !ok {
			t.Errorf("20 of 30 minutes: met %v, %v", met, ok)
		}
		if met, ok := r.PointMet(); !met || !ok {
			t.Errorf("5 of 26 hours: met %v, %v", met, ok)
		}
		var did []string
		for _, a := range e.Attempts {
			did = append(did, fmt.Sprintf("%s by %s, %s, %d calls", a.Step, a.By, a.Judgement.Verdict, len(a.Calls)))
		}
		if got, want := strings.Join(did, "\n"),
			"find-the-backup by oncall, pass, 1 calls\nrestore-it by oncall, pass, 1 calls\ncompare by oncall, pass, "+
				"1 calls\ncompare by oncall, pass, 1 calls"; got != want {
			t.Errorf("the attempts are\n%s", got)
		}
		if restore := e.Attempts[1]; e.Target(restore) != 20*time.Minute || restore.Duration != 5*time.Minute ||
			journal.CallLine(restore.Calls[0]) != "aws rds restore-it --name copy" {
			t.Errorf("the restore is %+v", restore)
		}
		if last := e.Actions()[len(e.Actions())-1]; last.Kind != procedures.EventNote || last.Text != "seen by two" ||
			strings.Join(e.People, " ") != "oncall ada" {
			t.Errorf("the last word is %+v, people are %v", last, e.People)
		}
		if sum := sha256.Sum256([]byte(drill)); e.Text != hex.EncodeToString(sum[:]) {
			t.Error("the digest is not the text's")
		}
		if text, err := p.Text(t.Context(), run); err != nil || text != drill {
			t.Errorf("the text is %q, %v", text, err)
		}
	})
}

func TestEvidenceCanBeCheckedLater(t *testing.T) {
	onEach(t, func(t *testing.T) {
		p := newPortal(t, drill)
		minutely(p, 1)
		run := p.executed("find-the-backup")
		before, err := p.Evidence(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		p.executed("tidy-up")
		after, err := p.Evidence(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		if before.Digest() == after.Digest() || before.Last >= after.Last {
			t.Error("what was done since changes nothing")
		}
		for _, e := range []*journal.Evidence{before, after} {
			var journal bytes.Buffer
			if err := p.WriteJournal(t.Context(), run, e.Last, &journal); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(journal.Bytes()); hex.EncodeToString(sum[:]) != e.Digest() ||
				int64(strings.Count(journal.String(), "\n")) != e.Last {
				t.Errorf("the journal up to %d has another digest", e.Last)
			}
		}
	})
}

func TestEvidenceOfWhatWasNotRecovered(t *testing.T) {
	p := newPortal(t, drill)
	minutely(p, 15)
	e, err := p.Evidence(t.Context(), p.executed("find-the-backup", "restore-it"))
	if err != nil {
		t.Fatal(err)
	}
	if r := e.Recovery(); len(r.Missing) != 1 || r.Missing[0].ID != "compare" || r.Took != 0 {
		t.Errorf("a step is to go: %+v", r)
	}
	if _, ok := e.Recovery().TimeMet(); ok {
		t.Error("it is said whether an unfinished recovery was in time")
	}
	p.later(26 * time.Hour)
	e, err = p.Evidence(t.Context(), p.executed("find-the-backup", "restore-it", "compare"))
	if err != nil {
		t.Fatal(err)
	}
	if met, ok := e.Recovery().TimeMet(); met || !ok {
		t.Errorf("it took %s: met %v, %v", e.Recovery().Took, met, ok)
	}
	if met, ok := e.Recovery().PointMet(); met || !ok {
		t.Errorf("the data were %s old: met %v, %v", e.Recovery().Age, met, ok)
	}
	p.aws.Answer = func(context.Context, []string) (document.Value, int) { return nil, 1 }
	e, err = p.Evidence(t.Context(), p.executed("compare"))
	if err != nil {
		t.Fatal(err)
	}
	if met, ok := e.Recovery().TimeMet(); met || !ok || !e.Recovery().Failed {
		t.Errorf("a comparison failed: %+v", e.Recovery())
	}
}
