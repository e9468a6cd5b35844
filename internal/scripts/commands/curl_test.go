package commands_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// site answers as its paths say.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "ok %s", r.Method) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusServiceUnavailable) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s", r.URL.RawQuery, r.Header.Get("X-Test"), r.Header.Get("Authorization"))
	})
	mux.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func hostOf(t *testing.T, s *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func TestCurl(t *testing.T) {
	s := site(t)
	guard := commands.Guard{Allowed: []string{hostOf(t, s)}}
	for _, c := range []struct {
		name, line, want string
		status           int
		verdict          procedures.Verdict
	}{
		{"body", "curl -s URL/health", "ok GET", 0, procedures.Passed},
		{"status only", "curl -s -o /dev/null -w %{http_code} URL/health", "200", 0, procedures.Passed},
		{"silent and failing", "curl -sf URL/broken", "", 22, procedures.Failed},
		{"a status from 400 fails though curl does not", "curl -s -o /dev/null -w %{http_code} URL/broken", "503", 0, procedures.Failed},
		{"an answer that ends early", "curl -s URL/half", "half", 18, procedures.Errored},
		{"redirect not followed", "curl -s -o /dev/null -w %{http_code} URL/away?to=/health", "302", 0, procedures.Passed},
		{"redirect followed", "curl -sL -w /%{num_redirects} URL/away?to=/health", "ok GET/1", 0, procedures.Passed},
		{
			"redirect to another host is asked for", "curl -sSL URL/away?to=http://169.254.169.254/latest/meta-data",
			"", 7, procedures.Errored,
		},
		{"redirect to a file", "curl -sL URL/away?to=file:///etc/passwd", "", 7, procedures.Errored},
		{"header and user", "curl -s -H X-Test:yes -u me:secret URL/echo?a=b", "a=b yes Basic bWU6c2VjcmV0", 0, procedures.Passed},
		{"query from data", "curl -sG -d a=1 --data-urlencode q=x/y URL/echo", "a=1&q=x%2Fy  ", 0, procedures.Passed},
		{"timeout", "curl -s -m 0.05 -w %{http_code} URL/slow", "000", 28, procedures.Errored},
		{"nobody there", "curl -s -w %{http_code} http://127.0.0.1:1/", "000", 7, procedures.Errored},
		{"head", "curl -s -I -o /dev/null -w %{http_code}|%{method} URL/health", "200|HEAD", 0, procedures.Passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			var calls []procedures.Call
			args := strings.Fields(strings.ReplaceAll(c.line, "URL", s.URL))
			status := commands.Table(commands.Options{Guard: guard})["curl"].Run(t.Context(), &procedures.Invocation{
				Args: args, Stdout: &out, Stderr: &errs, Files: &files{fstest.MapFS{}}, Env: func(string) (string, bool) {
					return "", false
				},
				Now: time.Now, Report: func(call procedures.Call) { calls = append(calls, call) },
			})
			if out.String() != c.want || status != c.status {
				t.Errorf("printed %q, status %d (%s), want %q, %d", out.String(), status, errs.String(), c.want, c.status)
			}
			if len(calls) != 1 || calls[0].RuleVerdict == nil || calls[0].RuleVerdict.Verdict != c.verdict {
				t.Errorf("reported %+v, want one call read as %q", calls, c.verdict)
			}
		})
	}
}

func TestCurlRefuses(t *testing.T) {
	s := site(t)
	options := commands.Options{Guard: commands.Guard{Allowed: []string{hostOf(t, s)}}}
	for _, line := range []string{
		"curl -X TRACE URL", "curl -X connect URL", "curl -X P(ST URL",
		"curl -d a=b -F c=d URL", "curl -I -d a=b URL",
		"curl -T x -T y URL URL",
		"curl -T missing URL", "curl -d @missing URL", "curl -F a=@missing URL", "curl --unknown URL", "curl",
		"curl ftp://example.com/", "curl file:///etc/passwd",
	} {
		args := strings.Fields(strings.ReplaceAll(line, "URL", s.URL+"/health"))
		out, stderr, status := run(t, options, "", nil, args...)
		if status == 0 || out != "" || stderr == "" {
			t.Errorf("%s: status %d, printed %q, said %q; want a refusal", line, status, out, stderr)
		}
	}
}

func TestCurlPlan(t *testing.T) {
	word := func(text string) procedures.Word {
		return procedures.Word{Text: text, Known: true, Source: text, Line: 3}
	}
	curl := commands.Table(commands.Options{})["curl"]
	plan := curl.Describe([]procedures.Word{word("curl"), word("-sf"), word("https://api.example.com:8443/health")})
	if plan.Effect != procedures.EffectRead || len(plan.Findings) != 0 || len(plan.Hosts) != 1 || plan.Hosts[0] != "api.example.com:8443" {
		t.Errorf("plan of a reading: %+v", plan)
	}
	for line, effect := range map[string]procedures.Effect{
		"-X POST": procedures.EffectChange, "-d a=b": procedures.EffectChange, "-X GET -d a=b": procedures.EffectChange,
		"-X PATCH": procedures.EffectChange, "-T f": procedures.EffectChange, "-F a=@f": procedures.EffectChange,
		"--json {}": procedures.EffectChange, "-X PURGE": procedures.EffectChange, "-X DELETE": procedures.EffectDestroy,
		"-XPOST -G -d a=b": procedures.EffectChange, "-G -d a=b": procedures.EffectRead,
		"-X HEAD": procedures.EffectRead, "-I": procedures.EffectRead,
		"-X GET": procedures.EffectRead,
	} {
		words := []procedures.Word{word("curl")}
		for _, text := range strings.Fields(line + " https://hooks.example.com/") {
			words = append(words, word(text))
		}
		if plan := curl.Describe(words); plan.Effect != effect || len(plan.Findings) > 0 || plan.Plans != effect.Changes() ||
			strings.HasSuffix(line, "f") != slices.Equal(plan.Reads, []string{"f"}) {
			t.Errorf("plan of %s: %+v", line, plan)
		}
	}
	plan = curl.Describe([]procedures.Word{word("curl"), word("-X"), word("TRACE"), word("https://hooks.example.com/")})
	if plan.Effect != procedures.EffectChange || len(plan.Findings) != 1 || plan.Findings[0].Rule != "curl-sends" ||
		plan.Findings[0].Line != 3 {
		t.Errorf("plan of a TRACE: %+v", plan)
	}
	if hosts := curl.Describe([]procedures.Word{word("curl"), {Text: "https://${HOST}/x"}}).Hosts; len(hosts) != 0 {
		t.Errorf("hosts of an unknown URL: %v", hosts)
	}
}

// TestCurlGuard opens each way to an address that a web page must not reach.
func TestCurlGuard(t *testing.T) {
	s := site(t)
	_, port, _ := strings.Cut(hostOf(t, s), ":")
	named := commands.Guard{Named: func(string) bool { return true }}
	for name, u := range map[string]string{
		"loopback": s.URL + "/health", "loopback by name": "http://localhost:" + port + "/health",
		"loopback as a number": "http://2130706433:" + port + "/", "IPv6 loopback": "http://[::1]:" + port + "/",
		"mapped loopback": "http://[::ffff:127.0.0.1]:" + port + "/",
		"metadata":        "http://169.254.169.254/latest/meta-data/", "metadata IPv6": "http://[fd00:ec2::254]/",
		"private": "http://10.0.0.1/", "private B": "http://172.16.0.1/",
		"private C": "http://192.168.1.1/", "unspecified": "http://0.0.0.0:" + port + "/",
		"carrier": "http://100.64.0.1/", "link local": "http://[fe80::1]/", "NAT64": "http://[64:ff9b::7f00:1]/",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			out, stderr, status := run(t, commands.Options{Guard: named}, "", nil, "curl", "-sS", "-m", "3", u)
			if status == 0 || out != "" || ctx.Err() != nil {
				t.Errorf("status %d, printed %q (%s), want a refusal", status, out, stderr)
			}
		})
	}
	for _, guard := range []commands.Guard{{}, {Named: func(host string) bool { return host == "other.example" }}} {
		if out, stderr, status := run(t, commands.Options{Guard: guard}, "", nil, "curl", "-sS", s.URL); status != 7 ||
			out != "" || !strings.Contains(stderr, "no runbook names the host") {
			t.Errorf("a host that nobody names: status %d, %q, %q", status, out, stderr)
		}
	}
	if !netip.MustParseAddr("127.0.0.1").IsLoopback() {
		t.Fatal("netip changed")
	}
}

// TestCurlInProcess asks a transport and never the network.
func TestCurlInProcess(t *testing.T) {
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		fmt.Fprintf(w, "in process: %s", r.URL.Host)
		return w.Result(), nil
	})
	named := commands.Guard{Named: func(host string) bool { return host == "api.example.com" }}
	out, _, status := run(t, commands.Options{Transport: transport, Guard: named}, "", nil, "curl", "-s", "https://api.example.com/health")
	if out != "in process: api.example.com" || status != 0 {
		t.Errorf("printed %q, status %d", out, status)
	}
	if out, _, status := run(t, commands.Options{Transport: transport, Guard: named}, "", nil, "curl", "-s",
		"https://elsewhere.example/"); status != 7 || out != "" {
		t.Errorf("a host that no runbook names: printed %q, status %d; the real account would refuse it", out, status)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCurlStatuses are curl's own, which scripts compare with: https://curl.se/libcurl/c/libcurl-errors.html
func TestCurlStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want int
	}{
		{"curl", 2}, {"curl --no-such-option http://a.example", 2},
		{"curl gopher://a.example/", 1}, {"curl http://", 3}, {"curl http://[::1", 3},
		{"curl -sm 1 http://127.0.0.1:1/", 7},
	} {
		guard := commands.Guard{Named: func(string) bool { return true }, Allowed: []string{"127.0.0.1"}}
		if _, stderr, status := run(t, commands.Options{Guard: guard}, "", nil, strings.Fields(c.line)...); status != c.want {
			t.Errorf("%s: status %d, want %d (%s)", c.line, status, c.want, stderr)
		}
	}
}
