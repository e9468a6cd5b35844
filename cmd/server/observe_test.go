package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLogs writes the same event in both formats, below and at the level.
func TestLogs(t *testing.T) {
	for _, c := range []struct{ format, level, want string }{
		{"text", "info", "level=INFO msg=ended run=a took=1.5s\n"},
		{"text", "error", ""},
		{"json", "info", `{"level":"INFO","msg":"ended","run":"a","took":1.5}` + "\n"},
		{"json", "warn", ""},
	} {
		l, wrong := parsed(map[string]string{"OPSBOOK_LOG_LEVEL": c.level}, "serve", "--log-format", c.format)
		serve, _ := l.command.action.(*serveCommand)
		if wrong != "" {
			t.Fatal(wrong)
		}
		var log bytes.Buffer
		serve.logger(&log).Info("ended", "run", "a", "took", 1500*time.Millisecond)
		got := log.String()
		if c.format == "text" {
			_, got, _ = strings.Cut(got, " ") // its time
		} else if got != "" {
			var line map[string]any
			if err := json.Unmarshal([]byte(got), &line); err != nil {
				t.Fatal(err)
			}
			delete(line, "time")
			data, _ := json.Marshal(line)
			got = string(data) + "\n"
		}
		if got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.format, c.level, got, c.want)
		}
	}
}

// TestProfiles are served on loopback alone, to its names, and without the command line.
func TestProfiles(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":6060", "192.0.2.1:6060", "example.com:6060"} {
		status, _, stderr := cli(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--pprof", address)
		if status != exitUsage || !strings.Contains(stderr, "--pprof") || !strings.Contains(stderr, "is not a loopback address") {
			t.Errorf("--pprof %s: status %d, %s", address, status, stderr)
		}
	}
	var log bytes.Buffer
	c := &observing{Pprof: "127.0.0.1:0"}
	stop, err := c.profiles(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, address, _ := strings.Cut(strings.TrimSpace(log.String()), "address=")
	for _, ask := range []struct {
		path, host string
		status     int
		has        string
	}{
		{"", "", 200, "goroutine"},
		{"goroutine?debug=1", "localhost:6060", 200, "goroutine profile"},
		{"heap?debug=1", "", 200, "heap profile"},
		{"cmdline", "", 404, ""},
		{"heap", "evil.example:6060", 421, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+ask.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = ask.host
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != ask.status || !strings.Contains(string(body), ask.has) {
			t.Errorf("%s of %q: %s, %v, %.200s", ask.path, ask.host, response.Status, err, body)
		}
	}
}
