package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/procedures"
)

// nobodyIn is a store of sign-ins in which nobody is signed in.
type nobodyIn struct{ signin.Store }

func (nobodyIn) SignIn(context.Context, string) (*procedures.SignIn, error) {
	return nil, procedures.Errorf(procedures.CodeNotFound, "it has ended")
}

// entered is a portal that signs people in with some providers, and at which nobody is.
func entered(t *testing.T, names ...string) (*Server, *[]access.Request) {
	t.Helper()
	asked := &[]access.Request{}
	s := closed(t, recording{asked})
	s.URL, _ = url.Parse("http://127.0.0.1:8080")
	var providers []*signin.Provider
	for _, name := range names {
		providers = append(providers, &signin.Provider{Name: name, Label: "The " + name, Issuer: "http://127.0.0.1:1"})
	}
	var err error
	s.SignIn, err = signin.New(signin.Options{
		URL: s.URL, Providers: providers, Sessions: s.Sessions, Store: nobodyIn{}, Idle: time.Hour, Lasts: time.Hour,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Authenticator, s.Loopback = s.SignIn, false
	return s, asked
}

// TestEveryRouteSignedOut is every route by everybody who is not signed in: pages lead to the sign-in with the page that was asked for,
// what a page sends by itself is told 401 with the way there, and no policy is asked. What is for everybody tells nothing.
func TestEveryRouteSignedOut(t *testing.T) {
	for _, r := range table {
		target := followed(r.pattern) + "?step=x"
		for _, kind := range []string{"a browser", "htmx", "a program"} {
			t.Run(r.method+" "+r.pattern+" by "+kind, func(t *testing.T) {
				s, asked := entered(t, "one", "two")
				headers := map[string]string{"HX-Request": "", "Referer": "http://127.0.0.1:8080/runs?q=1"}
				switch kind {
				case "a browser":
					headers["Sec-Fetch-Mode"] = "navigate"
				case "htmx":
					headers["HX-Request"] = "true"
				}
				response := ask(t, s.routes(), r.method, target, headers, "")
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if len(*asked) > 0 || strings.Contains(string(body), "sandbox") || careless(response) != "" {
					t.Errorf("the policy was asked %v, it says %s, %s", *asked, body, careless(response))
				}
				to := response.Header.Get("Location")
				switch {
				case r.rule.audience == welcome || r.rule.audience == anybody:
					if response.StatusCode == http.StatusUnauthorized || strings.HasPrefix(to, "/sign-in?") {
						t.Errorf("it is for everybody, and leads to %q, %d", to, response.StatusCode)
					}
				case r.unattended():
					if response.StatusCode != http.StatusUnauthorized || len(body) > 0 || response.Header.Get("Opsbook-Sign-In") == "" {
						t.Errorf("%d %s", response.StatusCode, body)
					}
				case r.method == http.MethodGet && kind != "htmx":
					if response.StatusCode != http.StatusSeeOther || to != "/sign-in?back="+url.QueryEscape(target) {
						t.Errorf("%d to %q", response.StatusCode, to)
					}
				default:
					if response.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), "back=%2Fruns%3Fq%3D1") {
						t.Errorf("%d %s", response.StatusCode, body)
					}
				}
			})
		}
	}
}

// TestSignInIsNowhereWithoutOne: where nobody signs in here, its addresses are none.
func TestSignInIsNowhereWithoutOne(t *testing.T) {
	n := 0
	for _, r := range table {
		if !r.ofSignIn() {
			continue
		}
		n++
		s := closed(t, access.Loopback{})
		response := ask(t, s.routes(), r.method, followed(r.pattern), nil, "")
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound || len(response.Cookies()) > 0 {
			t.Errorf("%s %s is answered %d", r.method, r.pattern, response.StatusCode)
		}
	}
	if n < 8 {
		t.Errorf("only %d routes", n)
	}
}

// TestSignInLeadsNowhereElse: the page that is asked for is one of ours.
func TestSignInLeadsNowhereElse(t *testing.T) {
	for back, want := range map[string]string{
		"/runs": "/runs", "": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "/sign-in/with/x": "/",
		"/runs/r?step=a-step&at=3": "/runs/r?step=a-step&at=3#a-step", "/sign-in?back=/sign-in": "/", "/a\r\nb": "/",
		"/runs/r?step=" + url.QueryEscape(`"><script>`): "/runs/r?step=" + url.QueryEscape(`"><script>`) + "#%22%3E%3Cscript%3E",
	} {
		if got := arriving(back); got != want {
			t.Errorf("%q leads to %q, want %q", back, got, want)
		}
	}
}

// TestWhatUnfurlsTellsNothing: a program that follows a shared link finds the product's name and nothing else.
func TestWhatUnfurlsTellsNothing(t *testing.T) {
	s, _ := entered(t, "one")
	response := ask(t, s.routes(), http.MethodGet, "/sign-in?back=/runs/secret-run", map[string]string{"HX-Request": ""}, "")
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	for _, want := range []string{`property="og:title" content="Opsbook"`, `property="og:site_name" content="Opsbook"`, "The one"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("it does not say %s: %s", want, body)
		}
	}
	if response.StatusCode != http.StatusOK || strings.Contains(string(body), "og:description") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}
