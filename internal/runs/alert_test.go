package runs_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// told are the alerts that were kept. While failing is set, none can be.
type told struct {
	mu      sync.Mutex
	alerts  []procedures.Alert
	failing error
}

// listen lets the portal tell its alerts.
func (p *portal) listen() *told {
	out := &told{}
	p.options.Alert = func(_ context.Context, _ procedures.Tx, a procedures.Alert) error {
		out.mu.Lock()
		defer out.mu.Unlock()
		if out.failing == nil {
			out.alerts = append(out.alerts, a)
		}
		return out.failing
	}
	p.again()
	return out
}

// one is the only alert, described; nil where there is nothing to tell any more.
func (o *told) one(p *portal) (procedures.Alert, *procedures.Message) {
	p.t.Helper()
	p.work.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.alerts) != 1 {
		p.t.Fatalf("told %+v, want one alert", o.alerts)
	}
	m, err := p.Describe(p.t.Context(), o.alerts[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return o.alerts[0], m
}

func TestScheduledRunsThatFailAreTold(t *testing.T) { onEach(t, testScheduledRunsThatFailAreTold) }

func testScheduledRunsThatFailAreTold(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one\n\n# Two\naws lambda get-two\n\n# Three\naws lambda get-three"))
	broken := true
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if broken && args[1] != "get-one" {
			return nil, 255
		}
		return nil, 0
	}
	alerts := p.listen()
	p.look()
	p.later(time.Hour)
	p.look()
	run := p.scheduled()[0]
	p.until(run.ID, "its end", func(v *journal.View) bool { return v.Finished })
	a, m := alerts.one(p)
	if a.Kind != procedures.AlertRunFailed || a.Run != run.ID || a.Environment != "test" || a.Procedure != run.Procedure {
		t.Errorf("alert %+v", a)
	}
	if want := run.Title + " failed in test"; m.Title != want {
		t.Errorf("title %q, want %q", m.Title, want)
	}
	if want := "Scheduled run of 09:00 UTC on 23 November: 2 of 3 steps did not pass. Next run: 10:00 UTC on 23 November."; m.Text != want {
		t.Errorf("text %q, want %q", m.Text, want)
	}
	if len(m.Steps) != 2 || m.Steps[0].Title != "Check: Two" || m.Steps[1].Title != "Check: Three" ||
		m.Steps[0].Verdict != procedures.Failed ||
		m.Steps[0].Reason == "" || m.Account != "210987654321" || m.Run.Verdict != procedures.Failed {
		t.Errorf("message %+v", m)
	}
	// What passes, and what a person presses, is told to nobody.
	p.work.Wait()
	broken = false
	p.later(time.Hour)
	p.look()
	p.until(p.scheduled()[0].ID, "its end", func(v *journal.View) bool { return v.Finished })
	p.work.Wait()
	broken = true
	p.finished(p.press(p.request("two")).Run, "two")
	alerts.one(p)
}

func TestMissedTimesAreTold(t *testing.T) { onEach(t, testMissedTimesAreTold) }

func testMissedTimesAreTold(t *testing.T) {
	p := newPortal(t, hourly+enginetest.Fence("# One\naws lambda get-one"))
	alerts := p.listen()
	p.look()
	p.later(3*time.Hour + 30*time.Minute) // no server ran meanwhile
	// What cannot be kept is not done either: it is one transaction.
	alerts.failing = errors.New("the outbox is broken")
	if err := p.BeginDue(t.Context()); !errors.Is(err, alerts.failing) {
		t.Errorf("it went well although it could not be told: %v", err)
	}
	names := [][]string{p.Library().Procedures()[0].Names()}
	if planned, err := p.db.LastPlanned(t.Context(), "test", names); err != nil || len(planned) != 0 {
		t.Errorf("kept without an alert: %+v, %v", planned, err)
	}
	alerts.failing = nil
	p.look()
	p.look()
	a, m := alerts.one(p)
	want := []time.Time{monday.Add(time.Hour), monday.Add(2 * time.Hour), monday.Add(3 * time.Hour)}
	if a.Kind != procedures.AlertScheduleMissed || !slices.EqualFunc(a.Missed, want, time.Time.Equal) || a.Repeats() == "" {
		t.Errorf("alert %+v", a)
	}
	if want := "3 planned times had no run, from 09:00 UTC on 23 November to 11:00 UTC on 23 November. " +
		"The last one: no server ran at that time. " +
		"Next planned time: 12:00 UTC on 23 November."; m.Text != want || !strings.HasSuffix(m.Title, " did not run in test") {
		t.Errorf("message %q: %q, want %q", m.Title, m.Text, want)
	}
}

func TestUnknownOutcomesAreTold(t *testing.T) { onEach(t, testUnknownOutcomesAreTold) }

func testUnknownOutcomesAreTold(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Change\naws lambda update-it"))
	alerts := p.listen()
	p.held = make(chan struct{}) // nothing is delivered: the server ended in the middle
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	change := p.press(yes)
	p.takenOver("departed", change.Run, change.Execution)
	close(p.held)
	p.watch()
	p.finished(change.Run, "change")
	a, m := alerts.one(p)
	if a.Kind != procedures.AlertStepUnknown || a.Run != change.Run || a.Step != "change" || a.Execution != change.Execution {
		t.Errorf("alert %+v", a)
	}
	if m.Title != "Outcome unknown: “Check: Change” in test" || !strings.Contains(m.Text, "while it was changing something") ||
		!strings.Contains(m.Text, "aws lambda get-it") {
		t.Errorf("message %q: %q", m.Title, m.Text)
	}
}

func TestApprovalsThatWaitAreTold(t *testing.T) { onEach(t, testApprovalsThatWaitAreTold) }

func testApprovalsThatWaitAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(p *portal, execution string)
		waits     bool
	}{
		"nobody answers":    {func(p *portal, _ string) { p.later(15 * time.Minute) }, true},
		"somebody approved": {func(p *portal, e string) { p.must(p.says(p.Approve, &runs.Plan{Execution: e}, bert, "")) }, false},
		"somebody declined": {func(p *portal, e string) { p.must(p.says(p.Decline, &runs.Plan{Execution: e}, bert, "no")) }, false},
		"it was withdrawn":  {func(p *portal, e string) { p.must(p.says(p.Withdraw, &runs.Plan{Execution: e}, ada, "")) }, false},
		"it has expired":    {func(p *portal, _ string) { p.later(time.Hour) }, false},
		"the run was ended": {func(p *portal, e string) {
			execution, err := p.execution(e)
			if err != nil {
				p.t.Fatal(err)
			}
			p.must(p.Finish(p.t.Context(), execution.Run, ada))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := guardedWeb(t, 1)
			alerts := p.listen()
			plan := p.planned(ada)
			p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.RequestApproval, plan, ada, ""))
			c.meanwhile(p, plan.Execution)
			a, m := alerts.one(p)
			if a.Kind != procedures.AlertApprovalWaiting || a.Execution != plan.Execution {
				t.Errorf("alert %+v", a)
			}
			if (m != nil) != c.waits {
				t.Fatalf("it says %+v", m)
			}
			if want := "Ada requested approval of a change at 08:00 UTC on 23 November; 0 of 1 given. " +
				"The request expires at 09:00 UTC on 23 November."; m != nil && m.Text != want {
				t.Errorf("it says %q, want %q", m.Text, want)
			}
		})
	}
}

// TestMessagesAreMasked has what looks like secrets in what a step printed and in why a planned time has no run.
func TestMessagesAreMasked(t *testing.T) { onEach(t, testMessagesAreMasked) }

func testMessagesAreMasked(t *testing.T) {
	const key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	p := newPortal(t, hourly+enginetest.Fence("# One\nX=$(aws lambda get-one)\n"+
		"echo \"aws_secret_access_key="+key+" is wrong\" >&2\nexit 1"))
	alerts := p.listen()
	p.look()
	p.later(time.Hour)
	p.look()
	p.until(p.scheduled()[0].ID, "its end", func(v *journal.View) bool { return v.Finished })
	a, m := alerts.one(p)
	missed, err := p.Describe(t.Context(), procedures.Alert{
		Kind: procedures.AlertScheduleMissed, Environment: "test", Procedure: a.Procedure, Missed: []time.Time{monday},
		Reason: "aws_secret_access_key=" + key + " is of another account",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*procedures.Message{m, missed} {
		if data, err := json.Marshal(m); err != nil || strings.Contains(string(data), key) {
			t.Errorf("%v: %s", err, data)
		}
	}
	if !strings.Contains(missed.Text, "is of another account") {
		t.Errorf("it says %q", missed.Text)
	}
}
