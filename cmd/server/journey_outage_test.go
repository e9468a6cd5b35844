package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhatWasTypedStays writes a note and presses a step while no server takes it, in each way in which that happens. What was
// typed stays, the page says so and tries again; then it is kept, once.
func TestWhatWasTypedStays(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\necho one\n```\n"))
	const page = "/procedures/book/look"
	const field = "#one .write [name=text]"
	proxy := behind(t, s.address)
	b := open(t, 1440, 1000)
	for _, expected := range []string{"503", "502", "ERR_", "AbortError", "network error", "Failed to fetch", "htmx:error"} {
		b.expect(expected)
	}
	b.visit(proxy.URL + page)
	b.until(has("#live", "live"))
	for _, mode := range []string{"503", "gone", "lost"} {
		note := "a note while the server is " + mode
		evaluate[bool](b, "document.querySelector('#one .write').open = true")
		b.do(chromedp.SendKeys(chromedp.CSS(field), note))
		proxy.is(mode)
		b.click("#one .write [value=note]")
		b.until(has("#said", "Trying again in"))
		b.until(has("#said", "What you typed is still here"))
		if got := evaluate[string](b, "document.querySelector('"+field+"').value"); got != note {
			t.Errorf("%s: the field has %q", mode, got)
		}
		proxy.is("")
		b.until(has("#one", "“"+note+"”"))
		b.until("document.querySelector('" + field + "').value === '' && document.querySelector('#said').textContent.trim() === ''")
	}
	proxy.is("503")
	b.click("#one .bar .btn")
	b.until(has("#said", "Trying again in"))
	proxy.is("")
	b.until(has("#out-one", "one"))
	count := map[string]int{}
	events, err := s.db.Events(t.Context(), runOf(t, s).ID, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == procedures.EventNote || e.Kind == procedures.EventStepStarted {
			count[string(e.Kind)+" "+e.Text]++
		}
	}
	for what, n := range count {
		if n != 1 {
			t.Errorf("%s is there %d times", what, n)
		}
	}
	if len(count) != 4 {
		t.Errorf("there is %v", count)
	}

	// Whoever does not want it any more stops it.
	proxy.is("gone")
	evaluate[bool](b, "document.querySelector('#one .write').open = true")
	b.do(chromedp.SendKeys(chromedp.CSS(field), "never"))
	b.click("#one .write [value=note]")
	b.until(has("#said", "Trying again in"))
	b.click("#said .btn")
	b.until("document.querySelector('#said').textContent === ''")
	if got := evaluate[string](b, "document.querySelector('"+field+"').value"); got != "never" {
		t.Errorf("after that the field has %q", got)
	}
}

// gone closes the connection of a request; lost does so after the server has answered.
func (p *badProxy) gone(w http.ResponseWriter, r *http.Request, lost http.Handler) {
	if lost != nil && r.Method == http.MethodPost && !strings.HasPrefix(r.URL.Path, "/preferences") {
		lost.ServeHTTP(httptest.NewRecorder(), r)
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}
