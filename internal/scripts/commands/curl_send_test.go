package commands_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// receiver answers what it was sent, and counts the requests.
func receiver(t *testing.T, count *atomic.Int64) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		if r.URL.Path == "/gone" {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			reader, err := r.MultipartReader()
			for err == nil {
				part, failed := reader.NextPart()
				if err = failed; err == nil {
					text, _ := io.ReadAll(part)
					fmt.Fprintf(w, "%s|%s|%s|%s;", part.FormName(), part.FileName(), part.Header.Get("Content-Type"), text)
				}
			}
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"), body)
	}))
	t.Cleanup(s.Close)
	return s
}

// sendWith runs a line, of which the field "host" gave the last word where field is set.
func sendWith(t *testing.T, o commands.Options, planning, field bool, args ...string) (out, said string, status int,
	calls []procedures.Call) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	inv := &procedures.Invocation{
		Args: args, Stdout: &stdout, Stderr: &stderr, Stdin: strings.NewReader("from\nstdin"), Planning: planning,
		Files: &files{fstest.MapFS{"f": {Data: []byte("a\r\nb")}}}, Env: func(string) (string, bool) { return "", false },
		Now: time.Now, Report: func(c procedures.Call) { calls = append(calls, c) }, Fields: make([]string, len(args)),
	}
	if field {
		inv.Fields[len(args)-1] = "host"
	}
	status = commands.Table(o)["curl"].Run(t.Context(), inv)
	return stdout.String(), stderr.String(), status, calls
}

// TestCurlSends compares what arrives with what curl 8.5 sends for the same line.
func TestCurlSends(t *testing.T) {
	var n atomic.Int64
	s := receiver(t, &n)
	o := commands.Options{Guard: commands.Guard{Allowed: []string{hostOf(t, s)}}}
	const form = "application/x-www-form-urlencoded"
	for line, want := range map[string]string{
		"-X POST URL/x": "POST /x  ", "-X DELETE URL/x": "DELETE /x  ", "-X PURGE URL": "PURGE /  ",
		"-d a=b URL": "POST / " + form + " a=b", "-d a=b -d c=d URL": "POST / " + form + " a=b&c=d",
		"-d @f URL": "POST / " + form + " ab", "--data-binary @f URL": "POST / " + form + " a\r\nb",
		"--data-raw @f URL": "POST / " + form + " @f", "-d @- URL": "POST / " + form + " fromstdin",
		"--data-urlencode a=b/c URL": "POST / " + form + " a=b%2Fc", "--data-urlencode a@f URL": "POST / " + form + " a=a%0D%0Ab",
		"-d x --data-urlencode =y& URL": "POST / " + form + " x&y%26",
		`--json {"a":1} URL`:            `POST / application/json {"a":1}`, "-X PATCH -d a URL": "PATCH / " + form + " a",
		"-d {} -H Content-Type:text/plain URL": "POST / text/plain {}", "-T f URL/": "PUT /f  a\r\nb", "-T f URL/g": "PUT /g  a\r\nb",
		"-T - URL/g": "PUT /g  from\nstdin", "-X GET -d a URL": "GET / " + form + " a",
		"-F a=b -F c=@f;type=text/x -F d=<f URL": "a|||b;c|f|text/x|a\r\nb;d|||a\r\nb;",
		"-F c=@f;filename=g URL":                 "c|g|application/octet-stream|a\r\nb;", "-F a=b;c URL": "a|||b;c;",
	} {
		args := append([]string{"curl", "-s"}, strings.Fields(strings.ReplaceAll(line, "URL", s.URL))...)
		out, said, status, calls := sendWith(t, o, false, false, args...)
		if out != want || status != 0 || len(calls) != 1 || !calls[0].Effect.Changes() ||
			calls[0].RuleVerdict.Verdict != procedures.Passed {
			t.Errorf("%s: %q, status %d (%s), want %q: %+v", line, out, status, said, want, calls)
		}
		before := n.Load()
		out, said, status, calls = sendWith(t, o, true, false, args...)
		if n.Load() != before || out != "" || status != 0 || len(calls) != 1 || calls[0].Planned == nil ||
			!calls[0].Planned.Effect.Changes() ||
			!strings.HasPrefix(calls[0].Planned.Does, "Sends ") {
			t.Errorf("planned %s: %d requests, %q, status %d (%s): %+v", line, n.Load()-before, out, status, said, calls)
		}
	}
}

// TestCurlSendsOnce holds that what was confirmed for one host goes to no other, and that a request without an answer is unknown.
func TestCurlSendsOnce(t *testing.T) {
	var n, m atomic.Int64
	s, other := receiver(t, &n), receiver(t, &m)
	o := commands.Options{Guard: commands.Guard{Allowed: []string{hostOf(t, s), hostOf(t, other)}}}
	if _, said, status, _ := sendWith(t, o, false, false, "curl", "-sSL", "-d", "a", s.URL+"/?to="+other.URL); status != 7 ||
		m.Load() != 0 || !strings.Contains(said, "what was confirmed is sent to") {
		t.Errorf("another host: status %d, %d requests: %s", status, m.Load(), said)
	}
	if out, said, _, _ := sendWith(t, o, false, false, "curl", "-sSL", "-d", "a", s.URL+"/?to=/b"); !strings.HasPrefix(out, "POST /b ") {
		t.Errorf("the same host: %q %s", out, said)
	}
	_, _, status, calls := sendWith(t, o, false, false, "curl", "-s", "-d", "a", s.URL+"/gone")
	if status == 0 || len(calls) != 1 || calls[0].RuleVerdict.Verdict != procedures.Unknown {
		t.Errorf("without an answer: status %d, %+v", status, calls[0].RuleVerdict)
	}
	if _, _, _, calls := sendWith(t, o, false, false, "curl", "-s", s.URL+"/gone"); calls[0].RuleVerdict.Verdict != procedures.Errored {
		t.Errorf("a reading without an answer: %+v", calls[0].RuleVerdict)
	}
	for _, guard := range []commands.Guard{{}, {Named: func(string) bool { return true }}} {
		for _, planning := range []bool{true, false} {
			before := n.Load()
			_, said, status, calls := sendWith(t, commands.Options{Guard: guard}, planning, false, "curl", "-sS", "-d", "a", s.URL)
			if status != 7 || n.Load() != before || slices.ContainsFunc(calls, func(c procedures.Call) bool { return c.Planned != nil }) {
				t.Errorf("a host that is not allowed, planning %v: status %d, %d requests: %s", planning, status, n.Load()-before, said)
			}
		}
	}
}

// TestCurlHostOfField tries values of a field as a host: below a host that the runbook names, and not below one that only looks like it.
func TestCurlHostOfField(t *testing.T) {
	var asked []string
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.Host)
		return httptest.NewRecorder().Result(), nil
	})
	guard := commands.Guard{
		Named: func(host string) bool {
			return slices.Contains([]string{"good.com", "github.io", "10.0.0.1"}, strings.ToLower(host))
		},
		Allowed: []string{"inner.corp.example:8443"},
	}
	for value, want := range map[string]bool{
		"https://good.com/": true, "https://eu.good.com/": true, "https://a.b.good.com:443/x": true,
		"http://EU.Good.Com": true, "eu.good.com": true,
		"https://a.inner.corp.example:8443/": true,
		"https://me@eu.good.com/":            true,
		"https://a.inner.corp.example/":      false, "https://eu.good.com:22/": false, "https://evilgood.com/": false,
		"https://evil.com/":             false,
		"https://eu.good.com@evil.com/": false,
		"https://eu.good.com./":         false, "https://evil.com#.good.com": false,
		"https://evil.com?.good.com": false, `https://evil.com\.good.com/`: false, `https://evil.com\@eu.good.com/`: false,
		"https://evil.com%2f.good.com/": false, "https://evil.com%23.good.com/": false, "https://evil.com%00.good.com/": false,
		"https://evil.com\u3002good.com/": false, "https://evil.com\uff0f.good.com/": false, "https://\u212aood.good.com/": false,
		"https://evil.github.io/": false, "https://com/": false, "https://1.10.0.0.1/": false, "https://good.com.evil.com/": false,
		"file://eu.good.com/etc/passwd": false, "https://[::1].good.com/": false, "https://eu.good.com\t.evil.com/": false,
		"https://.good.com/":              false,
		"https://{evil.com,eu.good.com}/": false, "//evil.com/.good.com": false,
	} {
		for _, sends := range []bool{false, true} {
			asked = nil
			args := []string{"curl", "-s", value}
			if sends {
				args = []string{"curl", "-s", "-d", "a", value}
			}
			_, said, status, _ := sendWith(t, commands.Options{Transport: transport, Guard: guard}, false, true, args...)
			if (len(asked) > 0) != want || (status == 0) != want {
				t.Errorf("%q: status %d, %v was asked: %s", value, status, asked, said)
			}
			_, _, status, _ = sendWith(t, commands.Options{Transport: transport, Guard: guard}, true, true, args...)
			if sends && (status == 0) != want {
				t.Errorf("%q is planned: %d", value, status)
			}
		}
	}
	// what an author, or a server, made of a name is not a field's
	o := commands.Options{Transport: transport, Guard: guard}
	if _, _, status, _ := sendWith(t, o, false, false, "curl", "-s", "https://eu.good.com/"); status != 7 {
		t.Errorf("a name that no field gave: status %d", status)
	}
}

// TestCurlFieldNamesNoFile holds that a field's value never says which file is sent.
func TestCurlFieldNamesNoFile(t *testing.T) {
	var n atomic.Int64
	s := receiver(t, &n)
	o := commands.Options{Guard: commands.Guard{Allowed: []string{hostOf(t, s)}}}
	for _, c := range []struct {
		option, before, value string
		refused               bool
	}{
		{"-d", "", "@f", true}, {"--data-binary", "", "@f", true}, {"--json", "", "@f", true}, {"--data-urlencode", "", "a@f", true},
		{"--data-urlencode", "a", "@f", true}, {"-F", "a=", "@f", true}, {"-F", "a=", "<f", true}, {"-F", "", "a=@f", true},
		{"-d", "@", "f", false}, {"-d", "a=", "@f", false}, {"--data-raw", "", "@f", false}, {"-d", "", "me@f", false},
		{"--data-urlencode", "a=", "@f", false}, {"-F", "a=me", "@f", false},
	} {
		for _, planning := range []bool{true, false} {
			var stdout, stderr bytes.Buffer
			inv := &procedures.Invocation{
				Args: []string{"curl", "-s", s.URL, c.option, c.before + c.value}, Stdout: &stdout, Stderr: &stderr, Planning: planning,
				Fields: []string{"", "", "", "", "note"}, FieldsFrom: []int{0, 0, 0, 0, len(c.before)}, Now: time.Now,
				Files: &files{fstest.MapFS{"f": {Data: []byte("content")}}}, Report: func(procedures.Call) {},
			}
			before := n.Load()
			status := commands.Table(o)["curl"].Run(t.Context(), inv)
			if (status == 2) != c.refused || c.refused && n.Load() != before || !c.refused && status != 0 {
				t.Errorf("%s %q + %q, planning %v: status %d: %s", c.option, c.before, c.value, planning, status, &stderr)
			}
		}
	}
}
