package schedules_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs/ledger"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
)

var eight = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// database is what servers share: their schedules and runs. It is what the stores promise, in memory.
type database struct {
	ledger.Store
	claims   map[string]procedures.Claim
	planned  map[string]map[time.Time]procedures.Scheduled // by environment
	begun    map[time.Time][]string                        // all runs of a planned time
	runs     map[string]*procedures.Run
	finished map[string]time.Time
	notified []string
	failing  error
}

func newDatabase() *database {
	return &database{
		claims: map[string]procedures.Claim{}, planned: map[string]map[time.Time]procedures.Scheduled{}, begun: map[time.Time][]string{},
		runs: map[string]*procedures.Run{},
	}
}

func (db *database) Update(_ context.Context, fn func(procedures.Tx) error) error { return fn(nil) }
func (db *database) Notify(topics ...string)                                      { db.notified = append(db.notified, topics...) }

func (db *database) Head(_ context.Context, _ procedures.Tx, id string) (*procedures.Run, error) {
	if run := db.runs[id]; run != nil {
		return run, nil
	}
	return nil, procedures.Errorf(procedures.CodeNotFound, "there is no run %s", id)
}

// server is one of them, with a clock of its own.
type server struct {
	*schedules.Schedules
	*database
	now     time.Time
	offset  time.Duration // of its clock from the database's
	refused error
	library *runbook.Library
	nothing string // why there is nothing to begin
	log     strings.Builder
}

func (s *server) Claims(_ context.Context, environment string, names []string) (map[string]procedures.Claim, error) {
	out := map[string]procedures.Claim{}
	for _, name := range names {
		if c, ok := s.claims[name+environment]; ok {
			out[name] = c
		}
	}
	return out, s.failing
}

func (s *server) Claim(_ context.Context, _ procedures.Tx, procedure, environment, spec string, before, now time.Time) (bool, error) {
	if s.claims[procedure+environment].Until != before {
		return false, nil
	}
	s.claims[procedure+environment] = procedures.Claim{Spec: spec, Until: now}
	return true, nil
}

func (s *server) RunOfPlanned(_ context.Context, _ procedures.Tx, _, environment string, at time.Time) (string, error) {
	return s.planned[environment][at].Run, nil
}

func (s *server) RecordPlanned(_ context.Context, _ procedures.Tx, p procedures.Scheduled) error {
	if p.Run != "" {
		s.begun[p.At] = append(s.begun[p.At], p.Run)
	}
	if s.planned[p.Environment] == nil {
		s.planned[p.Environment] = map[time.Time]procedures.Scheduled{}
	}
	if was, ok := s.planned[p.Environment][p.At]; !ok || was.Run == "" && p.Run != "" {
		s.planned[p.Environment][p.At] = p
	}
	return nil
}

func (s *server) ClockSkew(context.Context) (time.Duration, error) { return s.offset, nil }

func (s *server) LastBegun(_ context.Context, _, environment string) (run string, _ error) {
	newest := time.Time{}
	for at, p := range s.planned[environment] {
		if p.Run != "" && at.After(newest) {
			newest, run = at, p.Run
		}
	}
	return run, nil
}

func (s *server) LastPlanned(_ context.Context, environment string, _ [][]string) (map[string]procedures.Scheduled, error) {
	var newest *procedures.Scheduled
	for at, p := range s.planned[environment] {
		if newest == nil || at.After(newest.At) {
			newest = &p
		}
	}
	if newest == nil {
		return nil, nil
	}
	return map[string]procedures.Scheduled{newest.Procedure: *newest}, nil
}

func (s *server) LastFinished(context.Context, string, [][]string) (map[string]time.Time, error) {
	return s.finished, nil
}

// serve is a server of a runbook, whose clock is off that of the database.
func serve(db *database, offset time.Duration, markdown string) *server {
	s := &server{database: db, now: eight.Add(offset), offset: offset}
	library := runbook.OpenText("book.md", markdown, runbook.Options{Analyser: &analyse.Analyser{
		Command: func(string) (procedures.Command, bool) { return nil, false },
	}})
	s.library = library
	l := ledger.New(ledger.Options{
		Store: db, Library: func() *runbook.Library { return library }, Now: func() time.Time { return s.now },
		Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	s.Schedules = schedules.New(schedules.Options{
		Ledger: l, Store: s, Environment: "test", Named: func(_ context.Context, _ string, ids []string) ([][]string, error) {
			out := make([][]string, len(ids))
			for i, id := range ids {
				out[i] = library.Names(id)
			}
			return out, nil
		}, Known: func(name string) bool { return name == "test" || name == "prod" },
		Prepare: func(_ context.Context, procedure, environment string) (schedules.Begin, error) {
			if s.refused != nil {
				return nil, s.refused
			}
			return func(context.Context, procedures.Tx) (string, string, error) {
				if s.nothing != "" {
					return "", s.nothing, nil
				}
				id := fmt.Sprintf("run-%d", len(db.runs))
				db.runs[id] = &procedures.Run{
					ID: id, Procedure: procedure, Environment: environment, State: procedures.RunFinished, FinishedAt: s.now,
				}
				return id, "", nil
			}, nil
		},
	})
	return s
}

const hourly = "---\nschedule: 0 * * * * UTC\n---\n# Book\n\n## One\n\n```bash\n# Read\necho 1\n```\n"

// look checks at a time, and fails where that fails.
func (s *server) look(t *testing.T, after time.Duration) {
	t.Helper()
	s.now = eight.Add(after)
	if err := s.BeginDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestAClockThatJumps lets a server's clock go, jump ahead and back, for some days. Of the database's clock it knows nothing. Each
// planned time has one run, or a reason why it has none.
func TestAClockThatJumps(t *testing.T) {
	for seed := range uint64(20) {
		db := newDatabase()
		s, random := serve(db, 0, hourly), rand.New(rand.NewPCG(seed, 1))
		offset := time.Duration(0)
		const lasts = 48 * time.Hour
		for at := time.Duration(0); at < lasts; at += time.Duration(5+random.IntN(26)) * time.Second {
			if random.IntN(400) == 0 {
				offset = []time.Duration{0, 0, 30 * time.Second, -30 * time.Second, 10 * time.Minute, -10 * time.Minute,
					3 * time.Hour, -3 * time.Hour, 26 * time.Hour}[random.IntN(9)]
			}
			s.look(t, at+offset)
		}
		s.look(t, lasts)
		s.look(t, lasts+2*time.Minute)
		for at := eight.Add(time.Hour); at.Before(eight.Add(lasts)); at = at.Add(time.Hour) {
			p, known := db.planned["test"][at]
			switch {
			case !known:
				t.Errorf("seed %d: nothing is said of %s", seed, at)
			case p.Run == "" && p.Reason == "":
				t.Errorf("seed %d: %s has no run and no reason", seed, at)
			}
		}
		for at, runs := range db.begun {
			if len(runs) > 1 {
				t.Errorf("seed %d: %s was begun %d times", seed, at, len(runs))
			}
		}
	}
}

// TestServersWhoseClocksDiffer has five servers whose clocks are up to ten minutes apart: those that are off begin nothing and say so,
// the others begin each time once, and within a minute.
func TestServersWhoseClocksDiffer(t *testing.T) {
	db := newDatabase()
	var servers []*server
	for _, offset := range []time.Duration{10 * time.Minute, 50 * time.Second, 0, -50 * time.Second, -10 * time.Minute} {
		servers = append(servers, serve(db, offset, hourly))
	}
	for at := time.Duration(0); at <= 12*time.Hour; at += 5 * time.Second {
		for _, s := range servers {
			s.now = eight.Add(at + s.offset)
			err := s.BeginDue(t.Context())
			if off := s.offset.Abs() > time.Minute; (err != nil) != off {
				t.Fatalf("a clock that is %s off: %v", s.offset, err)
			} else if off && !strings.Contains(err.Error(), "Set its clock (NTP)") {
				t.Fatalf("it says %v", err)
			}
		}
		for planned, runs := range db.begun {
			if len(runs) > 1 {
				t.Fatalf("%s was begun %d times", planned, len(runs))
			}
			if early := planned.Sub(eight.Add(at)); early > time.Minute {
				t.Fatalf("%s was begun %s before its time", planned, early)
			}
		}
	}
	for hour := 1; hour <= 12; hour++ {
		if n := len(db.begun[eight.Add(time.Duration(hour)*time.Hour)]); n != 1 {
			t.Errorf("hour %d was begun %d times", hour, n)
		}
	}
	if got := servers[0].BeginDue(t.Context()); !strings.Contains(got.Error(), "10m0s ahead of that") {
		t.Errorf("it says %v", got)
	}
	if got := servers[4].BeginDue(t.Context()); !strings.Contains(got.Error(), "10m0s behind that") {
		t.Errorf("it says %v", got)
	}
}

// TestLatenessIsTwoMinutes begins what is late by that much, and says of what is later that it was missed.
func TestLatenessIsTwoMinutes(t *testing.T) {
	for late, begins := range map[time.Duration]bool{0: true, 2 * time.Minute: true, 2*time.Minute + time.Second: false} {
		s := serve(newDatabase(), 0, hourly)
		s.look(t, 0)
		s.look(t, 3*time.Hour+late)
		for hour := 1; hour <= 3; hour++ {
			p := s.planned["test"][eight.Add(time.Duration(hour)*time.Hour)]
			if want := hour == 3 && begins; (p.Run != "") != want || !want && p.Reason != "no server ran at that time" {
				t.Errorf("%s late, hour %d: %+v", late, hour, p)
			}
		}
		if want := begins; slices.Contains(s.notified, "run-0") != want || !slices.Contains(s.notified, ledger.Topic("test", "")) {
			t.Errorf("told %q", s.notified)
		}
	}
}

const stillGoing = "the run of the time before is still going on"

// TestOverlap has a run that goes on at the next times.
func TestOverlap(t *testing.T) {
	for overlap, want := range map[string][]string{
		"":                 {"run-0", stillGoing, stillGoing, "run-1"},
		"overlap: allow\n": {"run-0", "run-1", "run-2", "run-3"},
		"overlap: queue\n": {"run-0", "the run before it was still going on; the next one stands for both", "run-1", "run-2"},
	} {
		s := serve(newDatabase(), 0, strings.Replace(hourly, "---\n", "---\n"+overlap, 1))
		s.look(t, 0)
		s.look(t, time.Hour)
		s.runs["run-0"].State = procedures.RunScheduled
		s.look(t, 2*time.Hour)
		s.look(t, 3*time.Hour+time.Minute)
		s.runs["run-0"].State, s.runs["run-0"].FinishedAt = procedures.RunFinished, eight.Add(3*time.Hour+30*time.Minute)
		s.look(t, 3*time.Hour+30*time.Minute)
		s.look(t, 4*time.Hour)
		for i, want := range want {
			p := s.planned["test"][eight.Add(time.Duration(i+1)*time.Hour)]
			if p.Run+p.Reason != want {
				t.Errorf("%q, hour %d: %+v, want %s", overlap, i+1, p, want)
			}
		}
		delete(s.runs, "run-0") // a run that is gone is in nobody's way
		s.look(t, 5*time.Hour)
	}
}

// TestWhyThereIsNoRun is kept with the planned time, in each environment of the procedure that there is.
func TestWhyThereIsNoRun(t *testing.T) {
	for name, set := range map[string]func(*server){
		"may not":           func(s *server) { s.refused = errors.New("may not") },
		"nothing is to do":  func(s *server) { s.nothing = "nothing is to do" },
		"run-0 and run-1":   func(*server) {},
		"environment is no": nil,
	} {
		header := "---\nenvironments: [prod, test, gone]\n"
		if set == nil {
			header = "---\nenvironments: [gone]\n"
		}
		s := serve(newDatabase(), 0, strings.Replace(hourly, "---\n", header, 1))
		if set != nil {
			set(s)
		}
		s.look(t, 0)
		s.look(t, time.Hour)
		at := eight.Add(time.Hour)
		if n := len(s.planned); set == nil && n != 0 || set != nil && n != 2 {
			t.Errorf("%s: %d environments", name, n)
		}
		if prod := s.planned["prod"][at]; set != nil && !strings.Contains(name, prod.Run+prod.Reason) {
			t.Errorf("%s: %+v", name, prod)
		}
	}
}

// TestOneScheduleThatFailsKeepsNoOther, and an idle one is claimed once a minute, not each time.
func TestOneScheduleThatFailsKeepsNoOther(t *testing.T) {
	s := serve(newDatabase(), 0, hourly)
	s.look(t, 0)
	s.look(t, 59*time.Second)
	if until := s.claims[s.procedure()+"test"].Until; !until.Equal(eight) {
		t.Errorf("claimed until %s", until)
	}
	s.look(t, time.Minute)
	if until := s.claims[s.procedure()+"test"].Until; !until.Equal(eight.Add(time.Minute)) {
		t.Errorf("claimed until %s", until)
	}
	s.failing = errors.New("the disk is full")
	if err := s.BeginDue(t.Context()); !errors.Is(err, s.failing) || !strings.Contains(err.Error(), "in test") {
		t.Errorf("it says %v", err)
	}
}

// procedure is the id of the one procedure.
func (s *server) procedure() string {
	for key := range s.claims {
		return strings.TrimSuffix(key, "test")
	}
	return ""
}
