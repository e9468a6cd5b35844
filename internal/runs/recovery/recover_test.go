package recovery_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/recovery"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// world is a database and a worker. did is what was done with executions.
type world struct {
	ledger.Store
	sealed.ExecutionStore
	all      []*procedures.Execution
	events   []procedures.Event
	gone     map[string]bool
	orphans  []string // replicas that are taken for gone at first sight
	queued   map[string]bool
	failing  map[string]error // by what is asked
	mu       sync.Mutex       // of did: who attends is another goroutine
	did      []string
	judged   procedures.Judgement
	notified []string
	attended bool
}

// does notes what was done.
func (w *world) does(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did = append(w.did, what)
}

// has reports whether something was done.
func (w *world) has(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.did, what)
}

func (w *world) Update(_ context.Context, fn func(procedures.Tx) error) error { return fn(nil) }
func (w *world) LockRun(_ context.Context, _ procedures.Tx, id string) error {
	return w.failing["lock "+id]
}
func (w *world) Notify(topics ...string) { w.notified = append(w.notified, topics...) }

func (w *world) Head(_ context.Context, _ procedures.Tx, id string) (*procedures.Run, error) {
	return &procedures.Run{ID: id, Environment: "test", Procedure: "p"}, nil
}

func (w *world) Events(_ context.Context, _ string, after int64, _ int) ([]procedures.Event, error) {
	if after > 0 {
		return nil, nil
	}
	return w.events, w.failing["events"]
}

func (w *world) Executions(_ context.Context, _ procedures.Tx, run string) (out []*procedures.Execution, _ error) {
	for _, e := range w.all {
		if e.Run == run {
			out = append(out, e)
		}
	}
	return out, nil
}

func (w *world) ExecutionsIn(_ context.Context, _ procedures.Tx, state procedures.ExecutionState) (out []*procedures.Execution, _ error) {
	for _, e := range w.all {
		if e.State == state {
			out = append(out, e)
		}
	}
	return out, w.failing["waiting"]
}

func (w *world) Orphans(context.Context) (out []*procedures.Execution, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.all {
		if e.State == procedures.ExecutionRunning && slices.Contains(w.orphans, e.Replica) {
			out = append(out, e)
		}
	}
	return out, w.failing["orphans"]
}

func (w *world) Attend(ctx context.Context, _ *slog.Logger, received func(procedures.Notification), missed, _ func()) {
	w.attended = true
	received(procedures.Notification{Topics: []string{"r1"}})
	missed()
	<-ctx.Done()
}

func (w *world) Departed(_ context.Context, _ procedures.Tx, replica string) (bool, error) {
	return w.gone[replica], w.failing["departed"]
}

func (w *world) FinishIn(
	_ context.Context, _ procedures.Tx, e *procedures.Execution, j procedures.Judgement, events ...procedures.Event,
) error {
	if len(events) != 1 || events[0].Kind != procedures.EventStepFinished || events[0].Execution != e.ID || events[0].Step != e.Step ||
		events[0].Judgement == nil || events[0].Judgement.Reason != j.Reason {
		return fmt.Errorf("it ends with %+v", events)
	}
	w.judged, e.State = j, procedures.ExecutionFinished
	w.does("finish " + e.ID)
	return nil
}

func (w *world) ReleaseIn(_ context.Context, _ procedures.Tx, e *procedures.Execution) error {
	e.State = procedures.ExecutionWaiting
	w.does("release " + e.ID)
	w.queued[e.ID] = true
	return nil
}

func (w *world) Received(_ context.Context, n procedures.Notification) {
	w.does("received " + strings.Join(n.Topics, " "))
}
func (w *world) CheckAll(context.Context)     { w.does("check all") }
func (w *world) Replay(context.Context) error { return w.failing["replay"] }

// recoveryOf is what recovers executions.
func recoveryOf(all ...*procedures.Execution) (*recovery.Recovery, *world) {
	w := &world{
		all: all, gone: map[string]bool{"gone": true}, orphans: []string{"gone"}, queued: map[string]bool{}, failing: map[string]error{},
	}
	for _, e := range all {
		e.Run, e.Step = cmp.Or(e.Run, "r1"), "step"
	}
	l := ledger.New(ledger.Options{
		Store: w, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Queue: func(_ context.Context, _ procedures.Tx, id string) error {
			w.does("queue " + id)
			w.queued[id] = true
			return nil
		},
	})
	return &recovery.Recovery{
		Ledger: l, Executions: sealed.Executions{Store: w}, Store: w, Worker: w,
		Queued: func(context.Context) (map[string]bool, error) { return w.queued, w.failing["queued"] },
	}, w
}

const (
	running = procedures.ExecutionRunning
	waiting = procedures.ExecutionWaiting
)

// TestWhatBecomesOfWhatIsLeft takes over each kind of execution.
func TestWhatBecomesOfWhatIsLeft(t *testing.T) {
	for name, test := range map[string]struct {
		e       procedures.Execution
		events  []procedures.Event
		did     string
		verdict procedures.Verdict
		reason  string
	}{
		"what reads": {procedures.Execution{Effect: "read"}, nil, "release e", "", ""},
		"what is cancelled": {
			procedures.Execution{Effect: "read", Cancelled: true, CancelledBy: "ana"}, nil, "finish e", "skipped", "by ana",
		},
		"a change": {procedures.Execution{Effect: "change"}, nil, "finish e", "unknown", "was stopped"},
		"a cancelled change": {
			procedures.Execution{Effect: "change", Cancelled: true, CancelledBy: "ana"}, nil, "finish e", "unknown", "cancelled by ana",
		},
		"a change in flight": {procedures.Execution{Effect: "change"}, []procedures.Event{
			{Number: 1, Kind: procedures.EventCallBegins, Execution: "e", CallNumber: 2, Text: "aws x"},
		}, "finish e", "unknown", "Call 2 was begun, and whether it was made is not known: aws x"},
		"a change that waits": {procedures.Execution{Effect: "change", Applied: true}, nil, "release e", "", ""},
		"one that waits and is cancelled": {
			procedures.Execution{Effect: "change", Applied: true, Cancelled: true}, nil, "release e", "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.e.ID, test.e.State, test.e.Replica = "e", running, "gone"
			r, w := recoveryOf(&test.e)
			w.events = test.events
			if err := r.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
			if strings.Join(w.did, ", ") != test.did || w.judged.Verdict != test.verdict ||
				!strings.Contains(w.judged.Reason, test.reason) {
				t.Errorf("did %q: %+v", w.did, w.judged)
			}
			if !slices.Contains(w.notified, "r1") || !slices.Contains(w.notified, ledger.Topic("test", "p")) {
				t.Errorf("told %q", w.notified)
			}
		})
	}
}

// TestWhoCameBackKeepsItsWork: between the question and the lock it may have.
func TestWhoCameBackKeepsItsWork(t *testing.T) {
	r, w := recoveryOf(&procedures.Execution{ID: "e", State: running, Effect: "change", Replica: "gone"})
	w.gone["gone"] = false
	if err := r.Recover(t.Context()); err != nil || len(w.did) > 0 {
		t.Errorf("did %q, %v", w.did, err)
	}
}

// TestWhatWaitsWithoutAJobIsQueued, where its turn has come, and one that fails keeps no other.
func TestWhatWaitsWithoutAJobIsQueued(t *testing.T) {
	full := errors.New("the disk is full")
	r, w := recoveryOf(
		&procedures.Execution{ID: "fails", Run: "locked", State: waiting}, &procedures.Execution{ID: "lost", State: waiting},
		&procedures.Execution{ID: "has-a-job", State: waiting}, &procedures.Execution{ID: "later", State: waiting, After: []string{"lost"}},
		&procedures.Execution{ID: "for-another", State: waiting, WaitsFor: "x"}, &procedures.Execution{ID: "runs", State: running},
	)
	w.queued["has-a-job"], w.failing["lock locked"] = true, full
	if err := r.Recover(t.Context()); !errors.Is(err, full) {
		t.Errorf("it says %v", err)
	}
	if strings.Join(w.did, ", ") != "queue lost" {
		t.Errorf("did %q", w.did)
	}
}

// TestWhatFailsIsSaid, and nothing is done by halves.
func TestWhatFailsIsSaid(t *testing.T) {
	for _, what := range []string{"replay", "orphans", "departed", "events", "waiting", "queued"} {
		r, w := recoveryOf(&procedures.Execution{ID: "e", State: running, Effect: "change", Replica: "gone"},
			&procedures.Execution{ID: "f", State: waiting})
		w.failing[what] = errors.New(what)
		if err := r.Recover(t.Context()); !errors.Is(err, w.failing[what]) {
			t.Errorf("%s: %v", what, err)
		}
		if late := what == "waiting" || what == "queued"; late != slices.Equal(w.did, []string{"finish e"}) || !late && len(w.did) > 0 {
			t.Errorf("%s: did %q", what, w.did)
		}
	}
}

// TestAReplicaIsMissedThreeTimes before its work is taken over, and has three more after it was seen, or nobody was to be seen.
func TestAReplicaIsMissedThreeTimes(t *testing.T) {
	for name, between := range map[string]func(*world, bool){
		"it was seen":   func(w *world, on bool) { w.orphans = map[bool][]string{true: nil, false: {"gone"}}[on] },
		"nobody is":     func(w *world, on bool) { w.failing["orphans"] = map[bool]error{true: errors.New("away")}[on] },
		"it is missing": nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			r, w := recoveryOf(&procedures.Execution{ID: "e", State: running, Effect: "read", Replica: "gone"})
			told := 0
			r.OnNotification = func(procedures.Notification) { told++ }
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { defer close(ended); r.Watch(ctx) }()
			time.Sleep(1100 * time.Millisecond) // two checks
			synctest.Wait()
			want := time.Duration(0)
			if between != nil {
				w.mu.Lock()
				between(w, true)
				w.mu.Unlock()
				time.Sleep(500 * time.Millisecond)
				w.mu.Lock()
				between(w, false)
				w.mu.Unlock()
				time.Sleep(time.Second)
				want = 1
			}
			synctest.Wait()
			if w.has("release e") {
				t.Errorf("%s: taken over too early: %q", name, w.did)
			}
			time.Sleep(500*time.Millisecond + want)
			synctest.Wait()
			if !w.has("release e") {
				t.Errorf("%s: not taken over: %q", name, w.did)
			}
			if told != 1 || !w.attended || !w.has("received r1") || !w.has("check all") {
				t.Errorf("%s: told %d times, did %q", name, told, w.did)
			}
			cancel()
			<-ended
		})
	}
}
