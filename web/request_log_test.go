package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

func TestOneLineARequestWhateverIsInIt(t *testing.T) {
	var log bytes.Buffer
	s := closed(t, access.Loopback{})
	s.Logger = slog.New(slog.NewTextHandler(&log, nil))
	response := ask(t, s.routes(), http.MethodPost,
		"/marks?kind=none&step=a%0Alevel%3DERROR+msg%3Dforged&run=%1b%5B2J&procedure="+strings.Repeat("x", 4000), nil, "")
	defer response.Body.Close()
	id := response.Header.Get("Opsbook-Request")
	if lines := strings.Count(log.String(), "\n"); lines != 1 || id == "" ||
		!strings.Contains(log.String(), "request="+id) || !strings.Contains(log.String(), "step=\"a\\nlevel=ERROR msg=forged\"") {
		t.Errorf("request %q, %d lines:\n%s", id, lines, log.String())
	}
	if strings.ContainsRune(log.String(), 0x1b) || len(log.String()) > 1000 {
		t.Errorf("what was sent is in the log as it is: %q", log.String())
	}
	log.Reset()
	ask(t, s.routes(), http.MethodGet, "/static/opsbook.js", nil, "").Body.Close()
	if log.Len() > 0 {
		t.Errorf("a page is logged: %s", log.String())
	}
}

// TestRequestsAreLoggedOnDemand has one line for each, with the route, and with no value of the address.
func TestRequestsAreLoggedOnDemand(t *testing.T) {
	var log bytes.Buffer
	s := closed(t, access.Loopback{})
	s.Logger, s.LogRequests = slog.New(slog.NewTextHandler(&log, nil)), true
	handler := s.routes()
	ask(t, handler, http.MethodGet, "/static/opsbook.js?token=of-mine", nil, "").Body.Close()
	ask(t, handler, http.MethodGet, "/nowhere/of-mine?p.PASSWORD=of-mine", nil, "").Body.Close()
	var answered []string
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "a request was answered") {
			answered = append(answered, line)
		}
	}
	if len(answered) != 2 || !strings.Contains(answered[0], "method=GET route=/static/{file} status=200 took=") ||
		!strings.Contains(answered[1], "status=404") || !strings.Contains(answered[1], " bytes=") ||
		strings.Contains(answered[0], " bytes=0") {
		t.Errorf("the lines are %q", answered)
	}
	if all := strings.Join(answered, ""); strings.Contains(all, "of-mine") {
		t.Errorf("a value is in the log: %s", all)
	}
}

func TestHeadersCannotBeAddedTo(t *testing.T) {
	s := closed(t, access.Loopback{})
	for _, target := range []string{
		"/static/x%0d%0aSet-Cookie:%20a=b", "/procedures/x%0d%0aLocation:%20https://evil.example", "/?environment=x%0d%0aSet-Cookie:%20a=b",
	} {
		response := ask(t, s.routes(), http.MethodPost, target, nil, "")
		response.Body.Close()
		if response.Header.Get("Set-Cookie") != "" || response.Header.Get("Location") != "" {
			t.Errorf("%s adds %v", target, response.Header)
		}
	}
}

// TestWhoMayReadTheNumbers: who may view, and behind a proxy the networks that were named, by any name.
func TestWhoMayReadTheNumbers(t *testing.T) {
	for _, c := range []struct {
		name, peer, host string
		proxy            bool
		user             string
		status           int
	}{
		{"this machine", "127.0.0.1:1", "localhost", false, "", 200},
		{"a name pointed at this machine", "127.0.0.1:1", "evil.example", false, "", 421},
		{"somebody through the proxy", "10.0.0.1:1", "ops.example.com", true, "ada", 200},
		{"nobody through the proxy", "10.0.0.1:1", "ops.example.com", true, "", 403},
		{"a scraper", "192.168.7.7:1", "10.9.9.9:8080", true, "", 200},
		{"elsewhere", "192.0.2.1:1", "ops.example.com", true, "", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := closed(t, access.Loopback{})
			s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
			header := http.Header{"Host": {c.host}}
			if c.proxy {
				s.Hosts, s.MetricsFrom = []string{"ops.example.com"}, []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24")}
				s.Authenticator,
					s.Loopback = &access.Proxy{
					Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Header: "X-Remote-User",
				}, false
			}
			if c.user != "" {
				header.Set("X-Remote-User", c.user)
			}
			response := through(t, s.routes(), http.MethodGet, "/metrics", c.peer, header)
			response.Body.Close()
			if response.StatusCode != c.status {
				t.Errorf("status %d, want %d", response.StatusCode, c.status)
			}
		})
	}
}
