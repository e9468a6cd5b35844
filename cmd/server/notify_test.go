package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/notify"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

const (
	signingSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	slackAddress  = "https://hooks.slack.example/services/T000/B000/k3y"
)

// onCall takes messages of a server. Each is held until it is answered.
type onCall struct {
	*httptest.Server
	t        *testing.T
	messages chan told
}

// told is a message that came; answer lets the receiver take it.
type told struct {
	id, body string
	data     procedures.Message
	answer   func()
}

func newOnCall(t *testing.T) *onCall {
	t.Helper()
	key, err := notify.ParseSecret(signingSecret)
	if err != nil {
		t.Fatal(err)
	}
	o := &onCall{t: t, messages: make(chan told, 100)}
	o.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seconds, _ := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
		id := r.Header.Get("Webhook-Id")
		if got := r.Header.Get("Webhook-Signature"); got != notify.Sign(key, id, time.Unix(seconds, 0), body) {
			t.Errorf("%s is signed %q", id, got)
		}
		var message struct{ Data procedures.Message }
		if err := json.Unmarshal(body, &message); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		answered := make(chan struct{})
		o.messages <- told{id, string(body), message.Data, func() { close(answered) }}
		select {
		case <-answered:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(o.Close)
	return o
}

// next waits for a message.
func (o *onCall) next() told {
	o.t.Helper()
	select {
	case m := <-o.messages:
		return m
	case <-time.After(patience):
		o.t.Fatal("nobody was told")
		return told{}
	}
}

// telling lets the processes of k tell o of what is unknown, and hold each change of theirs; began has a message for each.
func (k *killing) telling(o *onCall, world *answers) (began chan struct{}) {
	k.Helper()
	began = make(chan struct{}, 10)
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutItem") {
			world.ServeHTTP(w, r)
			return
		}
		_, _ = io.ReadAll(r.Body) // else the end of the connection is not seen
		began <- struct{}{}
		<-r.Context().Done()
	}))
	k.Cleanup(aws.Close)
	secret := filepath.Join(k.dir, "signing-secret")
	config := fmt.Sprintf(`public_url: https://opsbook.example.com/
environments:
  prod:
    account: "123456789012"
    region: eu-central-1
    endpoint: %s
notifications:
  - name: oncall
    url: %s/hook
    secret_file: %s
    events: [step.unknown]
`, aws.URL, o.URL, secret)
	for name, text := range map[string]string{secret: signingSecret + "\n", filepath.Join(k.dir, "opsbook.yaml"): config} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			k.Fatal(err)
		}
	}
	return began
}

// change begins a change on the i-th process, and returns while its call is made.
func (k *killing) change(i int, began chan struct{}) {
	k.Helper()
	form := url.Values{"procedure": {"book/p0"}, "environment": {"prod"}, "step": {"change"}, "p.MARK": {"mark-1"}}
	body, ok := k.askOf(k.Context(), k.processes[i].address, form)
	found := confirmField.FindStringSubmatch(body)
	if !ok || found == nil {
		k.Fatalf("the change is not shown: %s", body)
	}
	form = url.Values{"procedure": {"book/p0"}, "environment": {"prod"}, "step": {"change"}, "confirmed": {found[1]}}
	if body, ok := k.askOf(k.Context(), k.processes[i].address, form); !ok {
		k.Fatalf("the change is not begun: %s", body)
	}
	<-began
}

// TestKilledServerStillTells kills a server in the middle of a change, and the next one in the middle of telling so: what was kept with
// the event is delivered, with the id that the receiver has seen.
func TestKilledServerStillTells(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			var environ []string
			var opened func(context.Context) (*store.DB, error)
			if kind == "postgres" {
				address := storetest.Migrated(t)
				environ = []string{"OPSBOOK_DATABASE=" + address}
				opened = func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, address) }
			}
			k, world := newKilling(t, 1, environ...)
			if kind == "sqlite" {
				opened = func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, k.data(0)) }
			}
			o := newOnCall(t)
			began := k.telling(o, world)
			k.start(0)
			k.change(0, began)
			k.end(0, os.Kill)
			k.start(0)
			first := o.next()
			k.end(0, os.Kill)
			k.start(0)
			second := o.next()
			second.answer()
			if first.id != second.id || first.body != second.body {
				t.Errorf("told\n%s %s\nand\n%s %s", first.id, first.body, second.id, second.body)
			}
			m := second.data
			if m.Title != "Outcome unknown: “P0: Change” in prod" || m.Run == nil || m.Step == nil ||
				m.Step.Verdict != procedures.Unknown ||
				m.URL != "https://opsbook.example.com/runs/"+m.Run.ID+"?step=change#change" || m.Account != "123456789012" {
				t.Errorf("told %s", second.body)
			}
			k.end(0, os.Interrupt) // waits until what was answered is kept
			db := storetest.Opened(t, opened)
			if out, err := db.Outgoing(t.Context(), first.id); err != nil || out.State != procedures.OutgoingDelivered {
				t.Errorf("kept %+v, %v", out, err)
			}
			if len(o.messages) > 0 {
				t.Errorf("told once more: %+v", <-o.messages)
			}
		})
	}
}

// TestReplicasTellOnce has three servers of one database, one of which is killed in the middle of a change: of the others one tells.
func TestReplicasTellOnce(t *testing.T) {
	k, world, db := newReplicas(t, 3)
	o := newOnCall(t)
	began := k.telling(o, world)
	k.start(0)
	k.change(0, began)
	k.start(1)
	k.start(2)
	k.end(0, os.Kill)
	t.Cleanup(func() {
		if t.Failed() {
			for _, p := range k.processes {
				if p != nil {
					t.Logf("%s says\n%s", p.address, p.said)
				}
			}
		}
	})
	m := o.next()
	m.answer()
	for _, i := range []int{1, 2} {
		k.end(i, os.Interrupt)
	}
	if out, err := db.Outgoing(t.Context(), m.id); err != nil || out.State != procedures.OutgoingDelivered || out.Attempts != 1 {
		t.Errorf("kept %+v, %v", out, err)
	}
	if len(o.messages) > 0 {
		t.Errorf("told once more: %+v", <-o.messages)
	}
}

// TestUndeliveredIsSeen has a receiver that is down: those who run the server see it on the page, in the numbers and in the log, and
// nowhere the address.
func TestUndeliveredIsSeen(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	config := configured(t, "public_url: https://opsbook.example.com\n"+
		"notifications:\n  - {name: channel, url: "+down.URL+"/services/k3y, format: slack}\n")
	s := startWith(t, &options{Runbooks: runbookFolder(t, "# Book\n\n```bash\naws sts get-caller-identity\n```\n"),
		Data: t.TempDir(), Config: config})
	err := s.db.Update(t.Context(), func(tx procedures.Tx) error {
		return s.outbox.Keep(t.Context(), tx, procedures.Alert{
			Kind: procedures.AlertScheduleMissed, At: time.Now(), Environment: "sandbox", Procedure: "book",
			Missed: []time.Time{time.Now()},
			Reason: "no server ran at that time",
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	page := s.waitFor(t, "/mistakes", "1 notification not delivered")
	for _, want := range []string{"channel", "schedule.missed", "nothing listens at its address", "Next attempt: "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	_, numbers := get(t, s.address+"/metrics")
	if want := `opsbook_notifications_total{notification="channel",result="failed"} 1`; !strings.Contains(numbers, want) {
		t.Errorf("no %s", want)
	}
	if strings.Contains(page, "k3y") {
		t.Error("the page tells the address")
	}
}

// TestSecretsOfNotificationsAreNotShown tries each way to get secrets of notifications wrong, and a receiver that refuses: everything
// is named with its line, and no secret.
func TestSecretsOfNotificationsAreNotShown(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no_team",
			http.StatusNotFound)
	}))
	defer refuses.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"secret": signingSecret, "address": slackAddress, "wrong": "k3y of no form", "empty": " \n", "refuses": refuses.URL +
			"/services/k3y",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", dir)
	const head = "public_url: https://opsbook.example.com\nnotifications:\n  - name: oncall\n"
	for _, c := range []struct {
		name, yaml string
		status     int
		want       []string
	}{
		{
			"no public address", "notifications:\n  - {name: oncall, url: \"https://a.example\", format: slack}\n", 3,
			[]string{"opsbook.yaml:2: ", "say where browsers find them: url:"},
		},
		{"a public address that is none", "public_url: opsbook/x\n", 3, []string{"opsbook.yaml:1: public_url"}},
		{"the same by today's name", "wrappers: []\nurl: ftp://ops.example.com\n", 3, []string{"opsbook.yaml:2: url is"}},
		{
			"both names", "url: https://a.example\npublic_url: https://b.example\n", 3,
			[]string{"opsbook.yaml:2: public_url is the earlier name"},
		},
		{
			"no name", "public_url: https://a.example\nnotifications:\n  - {url: \"https://a.example\", format: slack}\n", 3,
			[]string{":3: notification 1: name"},
		},
		{"two of a name", head + "    url: https://a.example\n    format: slack\n" +
			"  - name: oncall\n    url: https://a.example\n    format: slack\n", 3,
			[]string{":6: notification oncall: there are two"}},
		{
			"no address", head + "    format: slack\n", 3,
			[]string{":3: notification oncall: one of url, url_env and url_file"},
		},
		{
			"two addresses", head + "    url: https://a.example\n    url_env: A\n    format: slack\n", 3,
			[]string{":4: notification oncall: one of"},
		},
		{
			"http", head + "    url: http://hooks.example.com/k3y\n    format: slack\n", 3,
			[]string{":4: notification oncall: url is of http"},
		},
		{
			"no secret", head + "    url: https://a.example\n", 3,
			[]string{":3: notification oncall: secret_env or secret_file"},
		},
		{
			"a format that is none", head + "    url: https://a.example\n    format: pager\n", 3,
			[]string{":5: notification oncall: format is \"pager\""},
		},
		{"an event that is none", head + "    url: https://a.example\n    format: slack\n    events: [run.faild]\n", 3,
			[]string{":6: notification oncall: there is no event", `did you mean "run.failed"?`}},
		{"an environment that is none", head + "    url: https://a.example\n    format: slack\n    environments: [prod]\n", 3,
			[]string{":6: notification oncall: there is no environment \"prod\""}},
		{"a time that is none", head + "    url: https://a.example\n    format: slack\n    approval_after: 2h\n", 3,
			[]string{":6: notification oncall: approval_after is \"2h\""}},
		{
			"a key that is none", head + "    urll: https://a.example\n    format: slack\n", 3,
			[]string{`:4: the key "urll" is not known; did you mean "url"?`},
		},
		{
			"a host that is none", head + "    url: https://a.example\n    format: slack\n    hosts: [a.example]\n", 3,
			[]string{":6: notification oncall: hosts:"},
		},
		{
			"a variable that is not set", head + "    url_env: NOWHERE\n    format: slack\n", 3,
			[]string{":4: notification oncall: the variable NOWHERE is not set"},
		},
		{
			"a secret that is none", head + "    url_file: DIR/address\n    secret_file: DIR/wrong\n", 3,
			[]string{":5: notification oncall: what DIR/wrong holds is no signing secret"},
		},
		{
			"an address that is none", head + "    url_file: DIR/wrong\n    secret_file: DIR/secret\n", 3,
			[]string{":4: notification oncall: what DIR/wrong holds is no address"},
		},
		{
			"a file that is empty", head + "    url_file: DIR/empty\n    format: slack\n", 3,
			[]string{":4: notification oncall: DIR/empty is empty"},
		},
		{
			"a file that is not there", head + "    url_file: DIR/nowhere\n    format: slack\n", 3,
			[]string{":4: notification oncall: ", "no such file"},
		},
		{"no notification of the name", "public_url: https://a.example\n", 3, []string{"has no notifications"}},
		{
			"one that refuses", head + "    url_file: DIR/refuses\n    secret_file: DIR/secret\n", 2,
			[]string{"did not take the message: it answered 404 Not Found: no_team"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := configured(t, strings.ReplaceAll(c.yaml, "DIR", dir))
			for _, command := range [][]string{{"notify", "oncall"}, {"serve", "--addr", "127.0.0.1:0"}} {
				if command[0] == "serve" && (c.status == 2 || strings.Contains(c.want[0], "has no")) {
					continue
				}
				status, stdout, stderr := cli(t, append(command, "--config", config, "--data", t.TempDir())...)
				if status != c.status {
					t.Errorf("%s ended with %d: %s", command[0], status, stderr)
				}
				for _, want := range c.want {
					if want = strings.ReplaceAll(want, "DIR", dir); !strings.Contains(stderr, want) {
						t.Errorf("%s says %q, not %q", command[0], stderr, want)
					}
				}
				if said := stdout + stderr; strings.Contains(said, "k3y") || strings.Contains(said, "MfKQ9") {
					t.Errorf("%s tells a secret: %s", command[0], said)
				}
			}
		})
	}
}
