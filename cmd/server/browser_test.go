package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/testenv"
)

// patience is how long a test waits for what has to happen. It costs nothing where it happens, and a machine that does much
// else at the same time may need it.
const patience = time.Minute

// started is a portal that serves on a loopback port of its own.
type started struct {
	*portal
	address string
	data    string
	runs    string // the folder of its runbooks
}

// TestMain keeps the tests on loopback: where no credentials are found, the SDK would ask the machine for its role.
func TestMain(m *testing.M) {
	if err := os.Setenv("AWS_EC2_METADATA_DISABLED", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// start serves a portal with a folder of runbooks until the test ends; "" is the shipped pack.
func start(t *testing.T, folder string) *started {
	t.Helper()
	return startIn(t, folder, t.TempDir())
}

func startIn(t *testing.T, folder, data string) *started {
	t.Helper()
	return startWith(t, &options{Runbooks: folder, Data: data})
}

// startWith serves a portal with options.
func startWith(t *testing.T, o *options) *started {
	t.Helper()
	return startReached(t, o, reach{})
}

func startReached(t *testing.T, o *options, by reach) *started {
	t.Helper()
	return startServer(t, o, by, slog.New(slog.NewTextHandler(testLog{t}, nil)))
}

// startLogged serves a portal that writes its log to w, as the command does.
func startLogged(t *testing.T, o *options, w io.Writer) *started {
	t.Helper()
	return startServer(t, o, reach{}, (&observing{}).logger(w))
}

func startServer(t *testing.T, o *options, by reach, logger *slog.Logger) *started {
	t.Helper()
	s, _ := startWithin(t.Context(), t, o, by, logger)
	return s
}

// startWithin is startServer with a context of its own. The server ends with stop, or with the test.
func startWithin(within context.Context, t *testing.T, o *options, by reach, logger *slog.Logger) (s *started, stop func()) {
	t.Helper()
	term := terminal{strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }}
	p, err := newPortal(within, o, term, logger, by, nil)
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(within))
	var done sync.WaitGroup
	done.Go(func() {
		if err := p.serve(ctx, listener); err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := p.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s = &started{portal: p, address: "http://" + listener.Addr().String(), data: o.Data, runs: o.Runbooks}
	stop = func() { end(); done.Wait() }
	t.Cleanup(stop)
	return s, stop
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// runbookFolder makes a folder with one runbook.
func runbookFolder(t *testing.T, markdown string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "book.md"), []byte(markdown), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// browser is a tab of Chromium. What its console says, CSP reports included, fails the test.
type browser struct {
	t   *testing.T
	ctx context.Context

	name  string   // of the person; empty for one who has not said it
	named []string // servers that know it

	mu       sync.Mutex
	expected []string // parts of messages that the test provokes
	said     []string
}

func open(t *testing.T, width, height int64) *browser {
	t.Helper()
	testenv.Chromium(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*patience)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, name: "oncall"}
	b.do(chromedp.Navigate("about:blank"), chromedp.EmulateViewport(width, height))
	if _, err := chromedp.Call(ctx, cdplog.Enable, struct{}{}); err != nil {
		t.Fatal(err)
	}
	entries := chromedp.Events(ctx, cdplog.EntryAdded)
	go func() {
		for e, err := range entries {
			if err == nil && (e.Entry.Level == "error" || e.Entry.Level == "warning") {
				b.say(fmt.Sprintf("%s %s", e.Entry.Text, e.Entry.URL))
			}
		}
	}()
	go func() {
		for m := range chromedp.Console(ctx) {
			if text := fmt.Sprint(m); strings.Contains(text, "rror") {
				b.say(text)
			}
		}
	}()
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, s := range b.said {
			t.Errorf("the console says: %s", s)
		}
	})
	return b
}

func (b *browser) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.expected {
		if strings.Contains(text, e) {
			return
		}
	}
	b.said = append(b.said, text)
}

// expect lets the console say something that the test provokes.
func (b *browser) expect(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, part)
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// visit opens a page. At a server's first page the browser says whose it is, so that it is not asked.
func (b *browser) visit(address string) {
	b.t.Helper()
	if server := serverOf(address); b.name != "" && !slices.Contains(b.named, server) {
		b.named = append(b.named, server)
		b.do(chromedp.Navigate(server + "/runs"))
		say := fmt.Sprintf("fetch('/preferences', {method: 'POST', body: new URLSearchParams({name: %q, back: "+
			"'/healthz'})}).then(r => r.ok)", b.name)
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](say, chromedp.EvalAwaitPromise)); err != nil || !ok {
			b.t.Fatalf("say a name: %v, %v", ok, err)
		}
	}
	b.do(chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("#main")))
}

// serverOf is the part of an address that names the server.
func serverOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (b *browser) click(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.still(selector)
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("click %s: %v", selector, err)
	}
}

// still waits until something stands where it stood a moment ago, as a person's hand does: a click goes to a place of the window, and
// what came before it may still be on its way into the page. It waits no longer than a second: the click says what is wrong.
func (b *browser) still(selector string) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	where := `(() => {
		const e = document.querySelector(` + strconv.Quote(selector) + `);
		if (!e) return false;
		e.scrollIntoViewIfNeeded();
		const { x, y } = e.getBoundingClientRect(), at = x + " " + y, same = window.stillAt === at;
		window.stillAt = at;
		return same;
	})()`
	_, _ = chromedp.Run(ctx, chromedp.Poll[bool](where, chromedp.WithPollingInterval(60*time.Millisecond)))
}

// until waits until a JavaScript expression is true.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(30*time.Millisecond)))
	// the page was exchanged meanwhile
	for err != nil && ctx.Err() == nil && (strings.Contains(err.Error(), "context") || strings.Contains(err.Error(), "navigated")) {
		_, err = chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(30*time.Millisecond)))
	}
	if err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("#main")))
		now, _ := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		b.t.Fatalf("never came true: %s (now it is %v): %v\nthe page says:\n%s", expression, now, err, text)
	}
}

func evaluate[T any](b *browser, expression string, promised ...bool) T {
	b.t.Helper()
	var how []chromedp.EvaluateOption
	if len(promised) > 0 {
		how = append(how, chromedp.EvalAwaitPromise)
	}
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, how...))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	return evaluate[string](b, fmt.Sprintf("document.querySelector(%q)?.textContent ?? '(nothing)'", selector))
}

// has is an expression that is true when an element's text contains something.
func has(selector, text string) string {
	return fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text)
}

// get asks for a page without a browser.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// post sends a form and follows where it leads.
func post(t *testing.T, address string, form url.Values) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
