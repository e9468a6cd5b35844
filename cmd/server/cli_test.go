package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/store"
)

// cli runs opsbook with arguments and returns its status and what it printed.
func cli(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	t.Chdir(t.TempDir()) // no opsbook.yaml lies about there
	status = run(t.Context(), args, terminal{strings.NewReader(""), &out, &errs, func(string) string { return "" }})
	return status, out.String(), errs.String()
}

const book = `# Book

## Look

` + "```bash" + `
# Alarms
aws cloudwatch describe-alarms --state-value ALARM --query 'MetricAlarms[].AlarmName' --output text

# Name
aws lambda get-function --function-name "<function>" --query Configuration.FunctionName --output text

# Wrong
aws cloudwatch describe-alarms --state-value ALARM,BROKEN --query 'MetricAlarms[].AlarmName' --output text

# Memory
aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 2048 --query MemorySize
` + "```" + `

- [ ] By hand
`

func TestRunCommand(t *testing.T) {
	dir := runbookFolder(t, book)
	const name = "network-visualizer-api-production"
	cases := []struct {
		name   string
		args   []string
		status int
		stdout string
		stderr string // a part of it
	}{
		{"a step", []string{"look#name", "--set", "function=" + name}, 0, name + "\n", ": Name: pass"},
		{"a value with an equals sign and a comma", []string{"look#name", "--set", "function=a=b,c"}, 2, "", "a=b,c"},
		{"a missing parameter", []string{"look#name"}, 3, "", "the parameter function has no value"},
		{"a parameter that is not there", []string{"look#name", "--set", "other=x"}, 3, "", `no parameter "other"; it has function`},
		{"a procedure that is not there", []string{"nothing"}, 3, "", "nothing"},
		{"a flag that is not there", []string{"look", "--wrong"}, 3, "", "--wrong"},
		{"a failed verdict", []string{"look#alarms", "--fault", "alarm"}, 1, "network-visualizer-high-error-rate\n", "fail"},
		{"what cannot be executed", []string{"look#alarms", "--fault", "denied"}, 2, "", "AccessDenied"},
		{"a fault that is not there", []string{"look#alarms", "--fault", "nothing"}, 3, "", "has no fault"},
		{"a mistaken line", []string{"look#wrong"}, 2, "", "not sent"},
		{"a change without a terminal", []string{"look#memory"}, 2, "", "--memory-size 2048"},
		{"a confirmed change", []string{"look#memory", "--yes"}, 0, "2048\n", "Memory"},
		{"all of it stops before the change", []string{"look", "--set", "function=" + name}, 2, name + "\n", "Stopped before Memory"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := cli(t, append([]string{"run", "--runbooks", dir}, c.args...)...)
			if status != c.status || stdout != c.stdout || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, want %d\nstdout %q, want %q\nstderr %q, want %q in it", status, c.status, stdout,
					c.stdout, stderr, c.stderr)
			}
		})
	}
}

func TestRunPrintsEvents(t *testing.T) {
	status, stdout, _ := cli(t, "run", "morning-health-check", "--format", "json")
	if status != 0 {
		t.Errorf("status %d", status)
	}
	var kinds = map[procedures.EventKind]int{}
	for i, line := range strings.Split(strings.TrimSpace(stdout), "\n") {
		var e procedures.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("line %d is no event: %v", i+1, err)
		}
		if e.Number != int64(i+1) {
			t.Errorf("event %d has number %d", i+1, e.Number)
		}
		kinds[e.Kind]++
	}
	if kinds[procedures.EventStepFinished] != 6 || kinds[procedures.EventCall] < 8 || kinds[procedures.EventRunFinished] != 1 {
		t.Errorf("events: %v", kinds)
	}
}

func TestRunIsTheSameTogetherAndOneByOne(t *testing.T) {
	_, together, _ := cli(t, "run", "morning-health-check")
	var single strings.Builder
	_, listing, _ := cli(t, "list", "--format", "json")
	var l runbook.Listing
	if err := json.Unmarshal([]byte(listing), &l); err != nil {
		t.Fatal(err)
	}
	for _, s := range l.Chapters[0].Procedures[0].Steps {
		_, out, _ := cli(t, "run", l.Chapters[0].Procedures[0].ID+"#"+s.ID)
		single.WriteString(out)
	}
	// A minute may pass between them, and the datapoints with it.
	if timeless(together) == "" || timeless(together) != timeless(single.String()) ||
		!datapoint.MatchString(together) || !datapoint.MatchString(single.String()) {
		t.Errorf("together it prints\n%s\nand one by one\n%s", together, single.String())
	}
}

var datapoint = regexp.MustCompile(`(?m)^\d{4}-\d{2}-\d{2}T.*\n`)

// timeless is an output without its datapoints.
func timeless(s string) string { return datapoint.ReplaceAllString(s, "") }

func TestRunIsRecorded(t *testing.T) {
	data := t.TempDir()
	status, _, stderr := cli(t, "run", "log-review", "--record", "--data", data)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	db, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	all, err := db.Runs(t.Context(), "sandbox", 10)
	if err != nil || len(all) != 1 || all[0].State != procedures.RunFinished || all[0].Verdict != procedures.Passed || all[0].Last < 8 {
		t.Errorf("recorded %+v, %v", all, err)
	}
	status, _, stderr = cli(t, "run", "log-review", "--record", "--data", data) // while it is open here
	if status != 2 || !strings.Contains(stderr, "process id") {
		t.Errorf("with the database in use: status %d, %q", status, stderr)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestListCommand(t *testing.T) {
	dir := runbookFolder(t, book)
	status, stdout, _ := cli(t, "list", "--runbooks", dir, "--format", "json")
	var l runbook.Listing
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || status != 0 {
		t.Fatalf("status %d, %v", status, err)
	}
	if len(l.Chapters) != 1 || len(l.Chapters[0].Procedures) != 1 || len(l.Chapters[0].Procedures[0].Steps) != 5 || len(l.Findings) == 0 {
		t.Fatalf("listed %s", stdout)
	}
	m := l.Findings[slices.IndexFunc(l.Findings, func(m procedures.Finding) bool { return m.Severity == procedures.SeverityError })]
	if m.File != "book.md" || m.Line != 13 || m.Severity != procedures.SeverityError || !strings.Contains(m.Message, "BROKEN") {
		t.Errorf("the mistake is %+v", m)
	}
	for _, key := range []string{`"parameters"`, `"programs"`, `"corrected"`, `"column"`, `"rhythm"`, `"duration"`, `"choices"`} {
		if !strings.Contains(stdout, key) {
			t.Errorf("no %s in the listing", key)
		}
	}
	if status, _, stderr := cli(t, "list", "--runbooks", filepath.Join(dir, "nothing")); status != 3 ||
		!strings.Contains(stderr, "no folder") {
		t.Errorf("a folder that is not there: %d, %q", status, stderr)
	}
}

func TestAWSCommand(t *testing.T) {
	cases := []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"sts", "get-caller-identity", "--query", "Account", "--output", "text"}, 0, "123456789012\n", ""},
		{[]string{"lambda", "get-function", "--function-name", "no-xxxx"}, 254, "", "ResourceNotFoundException"},
		{[]string{"lambda", "no-such-thing"}, 252, "", "invalid choice"},
		{[]string{"lambda", "get-function"}, 252, "", "--function-name"},
		{[]string{"lambda", "list-functions", "--query", "Functions["}, 252, "", "Bad value for --query"},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			status, stdout, stderr := cli(t, append([]string{"aws"}, c.args...)...)
			if status != c.status || stdout != c.stdout || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	cases := []struct {
		name, yaml string
		args       []string
		status     int
		stderr     string
	}{
		{
			"an environment", "environments:\n  staging:\n    account: sandbox\n    region: eu-west-1\n",
			[]string{"--environment", "staging"}, 0, "",
		},
		{
			"one that is not there", "environments:\n  staging: {account: sandbox}\n",
			[]string{"--environment", "prod"}, 3, `no environment "prod" in opsbook.yaml; there is sandbox, staging`,
		},
		{"an account that is none", "environments:\n  prod: {account: \"12\"}\n", nil, 3, "twelve digits"},
		{"a colour that is none", "environments:\n  prod: {account: sandbox, colour: pink}\n", nil, 3, "grey, blue, green, amber, red"},
		{
			"a key that is none", "environments:\n  prod:\n    acount: sandbox\n", nil, 3,
			`opsbook.yaml:3: the key "acount" is not known; did you mean "account"?`,
		},
		{
			"everything that is wrong at once",
			"environments:\n  prod:\n    acount: sandbox\n    " +
				"colour: pink\n  dev:\n    hosts: 3\nretention: {days: -1}\n", nil, 3,
			"opsbook.yaml:3: the key \"acount\" is not known; did you mean \"account\"?\nopsbook.yaml:4: environment " +
				"prod: colour is \"pink\"; it must be one of grey, blue, green, amber, red\nopsbook.yaml:6: cannot " +
				"unmarshal !!int `3` into []string\nopsbook.yaml:7: retention: days and runs are counts; 0 keeps all\n",
		},
		{
			"effects that are none", "environments:\n  prod: {account: sandbox, effects: write}\n", nil, 3,
			`opsbook.yaml:2: environment prod: effects is "write"; it must be read, change or destroy`,
		},
		{
			"a workspace that is not there", "environments:\n  prod:\n    workspace: /nowhere/at/all\n", nil, 3,
			"opsbook.yaml:3: environment prod: there is no folder /nowhere/at/all to be the workspace",
		},
		{
			"a workspace that is relative", "environments:\n  prod:\n    workspace: here\n", nil, 3,
			`workspace is "here"; it must be a whole path`,
		},
		{
			"programs without a workspace", "environments:\n  prod:\n    programs: [terraform]\n", nil, 3,
			"programs run in a workspace, and none is named",
		},
		{
			"a program by its path", "environments:\n  prod:\n    workspace: /usr\n    programs: [./terraform]\n", nil, 3,
			`"./terraform" is a path; a program is allowed by its name`,
		},
		{
			"programs", "environments:\n  prod:\n    account: sandbox\n    workspace: /usr\n    programs: [terraform, " +
				"{name: kubectl get, effect: read}, {name: gh, env: [GH_TOKEN]}]\n", []string{
				"--environment", "prod",
			}, 0, "",
		},
		{
			"a program's key that is none",
			"environments:\n  prod:\n    workspace: /usr\n    programs: [{name: gh, effects: read}]\n", nil, 3,
			`opsbook.yaml:4: the key "effects" is not known; did you mean "effect"?`,
		},
		{
			"a program that runs any other", "environments:\n  prod:\n    workspace: /usr\n    programs: [env]\n", nil, 3,
			"env runs whatever it is told to",
		},
		{
			"a program that is given opsbook's own",
			"environments:\n  prod:\n    workspace: /usr\n    programs: [{name: gh, env: [OPSBOOK_SECRET]}]\n", nil, 3,
			"OPSBOOK_SECRET is opsbook's own and is given to no program",
		},
		{
			"a call that changes where only reading is allowed",
			"environments:\n  prod: {account: sandbox, effects: read}\n",
			[]string{"--environment", "prod", "aws", "sqs", "create-queue", "--queue-name", "x"}, 2,
			"this call changes something, and prod only reads; nothing was called",
		},
		{"not YAML", "environments: [", nil, 3, "opsbook.yaml"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("opsbook.yaml", []byte(c.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			args := append(append([]string{}, c.args...), "aws", "configure", "list")
			if slices.Contains(c.args, "aws") {
				args = c.args
			} else if c.status == 0 {
				args = append(append([]string{}, c.args...), "aws", "sts", "get-caller-identity")
			}
			status := run(t.Context(), args, terminal{strings.NewReader(""), &out, &errs, func(string) string { return "" }})
			if status != c.status || !strings.Contains(errs.String(), c.stderr) {
				t.Errorf("status %d, stderr %q", status, errs.String())
			}
		})
	}
}

func TestServeRefusesOtherAddresses(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "10.0.0.1:8080", ":8080", "[::]:0", "example.com:80", "nonsense"} {
		status, stdout, stderr := cli(t, "serve", "--addr", address, "--data", t.TempDir())
		if status != 3 || stdout != "" || stderr == "" {
			t.Errorf("%s: status %d, %q, %q", address, status, stdout, stderr)
		}
	}
}

// toldToEnd ends a server as soon as it says where it is.
type toldToEnd struct {
	end  context.CancelFunc
	said strings.Builder
}

func (w *toldToEnd) Write(p []byte) (int, error) {
	w.end()
	return w.said.Write(p)
}

func TestServerThatIsToldToEndWhileItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, errs := &toldToEnd{end: cancel}, &strings.Builder{}
	status := run(ctx, []string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir()},
		terminal{strings.NewReader(""), out, errs, func(string) string {
			return ""
		}})
	if status != 0 || errs.String() != "" || !strings.Contains(out.said.String(), "http://127.0.0.1:") {
		t.Errorf("it ended with %d: %s%s", status, out.said.String(), errs.String())
	}
}
