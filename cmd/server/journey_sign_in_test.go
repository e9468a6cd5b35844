package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin/signintest"
)

// TestJourneySignIn: a shared link is opened by somebody who is signed out, and leads to its step after the provider's page. The session
// ends while the page is open: it says so within a moment, and keeps what was typed until the person has signed in in another tab.
func TestJourneySignIn(t *testing.T) {
	t.Parallel()
	x := startTeam(t, "")
	x.provider.Ask(true)
	b := open(t, 1440, 1000)
	b.name = "" // it is the provider's
	b.expect("401")
	b.expect("ERR_INCOMPLETE_CHUNKED_ENCODING")
	link := x.address + health + "?step=cloudfront-distribution"
	b.visit(link + "#cloudfront-distribution")
	if at := evaluate[string](b, "location.href"); !strings.HasPrefix(at, x.provider.Issuer) {
		t.Fatalf("one provider is not led to: %s", at)
	}
	b.click("#in")
	b.until(has("#live", "live"))
	if at := evaluate[string](b, "location.href"); at != link+"#cloudfront-distribution" {
		t.Errorf("the link leads to %s", at)
	}
	b.until("document.querySelector('#cloudfront-distribution').getBoundingClientRect().top < innerHeight")
	b.until(has(".nav .preferences", "Ada Lovelace"))
	b.click("#alarms .bar .btn")
	b.until(has("#alarms .sub", "No alarm"))
	b.until(has("#timeline", "Ada Lovelace started the run"))

	typed := "document.querySelector('[aria-label=\"Note on the run\"]')"
	b.until("Boolean(" + typed + ")")
	evaluate[bool](b, typed+".value = 'half a sentence', true")
	ada := access.Person{Issuer: x.provider.Issuer, Subject: "u-1"}
	ended := time.Now()
	if err := x.signIn.EndOf(t.Context(), ada, ""); err != nil {
		t.Fatal(err)
	}
	b.until("!document.getElementById('signed-out').hidden")
	if took := time.Since(ended); took > 2*time.Second {
		t.Errorf("the page said so after %s", took)
	}
	b.accessible("signed-out")
	other := b.tab()
	other.visit(x.address + evaluate[string](b, "document.querySelector('#signed-out a').getAttribute('href')"))
	other.click("#in")
	other.until(has("#live", "live"))
	b.front()
	b.until("document.getElementById('signed-out').hidden")
	b.until(`document.querySelector("#live").textContent === "live"`)
	if got := evaluate[string](b, typed+".value"); got != "half a sentence" {
		t.Errorf("what was typed is %q", got)
	}
	// The sessions, and the end of this one.
	b.visit(x.address + "/sessions")
	b.until(has("#main", "this one"))
	b.accessible("sessions")
	b.click(".nav form[action='/sign-out'] .btn")
	b.until(has("#main", "You are signed out of Opsbook, and")) // the provider led back
	b.accessible("after")
}

// TestJourneySignInPages: two providers are a choice, an error is a sentence, at any width and in the dark.
func TestJourneySignInPages(t *testing.T) {
	t.Parallel()
	provider := signintest.New(t)
	provider.Be(signintest.Ada())
	x := startTeamAt(t, provider, t.TempDir(),
		"    - {name: other, label: Another directory, issuer: \"http://localhost:1\", client_id: x}\n")
	for _, width := range []int64{1440, 390} {
		b := open(t, width, 900)
		b.name = ""
		b.expect("503")
		b.visit(x.address + "/runs")
		b.until(has("#main", "Continue with Example SSO"))
		if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > width {
			t.Errorf("the page is %d px wide on %d", wide, width)
		}
		b.accessible("choice")
		b.click(".ways li:nth-child(2) a")
		b.until(has("#main [role=alert]", "Another directory does not answer"))
		b.accessible("failed")
		b.click(".ways li:first-child a")
		b.until(has("#main", "Runs in"))
	}
}

// accessible fails where axe-core finds something on the page, in the light or the dark.
func (b *browser) accessible(what string) {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if found := b.violations(); found != "" {
			b.t.Errorf("%s, %s:\n%s", what, scheme, found)
		}
	}
}

// tab opens another tab of the browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &browser{t: b.t, ctx: ctx}
	other.do(chromedp.Navigate("about:blank"))
	return other
}

// front brings a tab to the front, as a person does who looks at it.
func (b *browser) front() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.BringToFront, struct{}{}); err != nil {
		b.t.Fatal(err)
	}
}
