package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// newReplicas makes n real processes of one PostgreSQL database, which are not started yet.
func newReplicas(t *testing.T, n int) (*killing, *answers, *store.DB) {
	t.Helper()
	address := storetest.Migrated(t)
	k, world := newKilling(t, n, "OPSBOOK_DATABASE="+address)
	t.Cleanup(func() {
		for i, p := range k.processes {
			if p != nil {
				k.end(i, os.Kill)
			}
		}
	})
	open := func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }
	k.keepEnds(open)
	return k, world, storetest.Opened(t, open)
}

// reader has a page of a server open.
type reader struct {
	t     *testing.T
	lines chan string // of its stream; closed when that ends
	seen  strings.Builder
}

// person opens a page as somebody, on a server of its own.
func person(t *testing.T, server, name, procedure string) *reader {
	t.Helper()
	return personOf(t, server, "prod", name, procedure)
}

// personOf opens a page of an environment.
func personOf(t *testing.T, server, environment, name, procedure string) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	send := func(method, target string, form url.Values) *http.Response {
		request, err := http.NewRequestWithContext(ctx, method, server+target, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", target, response.Status)
		}
		return response
	}
	if name != "" {
		_ = send(http.MethodPost, "/preferences", url.Values{"name": {name}, "back": {"/healthz"}}).Body.Close()
	}
	address := "/stream?environment=" + environment + "&procedure=" + url.QueryEscape(procedure)
	response := send(http.MethodGet, address, nil)
	r := &reader{t: t, lines: make(chan string, 10_000)}
	go func() {
		defer response.Body.Close()
		defer close(r.lines)
		for in := bufio.NewScanner(response.Body); in.Scan(); {
			select {
			case r.lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return r
}

// until reads on until a line is as asked for.
func (r *reader) until(what string, is func(line string) bool) {
	r.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				r.t.Fatalf("the stream ended before it told of %s:\n%s", what, r.seen.String())
			}
			r.seen.WriteString(line + "\n")
			if is(line) {
				return
			}
		case <-late:
			r.t.Fatalf("the stream does not tell of %s:\n%s", what, r.seen.String())
		}
	}
}

// holds is a line that contains all of some texts.
func holds(parts ...string) func(string) bool {
	return func(line string) bool {
		for _, p := range parts {
			if !strings.Contains(line, p) {
				return false
			}
		}
		return true
	}
}

// ended reads the rest of a stream.
func (r *reader) ended() string {
	r.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				return r.seen.String()
			}
			r.seen.WriteString(line + "\n")
		case <-late:
			r.t.Fatal("the stream does not end")
		}
	}
}

// TestHundredPressesOverThreeProcesses presses one button of three real processes at once.
func TestHundredPressesOverThreeProcesses(t *testing.T) {
	t.Parallel()
	k, world, db := newReplicas(t, 3)
	world.gate = make(chan struct{})
	var readers []*reader
	for i := range k.processes {
		k.start(i)
		readers = append(readers, person(t, k.processes[i].address, "", "book/p0"))
	}
	var presses sync.WaitGroup
	for i := range 100 {
		presses.Go(func() {
			form := url.Values{"procedure": {"book/p0"}, "environment": {"prod"}, "step": {"read"}, "key": {fmt.Sprintf("press-%d", i)}}
			if body, ok := k.askOf(t.Context(), k.processes[i%3].address, form); !ok {
				t.Errorf("press %d was answered with %s", i, body)
			}
		})
	}
	presses.Wait()
	close(world.gate)
	last := fmt.Sprintf("line %d", lines)
	for _, r := range readers {
		r.until("the last line", holds(last))
		// The timeline may say it before the last lines, where all comes at once.
		if end := holds("P0: Read by oncall"); !slices.ContainsFunc(strings.Split(r.seen.String(), "\n"), end) {
			r.until("the end", end)
		}
	}
	k.settled(db)
	all, err := db.Runs(t.Context(), "prod", 10)
	if err != nil || len(all) != 1 {
		t.Fatalf("there are %d runs, %v", len(all), err)
	}
	executions, err := db.Executions(t.Context(), nil, all[0].ID)
	if err != nil || len(executions) != 1 || executions[0].Verdict.Exit() != 0 {
		t.Errorf("a hundred presses began %d executions: %+v, %v", len(executions), executions, err)
	}
	if got := world.asked(); got != lines {
		t.Errorf("%d calls were made, not %d", got, lines)
	}
	for i := range k.processes {
		if _, page := get(t, k.processes[i].address+"/procedures/book/p0?environment=prod"); strings.Count(page, last) != 1 {
			t.Errorf("the page of replica %d does not show the last line once", i)
		}
	}
}

// TestReplicaThatEndsPutsItsReadingsBack has one process alone when it is told to end in the middle of calls that take forever.
func TestReplicaThatEndsPutsItsReadingsBack(t *testing.T) {
	t.Parallel()
	k, world, db := newReplicas(t, 3)
	world.gate = make(chan struct{})
	k.start(0)
	r := person(t, k.processes[0].address, "", "book/p0")
	for i := range 3 {
		form := url.Values{"procedure": {fmt.Sprintf("book/p%d", i)}, "environment": {"prod"}, "step": {"read"}, "key": {fmt.Sprint(i)}}
		if body, ok := k.askOf(t.Context(), k.processes[0].address, form); !ok {
			t.Fatalf("a press was answered with %s", body)
		}
	}
	r.until("the first line", holds("line 1"))
	k.start(1)
	k.start(2)
	k.terminate(0)
	if rest := r.ended(); !strings.Contains(rest, "event: goodbye\n") || !strings.Contains(rest, "retry: ") {
		t.Errorf("the stream ended without a hint:\n%s", rest)
	}
	executions, err := db.ExecutionsIn(t.Context(), nil, procedures.ExecutionFinished)
	if err != nil || len(executions) > 0 {
		t.Errorf("%d readings have ended without their answers, %v", len(executions), err)
	}
	close(world.gate)
	k.settled(db)
	if executions, err = db.ExecutionsIn(t.Context(), nil, procedures.ExecutionFinished); err != nil || len(executions) != 3 {
		t.Fatalf("%d readings have ended, %v", len(executions), err)
	}
	for _, e := range executions {
		if e.Verdict.Exit() != 0 || e.Replica == "" {
			t.Errorf("the reading %s came to %s", e.ID, e.Verdict)
		}
	}
}

// TestReplicasEndInTurnUnderLoad ends one process after the other, as an upgrade does, while buttons are pressed.
func TestReplicasEndInTurnUnderLoad(t *testing.T) {
	t.Parallel()
	k, world, db := newReplicas(t, 3)
	for i := range k.processes {
		k.start(i)
	}
	end := k.pressing()
	for i := range k.processes {
		r := person(t, k.processes[i].address, "", fmt.Sprintf("book/p%d", i))
		r.until("a step that began", holds("started"))
		k.terminate(i)
		if rest := r.ended(); !strings.HasSuffix(strings.TrimSpace(rest), "retry: 250") {
			t.Errorf("the stream ended without a hint:\n%s", rest)
		}
		k.start(i)
	}
	end()
	k.settled(db)
	k.check(db, world)
	all, err := db.ExecutionsIn(t.Context(), nil, procedures.ExecutionFinished)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Verdict == procedures.Unknown {
			t.Errorf("the change %s was cut off by a process that was asked to end", e.ID)
		}
	}
}

// terminate asks the i-th process to end: it ends well.
func (k *killing) terminate(i int) {
	k.Helper()
	p := k.processes[i]
	k.end(i, syscall.SIGTERM)
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		k.Errorf("a server that was told to end ended with %d:\n%s", code, p.said)
	}
}

// TestWhoIsHereOverReplicas has people on three real processes.
func TestWhoIsHereOverReplicas(t *testing.T) {
	t.Parallel()
	k, _, _ := newReplicas(t, 3)
	for i := range k.processes {
		k.start(i)
	}
	ada := person(t, k.processes[0].address, "Ada Lovelace", "book/p0")
	grace := person(t, k.processes[1].address, "Grace Hopper", "book/p0")
	edsger := person(t, k.processes[2].address, "Edsger Dijkstra", "book/p0")
	all := holds("#here", "Ada Lovelace", "Grace Hopper", "Edsger Dijkstra")
	for _, r := range []*reader{ada, grace, edsger} {
		r.until("who is here", all)
	}
	for i := range k.processes { // and so says the page when it is opened
		if _, page := get(t, k.processes[i].address+"/procedures/book/p0?environment=prod"); !all(`"#here` + page) {
			t.Errorf("the page of replica %d does not show everybody", i)
		}
	}
	without := func(gone string, parts ...string) func(string) bool {
		return func(line string) bool { return holds(parts...)(line) && !strings.Contains(line, gone) }
	}
	k.end(0, os.Kill)
	for _, r := range []*reader{grace, edsger} {
		r.until("somebody whose server was killed", without("Ada", "#here", "Grace Hopper", "Edsger Dijkstra"))
	}
	k.terminate(1)
	edsger.until("somebody whose server ended", without("Grace", "#here", "Edsger Dijkstra"))
}

// TestRecordedRunsAreShownByReplicas records a run by the command line beside a server, whose first page shows it although it holds
// the newest runs in memory for a minute.
func TestRecordedRunsAreShownByReplicas(t *testing.T) {
	t.Parallel()
	k, _, _ := newReplicas(t, 1)
	k.start(0)
	page := k.processes[0].address + "/?environment=prod"
	if _, shown := get(t, page); strings.Contains(shown, "the command line") {
		t.Fatal("the first page shows a run before there is one")
	}
	command := exec.CommandContext(t.Context(), k.binary, "run", "--record", "--data", t.TempDir(), "book/p0#read")
	command.Env = k.environ
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	const soon = 20 * time.Second // far less than the minute
	for ended, shown := time.Now(), ""; !strings.Contains(shown, "by the command line"); _, shown = get(t, page) {
		if time.Since(ended) > soon {
			t.Fatalf("the first page does not show the run:\n%s", shown)
		}
	}
}
