package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/limits"
)

// kept counts what is stored.
type kept struct {
	*memstore.MemStore
	commits int
}

func (k *kept) Commit(token string, b []byte, expiry time.Time) error {
	k.commits++
	return k.MemStore.Commit(token, b, expiry)
}

func withSessions(t *testing.T) (*Server, *kept, http.Handler) {
	t.Helper()
	s := closed(t, access.Loopback{})
	store := &kept{MemStore: memstore.NewWithCleanupInterval(0)}
	s.Sessions.Store = store
	return s, store, s.routes()
}

// TestASessionIsStoredWhenItHoldsSomething: requests that leave nothing behind store nothing and set no cookie.
func TestASessionIsStoredWhenItHoldsSomething(t *testing.T) {
	_, store, h := withSessions(t)
	for _, c := range []struct{ method, path, form string }{
		{"GET", "/static/opsbook.js", ""}, {"GET", "/nowhere", ""}, {"PUT", "/press", ""}, {"POST", "/preferences", "back=/"},
		{"POST", "/preferences", "name=&theme=&back=/"}, {"POST", "/preferences", "name=%E2%80%8B"}, {"POST", "/preferences", "theme=pink"},
		{"POST", "/preferences", "environment=elsewhere"}, {"POST", "/nowhere", "name=ada"}, {"GET", "/healthz", ""},
	} {
		response := ask(t, h, c.method, c.path, nil, c.form)
		response.Body.Close()
		if store.commits > 0 || len(response.Cookies()) > 0 {
			t.Fatalf("%s %s %s: %d are stored, cookies %v", c.method, c.path, c.form, store.commits, response.Cookies())
		}
	}
	response := ask(t, h, "POST", "/preferences", nil, "name=ada&theme=dark")
	response.Body.Close()
	if store.commits != 1 || len(response.Cookies()) != 1 || response.Cookies()[0].Name != "session" {
		t.Fatalf("%d are stored, cookies %v", store.commits, response.Cookies())
	}
	cookie := map[string]string{"Cookie": response.Cookies()[0].Name + "=" + response.Cookies()[0].Value}
	ask(t, h, "GET", "/static/opsbook.js", cookie, "").Body.Close()
	if store.commits != 1 {
		t.Error("reading stores the session again")
	}
	response = ask(t, h, "POST", "/preferences", cookie, "name=&theme=")
	response.Body.Close()
	all, err := store.All()
	if err != nil || len(all) != 0 || len(response.Cookies()) != 1 || response.Cookies()[0].MaxAge >= 0 {
		t.Errorf("an empty session is kept: %d, cookies %v, %v", len(all), response.Cookies(), err)
	}
}

// TestNewSessionsAreBounded has one address begin sessions without end: few of them are stored, and it is told.
func TestNewSessionsAreBounded(t *testing.T) {
	_, store, h := withSessions(t)
	refused := 0
	for i := range 2 * limits.SessionsAtOnce.Size() {
		response := ask(t, h, "POST", "/preferences", nil, url.Values{"name": {fmt.Sprint(i)}}.Encode())
		response.Body.Close()
		if response.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if most := limits.SessionsAtOnce.Size() + 10; store.commits > most || refused < limits.SessionsAtOnce.Size()-10 {
		t.Errorf("%d are stored, %d refused", store.commits, refused)
	}
	var rate sessionRate
	now := time.Now()
	begun := 0
	for range 30 * 24 * 60 { // one a minute, for a month
		if rate.add("a", now) == nil {
			begun++
		}
		now = now.Add(time.Minute)
	}
	if most := limits.SessionsOfAddress.Size(); begun > 6*most || begun < most {
		t.Errorf("%d sessions begin in a month", begun)
	}
	if err := rate.add("b", now); err != nil {
		t.Errorf("another address is refused: %v", err)
	}
}

// TestSessionsEnd: those that are not used, and those that are used for too long; in between the end moves.
func TestSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		name    string
		seen    time.Duration // ago
		stays   bool
		commits int
	}{
		{"used a moment ago", time.Minute, true, 0}, {"used yesterday", 24 * time.Hour, true, 1},
		{"not used for a month", 30 * 24 * time.Hour, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, store, h := withSessions(t)
			ctx, err := s.Sessions.Load(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			s.Sessions.Put(ctx, "name", "ada")
			s.Sessions.Put(ctx, sessionSeen, time.Now().Add(-c.seen).Unix())
			token, _, err := s.Sessions.Commit(ctx)
			if err != nil {
				t.Fatal(err)
			}
			store.commits = 0
			ask(t, h, "GET", "/static/opsbook.js", map[string]string{"Cookie": "session=" + token}, "").Body.Close()
			_, stays, _ := store.Find(token)
			if stays != c.stays || store.commits != c.commits {
				t.Errorf("it stays: %t, stored %d times", stays, store.commits)
			}
		})
	}
}

// TestCookieOfHTTPS: behind a trusted proxy the name has the prefix that makes browsers hold on to the flags, and a
// cookie without it is not read.
func TestCookieOfHTTPS(t *testing.T) {
	address, _ := listening(t)
	c := &conversation{t: t, address: address}
	say := func(headers string) *http.Response {
		const form = "theme=dark"
		response, _ := c.say("POST", "POST /preferences HTTP/1.1\r\nHost: ops.example.com\r\nX-Remote-User: ada\r\n"+headers+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+fmt.Sprint(len(form))+"\r\n\r\n"+form)
		return response
	}
	if response := say("X-Forwarded-Proto: https\r\n"); len(response.Cookies()) > 0 {
		t.Errorf("a refused request sets %v", response.Cookies())
	}
	s, _, _ := withSessions(t)
	s.Hosts, s.Authenticator, s.Loopback = []string{"ops.example.com"}, &access.Proxy{Header: "X-Remote-User", Networks: anywhere}, false
	h := s.routes()
	for _, proto := range []string{"https", "http"} {
		response := ask(t, h, "POST", "/preferences", map[string]string{
			"X-Remote-User": "ada", "X-Forwarded-Proto": proto, "Host": "ops.example.com",
		}, "theme=dark")
		response.Body.Close()
		cookies := response.Cookies()
		if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].Path != "/" || cookies[0].Domain != "" ||
			strings.HasPrefix(cookies[0].Name, "__Host-") != (proto == "https") || cookies[0].Secure != (proto == "https") {
			t.Errorf("%s: %v", proto, cookies)
		}
	}
}

// TestSecurityLog: every refusal is one line with all attributes, whatever a client sent.
func TestSecurityLog(t *testing.T) {
	for _, c := range []struct {
		name, method, target, rule string
		headers                    map[string]string
	}{
		{"another name", "GET", "/", "host", map[string]string{"Host": "evil.example\r\nlevel=ERROR"}},
		{"another origin", "POST", "/press", "origin", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}},
		{"no origin", "POST", "/press", "origin", map[string]string{"Origin": "null"}},
		{"the policy", "POST", "/faults", "policy", nil}, {"no row", "GET", "/a%0Alevel=ERROR%1b[31m", "route", nil},
		{"another method", "DELETE", "/press", "method", nil},
		{"files", "POST", "/press", "media type", map[string]string{"Content-Type": "multipart/form-data; boundary=x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			var asked []access.Action
			s := closed(t, nobody{&asked})
			s.Logger = jsonLog(&log)
			ask(t, s.routes(), c.method, c.target, c.headers, "").Body.Close()
			lines := refusals(t, log.String())
			if len(lines) != 1 || lines[0]["rule"] != c.rule || lines[0]["event"] != eventRefused || lines[0]["reason"] == "" {
				t.Fatalf("%v", lines)
			}
			for _, name := range []string{
				"status", "request", "method", "route", "path", "host", "peer", "address", "person", "issuer", "subject", "action",
				"environment", "procedure", "run",
			} {
				value, ok := lines[0][name]
				if text, _ := value.(string); !ok || strings.ContainsAny(text, "\r\n\x1b\u202e") {
					t.Errorf("%s is %q, there %t", name, value, ok)
				}
			}
		})
	}
}

// anywhere is every network.
var anywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}

func jsonLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }

// refusals are the lines of a log that tell of one.
func refusals(t *testing.T, log string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(log) {
		entry := map[string]any{}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if entry["msg"] == "a request was refused" {
			out = append(out, entry)
		}
	}
	return out
}

// full is a store that keeps nothing.
type full struct{ *memstore.MemStore }

var errFull = errors.New("the disk is full")

func (full) Commit(string, []byte, time.Time) error { return errFull }
func (full) Delete(string) error                    { return errFull }

// TestWhatWasDoneIsAnswered has requests whose session cannot be kept: what was done is said to be done, and only what was for the
// session alone is said to have failed.
func TestWhatWasDoneIsAnswered(t *testing.T) {
	s, store, _ := withSessions(t)
	s.Sessions.Store = full{store.MemStore}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		status  int
		says    string
	}{
		"something else": {func(w http.ResponseWriter, r *http.Request) {
			s.Sessions.Put(r.Context(), "name", "ada")
			_, _ = io.WriteString(w, "it is done")
		}, http.StatusOK, "it is done"},
		"the session": {func(w http.ResponseWriter, r *http.Request) {
			wantSession(r)
			s.Sessions.Put(r.Context(), "name", "ada")
			_, _ = io.WriteString(w, "it is done")
		}, http.StatusServiceUnavailable, "could not be kept"},
		"an end of it": {func(w http.ResponseWriter, r *http.Request) {
			_ = s.Sessions.Destroy(r.Context())
			w.WriteHeader(http.StatusNoContent)
		}, http.StatusNoContent, ""},
	} {
		response := ask(t, s.sessions(c.handler), "POST", "/press", nil, "")
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != c.status || !strings.Contains(string(body), c.says) {
			t.Errorf("%s: %d %s, %v", name, response.StatusCode, body, err)
		}
	}
	response := ask(t, s.routes(), "POST", "/preferences", nil, "name=ada")
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("a name that was not kept is answered with %d", response.StatusCode)
	}
}
