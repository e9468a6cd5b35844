package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/store"
)

// eventually asks until something holds, as long as patience lasts. It is for what the server tells nobody of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	often := time.NewTicker(10 * time.Millisecond)
	defer often.Stop()
	for began := time.Now(); !holds(); <-often.C {
		if time.Since(began) > patience {
			t.Fatalf("it did not come to be that %s", what)
		}
	}
}

// account is a simulated account as a replica has it: kept in a database.
type account struct {
	*sandbox.Sandbox
	command procedures.Command
}

func replica(t *testing.T, keeper sandbox.Keeper) *account {
	t.Helper()
	s := sandbox.New(sandbox.Options{Keeper: keeper})
	if notice, err := s.Load(t.Context()); err != nil || notice != "" {
		t.Fatalf("load: %q, %v", notice, err)
	}
	command, _ := newEngine(procedures.Environment{Name: "sandbox", Account: "sandbox"}, s, nil, commands.ProgramEffects{}).command("aws")
	return &account{s, command}
}

// aws executes one line and returns what it printed.
func (a *account) aws(ctx context.Context, t *testing.T, line string) string {
	t.Helper()
	var out, problem bytes.Buffer
	status := a.command.Run(ctx, &procedures.Invocation{
		Args: append([]string{"aws"}, strings.Fields(line)...), Stdin: strings.NewReader(""), Stdout: &out,
		Stderr: &problem, Env: os.LookupEnv, Files: workingFolder{}, Now: time.Now,
	})
	if status != 0 {
		t.Errorf("aws %s: status %d: %s", line, status, problem.String())
	}
	return out.String()
}

// TestReplicasShareTheSandbox has two replicas make backups at the same time: none is lost, and each sees all.
func TestReplicasShareTheSandbox(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	replicas := []*account{replica(t, db), replica(t, db)}
	const each = 15
	var all sync.WaitGroup
	for i, a := range replicas {
		for n := range each {
			all.Go(func() {
				a.aws(t.Context(), t,
					fmt.Sprintf("dynamodb create-backup --table-name network-visualizer-topology --backup-name of-%d-%d", i, n))
			})
		}
	}
	all.Wait()
	for i, a := range replicas {
		names := strings.Fields(a.aws(t.Context(), t,
			"dynamodb list-backups --query BackupSummaries[?starts_with(BackupName,`of-`)].BackupName --output text"))
		seen := map[string]bool{}
		for _, n := range names {
			seen[n] = true
		}
		if len(seen) != len(replicas)*each || len(names) != len(seen) {
			t.Errorf("replica %d sees %d backups, %d of them different; %d were made", i, len(names), len(seen), len(replicas)*each)
		}
	}
}

// restartable begins servers over one data folder, one after the other.
func restartable(t *testing.T, data string, logger *slog.Logger) *portal {
	t.Helper()
	o := &options{Data: data}
	p, err := newPortal(t.Context(), o, terminal{strings.NewReader(""), io.Discard, io.Discard, func(string) string {
		return ""
	}}, logger, reach{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask requests a page of a server that does not listen.
func ask(t *testing.T, p *portal, method, target, form string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code >= 400 {
		t.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
	return w.Body.String()
}

// switches counts the faults that a page shows as on.
func switches(page string) int { return strings.Count(page, `aria-checked="true"`) }

func TestSandboxSurvivesARestartOfTheServer(t *testing.T) {
	data, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	p := restartable(t, data, quiet)
	ask(t, p, http.MethodPost, "/faults", "name=alarm&on=true")
	ask(t, p, http.MethodPost, "/faults", "name=old-keys&on=true")
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	p = restartable(t, data, quiet)
	if n := switches(ask(t, p, http.MethodGet, "/", "")); n != 2 {
		t.Errorf("%d faults are on after a restart, two were before", n)
	}
	ask(t, p, http.MethodPost, "/faults/reset", "")
	if n := switches(ask(t, p, http.MethodGet, "/", "")); n != 0 {
		t.Errorf("%d faults are on after a reset", n)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

// TestSandboxOfAnotherVersion begins a server over a world that it cannot read, and over a run.
func TestSandboxOfAnotherVersion(t *testing.T) {
	data := t.TempDir()
	if status, _, stderr := cli(t, "run", "log-review", "--record", "--data", data); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	db, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := db.KeepWorld(t.Context(), 0, []byte(`{"version":99}`)); err != nil || !kept {
		t.Fatalf("kept %t, %v", kept, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p := restartable(t, data, slog.New(slog.NewTextHandler(&log, nil)))
	for _, want := range []string{"the sandbox begins anew", "of version 99", "everything else is as it was"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, log.String())
		}
	}
	if page := ask(t, p, http.MethodGet, "/", ""); switches(page) != 0 || !strings.Contains(page, "Sandbox faults") {
		t.Error("the home page does not show a healthy sandbox")
	}
	if all, err := p.db.Runs(t.Context(), "sandbox", 10); err != nil || len(all) != 1 {
		t.Errorf("the run is gone: %v, %v", all, err)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}
