package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/sealed"
	"github.com/opsbook/opsbook/internal/runs/spool"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// outageBook has a step that changes two things, and one that reads.
const outageBook = "# Two\n\n## Q\n\n```bash\n# Change\n" +
	"aws dynamodb put-item --table-name t --item '{\"id\":{\"S\":\"mark-1\"}}'\n" +
	"aws dynamodb put-item --table-name t --item '{\"id\":{\"S\":\"mark-2\"}}'\n\n" +
	"# Look\naws dynamodb get-item --table-name t --key '{\"id\":{\"S\":\"x\"}}'\n```\n"

// newOutage makes n real processes, which are not started yet. first is called when the first change was made, before it is
// answered.
func newOutage(t *testing.T, n int, first func()) (*killing, *answers) {
	t.Helper()
	k, world := newKilling(t, n)
	world.put = func(mark string) {
		if mark == "mark-1" {
			first()
		}
	}
	if err := os.WriteFile(filepath.Join(k.dir, "books", "two.md"), []byte(outageBook), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i, p := range k.processes {
			if p != nil {
				_ = p.command.Process.Signal(syscall.SIGCONT)
				k.end(i, os.Kill)
			}
		}
	})
	return k, world
}

// confirmChange presses the changing step and confirms it, and returns the execution.
func (k *killing) confirmChange(address string) string {
	k.Helper()
	form := url.Values{"procedure": {"two/q"}, "environment": {"prod"}, "step": {"change"}, "key": {"a press"}}
	body, ok := k.askOf(k.Context(), address, form)
	found := confirmField.FindStringSubmatch(body)
	if !ok || found == nil {
		k.Fatalf("the press was answered with %s", body)
	}
	form = url.Values{"procedure": {"two/q"}, "environment": {"prod"}, "step": {"change"}, "confirmed": {found[1]}}
	// The database may go while the answer is drawn: then it says that the press is recorded.
	if body, ok := k.askOf(k.Context(), address, form); !ok && !strings.Contains(body, "The press is recorded") {
		k.Fatalf("the confirmation was answered with %s", body)
	}
	return found[1]
}

// answerIsOnDisk reports whether the i-th process has the answer of a change on disk, which the database has not taken.
func (k *killing) answerIsOnDisk(i int) bool {
	names, _ := filepath.Glob(filepath.Join(k.data(i), unwrittenFolder, "*"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return false
		}
		copied := k.TempDir() // its process holds the file itself
		if err := os.WriteFile(filepath.Join(copied, filepath.Base(name)), data, 0o600); err != nil {
			k.Fatal(err)
		}
		folder := spool.Folder{Path: copied, Key: sealed.Keys{Key: sha256.Sum256([]byte("a secret of many letters"))}}
		files, err := folder.Left()
		if err != nil {
			k.Fatal(err)
		}
		for _, f := range files {
			events, err := f.Next(1000)
			if err != nil {
				k.Fatal(err)
			}
			_ = f.Close()
			for _, e := range events {
				if e.Call != nil && e.Call.PlanNumber == 1 && e.Call.Status == 0 {
					return true
				}
			}
		}
	}
	return false
}

// recorded checks the record of the change: that it is unknown, that its first call was made, once, and that the second was not sent.
func (k *killing) recorded(db *store.DB, execution string, world *answers) (step *journal.StepView, run string) {
	k.Helper()
	e, err := db.Execution(k.Context(), nil, execution)
	if err != nil {
		k.Fatal(err)
	}
	events, err := db.Events(k.Context(), e.Run, 0, 10_000)
	if err != nil {
		k.Fatal(err)
	}
	view, begun, made := journal.NewView(), 0, 0
	for _, event := range events {
		view.Apply(event)
		switch {
		case event.Kind == procedures.EventCallBegins:
			begun++
		case event.Call != nil && event.Call.PlanNumber == 1 && event.Call.Status == 0:
			made++
		}
	}
	v := view.Step("change")
	if e.Verdict != procedures.Unknown || made != 1 || begun != 1 || v.InFlight != nil || v.Changed != nil {
		k.Errorf("it is %s (%+v); the record has %d calls begun, the first one made %d times; in flight is %+v", e.Verdict, v.Judgement,
			begun, made, v.InFlight)
	}
	world.mu.Lock()
	defer world.mu.Unlock()
	if world.made[`"mark-1"`] != 1 || world.made[`"mark-2"`] != 0 {
		k.Errorf("it made %v", world.made)
	}
	return v, e.Run
}

// finished reports whether an execution has ended.
func finished(t *testing.T, db *store.DB, execution string) func() bool {
	return func() bool {
		e, err := db.Execution(t.Context(), nil, execution)
		if err != nil {
			t.Fatal(err)
		}
		return e.State == procedures.ExecutionFinished
	}
}

// TestEndedInAnOutageIsKnown ends a server, by force and as an orchestrator does, while its database takes nothing, after a change was
// made: it ends, and the next one writes the record that is on disk, and says how far the change has come.
func TestEndedInAnOutageIsKnown(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Kill, syscall.SIGTERM} {
		t.Run("sqlite, "+signal.String(), func(t *testing.T) {
			t.Parallel()
			var other *sql.DB
			exec := func(statement string) {
				if _, err := other.ExecContext(t.Context(), statement); err != nil {
					t.Error(err)
				}
			}
			k, world := newOutage(t, 1, func() { exec("BEGIN IMMEDIATE") })
			k.start(0)
			var err error
			if other, err = sql.Open("sqlite", filepath.Join(k.data(0), store.FileName)+"?_pragma=busy_timeout(60000)"); err != nil {
				t.Fatal(err)
			}
			other.SetMaxOpenConns(1)
			defer other.Close()
			execution := k.confirmChange(k.processes[0].address)
			eventually(t, "the answer is on disk", func() bool { return k.answerIsOnDisk(0) })
			k.endInTime(0, signal)
			exec("ROLLBACK")
			k.start(0)
			k.end(0, os.Interrupt)
			db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, k.data(0)) })
			if v, _ := k.recorded(db, execution, world); !strings.Contains(v.Judgement.Reason, "1 of 2 calls were made.") {
				t.Errorf("it is judged %+v", v.Judgement)
			}
		})
		t.Run("postgres, "+signal.String(), func(t *testing.T) {
			t.Parallel()
			address := storetest.Migrated(t)
			proxy := storetest.NewProxy(t, address)
			k, world := newOutage(t, 1, proxy.Cut)
			k.environ = append(k.environ, "OPSBOOK_DATABASE="+proxy.Address)
			k.start(0)
			execution := k.confirmChange(k.processes[0].address)
			eventually(t, "the answer is on disk", func() bool { return k.answerIsOnDisk(0) })
			k.endInTime(0, signal)
			proxy.Restore()
			k.start(0)
			db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
			eventually(t, "the change has ended", finished(t, db, execution))
			if v, _ := k.recorded(db, execution, world); !strings.Contains(v.Judgement.Reason, "1 of 2 calls were made.") {
				t.Errorf("it is judged %+v", v.Judgement)
			}
		})
	}
}

// endInTime ends a process with a signal. One that has not ended long after all that it may wait for is killed, and fails the test.
func (k *killing) endInTime(i int, signal os.Signal) {
	k.Helper()
	process := k.processes[i].command.Process
	late := time.AfterFunc(3*stopTime, func() {
		k.Errorf("the server has not ended after %s", signal)
		_ = process.Kill()
	})
	defer late.Stop()
	k.end(i, signal)
}

// TestLateRecordIsAdded cuts a replica off after it has made a change: the other one says that it is unknown. What the first one did is
// added when it comes back, or when another process starts on its folder, and changes no verdict.
func TestLateRecordIsAdded(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"it comes back": false, "it is killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := storetest.Migrated(t)
			proxy := storetest.NewProxy(t, address)
			k, world := newOutage(t, 2, proxy.Cut)
			k.environ = append(k.environ, "OPSBOOK_DATABASE="+address)
			k.start(1)
			k.environ = append(k.environ, "OPSBOOK_DATABASE="+proxy.Address) // the last one counts
			k.start(0)
			db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
			// The press has to be carried out by the first one: the other one is asked for nothing, and River wakes both.
			execution := k.changeOn(0, db)
			eventually(t, "the answer is on disk", func() bool { return k.answerIsOnDisk(0) })
			eventually(t, "the other replica says that it is unknown", finished(t, db, execution))
			if killed {
				k.end(0, os.Kill)
			}
			proxy.Restore()
			if killed {
				k.start(0)
			}
			late := func() bool { return k.late(db, execution) }
			eventually(t, "the record is added late", late)
			eventually(t, "nothing is left on disk", func() bool {
				names, _ := filepath.Glob(filepath.Join(k.data(0), unwrittenFolder, "*"))
				return len(names) == 0
			})
			k.recorded(db, execution, world)
		})
	}
}

// late reports whether the record of an execution was added late.
func (k *killing) late(db *store.DB, execution string) bool {
	k.Helper()
	e, err := db.Execution(k.Context(), nil, execution)
	if err != nil {
		k.Fatal(err)
	}
	events, err := db.Events(k.Context(), e.Run, 0, 10_000)
	if err != nil {
		k.Fatal(err)
	}
	ended, said := false, false
	for _, event := range events {
		ended = ended || event.Kind == procedures.EventStepFinished && event.Execution == execution
		said = said || ended && event.Kind == procedures.EventNotice && strings.HasPrefix(event.Text, "Recorded late")
		if said && event.Call != nil {
			return true
		}
	}
	return false
}

// changeOn lets the i-th process execute the change: the others stand still while it is taken.
func (k *killing) changeOn(i int, db *store.DB) string {
	k.Helper()
	signal := func(s os.Signal) {
		for other, p := range k.processes {
			if other != i {
				if err := p.command.Process.Signal(s); err != nil {
					k.Fatal(err)
				}
			}
		}
	}
	signal(syscall.SIGSTOP)
	execution := k.confirmChange(k.processes[i].address)
	eventually(k.T, "the change is executed", func() bool {
		e, err := db.Execution(k.Context(), nil, execution)
		if err != nil {
			k.Fatal(err)
		}
		return e.State == procedures.ExecutionRunning
	})
	signal(syscall.SIGCONT)
	return execution
}

// TestFrozenReplicaLocksNothing freezes a process in the middle of a transaction on a run, after it has made a change: the run can be
// used elsewhere within ten seconds, the change is unknown, and the process makes no call more when it is woken.
func TestFrozenReplicaLocksNothing(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
	var db *store.DB
	made, locked, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	k, world := newOutage(t, 2, func() {
		close(made)
		<-locked
	})
	k.environ = append(k.environ, "OPSBOOK_DATABASE="+address)
	k.start(0)
	k.start(1)
	db = storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) })
	execution := k.changeOn(0, db)
	<-made
	e, err := db.Execution(t.Context(), nil, execution)
	if err != nil {
		t.Fatal(err)
	}
	holding := make(chan error, 1)
	go func() { // the transaction of the process waits for this one, and is frozen meanwhile: then it has the run's lock
		holding <- db.Update(t.Context(), func(tx procedures.Tx) error {
			if err := db.LockRun(t.Context(), tx, e.Run); err != nil {
				return err
			}
			close(locked)
			<-release
			return nil
		})
	}()
	eventually(t, "the process waits for the run's lock", func() bool {
		var n int
		err := db.Postgres().QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "+
			"AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE%'").Scan(&n)
		return err == nil && n > 0
	})
	frozen := k.processes[0].command.Process
	if err := frozen.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-holding; err != nil {
		t.Fatal(err)
	}
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	form := url.Values{"procedure": {"two/q"}, "environment": {"prod"}, "step": {"look"}, "key": {"another press"}}
	if body, ok := k.askOf(patient, k.processes[1].address, form); !ok {
		t.Errorf("the run of a frozen process cannot be used: %s", body)
	}
	eventually(t, "the change is unknown", finished(t, db, execution))
	if err := frozen.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the woken process has added what it did", func() bool { return k.late(db, execution) })
	eventually(t, "the woken process serves", func() bool {
		status, _ := get(t, k.processes[0].address+"/readyz")
		return status == http.StatusOK
	})
	k.terminate(0) // all that it executes has ended
	k.recorded(db, execution, world)
}
