package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// slowSTS is an address of AWS STS that answers when it is told to.
type slowSTS struct {
	*httptest.Server
	asked  atomic.Int32
	answer func() // from now on
}

func newSlowSTS(t *testing.T) *slowSTS {
	t.Helper()
	open := make(chan struct{})
	s := &slowSTS{answer: sync.OnceFunc(func() { close(open) })}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		select {
		case <-open:
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		const arn = "arn:aws:iam::210987654321:user/ops"
		fmt.Fprintf(w,
			"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>%s</Arn><Account>210987654321</Account>"+
				"</GetCallerIdentityResult></GetCallerIdentityResponse>",
			arn)
	}))
	t.Cleanup(func() { s.answer(); s.Close() })
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	return s
}

// TestNoPageWaitsForAWS presses while AWS does not say which account the credentials are of, and opens every kind of page meanwhile.
func TestNoPageWaitsForAWS(t *testing.T) {
	sts := newSlowSTS(t)
	config := configured(t, "environments:\n  staging: {account: \"210987654321\", endpoint: \""+sts.URL+"\", region: eu-west-1}\n")
	folder := runbookFolder(t, "# Book\n\n## Names\n\n```bash\n# Who\naws sts get-caller-identity\n```\n")
	o := &options{Runbooks: folder, Data: t.TempDir(), Config: config, Environment: "staging"}
	p, err := newPortal(t.Context(), o, terminal{strings.NewReader(""), io.Discard, io.Discard, func(string) string {
		return ""
	}}, slog.New(slog.DiscardHandler), reach{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	old := &procedures.Run{
		ID: "the-old-one", Procedure: "book/names", Title: "Names", Environment: "staging",
		State: procedures.RunFinished, StartedAt: now, UpdatedAt: now, FinishedAt: now,
		Markdown: "# Book\n\n## Names\n\n```bash\n# Who\naws sts get-caller-identity\n```\n",
	}
	if err := p.db.Update(t.Context(), func(tx procedures.Tx) error {
		return p.db.InsertRun(t.Context(), tx, old, "book.md")
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var pressing sync.WaitGroup
	for range 3 {
		pressing.Go(func() {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1/press",
				strings.NewReader("procedure=book/names&step=who"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			p.handler.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	eventually(t, "a press asks AWS", func() bool { return sts.asked.Load() > 0 })
	for _, page := range []string{
		"/", "/account", "/procedures/book/names", "/runs", "/mistakes", "/runs/the-old-one",
		"/runs/the-old-one/evidence", "/runs/the-old-one/journal.jsonl", "/runs/the-old-one/runbook.md",
		"/stream?procedure=book/names&once=true", "/stream?home=true&once=true", "/healthz", "/readyz",
	} {
		begun := time.Now()
		if page == "/" {
			page += "?environment=staging" // where the first page leads to
		}
		text := ask(t, p, http.MethodGet, page, "")
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("%s took %s", page, took)
		}
		if page == "/?environment=staging" && !strings.Contains(text, "2109-8765-4321 · eu-west-1 · not verified yet") {
			t.Error("the home page does not say that the account was not verified")
		}
	}
	if n := sts.asked.Load(); n != 1 {
		t.Errorf("AWS was asked %d times by three presses at once", n)
	}
	sts.answer()
	eventually(t, "the page says that the account was verified", func() bool {
		return !strings.Contains(ask(t, p, http.MethodGet, "/account", ""), "not verified yet")
	})
	pressing.Wait()
	cancel()
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

// TestAPressSaysThatAWSDidNotAnswer: it waits for its own time, and another press later asks anew.
func TestAPressSaysThatAWSDidNotAnswer(t *testing.T) {
	sts := newSlowSTS(t)
	e := procedures.Environment{Name: "staging", Account: "210987654321", Endpoint: sts.URL, Region: "eu-west-1"}
	g := newEngine(e, nil, nil, commands.ProgramEffects{})
	g.patience = 100 * time.Millisecond
	begun := time.Now()
	_, err := g.verify(t.Context())
	if err == nil || procedures.CodeOf(err) != procedures.CodeUnavailable || time.Since(begun) > 5*time.Second {
		t.Fatalf("after %s: %v", time.Since(begun), err)
	}
	if text := err.Error(); !strings.Contains(text, "nothing was called") || !strings.Contains(text, "staging") ||
		!strings.Contains(text, "AWS STS has not answered in time") {
		t.Errorf("it says %s", text)
	}
	sts.answer()
	g.patience = time.Minute
	if account, err := g.verify(t.Context()); err != nil || account != "210987654321" {
		t.Errorf("then it is %q, %v", account, err)
	}
	if arn, err := g.identity(t.Context()); err != nil || !strings.HasSuffix(arn, ":user/ops") || sts.asked.Load() != 1 {
		t.Errorf("as %q, %v, asked %d times", arn, err, sts.asked.Load())
	}
	other := newEngine(procedures.Environment{
		Name: "production", Account: "123456789012", Endpoint: sts.URL, Region: "eu-west-1",
	}, nil, nil, commands.ProgramEffects{})
	if _, err := other.verify(t.Context()); procedures.CodeOf(err) != procedures.CodeRefused ||
		!strings.Contains(fmt.Sprint(err), "is for the account 123456789012, and the credentials are of 210987654321") {
		t.Errorf("another account: %v", err)
	}
}
