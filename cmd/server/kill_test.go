package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// killsOf is how often servers are killed: OPSBOOK_KILLS, else a few times.
func killsOf(t *testing.T) int {
	text := os.Getenv("OPSBOOK_KILLS")
	if text == "" {
		return 12
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// answers is an AWS account that takes a moment for each call and counts the changes that were made, by their mark. A table
// takes a longer moment until it has its new capacity.
type answers struct {
	mu     sync.Mutex
	made   map[string]int
	tables map[string]*table // by their names, with the quotes
	reads  int

	gate chan struct{}     // what only reads waits until it is closed; nil for none
	put  func(mark string) // called after a change by its mark, before it is answered; nil for nothing
}

type table struct {
	units string
	ready time.Time
}

var (
	markOf  = regexp.MustCompile(`"mark-[0-9]+"`)
	tableOf = regexp.MustCompile(`"TableName":\s*("[^"]+")`)
	unitsOf = regexp.MustCompile(`"ReadCapacityUnits":\s*([0-9]+)`)
)

// describe is a table as DynamoDB describes it, after its capacity was set to units, if those are given. a.mu is held.
func (a *answers) describe(body []byte) string {
	name := string(tableOf.FindSubmatch(body)[1])
	if a.tables[name] == nil {
		a.tables[name] = &table{units: "1"}
	}
	t := a.tables[name]
	if units := unitsOf.FindSubmatch(body); units != nil {
		t.units, t.ready = string(units[1]), time.Now().Add(time.Duration(rand.IntN(300))*time.Millisecond)
		a.made[t.units]++
	}
	status := "ACTIVE"
	if time.Now().Before(t.ready) {
		status = "UPDATING"
	}
	return fmt.Sprintf(`{"TableName":%s,"TableStatus":%q,"ProvisionedThroughput":{`+
		`"ReadCapacityUnits":%s,"WriteCapacityUnits":5,"NumberOfDecreasesToday":0}}`,
		name, status, t.units)
}

// read counts a reading that may go on; false where nobody waits for it any more.
func (a *answers) read(ctx context.Context) bool {
	if a.gate != nil {
		select {
		case <-a.gate:
		case <-ctx.Done():
			return false
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reads++
	return true
}

// asked is how many readings were answered.
func (a *answers) asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reads
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasSuffix(target, ".PutItem"):
		a.mu.Lock()
		a.made[string(markOf.Find(body))]++
		a.mu.Unlock()
		if a.put != nil {
			a.put(strings.Trim(string(markOf.Find(body)), `"`))
		}
		fallthrough
	case target != "" && !strings.HasSuffix(target, "Table"):
		if strings.HasSuffix(target, ".GetItem") && !a.read(r.Context()) {
			return
		}
		select {
		case <-time.After(time.Duration(rand.IntN(30)) * time.Millisecond): // so that a kill meets calls that are under way
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		fmt.Fprint(w, "{}")
	case strings.HasSuffix(target, ".UpdateTable"), strings.HasSuffix(target, ".DescribeTable"):
		a.mu.Lock()
		defer a.mu.Unlock()
		member := map[bool]string{true: "Table", false: "TableDescription"}[strings.HasSuffix(target, ".DescribeTable")]
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		fmt.Fprintf(w, `{%q:%s}`, member, a.describe(body))
	default:
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w,
			`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`+
				`<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>X</UserId><Account>123456789012</Account>`+
				`</GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}
}

// killing is a server of one or several real processes that are killed.
type killing struct {
	*testing.T
	binary, dir string
	environ     []string
	data        func(i int) string // folder of the i-th process

	processes []*process
	front     string // address of what stands before them; "" for the processes themselves
	mu        sync.Mutex
	acked     []ack
}

// ack is a press that was answered.
type ack struct {
	procedure, step string
	execution       string // of a change: what was confirmed
	from, to        time.Time
}

type process struct {
	command *exec.Cmd
	said    *bytes.Buffer
	address string
}

const lines = 12

func newKilling(t *testing.T, n int, environ ...string) (*killing, *answers) {
	t.Helper()
	world := &answers{made: map[string]int{}, tables: map[string]*table{}}
	aws := httptest.NewServer(world)
	t.Cleanup(aws.Close)
	dir := t.TempDir()
	var book strings.Builder
	book.WriteString("# Book\n")
	for i := range 3 {
		fmt.Fprintf(&book,
			"\n## P%d\n\n```bash\n# Read\nfor i in $(seq %d); do echo \"line $i\"; aws dynamodb get-item "+
				"--table-name t --key '{\"id\":{\"S\":\"x\"}}'; done\n\n# Change\naws dynamodb put-item --table-name "+
				"t%d --item \"{\\\"id\\\":{\\\"S\\\":\\\"$MARK\\\"}}\"\n\n# Scale\naws dynamodb update-table "+
				"--table-name t%d --provisioned-throughput \"ReadCapacityUnits=$UNITS,WriteCapacityUnits=5\"\n```\n", i, lines, i, i)
	}
	files := map[string]string{
		"books/book.md": book.String(),
		"opsbook.yaml":  "environments:\n  prod:\n    account: \"123456789012\"\n    region: eu-central-1\n    endpoint: " + aws.URL + "\n",
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k := &killing{T: t, dir: dir, binary: filepath.Join(dir, "opsbook"), processes: make([]*process, n)}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", k.binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	k.environ = append([]string{
		"HOME=" + dir, "PATH=/usr/bin:/bin", "TMPDIR=" + dir, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y",
		"OPSBOOK_SECRET=a secret of many letters",
		"OPSBOOK_RUNBOOKS=" + filepath.Join(dir, "books"), "OPSBOOK_CONFIG=" + filepath.Join(dir, "opsbook.yaml"),
		"OPSBOOK_ENVIRONMENT=prod", "OPSBOOK_ADDR=127.0.0.1:0", "OPSBOOK_DRAIN=0s",
	}, environ...)
	k.data = func(i int) string { return filepath.Join(dir, "data"+strconv.Itoa(i)) }
	return k, world
}

// start starts the i-th process and waits until it serves.
func (k *killing) start(i int) {
	k.Helper()
	p := &process{command: exec.CommandContext(k.Context(), k.binary, "serve", "--data", k.data(i)), said: &bytes.Buffer{}}
	p.command.Env, p.command.Stderr = k.environ, p.said
	out, err := p.command.StdoutPipe()
	if err != nil {
		k.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		k.Fatal(err)
	}
	reader := bufio.NewReader(out)
	first, err := reader.ReadString('\n')
	if err != nil {
		_ = p.command.Wait()
		k.Fatalf("a server did not start: %v\n%s", err, p.said)
	}
	p.address = strings.TrimSpace(strings.TrimPrefix(first, "Opsbook is at "))
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.processes[i] = p
}

// end ends the i-th process with a signal and waits for it.
func (k *killing) end(i int, signal os.Signal) {
	k.Helper()
	k.mu.Lock()
	p := k.processes[i]
	k.processes[i] = nil
	k.mu.Unlock()
	if err := p.command.Process.Signal(signal); err != nil {
		k.Fatal(err)
	}
	_ = p.command.Wait()
	if strings.Contains(p.said.String(), "panic") {
		k.Errorf("a server panicked:\n%s", p.said)
	}
}

// address is that of some process, empty when there is none at the moment.
func (k *killing) address() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.front != "" {
		return k.front
	}
	for _, i := range rand.Perm(len(k.processes)) {
		if k.processes[i] != nil {
			return k.processes[i].address
		}
	}
	return ""
}

var confirmField = regexp.MustCompile(`name="confirmed" value="([a-z0-9]+)"`)

// ask sends a press and returns the answer; false where there was none.
func (k *killing) ask(ctx context.Context, form url.Values) (string, bool) {
	return k.askOf(ctx, k.address(), form)
}

// askOf sends a press to one of the processes.
func (k *killing) askOf(ctx context.Context, address string, form url.Values) (string, bool) {
	form.Set("as", "oncall") // the name that is asked for once
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/press", strings.NewReader(form.Encode()))
	if err != nil {
		return "", false // there is no process
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("HX-Request", "true")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err == nil && response.StatusCode == http.StatusOK
}

// press presses buttons of one procedure until ctx ends, and keeps which presses were answered.
func (k *killing) press(ctx context.Context, i int, token func() string) {
	procedure := "book/p" + strconv.Itoa(i)
	for ctx.Err() == nil {
		a := ack{procedure: procedure, step: "read", from: time.Now()}
		form := url.Values{"procedure": {procedure}, "environment": {"prod"}, "step": {"read"}, "key": {token()}}
		switch rand.IntN(3) {
		case 0:
			a.step = "change"
			form.Set("p.MARK", token())
		case 1:
			a.step = "scale"
			form.Set("p.UNITS", strings.TrimPrefix(token(), "mark-"))
		}
		form.Set("step", a.step)
		body, ok := k.ask(ctx, form)
		if found := confirmField.FindStringSubmatch(body); ok && found != nil {
			a.execution = found[1]
			_, ok = k.ask(ctx, url.Values{"procedure": {procedure}, "environment": {"prod"}, "step": {a.step}, "confirmed": {a.execution}})
		}
		if a.to = time.Now(); ok && (a.step == "read" || a.execution != "") {
			k.mu.Lock()
			k.acked = append(k.acked, a)
			k.mu.Unlock()
		}
		select {
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// storm presses while processes are killed at random moments and started again.
func (k *killing) storm(kills int) {
	for i := range k.processes {
		k.start(i)
	}
	end := k.pressing()
	for range kills {
		time.Sleep(time.Duration(rand.IntN(250)) * time.Millisecond) // the random point
		i := rand.IntN(len(k.processes))
		k.end(i, os.Kill)
		k.start(i)
	}
	end()
}

// pressing presses all buttons until end is called.
func (k *killing) pressing() (end func()) {
	ctx, stop := context.WithCancel(k.Context())
	var pressing sync.WaitGroup
	var mu sync.Mutex
	n := 0
	token := func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return "mark-" + strconv.Itoa(n)
	}
	for i := range 3 {
		pressing.Go(func() { k.press(ctx, i, token) })
	}
	return func() {
		stop()
		pressing.Wait()
	}
}

// settled waits until nothing waits or runs.
func (k *killing) settled(db *store.DB) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.Context(), time.Minute)
	defer cancel()
	for {
		open := 0
		for _, state := range []procedures.ExecutionState{procedures.ExecutionWaiting, procedures.ExecutionRunning} {
			executions, err := db.ExecutionsIn(ctx, nil, state)
			if err != nil {
				k.Fatalf("still running, or not readable: %v", err)
			}
			open += len(executions)
		}
		if open == 0 {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// check reads everything that was written: nothing is lost, nothing is twice, nothing was repeated that changes.
func (k *killing) check(db *store.DB, world *answers) {
	k.Helper()
	all, err := db.Runs(k.Context(), "prod", 1000)
	if err != nil {
		k.Fatal(err)
	}
	recorded := map[string]bool{} // what was to be changed, as the world counts it
	counts := map[procedures.Verdict]int{}
	kept, ends := map[string]span{}, k.ends(db)
	seen, again := 0, 0 // changes that were waited for, and those that were by another process
	for _, run := range all {
		events, err := db.Events(k.Context(), run.ID, 0, 1<<20)
		if err != nil {
			k.Fatal(err)
		}
		asked, finished := map[string]procedures.Event{}, map[string]procedures.Event{}
		view := map[string]*journal.View{}
		applied, changed := map[string]int{}, map[string]int{}
		for i, e := range events {
			if e.Number != int64(i+1) {
				k.Errorf("run %s: event %d has the number %d", run.ID, i+1, e.Number)
			}
			switch e.Kind {
			case procedures.EventStepRequested:
				if _, twice := asked[e.Execution]; twice {
					k.Errorf("run %s: %s was asked for twice", run.ID, e.Execution)
				}
				asked[e.Execution] = e
				recorded[strconv.Quote(e.Parameters["MARK"])], recorded[e.Parameters["UNITS"]] = true, true
			case procedures.EventStepFinished:
				if _, twice := finished[e.Execution]; twice {
					k.Errorf("run %s: %s ended twice", run.ID, e.Execution)
				}
				finished[e.Execution] = e
			case procedures.EventApplied:
				seen++
				applied[e.Execution]++
			case procedures.EventChanged:
				changed[e.Execution]++
			case procedures.EventNotice:
				if strings.Contains(e.Text, "after all calls were made") {
					again++
				}
			}
			if e.Execution != "" { // a view of each execution by itself
				if view[e.Execution] == nil {
					view[e.Execution] = journal.NewView()
				}
				e.Number = 0
				view[e.Execution].Apply(e)
			}
		}
		if run.Last != int64(len(events)) {
			k.Errorf("run %s has %d events, and its head says %d", run.ID, len(events), run.Last)
		}
		executions, err := db.Executions(k.Context(), nil, run.ID)
		if err != nil {
			k.Fatal(err)
		}
		for _, e := range executions {
			if e.State == procedures.ExecutionPlanned {
				continue
			}
			a, f := asked[e.ID], finished[e.ID]
			if a.Number == 0 || f.Number == 0 || f.Judgement.Verdict != e.Verdict {
				k.Errorf("run %s: the execution %s is %s, %s; its events are %d and %d", run.ID, e.ID, e.State,
					e.Verdict, a.Number, f.Number)
				continue
			}
			counts[e.Verdict]++
			kept[e.ID] = span{run.Procedure, e.Step, a.At, ends[e.ID]}
			if n := applied[e.ID]; n > 1 || n == 1 && (e.Verdict == procedures.Unknown || changed[e.ID] == 0) || changed[e.ID] > 1 {
				k.Errorf("the execution %s is %s, had made its calls %d times and was read again %d times", e.ID,
					e.Verdict, n, changed[e.ID])
			}
			k.judge(e, a.Parameters[map[string]string{"change": "MARK", "scale": "UNITS"}[e.Step]], view[e.ID].Step(e.Step), world)
		}
	}
	for mark, n := range world.made {
		if !recorded[mark] {
			k.Errorf("the change %s was made %d times, and there is no record of it", mark, n)
		}
	}
	for _, a := range lost(k.acked, kept) {
		k.Errorf("the press of %s of %s from %s to %s was answered and is lost", a.step, a.procedure,
			a.from.Format(time.StampMilli), a.to.Format(time.StampMilli))
	}
	k.Logf("%d presses were answered; verdicts %v; %d changes were waited for, %d of them by another process",
		len(k.acked), counts, seen, again)
	if len(k.acked) == 0 || counts[procedures.Info]+counts[procedures.Passed] == 0 {
		k.Error("nothing happened")
	}
}

// judge checks one execution: a reading was done to its end, a change was made at most once, and whether it is said.
func (k *killing) judge(e *procedures.Execution, mark string, v *journal.StepView, world *answers) {
	k.Helper()
	if e.Step == "read" {
		var out, want strings.Builder
		for _, piece := range v.Output.Pieces {
			if piece.Kind == procedures.EventOutput {
				out.WriteString(piece.Text)
			}
		}
		for i := range lines {
			fmt.Fprintf(&want, "line %d\n", i+1)
		}
		if e.Verdict.Exit() != 0 || out.String() != want.String() {
			k.Errorf("the reading %s came to %s (%+v) and printed %q", e.ID, e.Verdict, v.Judgement, out.String())
		}
		return
	}
	world.mu.Lock()
	made := world.made[mark]
	if e.Step == "change" {
		made = world.made[`"`+mark+`"`]
	}
	world.mu.Unlock()
	switch {
	case made > 1:
		k.Errorf("the change %s was made %d times", e.ID, made)
	case e.Verdict == procedures.Unknown:
	case e.Verdict.Exit() != 0 || made != 1:
		k.Errorf("the change %s is %s (%+v) and was made %d times", e.ID, e.Verdict, v.Judgement, made)
	}
}

func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	k, world := newKilling(t, 1)
	open := func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, k.data(0)) }
	k.keepEnds(open)
	k.storm(killsOf(t))
	k.waitForTheServer()
	k.end(0, os.Interrupt)
	db := storetest.Opened(t, open)
	k.settled(db)
	k.check(db, world)
}

// waitForTheServer waits until nothing runs, as the pages say: the database is the server's alone.
func (k *killing) waitForTheServer() {
	k.Helper()
	for i := range 3 {
		page := "/procedures/book/p" + strconv.Itoa(i) + "?environment=prod"
		eventually(k.T, "nothing runs on "+page, func() bool {
			status, body := get(k.T, k.address()+page)
			return status == http.StatusOK && !strings.Contains(body, ">running<") && !strings.Contains(body, ">waiting<")
		})
	}
}

func TestKilledReplicasLoseNothing(t *testing.T) {
	t.Parallel()
	address := storetest.Migrated(t)
	k, world := newKilling(t, 3, "OPSBOOK_DATABASE="+address)
	open := func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }
	k.keepEnds(open)
	k.storm(killsOf(t))
	db := storetest.Opened(t, open)
	k.settled(db)
	for i := range k.processes {
		k.end(i, os.Interrupt)
	}
	k.check(db, world)
}
