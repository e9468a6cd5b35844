package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
	"github.com/opsbook/opsbook/internal/testenv"
)

// storm is servers, and their database, that are disturbed while people press and write.
type storm struct {
	*killing
	cluster *storetest.Cluster // nil on SQLite
	disk    string             // folder of the database where that is a disk of its own; "" elsewhere
}

// disturbance is what befalls a storm, once. It is over when befall returns.
type disturbance struct {
	name   string
	slow   bool // it takes seconds, so there are fewer of it
	befall func(s *storm)
}

// disturbances of servers.
var disturbances = []disturbance{
	{"SIGKILL", false, func(s *storm) {
		i := rand.IntN(len(s.processes))
		s.end(i, os.Kill)
		s.start(i)
	}},
	{"SIGTERM", false, func(s *storm) {
		i := rand.IntN(len(s.processes))
		s.end(i, syscall.SIGTERM)
		s.start(i)
	}},
	{"SIGSTOP", false, func(s *storm) { s.freeze(time.Duration(rand.IntN(1500)) * time.Millisecond) }},
	{"long SIGSTOP", true, func(s *storm) { s.freeze(10 * time.Second) }},
}

// ofPostgres are disturbances of a PostgreSQL server.
var ofPostgres = []disturbance{
	{"cut sessions", false, func(s *storm) {
		s.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}},
	{"crash of PostgreSQL", true, func(s *storm) {
		s.cluster.Crash()
		s.cluster.Start()
	}},
	{"ten seconds without PostgreSQL", true, func(s *storm) {
		s.cluster.Stop()
		time.Sleep(10 * time.Second)
		s.cluster.Start()
	}},
	{"locked tables", true, func(s *storm) {
		s.query(`DO $$ BEGIN
			SET LOCAL deadlock_timeout = '10s';
			LOCK TABLE runs, events, executions IN ACCESS EXCLUSIVE MODE;
			PERFORM pg_sleep(8);
		END $$`)
	}},
}

// ofDisk are disturbances of a disk of the test's own.
var ofDisk = []disturbance{
	{"full disk", true, func(s *storm) {
		name := filepath.Join(s.disk, "filler")
		f, err := os.Create(name)
		if err != nil {
			s.Fatal(err)
		}
		piece, full := make([]byte, 64<<10), false
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
			if _, err := f.Write(piece); err != nil { // what is freed is taken too
				full = true
				time.Sleep(10 * time.Millisecond)
			}
		}
		if err := os.Remove(name); err != nil {
			s.Error(err)
		}
		if _ = f.Close(); !full {
			s.Error("the disk was not full")
		}
	}},
}

// freeze stops a process for a time, as a suspended machine is, and wakes it.
func (s *storm) freeze(d time.Duration) {
	s.Helper()
	process := s.processes[rand.IntN(len(s.processes))].command.Process
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		s.Fatal(err)
	}
	time.Sleep(d)
	if err := process.Signal(syscall.SIGCONT); err != nil {
		s.Fatal(err)
	}
}

// query asks the PostgreSQL server. What an earlier disturbance makes of it is tried again.
func (s *storm) query(statement string) {
	s.Helper()
	var err error
	for range 5 {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(s.Context(), s.cluster.Address); err != nil {
			continue
		}
		_, err = conn.Exec(s.Context(), statement)
		_ = conn.Close(s.Context())
		if err == nil {
			return
		}
	}
	s.Fatal(err)
}

// counts of disturbances: how often each quick one and each slow one befalls. OPSBOOK_STORM is "300,30" for the long form.
func (s *storm) counts() (quick, slow int) {
	s.Helper()
	quick, slow = 3, 1
	if text := os.Getenv("OPSBOOK_STORM"); text != "" {
		if _, err := fmt.Sscanf(text, "%d,%d", &quick, &slow); err != nil {
			s.Fatalf("OPSBOOK_STORM is %q, not two counts such as 300,30", text)
		}
	}
	return quick, slow
}

// rage lets everything of a list befall, in random order, while buttons are pressed and notes are written. It returns the
// notes that were acknowledged.
func (s *storm) rage(all []disturbance) map[string]bool {
	s.Helper()
	quick, slow := s.counts()
	var order []disturbance
	for _, d := range all {
		n := quick
		if d.slow {
			n = slow
		}
		for range n {
			order = append(order, d)
		}
	}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	end := s.pressing()
	ctx, stop := context.WithCancel(s.Context())
	var writers sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	for w := range 3 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				text := fmt.Sprintf("note %d of writer %d.", n, w)
				if status, _, err := note(ctx, s.address(), fmt.Sprintf("book/p%d", w), text); err == nil && status == http.StatusOK {
					mu.Lock()
					acknowledged[text] = true
					mu.Unlock()
				}
				select {
				case <-time.After(time.Duration(rand.IntN(100)) * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	for _, d := range order {
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // the random point
		s.Logf("%s: %s", time.Now().Format("15:04:05.000"), d.name)
		d.befall(s)
	}
	end()
	stop()
	writers.Wait()
	return acknowledged
}

// TestStormOfReplicas disturbs three replicas behind a balancer, and their PostgreSQL server: what was acknowledged is kept,
// no change is made twice or without a record, and nothing stays running.
func TestStormOfReplicas(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	k, world := newKilling(t, 3, "OPSBOOK_DATABASE="+cluster.Address)
	s := &storm{killing: k, cluster: cluster}
	open := func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, cluster.Address) }
	k.keepEnds(open)
	for i := range k.processes {
		k.start(i)
	}
	k.front = newBalancer(k).URL
	notes := s.rage(append(ofPostgres, disturbances...))
	db := storetest.Opened(t, open)
	k.settled(db)
	for i := range k.processes {
		k.end(i, os.Interrupt)
	}
	k.check(db, world)
	missing(t, db, notes)
}

// TestStormOfOneServer disturbs a server on SQLite.
func TestStormOfOneServer(t *testing.T) {
	t.Parallel()
	k, world := newKilling(t, 1)
	(&storm{killing: k}).ofOne(world, disturbances)
}

// TestStormOfAFullDisk lets the disk of a server on SQLite be full.
func TestStormOfAFullDisk(t *testing.T) {
	t.Parallel()
	disk := testenv.Tmpfs(t, 256<<20)
	k, world := newKilling(t, 1)
	k.data = func(int) string { return filepath.Join(disk, "data") }
	(&storm{killing: k, disk: disk}).ofOne(world, append(ofDisk, disturbances[:1]...))
}

// ofOne disturbs one server on SQLite, and checks what it has kept.
func (s *storm) ofOne(world *answers, all []disturbance) {
	s.Helper()
	open := func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, s.data(0)) }
	s.keepEnds(open)
	s.start(0)
	notes := s.rage(all)
	s.waitForTheServer()
	s.end(0, os.Interrupt)
	db := storetest.Opened(s.T, open)
	s.settled(db)
	s.check(db, world)
	missing(s.T, db, notes)
}
