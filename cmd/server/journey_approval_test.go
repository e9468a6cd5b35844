package main

import (
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const twoPeople = "# Book\n\n## Mine\n\n```bash\n#| title: More memory\n#| approvals: 1\naws lambda " +
	"update-function-configuration --function-name network-visualizer-api-production --memory-size 2048\n```\n"

// approvalOrder is what a request begins with, as it is seen from top to bottom.
const approvalOrder = `[...document.querySelectorAll("#more-memory .request .what, #more-memory .request .plan > *, " +
	"#more-memory .request > :not(.plan, .what)")].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
	.slice(0, 3).map((e) => e.classList.contains("answer") ? "answer" : e.className.split(" ")[0] || e.localName).join(", ")`

// TestJourneyApproval requests another person's approval, is refused one's own, gets it, and applies the change once; the
// rollback is declined.
func TestJourneyApproval(t *testing.T) {
	t.Parallel()
	s := startWith(t, &options{
		Runbooks: runbookFolder(t, twoPeople), Data: t.TempDir(),
		Config: configured(t, "environments: {sandbox: {account: sandbox, approvals_without_sign_in: true}}\n"),
	})
	requester, approver := open(t, 1440, 1000), open(t, 390, 844)
	approver.name = "second"
	requester.expected, approver.expected = []string{"403"}, []string{"403"} // what is refused
	for _, b := range []*browser{requester, approver} {
		b.visit(s.address + "/procedures/book/mine")
		b.until(has("#live", "live"))
	}
	requester.click("#more-memory .bar .btn")
	requester.until("document.querySelector('#dialog').open")
	if evaluate[bool](requester, "document.querySelector('#dialog [data-confirm]') !== null") {
		t.Error("it can be applied without an approval")
	}
	requester.click("#dialog [value='request']")
	for _, b := range []*browser{requester, approver} {
		b.until(has("#more-memory .request .what", "Waiting for 1 approval"))
		b.until(has("#more-memory .request .what", "requested by oncall"))
		b.until(has("#more-memory .request .diffs", "2048"))
		b.until(has("#timeline", "oncall requested approval of More memory from 1 other person"))
	}
	approver.visit(s.address + "/waiting")
	approver.until(has("#waiting .need.warn", "More memory") + " && " + has("#waits", "1"))
	approver.click("#waiting .need .btn")
	approver.until(has("#live", "live"))
	if _, body := get(t, s.address+"/waiting"); !strings.Contains(body, "More memory") {
		t.Error("somebody else who may approve does not find it")
	}
	const offered = "document.querySelector(\"#more-memory .request [value='approve']\").checkVisibility()"
	if evaluate[bool](requester, offered) || !evaluate[bool](approver, offered) {
		t.Error("who asked is offered to approve, or who did not is not")
	}
	evaluate[bool](requester, "(document.querySelector(\"#more-memory .request [value='approve']\").click(), true)") // by hand
	requester.until(has("#said", "You cannot approve your own change"))
	requester.click("#said [data-dismiss]")
	if above := evaluate[string](approver, approvalOrder); above != "what, section, answer" {
		t.Errorf("a phone shows %s first", above)
	}
	if got := approver.text("#more-memory .bar .btn"); got != "(nothing)" {
		t.Errorf("while it is asked the step still offers %q", got)
	}

	approver.click("#more-memory .request [value='approve']")
	for _, b := range []*browser{requester, approver} {
		b.until(has("#more-memory .request .what", "Approved"))
		b.until(has("#more-memory .request", "second approved"))
	}
	approver.click("#more-memory .request [data-confirm]")
	approver.until(has("#said", "An approver cannot also execute the change"))
	approver.click("#said [data-dismiss]")
	requester.click("#more-memory .request [data-confirm]")
	for _, b := range []*browser{requester, approver} {
		b.until(has("#more-memory .outcome .what", "Changed by oncall"))
		b.until(has("#more-memory .outcome .diffs", "2048"))
		b.until("document.querySelector('#more-memory .request') === null")
	}

	requester.click("#more-memory .outcome .act .btn")
	requester.until("document.querySelector('#dialog').open")
	requester.click("#dialog [value='request']")
	approver.until(has("#more-memory .request .what", "Waiting for 1 approval"))
	approver.do(chromedp.SendKeys(chromedp.CSS("#more-memory .request input[name='text']"), "not on a Friday"))
	approver.click("#more-memory .request [value='decline']")
	for _, b := range []*browser{requester, approver} {
		b.until(has("#more-memory .request", "second declined: not on a Friday"))
		b.until("document.querySelector('#more-memory .request [data-confirm]') === null")
	}
}

// TestNoFormGoesAroundTheYes sends by hand what the page does not offer.
func TestNoFormGoesAroundTheYes(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, twoPeople))
	form := url.Values{
		"procedure": {"book/mine"}, "environment": {"sandbox"}, "step": {"more-memory"}, "as": {"Ada"}, "back": {"/procedures/book/mine"},
	}
	_, body := post(t, s.address+"/press", form)
	found := regexp.MustCompile(`name="execution" value="([a-z0-9]+)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no question: %s", body)
	}
	form.Set("confirmed", found[1])
	for name, change := range map[string]func(url.Values){
		"without asking":                func(url.Values) {},
		"with a key":                    func(f url.Values) { f.Set("key", "again") },
		"typed":                         func(f url.Values) { f.Set("typed", "network-visualizer-api-production") },
		"as the corrected line":         func(f url.Values) { f.Set("corrected", "true") },
		"with the steps before it":      func(f url.Values) { f.Set("with", "true") },
		"for a reason":                  func(f url.Values) { f.Set("reason", "I may") },
		"under another name":            func(f url.Values) { f.Set("as", "Bert") },
		"after asking":                  func(url.Values) { s.say(t, found[1], "request", "Ada") },
		"after approving under no name": func(url.Values) { s.say(t, found[1], "approve", "") },
	} {
		sent := url.Values{}
		for k, v := range form {
			sent[k] = v
		}
		change(sent)
		if status, body := post(t, s.address+"/press", sent); status != 403 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := post(t, s.address+"/run-all",
		url.Values{"procedure": {"book/mine"}, "environment": {"sandbox"}, "as": {"Ada"}, "back": {"/"}}); status >= 500 {
		t.Errorf("run all: %d %s", status, body)
	}
	if _, body := get(t, s.address+"/procedures/book/mine"); strings.Contains(body, "Changed") {
		t.Error("it was executed")
	}
}

// say answers a request without a browser.
func (s *started) say(t *testing.T, execution, kind, name string) {
	t.Helper()
	_, _ = post(t, s.address+"/approvals", url.Values{"execution": {execution}, "kind": {kind}, "as": {name}, "back": {"/"}})
}

// TestJourneyExpiredApproval lets an hour pass between the yes and the press.
func TestJourneyExpiredApproval(t *testing.T) {
	t.Parallel()
	var late atomic.Bool
	config := configured(t, "environments: {sandbox: {account: sandbox, approvals_without_sign_in: true}}\n")
	s := startWith(t, &options{Runbooks: runbookFolder(t, twoPeople), Data: t.TempDir(), Config: config, now: func() time.Time {
		if late.Load() {
			return time.Now().Add(time.Hour + time.Second)
		}
		return time.Now()
	}})
	requester, approver := open(t, 1440, 1000), open(t, 390, 844)
	approver.name = "second"
	requester.expected = []string{"409"} // what is refused
	for _, b := range []*browser{requester, approver} {
		b.visit(s.address + "/procedures/book/mine")
		b.until(has("#live", "live"))
	}
	requester.click("#more-memory .bar .btn")
	requester.until("document.querySelector('#dialog').open")
	requester.click("#dialog [value='request']")
	approver.until(has("#more-memory .request .what", "Waiting for 1 approval"))
	approver.click("#more-memory .request [value='approve']")
	requester.until(has("#more-memory .request .what", "Approved"))
	late.Store(true)
	requester.click("#more-memory .request [data-confirm]")
	requester.until(has("#said", "more than an hour ago; nothing was changed"))
	requester.visit(s.address + "/procedures/book/mine")
	requester.until(has("#more-memory .request", "The request expired"))
	if evaluate[bool](requester, "document.querySelector('#more-memory .request [data-confirm]') !== null") {
		t.Error("it is still offered")
	}
}
