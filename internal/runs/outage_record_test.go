package runs_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// backlog counts what is held while the database takes nothing.
type backlog struct {
	observer
	mu      sync.Mutex
	events  int
	failed  int
	changed chan struct{}
}

func (b *backlog) Backlog(more int) { b.count(more, 0) }
func (b *backlog) NotRecorded()     { b.count(0, 1) }

func (b *backlog) count(more, failed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events, b.failed = b.events+more, b.failed+failed
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// until waits until so many events are held.
func (b *backlog) until(t *testing.T, what string, is func(events, failed int) bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		b.mu.Lock()
		events, failed := b.events, b.failed
		b.mu.Unlock()
		if is(events, failed) {
			return
		}
		select {
		case <-b.changed:
		case <-late:
			t.Fatalf("never came: %s; %d events are held, %d attempts failed", what, events, failed)
		}
	}
}

// outage is a portal whose database can be taken away.
type outage struct {
	*portal
	*backlog
	log       *bytes.Buffer
	unwritten string
	goes      func() // the database takes nothing any more
	returns   func()
}

// onEachOutage runs a test with each way in which a database takes nothing.
func onEachOutage(t *testing.T, markdown string, test func(*testing.T, *outage)) {
	t.Helper()
	for _, kind := range []string{"sqlite locked by another process", "sqlite on a full disk", "postgres is gone"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := &outage{
				portal: &portal{t: t, aws: &enginetest.AWS{}, now: monday},
				backlog: &backlog{
					observer: observer{told: map[string][]int64{}, verdicts: map[string]int{}}, changed: make(chan struct{}, 1),
				},
				log: &bytes.Buffer{}, unwritten: filepath.Join(t.TempDir(), "unwritten"),
			}
			folder := t.TempDir()
			switch kind {
			case "postgres is gone":
				proxy := storetest.NewProxy(t, storetest.Migrated(t))
				o.address, o.goes, o.returns = proxy.Address, proxy.Cut, proxy.Restore
			case "sqlite on a full disk":
				pages := func(n int) func() {
					return func() { o.exec(o.db.SQL(), fmt.Sprintf("PRAGMA max_page_count = %d", n)) }
				}
				o.goes, o.returns = pages(1), pages(1<<30) // as many as there are, and all
			default:
				other, err := sql.Open("sqlite", filepath.Join(folder, "opsbook.db"))
				if err != nil {
					t.Fatal(err)
				}
				other.SetMaxOpenConns(1)
				t.Cleanup(func() { _ = other.Close() })
				o.goes = func() { o.exec(other, "PRAGMA busy_timeout = 60000"); o.exec(other, "BEGIN IMMEDIATE") }
				o.returns = func() { o.exec(other, "ROLLBACK") }
			}
			o.open(folder, markdown)
			o.returns = sync.OnceFunc(o.returns)
			var gone atomic.Bool
			goes := sync.OnceFunc(o.goes)
			o.goes = func() { gone.Store(true); goes() }
			t.Cleanup(func() { // of a test that failed
				if gone.Load() {
					o.returns()
				}
			})
			o.options.Observer, o.options.Unwritten, o.options.Patience = o.backlog, o.unwritten, 300*time.Millisecond
			o.options.Logger = slog.New(slog.NewTextHandler(o.log, nil))
			o.again()
			test(t, o)
		})
	}
}

func (o *outage) exec(db *sql.DB, statement string) {
	if _, err := db.ExecContext(context.WithoutCancel(o.t.Context()), statement); err != nil {
		o.t.Error(err)
	}
}

// nothingIsLeft checks that what was held is written.
func (o *outage) nothingIsLeft() {
	o.t.Helper()
	o.work.Wait()
	o.backlog.until(o.t, "that nothing is held", func(events, _ int) bool { return events == 0 })
	if names, err := os.ReadDir(o.unwritten); len(names) > 0 {
		o.t.Errorf("there are still %v, %v", names, err)
	}
}

// large is more than fits into what pages of a database have left.
var large = strings.Repeat("x", 1<<19)

// TestOutageLongerThanPatience takes the database away while a call is made: its answer is kept, the next call is not sent, and the
// verdict says so with what to read.
func TestOutageLongerThanPatience(t *testing.T) {
	t.Parallel()
	onEachOutage(t, enginetest.Fence(twoChanges), func(t *testing.T, o *outage) {
		o.aws.Answer = func(context.Context, []string) (document.Value, int) {
			o.goes()
			return large, 0
		}
		pressed := o.confirmed("change")
		// The output and the answer of the first call, the second line, its beginning, and that it was not sent.
		o.backlog.until(t, "that the second call is given up", func(events, _ int) bool { return events >= 5 })
		o.returns()
		v := o.finished(pressed.Run, "change").Step("change")
		j := v.Judgement
		if j.Verdict != procedures.Unknown || !strings.Contains(j.Reason, "before call 2 of 2, which was not sent") ||
			strings.Contains(j.Reason, "nothing was changed") || !strings.Contains(j.Advice, "aws lambda get-it") {
			t.Errorf("it is judged %+v", j)
		}
		if made := o.changing(); len(made) != 1 {
			t.Errorf("it made %q", made)
		}
		if len(v.Calls) != 2 || v.Calls[0].Status != 0 || v.Calls[1].Status == 0 || !strings.HasPrefix(v.Calls[1].Error, "not sent") {
			t.Errorf("the record has %+v", v.Calls)
		}
		if v.InFlight != nil || !strings.Contains(output(v), large[:100]) {
			t.Errorf("the record lacks what was printed, or has a call in flight: %+v", v.InFlight)
		}
		o.nothingIsLeft()
	})
}

// TestNothingWasSentIsSaid takes the database away before the first call: that nothing was sent is known.
func TestNothingWasSentIsSaid(t *testing.T) {
	t.Parallel()
	onEachOutage(t, enginetest.Fence("# Change\nseq 40000\naws lambda update-it"), func(t *testing.T, o *outage) {
		o.held = make(chan struct{})
		pressed := o.confirmed("change")
		o.aws.Inspecting = func(context.Context, []string) error { // before it is compared with what was confirmed
			o.goes()
			return nil
		}
		close(o.held)
		// What was printed, the line, and that it was not sent.
		o.backlog.until(t, "that the call is given up", func(events, _ int) bool { return events >= 3 })
		o.returns()
		v := o.finished(pressed.Run, "change").Step("change")
		if v.Verdict() != procedures.Errored || !strings.HasPrefix(v.Judgement.Reason, "Nothing was sent: ") || len(o.changing()) != 0 {
			t.Errorf("it is judged %+v, and made %q", v.Judgement, o.changing())
		}
		o.nothingIsLeft()
	})
}

// TestReadingGoesOnInAnOutage has a step print far more without a database than is held in memory: it ends, and all of it is in the
// journal, once and in its order. The disk is there, or fails as well.
func TestReadingGoesOnInAnOutage(t *testing.T) {
	const lines = 700
	book := enginetest.Fence(fmt.Sprintf("# Long\nfor i in $(seq %d); do aws lambda get-it --name \"$i\"; done", lines))
	for name, disk := range map[string]bool{"with a disk": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			onEachOutage(t, book, func(t *testing.T, o *outage) {
				if !disk {
					if err := os.WriteFile(o.unwritten, nil, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				calls := 0
				o.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
					switch calls++; {
					case calls == 5:
						o.goes()
						return large + "\n" + args[3], 0
					case calls == lines && disk:
						o.returns()
					}
					return args[3], 0
				}
				pressed := o.press(o.request("long"))
				if !disk {
					o.backlog.until(t, "that as much is held as may be", func(events, _ int) bool { return events > 500 })
					o.returns()
				}
				v := o.finished(pressed.Run, "long").Step("long")
				if v.Verdict() != procedures.Passed || len(v.Calls) != lines {
					t.Errorf("it is judged %+v with %d calls", v.Judgement, len(v.Calls))
				}
				for i, c := range v.Calls {
					if c.Args[3] != fmt.Sprint(i+1) {
						t.Fatalf("call %d is of %s", i+1, c.Args[3])
					}
				}
				o.work.Wait()
				if said := strings.Contains(o.log.String(), "neither the database nor the disk"); said == disk {
					t.Errorf("with a disk: %t; the log:\n%s", disk, o.log)
				}
				if disk {
					o.nothingIsLeft()
				}
			})
		})
	}
}
