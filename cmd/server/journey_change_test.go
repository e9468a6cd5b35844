package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	memory = "/procedures/scaling/memory-and-timeout-of-a-function"
	change = "#change-memory-and-timeout"
)

// TestJourneyChangeBeforeAfterAndRolledBack raises the memory of a function and takes it back, while somebody else looks on.
func TestJourneyChangeBeforeAfterAndRolledBack(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	other.name = "looker"
	for _, b := range []*browser{one, other} {
		b.visit(s.address + memory)
		b.until(has("#live", "live"))
	}
	one.do(chromedp.SendKeys(chromedp.CSS("#parameters input[name='p.MEMORY_MB']"), "2048"),
		chromedp.SendKeys(chromedp.CSS("#parameters input[name='p.TIMEOUT_SECONDS']"), "60"))
	one.click("#as-it-is-now .bar .btn")
	one.until(has("#as-it-is-now .sub", "Successful"))

	// Before: exactly this call, what will be different, and how it is undone.
	one.click(change + " .bar .btn")
	one.until("document.querySelector('#dialog').open")
	for selector, want := range map[string][]string{
		"#dialog .where":         {"Exactly this call", "sandbox"},
		"#dialog pre.call":       {"--memory-size 2048", "--timeout 60"},
		"#dialog .diffs":         {"MemorySize", "1024", "2048", "Timeout", "300", "60"},
		"#dialog .checks":        {"nobody else", "read", "rollback:", "--memory-size 1024", "--timeout 300", "waits until"},
		"#dialog pre.call b":     {"2048"},
		"#dialog [data-confirm]": {"Make this change"},
	} {
		for _, part := range want {
			if got := one.text(selector); !strings.Contains(got, part) {
				t.Errorf("before the change %s says %q, without %q", selector, got, part)
			}
		}
	}
	one.click("#dialog [data-confirm]")

	// After: what is different now, for everybody, with the rollback.
	for _, b := range []*browser{one, other} {
		b.until(has(change+" .outcome .what", "Changed by oncall"))
		b.until(has(change+" .outcome .diffs", "2048"))
		b.until(has(change+" .outcome .checks", "stable"))
		b.until(has(change+" .outcome .act .btn", "Roll back"))
		b.until(has("#timeline", "MemorySize 1024 → 2048"))
	}
	one.click(change + " .outcome .act .btn")
	one.until("document.querySelector('#dialog').open")
	if got := one.text("#dialog .diffs"); !strings.Contains(got, "2048") || !strings.Contains(got, "1024") {
		t.Errorf("the rollback will change: %q", got)
	}
	one.until(has("#dialog [data-confirm]", "Roll back"))
	one.click("#dialog [data-confirm]")
	for _, b := range []*browser{one, other} {
		b.until(has(change+" .outcome .what", "Rolled back by oncall"))
		b.until(has(change+" .outcome .checks", "--memory-size 2048")) // the rollback of the rollback
		b.until(has("#timeline", "oncall started the rollback of Change memory and timeout"))
	}
	other.click("#as-it-is-now .bar .btn")
	other.until(has("#out-as-it-is-now", "1024"))
	other.until(has("#out-as-it-is-now", "300"))
}

// TestJourneyChangedSinceItWasShown lets somebody else change the function while the question is open.
func TestJourneyChangedSinceItWasShown(t *testing.T) {
	t.Parallel()
	const line = "aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size"
	s := start(t, runbookFolder(t, "# Book\n\n## Mine\n\n```bash\n# More memory\n"+line+
		" 2048\n```\n\n## Theirs\n\n```bash\n# Even more\n"+line+" 3008\n```\n"))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/mine")
	b.until(has("#live", "live"))
	b.click("#more-memory .bar .btn")
	b.until("document.querySelector('#dialog').open")
	s.confirm(t, "book/theirs", "even-more")
	b.until("fetch('/procedures/book/theirs').then(r => r.text()).then(text => text.includes('Roll back'))") // it has ended
	b.click("#dialog [data-confirm]")
	b.until(has("#more-memory .sub", "Changed since it was shown"))
	b.until(has("#more-memory .sub", "3008"))
	b.until(has("#more-memory .why", "review what it would change"))
	if evaluate[bool](b, "document.querySelector('#more-memory .outcome') !== null") {
		t.Error("the card says that it changed something")
	}
}

var asked = regexp.MustCompile(`name="confirmed" value="([a-z0-9]+)"`)

// confirm presses a changing step without a browser, and confirms its plan.
func (s *started) confirm(t *testing.T, procedure, step string, more ...string) {
	t.Helper()
	form := url.Values{
		"procedure": {procedure}, "environment": {"sandbox"}, "step": {step}, "as": {"theirs"}, "back": {"/procedures/" + procedure},
	}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	status, body := post(t, s.address+"/press", form)
	found := asked.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no question: %d %s", status, body)
	}
	form.Del("rollback")
	form.Set("confirmed", found[1])
	if status, body = post(t, s.address+"/press", form); status != 200 {
		t.Fatalf("confirmed: %d %s", status, body)
	}
}

// waitFor waits until a page says something.
func (s *started) waitFor(t *testing.T, page, text string) string {
	t.Helper()
	var body string
	eventually(t, page+" says "+text, func() bool {
		_, body = get(t, s.address+page)
		return strings.Contains(body, text)
	})
	return body
}

// TestJourneyRollBackWithoutScript changes a function and takes that back with forms alone.
func TestJourneyRollBackWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t,
		runbookFolder(t,
			"# Book\n\n## Mine\n\n```bash\n# More memory\naws lambda update-function-configuration --function-name "+
				"network-visualizer-api-production --memory-size 2048\n```\n"))
	s.confirm(t, "book/mine", "more-memory")
	body := s.waitFor(t, "/procedures/book/mine", "Roll back…")
	execution := regexp.MustCompile(`name="rollback" value="([a-z0-9]+)"`).FindStringSubmatch(body)
	if execution == nil {
		t.Fatal("the button has no execution")
	}
	s.confirm(t, "book/mine", "more-memory", "rollback", execution[1])
	s.waitFor(t, "/procedures/book/mine", "<b>Rolled back</b>")
}
