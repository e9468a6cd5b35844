package work

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// workStore is Store under a name of its own.
type workStore interface{ Store }

// records is a database with the events of one run, and with executions.
type records struct {
	ledger.Store
	sealed.ExecutionStore
	workStore
	events     []procedures.Event
	executions map[string]*procedures.Execution
	asked      []string
	failing    error
}

func (r *records) Events(_ context.Context, _ string, after int64, _ int) (out []procedures.Event, _ error) {
	for _, e := range r.events {
		if e.Number > after {
			out = append(out, e)
		}
	}
	return out, r.failing
}

func (r *records) Execution(_ context.Context, _ procedures.Tx, id string) (*procedures.Execution, error) {
	r.asked = append(r.asked, id)
	return r.executions[id], r.failing
}

func (*records) Executions(context.Context, procedures.Tx, string) ([]*procedures.Execution, error) {
	return nil, nil
}

func (r *records) Replica() string { return "here" }

// Reserve finds that execution "h" has what is asked for.
func (*records) Reserve(context.Context, procedures.Tx, string, []string, string) (string, error) {
	return "h", nil
}

// workerOf is a worker over events, which are numbered.
func workerOf(events ...procedures.Event) (*Worker, *records) {
	r := &records{executions: map[string]*procedures.Execution{}}
	for i, e := range events {
		e.Number = int64(i + 1)
		r.events = append(r.events, e)
	}
	return New(Options{
		Ledger:     ledger.New(ledger.Options{Store: r, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}),
		Executions: sealed.Executions{Store: r}, Store: r,
	}), r
}

// TestInterrupted is the table of what is said of executions that did not come to their end.
func TestInterrupted(t *testing.T) {
	planned := []procedures.PlannedCall{{ReadCommand: "aws x get"}}
	for _, test := range []struct {
		e       procedures.Execution
		cause   error
		verdict procedures.Verdict
		reason  string
		advice  bool
	}{
		{procedures.Execution{Effect: "read"}, errShutdown, procedures.Skipped, "Stopped: the server is being stopped.", false},
		{procedures.Execution{Effect: "read"}, context.Canceled, procedures.Skipped, "Stopped: the server is being stopped.", false},
		{procedures.Execution{Effect: "read"}, engine.CancelledError{By: "ana"}, procedures.Skipped, "Stopped: cancelled by ana.", false},
		{
			procedures.Execution{Effect: "change"}, ErrCutOff, procedures.Unknown,
			"Stopped while it was changing something: the server that executed it was stopped. Call 1.", true,
		},
		{
			procedures.Execution{Effect: "destroy", Applied: true}, engine.CancelledError{}, procedures.Warned,
			"All calls were made, and what they changed was not read again: cancelled.", true,
		},
	} {
		test.e.Confirmed = planned
		j := Interrupted(&test.e, test.cause, "Call 1.")
		if j.Verdict != test.verdict || j.Reason != test.reason || strings.Contains(j.Advice, "aws x get") != test.advice {
			t.Errorf("%+v, %v: %+v", test.e, test.cause, j)
		}
	}
}

// TestInFlight finds the call that was begun and not answered, of this execution, and of no other.
func TestInFlight(t *testing.T) {
	begins := func(execution string, n int) procedures.Event {
		return procedures.Event{Kind: procedures.EventCallBegins, Execution: execution, CallNumber: n, Text: "aws x update"}
	}
	answered := func(execution string, n int) procedures.Event {
		return procedures.Event{Kind: procedures.EventCall, Execution: execution, Call: &procedures.Call{PlanNumber: n}}
	}
	for name, test := range map[string]struct {
		events []procedures.Event
		call   string
	}{
		"nothing was begun": {nil, ""},
		"all are answered": {
			[]procedures.Event{begins("e", 1), answered("e", 1), begins("e", 2), answered("e", 2)}, "2 of 3 calls were made.",
		},
		"the second is not":     {[]procedures.Event{begins("e", 1), answered("e", 1), begins("e", 2)}, "Call 2 was begun"},
		"another was answered":  {[]procedures.Event{begins("e", 1), answered("other", 1)}, "Call 1 was begun"},
		"another was begun":     {[]procedures.Event{begins("other", 1)}, ""},
		"a reading was between": {[]procedures.Event{begins("e", 1), answered("e", 0)}, "Call 1 was begun"},
	} {
		w, _ := workerOf(test.events...)
		got, err := InFlight(t.Context(), w.Ledger, &procedures.Execution{
			ID: "e", Run: "r", Confirmed: make([]procedures.PlannedCall, 3),
		})
		if err != nil || (got == "") != (test.call == "") || !strings.Contains(got, test.call) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestStory is how far an execution came: what was made, what is settled, and what is left.
func TestStory(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	call := func(n, status int) procedures.Event {
		return procedures.Event{Kind: procedures.EventCall, Execution: "e", Call: &procedures.Call{PlanNumber: n, Status: status}}
	}
	w, _ := workerOf(
		procedures.Event{Kind: procedures.EventStepStarted, Execution: "e", At: at.Add(time.Minute)},
		call(1, 0), call(2, 254), call(3, 0), call(4, 0),
		procedures.Event{Kind: procedures.EventCall, Execution: "other", Call: &procedures.Call{PlanNumber: 9}},
		procedures.Event{
			Kind: procedures.EventApplied, Execution: "e", Status: 3, Resumable: true, Judgement: &procedures.Judgement{Reason: "so"},
		},
		procedures.Event{Kind: procedures.EventChanged, Execution: "e", Change: &procedures.Change{PlanNumber: 3}},
		procedures.Event{Kind: procedures.EventChanged, Execution: "e"},
	)
	s, err := w.storyOf(t.Context(), &procedures.Execution{ID: "e", Run: "r", AskedAt: at})
	if err != nil {
		t.Fatal(err)
	}
	if !s.started.Equal(at.Add(time.Minute)) || !slices.Equal(s.open(), []int{1, 4}) || s.result.Status != 3 || !s.result.Resumable ||
		s.result.Judgement.Reason != "so" {
		t.Errorf("%+v, open %v", s, s.open())
	}
	w, _ = workerOf()
	if s, err := w.storyOf(t.Context(), &procedures.Execution{AskedAt: at}); err != nil || !s.started.Equal(at) || len(s.open()) > 0 {
		t.Errorf("of nothing: %+v, %v", s, err)
	}
}

// TestJudgeEarly keeps the verdict of the samples, and says who ended it and why.
func TestJudgeEarly(t *testing.T) {
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		lasts time.Duration
		end   procedures.Event
		want  string
	}{
		{30 * time.Minute, procedures.Event{By: "ana", Text: "seen enough."}, "Ended early by ana, after 10m of 30m: “seen enough”. "},
		{0, procedures.Event{}, "Ended by somebody after 10m. "},
	} {
		v := &journal.StepView{Attempt: &journal.Attempt{Began: began}}
		for range 2 {
			v.Samples.Apply(procedures.Event{Kind: procedures.EventSample, Sample: &procedures.Sample{}, Judgement: &procedures.Judgement{
				Verdict: procedures.Failed, Reason: "bad",
			}})
		}
		test.end.At = began.Add(10 * time.Minute)
		j := judgeEarly(&procedures.Bake{For: test.lasts}, v, test.end)
		if j.Verdict != procedures.Failed || !strings.HasPrefix(j.Reason, test.want) || !strings.Contains(j.Reason, "bad") {
			t.Errorf("%+v, want %q", j, test.want)
		}
	}
}

// TestSoManySamplesAtATime: one more waits for its turn, and goes when its bake ends.
func TestSoManySamplesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := workerOf()
		var done []func()
		for range maxSampling {
			end, err := w.turn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done = append(done, end)
		}
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 2)
		go func() { _, err := w.turn(ctx); got <- err }()
		synctest.Wait()
		if len(got) != 0 {
			t.Fatal("one more is taken")
		}
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		go func() { _, err := w.turn(t.Context()); got <- err }()
		synctest.Wait()
		done[3]()
		if err := <-got; err != nil {
			t.Error(err)
		}
	})
}

// TestCheckStopsWhatIsNoLongerOurs, and what somebody cancelled, and nothing else.
func TestCheckStopsWhatIsNoLongerOurs(t *testing.T) {
	for name, test := range map[string]struct {
		e     procedures.Execution
		cause error
	}{
		"it is ours":                {procedures.Execution{State: "running", Replica: "here"}, nil},
		"it waits for its turn":     {procedures.Execution{State: "waiting"}, nil},
		"another one took it over":  {procedures.Execution{State: "running", Replica: "there"}, errTaken},
		"it was finished elsewhere": {procedures.Execution{State: "finished", Replica: "here"}, errTaken},
		"somebody has cancelled it": {
			procedures.Execution{State: "running", Replica: "here", Cancelled: true, CancelledBy: "ana"}, engine.CancelledError{By: "ana"},
		},
		"the database does not answer": {procedures.Execution{}, nil},
	} {
		w, r := workerOf()
		ctx, cancel := context.WithCancelCause(t.Context())
		r.executions["e"] = &test.e
		if e := (&procedures.Execution{ID: "e"}); !w.start(e, cancel) || w.start(e, cancel) {
			t.Fatal("it starts once")
		}
		if strings.Contains(name, "database") {
			r.failing = errors.New("away")
		}
		w.Received(ctx, procedures.Notification{Topics: []string{"e", stopPrefix + "unknown", stopPrefix + "e"}})
		if got := context.Cause(ctx); !errors.Is(got, test.cause) || !slices.Equal(r.asked, []string{"e"}) {
			t.Errorf("%s: stopped by %v, asked of %q", name, got, r.asked)
		}
		w.CheckAll(ctx)
		if len(r.asked) != 2 {
			t.Errorf("%s: asked of %q", name, r.asked)
		}
		w.end("e")
		cancel(nil)
	}
}

// TestStopEndsInThreeTimes: what waits at once, what reads after a moment, and changes when there is no more time.
func TestStopEndsInThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := workerOf()
		began, ended := time.Now(), map[string]time.Duration{}
		run := func(id string, effect procedures.Effect, applied, waits bool) {
			e := &procedures.Execution{ID: id, Effect: effect, Applied: applied}
			ctx, cancel := context.WithCancelCause(t.Context())
			if !w.start(e, cancel) {
				t.Fatal("it does not start")
			}
			if id != "queued" && !w.begin(ctx, e, waits) {
				t.Fatal("it does not begin")
			}
			go func() {
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), errShutdown) {
					t.Errorf("%s ended with %v", id, context.Cause(ctx))
				}
				w.mu.Lock()
				ended[id] = time.Since(began)
				w.mu.Unlock()
				w.end(id)
			}()
		}
		run("queued", "change", false, false)
		run("bake", "read", false, true)
		run("read", "read", false, false)
		run("settles", "change", true, false)
		run("change", "change", false, false)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		w.Stop(ctx)
		for id, want := range map[string]time.Duration{
			"queued": 0, "bake": 0, "read": readingEnds, "settles": readingEnds, "change": 20 * time.Second,
		} {
			if got, ok := ended[id]; !ok || got != want {
				t.Errorf("%s ended after %s, want %s", id, got, want)
			}
		}
		select {
		case <-w.over:
		default:
			t.Error("what waits for the database goes on")
		}
		if late := (&procedures.Execution{ID: "late"}); w.start(late, func(error) {}) {
			t.Error("something starts in a server that has ended")
		}
		w.Stop(t.Context()) // may be called again
	})
}

// TestNothingBeginsInAServerThatEnds, though it has waited for its turn.
func TestNothingBeginsInAServerThatEnds(t *testing.T) {
	w, _ := workerOf()
	e := &procedures.Execution{ID: "e", Effect: "change"}
	ctx, cancel := context.WithCancelCause(t.Context())
	w.start(e, cancel)
	w.ending = true
	if w.begin(ctx, e, false) {
		t.Error("it begins in a server that ends")
	}
	w.ending = false
	cancel(errTaken)
	if w.begin(ctx, e, false) {
		t.Error("it begins though it was cancelled")
	}
	if w.Turns.Working() != 0 || limits.StepsWorking.Size() != 100 {
		t.Error("the usual number of turns")
	}
}

// TestWhoWaitsForAResourceSaysSoOnce: that it has said so is kept with the execution. What runs already reserves nothing.
func TestWhoWaitsForAResourceSaysSoOnce(t *testing.T) {
	w, r := workerOf()
	for _, test := range []struct {
		e     procedures.Execution
		waits bool
		asks  int // for who has it, to say so
	}{
		{procedures.Execution{State: "waiting", WaitsFor: "h"}, true, 0},
		{procedures.Execution{State: "running"}, false, 0},
		{procedures.Execution{State: "waiting", WaitsFor: "another"}, true, 1},
	} {
		r.asked, r.failing = nil, errors.New("it asks who has it")
		waits, err := w.reserve(t.Context(), nil, &test.e, "test", []string{"function x"})
		if waits != test.waits || len(r.asked) != test.asks || (err != nil) != (test.asks > 0) {
			t.Errorf("%+v: waits %t, asked %q, %v", test.e, waits, r.asked, err)
		}
	}
}
