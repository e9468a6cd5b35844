package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
)

const glassRoles = `environments:
  production: {account: sandbox, approvals: 1}
  staging: {account: sandbox}
roles:
  reader: {groups: [engineering], may: [view]}
  junior: {groups: [sre-junior],  may: [view, press], environments: {production: read, staging: read}, procedures: ["**", "!iam/**"]}
  oncall: {groups: [sre-junior],  may: [break-glass, approve], environments: [production]}
  lead:   {groups: [sre-lead],    may: [approve]}
`

// glassStarted is a portal on a folder of data that may have been used before, with a clock.
func glassStarted(t *testing.T, data, runbooks, configuration string, ahead *atomic.Int64) (*started, func()) {
	t.Helper()
	return startWithin(t.Context(), t, &options{
		Runbooks: runbooks, Data: data, Config: configuration, Environment: "production",
		now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	}, behindThisMachine(), slog.New(slog.NewTextHandler(testLog{t}, nil)))
}

// TestBreakGlass: who may raises what they may run for an hour, where they may, seen by everybody and on record; no approval is waived,
// nobody approves their own; it lasts over a restart, ends when it is ended, and by itself.
func TestBreakGlass(t *testing.T) {
	data, runbooks, configuration := t.TempDir(), runbookFolder(t, rolesBook), writeConfiguration(t, glassRoles)
	var ahead atomic.Int64
	s, stop := glassStarted(t, data, runbooks, configuration, &ahead)
	destroy := url.Values{"procedure": {"book/look-after-it"}, "step": {"remove"}, "environment": {"production"}}
	press := func(want int, says string) {
		t.Helper()
		if status, body := s.by(t, "jim", "sre-junior", "/press", destroy); status != want || !strings.Contains(body, says) {
			t.Errorf("a press is answered %d %.400s; want %d with %q", status, body, want, says)
		}
	}
	press(http.StatusForbidden, "You may break glass")
	if _, body := s.by(t, "jim", "sre-junior", "/rights?procedure=book/look-after-it&environment=production", nil); !strings.Contains(
		body, "oncall lets you break glass") || !strings.Contains(body, `action="/break-glass"`) {
		t.Errorf("why does not tell of it: %s", body)
	}
	for _, c := range []struct {
		who, groups, reason string
		status              int
	}{
		{"rita", "engineering", "an incident", http.StatusForbidden}, {"jim", "sre-junior", "  ", http.StatusUnprocessableEntity},
		{"jim", "sre-junior", strings.Repeat("x", 600), http.StatusUnprocessableEntity},
		{"jim", "sre-junior", "incident <b>42</b>", http.StatusOK}, {"jim", "sre-junior", "again", http.StatusConflict},
	} {
		if status, body := s.by(t, c.who, c.groups, "/break-glass", url.Values{"reason": {c.reason}}); status != c.status {
			t.Errorf("%s for %.20q: %d %.300s", c.who, c.reason, status, body)
		}
	}
	for name, groups := range map[string]string{"rita": "engineering", "jim": "sre-junior"} {
		for _, path := range []string{"/runs?environment=production", "/procedures/book/look-after-it?environment=staging"} {
			status, body := s.by(t, name, groups, path, nil)
			if status != http.StatusOK || !strings.Contains(body, " broke glass.") ||
				!strings.Contains(body, "incident &lt;b&gt;42") || strings.Contains(body, "End it now") != (name == "jim") {
				t.Errorf("%s does not say it to %s: %d %s", path, name, status, body)
			}
		}
	}
	streamTells(t, s, "rita", "engineering", "jim broke glass")
	press(http.StatusOK, "Remove")
	other := url.Values{"procedure": {"book/look-after-it"}, "step": {"remove"}, "environment": {"staging"}}
	if status, _ := s.by(t, "jim", "sre-junior", "/press", other); status != http.StatusForbidden {
		t.Errorf("a press where glass is not to be broken is answered %d", status)
	}
	ownIsOwn(t, s, destroy)
	stop()
	s, _ = glassStarted(t, data, runbooks, configuration, &ahead)
	press(http.StatusOK, "Remove")
	end := url.Values{"id": {s.glass.All()[0].ID}}
	if status, _ := s.by(t, "rita", "engineering", "/break-glass/end", end); status != http.StatusForbidden {
		t.Errorf("somebody else ends it: %d", status)
	}
	s.by(t, "jim", "sre-junior", "/break-glass/end", end)
	press(http.StatusForbidden, "You may break glass")
	s.by(t, "jim", "sre-junior", "/break-glass", url.Values{"reason": {"once more"}})
	press(http.StatusOK, "Remove")
	ahead.Store(int64(access.GlassTime + time.Second))
	press(http.StatusForbidden, "You may break glass")
	s.glass.Notify(procedures.Notification{Notes: map[string]string{access.GlassSubject: "x"}})
	want := "glass-broken jim raised, glass-ended jim ended, glass-broken jim raised, glass-ended Opsbook by itself"
	for until := time.Now().Add(patience); glassRecord(t, s) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("on record is %s", glassRecord(t, s))
		}
	}
}

// ownIsOwn: a change of whoever broke glass needs another person's approval as ever.
func ownIsOwn(t *testing.T, s *started, form url.Values) {
	t.Helper()
	_, body := s.by(t, "jim", "sre-junior", "/press", form)
	found := executionInPage.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no plan in %s", body)
	}
	plan := found[1] + found[2]
	for _, c := range []struct {
		path string
		form url.Values
		want int
	}{
		{"/press", url.Values{"confirmed": {plan}, "typed": {"old"}}, http.StatusForbidden},
		{"/approvals", url.Values{"execution": {plan}, "kind": {"request"}}, http.StatusOK},
		{"/approvals", url.Values{"execution": {plan}, "kind": {"approve"}}, http.StatusForbidden},
	} {
		if c.path == "/press" {
			for name, value := range form {
				c.form[name] = value
			}
		}
		if status, body := s.by(t, "jim", "sre-junior", c.path, c.form); status != c.want {
			t.Errorf("%s %v: %d %.300s", c.path, c.form, status, body)
		}
	}
}

// streamTells: a page that is open is told.
func streamTells(t *testing.T, s *started, name, groups, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/stream?procedure=book/look-after-it&environment=production", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Remote-User", name)
	r.Header.Set("X-Remote-Groups", groups)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewReader(response.Body); ; {
		line, err := lines.ReadString('\n')
		if strings.Contains(line, what) {
			return
		}
		if err != nil {
			if err != io.EOF {
				t.Errorf("an open page is not told: %v", err)
			}
			return
		}
	}
}

// glassRecord is what is on record of glass.
func glassRecord(t *testing.T, s *started) string {
	t.Helper()
	for some := true; some; {
		var err error
		if some, err = s.db.ChainAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.db.AuditAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		if e, err := r.Entry(); err == nil && (r.Kind == audit.GlassBroken || r.Kind == audit.GlassEnded) {
			out = append(out, string(r.Kind)+" "+e.Name+" "+r.Result)
		}
	}
	return strings.Join(out, ", ")
}
