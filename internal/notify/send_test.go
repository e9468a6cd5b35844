package notify_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/hosts"
	"github.com/opsbook/opsbook/internal/notify"
	"github.com/opsbook/opsbook/internal/procedures"
)

var update = flag.Bool("update", false, "write the golden files again")

// receiver takes messages. answer writes the answer to the n-th one, from 1; nil takes all.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(n int, w http.ResponseWriter, r *http.Request)
}

type received struct {
	header http.Header
	body   string
	path   string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	out := &receiver{}
	out.Server = httptest.NewServer(out)
	t.Cleanup(out.Close)
	return out
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	r.got = append(r.got, received{request.Header.Clone(), string(body), request.URL.Path})
	n, answer := len(r.got), r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(n, w, request)
	}
}

// messages are those that came so far.
func (r *receiver) messages() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// target is one at an address, with the key of the specification's example.
func target(t *testing.T, name, address string) *notify.Target {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	key, err := notify.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	return &notify.Target{Name: name, URL: u, Secret: key, Format: notify.Generic, ApprovalAfter: 15 * time.Minute}
}

// TestSignatures has the example of https://github.com/standard-webhooks/standard-webhooks: its key, message and signature.
func TestSignatures(t *testing.T) {
	key, err := notify.ParseSecret(" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
	if err != nil {
		t.Fatal(err)
	}
	got := notify.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 999e6), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed as %s, want %s", got, want)
	}
	for name, text := range map[string]string{
		"nothing": "", "no prefix": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a short one": "whsec_AAAA", "no base64": "whsec_ÄÖÜ",
		"a long one": "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)),
	} {
		if _, err := notify.ParseSecret(text); err == nil || text != "" && strings.Contains(err.Error(),
			strings.TrimPrefix(text, "whsec_")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func outbox() *notify.Outbox {
	return &notify.Outbox{Options: notify.Options{
		Page: func(procedure, run, step string) string {
			return "https://opsbook.example.com/" + procedure + run + step
		}, Now: time.Now,
	}}
}

func TestMessagesAreSigned(t *testing.T) {
	r := newReceiver(t)
	to := target(t, "oncall", r.URL+"/hook")
	id, err := outbox().Test(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	got := r.messages()
	if len(got) != 1 || got[0].header.Get("Webhook-Id") != id || got[0].path != "/hook" ||
		got[0].header.Get("Content-Type") != "application/json" {
		t.Fatalf("received %+v", got)
	}
	seconds, err := time.ParseDuration(got[0].header.Get("Webhook-Timestamp") + "s")
	if err != nil || time.Since(time.Unix(int64(seconds/time.Second), 0)) > time.Minute {
		t.Errorf("sent at %v, %v", seconds, err)
	}
	want := notify.Sign(to.Secret, id, time.Unix(int64(seconds/time.Second), 0), []byte(got[0].body))
	if signed := got[0].header.Get("Webhook-Signature"); signed != want {
		t.Errorf("signed %q, want %q", signed, want)
	}
	var body struct {
		Type      procedures.AlertKind
		Timestamp time.Time
		Data      procedures.Message
	}
	if err := json.Unmarshal([]byte(got[0].body), &body); err != nil || body.Type != procedures.AlertTest || body.Data.Title == "" {
		t.Errorf("%v: %s", err, got[0].body)
	}
}

// TestRedirectsOfReceiversAreNotFollowed sends to one that leads elsewhere: a message goes where the configuration says and nowhere else.
func TestRedirectsOfReceiversAreNotFollowed(t *testing.T) {
	elsewhere, r := newReceiver(t), newReceiver(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r.answer = func(_ int, w http.ResponseWriter, request *http.Request) {
			http.Redirect(w, request, elsewhere.URL+"/?token=t0ken", status)
		}
		_, err := outbox().Test(t.Context(), target(t, "oncall", r.URL))
		if err == nil || !strings.Contains(err.Error(), "redirects are not followed") || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if got := elsewhere.messages(); len(got) > 0 {
		t.Errorf("followed to %+v", got)
	}
}

// TestAddressesOfReceiversAreGuarded sends nothing to an address inside of the server's network that is not listed.
func TestAddressesOfReceiversAreGuarded(t *testing.T) {
	for _, address := range []string{
		"https://169.254.169.254/latest", "https://[fd00:ec2::254]/", "https://10.1.2.3/", "https://192.168.0.1:8443/",
		"https://[::ffff:10.0.0.1]/",
		"https://0.0.0.0/", "https://100.64.0.1/", "https://[fe80::1]/",
	} {
		_, err := outbox().Test(t.Context(), target(t, "oncall", address))
		if !errors.Is(err, hosts.ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A name that DNS leads inside is no address of the configuration; listed, it may be reached.
	inside := target(t, "oncall", "https://hooks.example.com/")
	for _, ip := range []string{"127.0.0.1", "169.254.169.254", "10.1.2.3", "::1"} {
		inside.Hosts = nil
		if err := notify.Reach(inside, "hooks.example.com", "443", netip.MustParseAddr(ip)); !errors.Is(err, hosts.ErrRefused) {
			t.Errorf("%s: %v", ip, err)
		}
		inside.Hosts = []string{"hooks.example.com:443"}
		if err := notify.Reach(inside, "hooks.example.com", "443", netip.MustParseAddr(ip)); err != nil {
			t.Errorf("%s, which is listed: %v", ip, err)
		}
		if err := notify.Reach(inside, "hooks.example.com", "80", netip.MustParseAddr(ip)); err == nil {
			t.Errorf("%s by another port than the listed one", ip)
		}
	}
	for _, text := range []string{
		"http://hooks.example.com/T000/secret", "ftp://127.0.0.1/secret", "https://", "/hook/secret",
		"https://ada:secret@hooks.example.com/", "%zz",
	} {
		if _, err := notify.CheckAddress(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestReceiversCannotHoldTheServerUp has receivers that are slow, answer without end, or are not there; and no error tells the
// address, which is a secret of Slack's and Teams' webhooks.
func TestReceiversCannotHoldTheServerUp(t *testing.T) {
	r, gone := newReceiver(t), newReceiver(t)
	gone.Close()
	over := make(chan struct{})
	defer close(over)
	for name, c := range map[string]struct {
		address, want string
		answer        func(n int, w http.ResponseWriter, r *http.Request)
	}{
		"slow": {r.URL, "did not answer within 100ms", func(_ int, _ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-over:
			}
		}},
		"endless": {r.URL, "it answered 500 Internal Server Error: xxxxx", func(_ int, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(strings.Repeat("x", 1000))); err != nil {
					return
				}
			}
		}},
		"escapes": {r.URL, "it answered 400 Bad Request: in [31mvalid payload", func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("in\x1b[31mvalid\r\npayload\x00\xff"))
		}},
		"not there": {gone.URL, "nothing listens at its address", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r.answer = c.answer
			box := outbox()
			box.Patience = 100 * time.Millisecond
			if name == "endless" {
				box.Patience = 0
			}
			_, err := box.Test(t.Context(), target(t, "oncall", c.address+"/services/T000/B000/k3y?also=k3y"))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "k3y") || len(err.Error()) > 400 {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestChannelsShowTextAsText has what would be a mention, a link or an emphasis of Slack's or Teams', in what AWS answered.
func TestChannelsShowTextAsText(t *testing.T) {
	m := &procedures.Message{
		Title: "<!channel> & <https://evil.example|click>", Text: "[click](https://evil.example) *now* <@U123>",
		URL: "https://opsbook.example.com/runs/r1?step=a#a", Environment: "production", Account: "123456789012",
		Procedure: &procedures.MessageSubject{ID: "check", Title: "Check"}, Run: &procedures.MessageRun{ID: "r1"},
	}
	for range 30 {
		m.Steps = append(m.Steps, procedures.MessageStep{Title: "<!here>", Verdict: procedures.Failed, Reason: strings.Repeat("<&>", 160)})
	}
	for _, format := range notify.Formats {
		text, err := notify.Body(format, procedures.Alert{Kind: procedures.AlertRunFailed}, m)
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		if err := json.Unmarshal(text, &decoded); err != nil {
			t.Fatal(err)
		}
		each(decoded, func(s string) {
			switch {
			case format == notify.Slack && (strings.Contains(s, "<!") || strings.Contains(s, "<@") || strings.Contains(s,
				"<https://evil") || len(s) > 3000),
				format == notify.Teams && (strings.Contains(s, "](") || strings.Contains(s, "*now*") || len(s) > 4000):
				t.Errorf("%s: %.200s", format, s)
			}
		})
		golden := filepath.Join("testdata", string(format)+".json")
		small := *m
		small.Title, small.Text, small.Steps = "Morning checks failed in production",
			"Scheduled run of 08:00 UTC: 2 of 9 steps did not pass.",
			[]procedures.MessageStep{
				{ID: "alarms", Title: "Alarms", Verdict: procedures.Failed, Reason: "1 alarm is in ALARM: api-5xx, since 07:41."},
				{ID: "queues", Title: "Queues", Verdict: procedures.Errored,
					Reason: "AccessDenied: not authorized to perform sqs:GetQueueAttributes."},
			}
		if text, err = notify.Body(format, procedures.Alert{Kind: procedures.AlertRunFailed, At: time.Unix(1764316800, 0)},
			&small); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		encoder := json.NewEncoder(&out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if err := errors.Join(json.Unmarshal(text, &decoded), encoder.Encode(decoded)); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(want) != out.String() {
			t.Errorf("%v: %s is now\n%s", err, golden, out.String())
		}
	}
}

// each calls do with every text of a decoded document.
func each(v any, do func(string)) {
	switch v := v.(type) {
	case string:
		do(v)
	case []any:
		for _, item := range v {
			each(item, do)
		}
	case map[string]any:
		for _, item := range v {
			each(item, do)
		}
	}
}
