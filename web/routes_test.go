package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// nobody is a policy that allows nothing, and remembers what was asked.
type nobody struct{ asked *[]access.Action }

func (n nobody) May(_ context.Context, w access.Request) error {
	*n.asked = append(*n.asked, w.Action)
	return procedures.Errorf(procedures.CodeRefused, "nobody may do anything")
}

// closed is a portal without any room behind it: a handler that goes on past a refusal panics.
func closed(t *testing.T, p access.Policy) *Server {
	t.Helper()
	files, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	sessions := scs.New()
	s := &Server{assets: files, reads: &reading{policy: p}, Options: Options{
		Policy: p, Sessions: sessions, Authenticator: access.SessionName{Sessions: sessions}, Loopback: true,
		Library: func() *runbook.Library {
			return &runbook.Library{}
		},
		Logger: slog.New(slog.DiscardHandler), Environments: []procedures.Environment{{Name: "sandbox", Account: "sandbox"}},
		Ready: func(context.Context) error { return nil }, Streams: context.Background(), Requests: context.Background(),
	}}
	s.findRun = func(_ context.Context, id string) (*procedures.Run, error) {
		return &procedures.Run{ID: id, Environment: "production", Procedure: "databases/fail-over"}, nil
	}
	return s
}

func ask(t *testing.T, h http.Handler, method, target string, headers map[string]string, body string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("HX-Request", "true")
	for name, value := range headers {
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestEveryRouteAsksWhoMay(t *testing.T) {
	tellNothing := map[string]bool{"/static/{file}": true, "/healthz": true, "/readyz": true} // of runs
	for _, route := range table {
		if route.ofSignIn() { // TestEveryRouteSignedOut, TestSignInIsNowhereWithoutOne
			continue
		}
		t.Run(route.method+" "+route.pattern, func(t *testing.T) {
			var asked []access.Action
			h := closed(t, nobody{&asked}).routes()
			target := strings.NewReplacer("{run}", "r", "{execution}", "e", "{file}", "opsbook.js", "*", "x").Replace(route.pattern)
			response := ask(t, h, route.method, target, nil, "")
			defer response.Body.Close()
			if tellNothing[route.pattern] {
				if route.rule.action != "" || response.StatusCode != http.StatusOK {
					t.Errorf("status %d, action %q", response.StatusCode, route.rule.action)
				}
				return
			}
			// The last question is the route's; those before it ask which environment may be viewed.
			last := len(asked) - 1
			if response.StatusCode != http.StatusForbidden || last < 0 || asked[last] != route.rule.action || route.rule.action == "" ||
				slices.ContainsFunc(asked[:last], func(a access.Action) bool { return a != access.View }) {
				t.Errorf("status %d, asked %q, want %q", response.StatusCode, asked, route.rule.action)
			}
		})
	}
}

// ofSignIn reports whether a route is for who signs in, and asks no policy.
func (t route) ofSignIn() bool {
	return strings.HasPrefix(t.pattern, "/sign") || strings.HasPrefix(t.pattern, "/sessions") ||
		strings.HasPrefix(t.pattern, accountPagePath)
}

func TestOnlyPostsChange(t *testing.T) {
	for _, route := range table {
		reads := route.rule.action == access.View || route.rule.action == access.Audit || route.rule.action == "" ||
			route.pattern == "/tokens" || route.pattern == "/people" // by one verb the page is seen and its forms sent
		if (route.method == http.MethodGet) != reads && route.rule.action != access.Accounts && route.rule.action != access.Invite &&
			route.pattern != "/preferences" && !route.ofSignIn() {
			t.Errorf("%s %s needs %q", route.method, route.pattern, route.rule.action)
		}
	}
	var asked []access.Action
	h := closed(t, nobody{&asked}).routes()
	for _, route := range table {
		if route.method != http.MethodPost {
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
			if row, found, _ := rowOf(method, route.pattern); found && row.method == http.MethodGet {
				continue // a page of the same address
			}
			response := ask(t, h, method, route.pattern, nil, "")
			response.Body.Close()
			if response.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, route.pattern, response.StatusCode)
			}
		}
	}
	if len(asked) > 0 {
		t.Errorf("something was begun: %q", asked)
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	cases := []struct {
		name    string
		method  string
		path    string
		headers map[string]string
		status  int
	}{
		{"loopback by number", "GET", "/healthz", nil, 200},
		{"a name that was pointed at loopback", "GET", "/", map[string]string{"Host": "evil.example"}, 421},
		{"the same with our port", "GET", "/static/opsbook.js", map[string]string{"Host": "evil.example:8080"}, 421},
		{"a name that contains localhost", "GET", "/", map[string]string{"Host": "localhost.evil.example"}, 421},
		{"a private address", "GET", "/", map[string]string{"Host": "10.0.0.1"}, 421},
		{"no name", "GET", "/", map[string]string{"Host": ""}, 421},
		{"a configured name", "GET", "/static/opsbook.js", map[string]string{"Host": "ops.example.com"}, 200},
		{"a configured name with a port", "GET", "/static/opsbook.js", map[string]string{"Host": "ops.example.com:443"}, 200},
		{"IPv6 loopback", "GET", "/static/opsbook.js", map[string]string{"Host": "[::1]:8080"}, 200},
		{"a probe by any name", "GET", "/readyz", map[string]string{"Host": "10.1.2.3:8080"}, 200},
		{
			"a press from another site", "POST", "/press",
			map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403,
		},
		{
			"a press from another port", "POST", "/press",
			map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9"}, 403,
		},
		{"an old browser's press from another site", "POST", "/press", map[string]string{"Origin": "https://evil.example"}, 403},
		{"a press from a sandboxed frame", "POST", "/press", map[string]string{"Origin": "null"}, 403},
		{"a cancel from a sandboxed frame", "POST", "/cancel", map[string]string{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var asked []access.Action
			s := closed(t, nobody{&asked})
			s.Hosts = []string{"ops.example.com"}
			response := ask(t, s.routes(), c.method, c.path, c.headers, "")
			defer response.Body.Close()
			if response.StatusCode != c.status {
				body, _ := io.ReadAll(response.Body)
				t.Errorf("status %d, want %d: %s", response.StatusCode, c.status, body)
			}
			if len(asked) > 0 && c.status != 200 {
				t.Errorf("a refused request reached a page that asked %q", asked)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if response.Header.Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func TestBackLeadsNowhereElse(t *testing.T) {
	for to, want := range map[string]string{
		"/runs": "/runs", "/procedures/a?step=b": "/procedures/a?step=b", "": "/", "//evil.example": "/",
		"https://evil.example/": "/", "/\\evil.example": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x=y": "/",
		"\t//evil.example": "/", "/\t/evil.example": "/", "/\x00": "/", "/a\x7f": "/", "/a\u0085b": "/", "/\xff": "/", "/a\\b": "/",
		"///evil.example": "/", " /runs": "/", "runs": "/", "/%2f/evil.example": "/%2f/evil.example",
	} {
		form := url.Values{"back": {to}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if err := back(w, r); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("back to %q leads to %q, want %q", to, got, want)
		}
	}
}

func TestStaticFilesStayInside(t *testing.T) {
	s := closed(t, access.Loopback{})
	for _, name := range []string{
		"../server.go", "..%2fserver.go", "%2e%2e%2fserver.go", "css/00-tokens.css", "css%2f00-tokens.css",
		"..%5cserver.go", "opsbook.css%00.html",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/static/x", nil)
		r.URL.Path, r.URL.RawPath = "/static/"+name, "/static/"+name
		r.Header.Set("HX-Request", "true")
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
