package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// proxied is a portal behind a proxy at 10.0.0.1, with what its policy was asked about whom.
func proxied(t *testing.T) (http.Handler, *[]access.Request) {
	t.Helper()
	asked := &[]access.Request{}
	s := closed(t, recording{asked})
	s.Hosts = []string{"ops.example.com"}
	s.Authenticator, s.Loopback = &access.Proxy{
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Header: "X-Remote-User",
	}, false
	return s.routes(), asked
}

// recording refuses everything, and remembers what it was asked.
type recording struct{ asked *[]access.Request }

func (r recording) May(ctx context.Context, w access.Request) error {
	*r.asked = append(*r.asked, w)
	return nobody{&[]access.Action{}}.May(ctx, w)
}

func through(t *testing.T, h http.Handler, method, target, peer string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(""))
	r.Host, r.RemoteAddr = "ops.example.com", peer
	for name, values := range header {
		r.Header[name] = values
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Set("HX-Request", "true")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// TestEveryRouteBehindAProxy is every route by everything that is refused before it: a route that is added is in
// the table, and one that is opened by mistake fails.
func TestEveryRouteBehindAProxy(t *testing.T) {
	probes := map[string]bool{"/healthz": true, "/readyz": true}
	ada := http.Header{"X-Remote-User": {"ada"}}
	for _, route := range table {
		target := strings.NewReplacer("{run}", "r", "{execution}", "e", "{file}", "opsbook.js", "*", "x").Replace(route.pattern)
		for _, c := range []struct {
			name   string
			peer   string
			header http.Header
			status int // for routes that are no probes
		}{
			{"from elsewhere", "192.0.2.1:1000", ada, http.StatusForbidden},
			{"from this machine", "127.0.0.1:1000", ada, http.StatusForbidden},
			{"without a name", "10.0.0.1:1000", http.Header{}, http.StatusForbidden},
			{"with two names", "10.0.0.1:1000", http.Header{"X-Remote-User": {"ada", "root"}}, http.StatusForbidden},
			{"with an empty name", "10.0.0.1:1000", http.Header{"X-Remote-User": {""}}, http.StatusForbidden},
			{
				"by a name that is not allowed", "10.0.0.1:1000",
				http.Header{"X-Remote-User": {"ada"}, "Host": {"evil.example"}}, http.StatusMisdirectedRequest,
			},
			{
				"by a loopback name", "10.0.0.1:1000", http.Header{"X-Remote-User": {"ada"}, "Host": {"localhost"}},
				http.StatusMisdirectedRequest,
			},
			{
				"by a loopback address", "10.0.0.1:1000",
				http.Header{"X-Remote-User": {"ada"}, "Host": {"127.0.0.1:8080"}}, http.StatusMisdirectedRequest,
			},
			{"from a peer without an address", "@", ada, http.StatusForbidden},
		} {
			t.Run(route.method+" "+route.pattern+" "+c.name, func(t *testing.T) {
				h, asked := proxied(t)
				response := through(t, h, route.method, target, c.peer, c.header)
				defer response.Body.Close()
				body, _ := io.ReadAll(response.Body)
				if probes[route.pattern] {
					if response.StatusCode != http.StatusOK || len(body) > len("ready\n") {
						t.Errorf("a probe answers %d %q", response.StatusCode, body)
					}
					return
				}
				if response.StatusCode != c.status || len(*asked) > 0 || len(response.Cookies()) > 0 {
					t.Errorf("status %d, want %d; the policy was asked %v; %d cookies", response.StatusCode, c.status,
						*asked, len(response.Cookies()))
				}
			})
		}
	}
}

func TestTheProxyNamesThePerson(t *testing.T) {
	h, asked := proxied(t)
	response := through(t, h, http.MethodPost, "/press", "10.0.0.1:1000", http.Header{"X-Remote-User": {"ada"}})
	response.Body.Close()
	want := access.Person{Name: "ada", Issuer: access.IssuerProxy, Subject: "ada"}
	if len(*asked) != 1 || !reflect.DeepEqual((*asked)[0].Person, want) {
		t.Errorf("the policy was asked %+v", *asked)
	}
}

func TestCookiesAreForHTTPSWhereTheBrowserSpeaksIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		proxy  bool
		proto  string
		secure bool
	}{
		{"on loopback", false, "", false}, {"on loopback, claiming HTTPS", false, "https", false},
		{"behind a proxy", true, "", false}, {"behind a proxy with HTTPS", true, "https", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := closed(t, access.Loopback{})
			header := http.Header{"X-Remote-User": {"ada"}, "Host": {"localhost"}}
			if c.proxy {
				s.Hosts = []string{"ops.example.com"}
				s.Authenticator,
					s.Loopback = &access.Proxy{
					Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Header: "X-Remote-User",
				}, false
				header.Del("Host")
			}
			if c.proto != "" {
				header.Set("X-Forwarded-Proto", c.proto)
			}
			put := through(t, s.sessions(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				s.Sessions.Put(r.Context(), "theme", "dark")
			})), http.MethodPost, "/", "10.0.0.1:1000", header)
			defer put.Body.Close()
			cookies := put.Cookies()
			if len(cookies) != 1 || cookies[0].Secure != c.secure || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
				t.Errorf("cookies %v, want one with Secure %v", cookies, c.secure)
			}
		})
	}
}
