package web

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// TestThePublicAddress: people come by the address that the server was given. Whoever comes by another name, or over another scheme,
// is told which address it is and what has to be set; no policy is asked before.
func TestThePublicAddress(t *testing.T) {
	const ops = "https://ops.example.com"
	navigation := map[string]string{"Sec-Fetch-Mode": "navigate", "Accept": "text/html,*/*"}
	for _, c := range []struct {
		name, url, host string
		headers         map[string]string
		status          int
		says            []string
	}{
		{"as it should be", ops, "ops.example.com", map[string]string{"X-Forwarded-Proto": "https"}, 403, []string{"nobody may do"}},
		{"with its port", ops, "ops.example.com:443", map[string]string{"X-Forwarded-Proto": "https"}, 403, []string{"nobody may do"}},
		{"in capitals", ops, "OPS.example.com", map[string]string{"X-Forwarded-Proto": "HTTPS"}, 403, []string{"nobody may do"}},
		{"another port", ops, "ops.example.com:8443", map[string]string{"X-Forwarded-Proto": "https"}, 421, []string{ops, "Host"}},
		{"an address of the network", ops, "10.0.3.4:8080", map[string]string{"X-Forwarded-Proto": "https"}, 421,
			[]string{"called this server 10.0.3.4:8080", `<a href="https://ops.example.com/runs?q=1">`, "pass on the header Host"}},
		{"over HTTP", ops, "ops.example.com", map[string]string{"X-Forwarded-Proto": "http"}, 421,
			[]string{"over HTTP", `<a href="https://ops.example.com/runs?q=1">`, "X-Forwarded-Proto: http."}},
		{"a proxy that does not say it", ops, "ops.example.com", nil, 421,
			[]string{"does not say", "send the header X-Forwarded-Proto"}},
		{"HTTPS where it should be HTTP", "http://ops.example.com", "ops.example.com",
			map[string]string{"X-Forwarded-Proto": "https"}, 421, []string{"over HTTPS", "--url https://ops.example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := closed(t, nobody{&[]access.Action{}})
			s.URL, _ = url.Parse(c.url)
			s.Authenticator, s.Loopback = &access.Proxy{Networks: anywhere, Header: "X-Remote-User"}, false
			headers := map[string]string{"Host": c.host, "X-Remote-User": "ada", "HX-Request": ""}
			for _, more := range []map[string]string{navigation, c.headers} {
				for name, value := range more {
					headers[name] = value
				}
			}
			response := ask(t, s.routes(), http.MethodGet, "/runs?q=1", headers, "")
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || response.StatusCode != c.status {
				t.Errorf("status %d, want %d: %s", response.StatusCode, c.status, body)
			}
			for _, want := range c.says {
				if !strings.Contains(strings.ToLower(string(body)), strings.ToLower(want)) {
					t.Errorf("it does not say %q: %s", want, body)
				}
			}
			if why := careless(response); why != "" {
				t.Error(why)
			}
		})
	}
}

// TestAMismatchIsSaidToPrograms: what is no browser's page gets a sentence.
func TestAMismatchIsSaidToPrograms(t *testing.T) {
	s := closed(t, nobody{&[]access.Action{}})
	s.URL, _ = url.Parse("https://ops.example.com")
	s.Authenticator = &access.Proxy{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: "X-Remote-User"}
	s.Loopback = false
	response := ask(t, s.routes(), http.MethodPost, "/press", map[string]string{
		"Host": "ops.example.com", "X-Remote-User": "ada", "X-Forwarded-Proto": "https",
	}, "step=x")
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest || strings.Contains(string(body), "<") ||
		!strings.Contains(string(body), "Open https://ops.example.com/. The connection came from 192.0.2.1.") ||
		!strings.Contains(string(body), "--behind-proxy") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

// TestLinksUseThePublicAddress: also of a page that this machine reaches by another name.
func TestLinksUseThePublicAddress(t *testing.T) {
	s := closed(t, access.Loopback{})
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080/runs", nil)
	if got := s.origin(r); got != "http://127.0.0.1:8080" {
		t.Errorf("without an address it is %s", got)
	}
	s.URL, _ = url.Parse("https://ops.example.com")
	if wrong := s.misdirected(r); wrong != nil {
		t.Errorf("nobody signs in, and this machine is refused: %+v", wrong)
	}
	if got := s.origin(r); got != "https://ops.example.com" {
		t.Errorf("it is %s", got)
	}
}
