package ledger

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// fakeStore is a store with the executions of one run. What it does not have is not asked for.
type fakeStore struct {
	Store
	executions []*procedures.Execution
	verdict    procedures.Verdict
	events     []procedures.Event
	finished   time.Time
	topics     []string
	lost       error // what Update answers in the place of nil
}

func (s *fakeStore) Executions(context.Context, procedures.Tx, string) ([]*procedures.Execution, error) {
	return s.executions, nil
}

func (s *fakeStore) SetVerdict(_ context.Context, _ procedures.Tx, _ string, v procedures.Verdict) error {
	s.verdict = v
	return nil
}

func (s *fakeStore) FinishExecution(
	_ context.Context, _ procedures.Tx, e *procedures.Execution, v procedures.Verdict, _ time.Time,
) (bool, error) {
	e.State, e.Verdict = procedures.ExecutionFinished, v
	return true, nil
}

func (s *fakeStore) Append(_ context.Context, _ procedures.Tx, _ string, _ time.Time, events []procedures.Event) error {
	for i := range events {
		events[i].Number = int64(len(s.events) + i + 1)
	}
	s.events = append(s.events, events...)
	return nil
}

// Update commits what fn does, and loses the answer where the store says so.
func (s *fakeStore) Update(_ context.Context, fn func(procedures.Tx) error) error {
	if err := fn(fakeTx{}); err != nil {
		return err
	}
	return s.lost
}

func (s *fakeStore) Events(_ context.Context, _ string, after int64, limit int) ([]procedures.Event, error) {
	return s.events[min(int(after), len(s.events)):min(int(after)+limit, len(s.events))], nil
}

func (s *fakeStore) Head(_ context.Context, _ procedures.Tx, id string) (*procedures.Run, error) {
	return &procedures.Run{ID: id, Procedure: "book/look", Environment: "prod"}, nil
}

// fakeTx is a transaction of fakeStore.
type fakeTx struct{}

// StoreTransaction implements procedures.Tx.
func (fakeTx) StoreTransaction() {}

func (s *fakeStore) FinishRun(_ context.Context, _ procedures.Tx, _ string, at time.Time) error {
	s.finished = at
	return nil
}

func (s *fakeStore) Notify(topics ...string) { s.topics = append(s.topics, topics...) }

// ledgerOf is a ledger of those executions, and the executions that it queues.
func ledgerOf(executions ...*procedures.Execution) (*Ledger, *fakeStore, *[]string) {
	store, queued := &fakeStore{executions: executions}, &[]string{}
	l := New(Options{
		Store: store, Now: func() time.Time { return time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC) },
		Queue: func(_ context.Context, _ procedures.Tx, execution string) error {
			*queued = append(*queued, execution)
			return nil
		},
	})
	return l, store, queued
}

const (
	waiting  = procedures.ExecutionWaiting
	running  = procedures.ExecutionRunning
	finished = procedures.ExecutionFinished
)

// TestSettle counts the last execution of each step, and queues those whose turn has come: once all that they come after is finished.
func TestSettle(t *testing.T) {
	l, store, queued := ledgerOf(
		&procedures.Execution{ID: "a1", Step: "a", State: finished, Verdict: procedures.Failed},
		&procedures.Execution{ID: "a2", Step: "a", State: finished, Verdict: procedures.Passed},
		&procedures.Execution{ID: "b1", Step: "b", State: finished, Verdict: procedures.Warned},
		&procedures.Execution{ID: "c1", Step: "c", State: running, Verdict: procedures.Failed},
		&procedures.Execution{ID: "first", Step: "d", State: waiting},
		&procedures.Execution{ID: "due", Step: "e", State: waiting, After: []string{"a1", "b1"}},
		&procedures.Execution{ID: "early", Step: "f", State: waiting, After: []string{"a1", "c1"}},
		&procedures.Execution{ID: "unknown", Step: "g", State: waiting, After: []string{"elsewhere"}},
		&procedures.Execution{ID: "resource", Step: "h", State: waiting, After: []string{"a1"}, WaitsFor: "c1"},
		&procedures.Execution{ID: "begun", Step: "i", State: running, After: []string{"a1"}},
	)
	all, err := l.Settle(t.Context(), nil, "run")
	if err != nil || len(all) != 10 {
		t.Fatalf("%d executions, %v", len(all), err)
	}
	if store.verdict != procedures.Warned {
		t.Errorf("the verdict is %s", store.verdict)
	}
	if want := []string{"due"}; !slices.Equal(*queued, want) {
		t.Errorf("queued %v, want %v", *queued, want)
	}
}

// TestEndRun skips what waits, in one write with the run's end. What runs is left to its worker.
func TestEndRun(t *testing.T) {
	l, store, queued := ledgerOf(
		&procedures.Execution{ID: "a", Step: "a", State: finished, Verdict: procedures.Passed},
		&procedures.Execution{ID: "b", Step: "b", State: running},
		&procedures.Execution{ID: "c", Step: "c", State: waiting},
		&procedures.Execution{ID: "d", Step: "d", State: waiting, After: []string{"c"}},
	)
	if err := l.EndRun(t.Context(), nil, "run", procedures.Event{Kind: procedures.EventRunFinished, By: "Ann"}); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range store.events {
		kinds = append(kinds, string(e.Kind)+" "+e.Execution)
	}
	want := []string{
		string(procedures.EventStepFinished) + " c", string(procedures.EventStepFinished) + " d", string(procedures.EventRunFinished) + " ",
	}
	if !slices.Equal(kinds, want) || store.events[0].Judgement.Verdict != procedures.Skipped || !store.finished.Equal(l.Now()) ||
		len(*queued) > 0 {
		t.Errorf("events %v, finished at %s, queued %v", kinds, store.finished, *queued)
	}
	for i, state := range []procedures.ExecutionState{finished, running, finished, finished} {
		if store.executions[i].State != state {
			t.Errorf("%s is %s", store.executions[i].ID, store.executions[i].State)
		}
	}
}

// TestSubscribe tells readers of their topics only, without waiting for one that does not read, until it stops.
func TestSubscribe(t *testing.T) {
	l, store, _ := ledgerOf()
	told := func(ch <-chan struct{}) bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	}
	run, stopRun := l.Subscribe("r1")
	procedure, stopProcedure := l.Subscribe(Topic("prod", "book/look"))
	home, stopHome := l.Subscribe(Topic("prod", ""), Topic("dev", ""))
	defer stopHome()
	for range 3 { // nobody reads meanwhile
		l.NotifyRun(&procedures.Run{ID: "r1", Environment: "prod", Procedure: "book/look"})
	}
	if !told(run) || told(run) || !told(procedure) || !told(home) || len(store.topics) != 9 {
		t.Errorf("a run's readers were not told once; other replicas of %q", store.topics)
	}
	l.NotifyHere("r2", Topic("stage", ""), Topic("prod", "book/other"))
	if told(run) || told(procedure) || told(home) || len(store.topics) != 9 {
		t.Error("readers were told of something else, or other replicas of their own notification")
	}
	stopRun()
	stopProcedure()
	l.NotifyAll()
	if told(run) || told(procedure) || !told(home) {
		t.Error("a reader that stopped was told, or one that did not was not")
	}
}
