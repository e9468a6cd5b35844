package main

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestStreamsThatAreWrong: each mistake has its line.
func TestStreamsThatAreWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{name: a}", ":3: audit stream a: one of file, syslog and bucket"},
		{"{name: a, file: x.jsonl}", `file is "x.jsonl"; it must be a whole path`},
		{"{name: a, file: /x, bucket: bbb}", "there are 2"},
		{"{name: 'a b', file: /x}", `name is "a b"`},
		{"{name: a, syslog: 'http://x'}", "it must be tls://HOST:PORT"},
		{"{name: a, syslog: 'udp://x:514', ca_file: /x}", "ca_file is of syslog over TLS"},
		{"{name: a, bucket: 'x/y', environment: sandbox}", `bucket is "x/y"`},
		{"{name: a, bucket: xyz, environment: sandbx}", `there is no environment "sandbx", did you mean "sandbox"?`},
		{"{name: a, bucket: xyz, environment: sandbox, lock: forever, days: 1}", "it must be governance or compliance"},
		{"{name: a, bucket: xyz, environment: sandbox, lock: governance}", "days says for how long"},
		{"{name: a, file: /x, prefix: y}", "prefix is of a bucket"},
		{"{name: a, fiel: /x}", `the key "fiel" is not known; did you mean "file"?`},
	} {
		_, err := readConfiguration(writeConfiguration(t, "audit:\n  streams:\n    - "+c.text+"\n"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// TestStreamsAreSeen: a bucket gets the log through the environment's own calls, a file shows that the chain was cut off, and the page
// and the numbers say how far each is, and which fails.
func TestStreamsAreSeen(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "audit.jsonl")
	configuration := writeConfiguration(t, teamRoles+"audit:\n  streams:\n    - {name: disk, file: "+file+"}\n"+
		"    - {name: vault, bucket: audit-vault, prefix: log, environment: staging}\n"+
		"    - {name: held, bucket: audit-vault, environment: staging, lock: compliance, days: 30}\n"+ // which the sandbox has not
		"    - {name: gone, file: "+filepath.Join(dir, "nowhere", "x")+"}\n")
	data := t.TempDir()
	s, stop := startWithin(t.Context(), t, &options{
		Runbooks: runbookFolder(t, rolesBook), Data: data, Config: configuration, Environment: "production",
	}, behindThisMachine(), slog.New(slog.NewTextHandler(testLog{t}, nil)))
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		status, page := s.by(t, "ada@example.com", "", "/audit?environment=production", nil)
		_, numbers := s.by(t, "ada@example.com", "", "/metrics", nil)
		if status == http.StatusOK && strings.Count(page, "✓ sent") == 2 && strings.Count(page, "✕ failing") == 2 &&
			strings.Contains(page, "ObjectLockMode") &&
			strings.Contains(numbers, `opsbook_audit_stream_failing{stream="gone"} 1`) &&
			strings.Contains(numbers, `opsbook_audit_stream_failing{stream="vault"} 0`) {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%d %s\n%s", status, regexp.MustCompile(`(?s)<ul class="streams".*?</ul>`).FindString(page), numbers)
		}
	}
	stop()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `{"anchor":{"number":`) {
		t.Fatalf("%s, %v", text, err)
	}
	if status, out, errors := cli(t, "audit", "verify", "--data", data, "--anchor", file); status != 0 {
		t.Errorf("%d %s%s", status, out, errors)
	}
	later := filepath.Join(dir, "later.jsonl")
	if err := os.WriteFile(later, []byte("9999 "+strings.Repeat("a", 64)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := cli(t, "audit", "verify", "--data", data, "--anchor", later); status != exitFailed ||
		!strings.Contains(out, "an anchor knows entry 9999") {
		t.Errorf("a chain that was cut off: %d %s", status, out)
	}
	if status, _, errors := cli(t, "audit", "verify", "--data", data, "--anchor", configuration); status != exitUsage ||
		!strings.Contains(errors, "there is no anchor in it") {
		t.Errorf("a file without anchors: %d %s", status, errors)
	}
}
