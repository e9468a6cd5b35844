package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const deployBook = "# Deploy\n\n- [ ] Announced\n\n```bash\n# Look around\ndate +fine\n\n# Sleep well\ndate; sleep 600\n\n# Alarms\n" +
	"#| expect: length(MetricAlarms) == `5`\naws cloudwatch describe-alarms --state-value ALARM\n```\n\n" +
	"## Notes\n\n```bash\n# If it is slow\ndate +slow\n```\n"

// TestJourneyHomeSaysHowFarARunIs has "passed" only where nothing is left, and says what is left, runs, waits or failed.
func TestJourneyHomeSaysHowFarARunIs(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, "---\nprocedure: document\n---\n"+deployBook))
	b, home := open(t, 1440, 1000), open(t, 390, 844)
	home.visit(s.address)
	home.until(has("#home", "not run yet"))
	b.visit(s.address + "/procedures/book")
	b.until(has("#live", "live"))
	says := func(want string) {
		t.Helper()
		home.until(has("#home", want))
		if want != "passed" && strings.Contains(home.text("#home tbody"), "passed") {
			t.Errorf("home says %q, and that it passed", home.text("#home tbody"))
		}
		b.until(has("#head .facts", want))
	}
	b.click("#look-around .bar .btn")
	says("open, 1 of 4 done")
	b.until("document.querySelector('.nav [aria-current] .dot.open')")
	b.click("#sleep-well .bar .btn")
	says("running, 1 of 4")
	b.click("#sleep-well .bar form .btn")
	says("open, 1 of 4 done") // a step that was cancelled is to be done
	b.click("#alarms .bar .btn")
	says("failed at step 4")
	home.until(has("#home .need.fail", "Alarms") + " && " + has("#home .running-card", "2 of 4"))
	b.click("#meter .sum a.fail")
	b.until("location.hash === '#alarms'")
	home.click("#home tbody .v.fail a")
	home.until("document.querySelector('#alarms')?.getBoundingClientRect().top < innerHeight")
	home.visit(s.address)
	for i, step := range []string{"#alarms", "#sleep-well"} {
		evaluate[bool](b, "document.querySelector('"+step+" .write').open = true")
		b.do(chromedp.SendKeys(chromedp.CSS(step+" .write [name=text]"), "not today"))
		b.click(step + " .write [value=skipped]")
		says(fmt.Sprintf("open, %d of 4 done", i+2))
	}
	b.click("#announced .bar .btn")
	b.until("document.querySelector('#head .facts .v.pass')")
	home.until("document.querySelector('#home tbody .v.pass')")
	home.until(has("#home .calm", "Nothing needs you") + " && !document.querySelector('.running-card')")
	b.until("document.querySelector('.nav [aria-current] .dot.pass')")
	if got := b.text("#look-around .who"); !strings.Contains(got, "by oncall") {
		t.Errorf("a card says %q of when and by whom", got)
	}
	b.until(has("#timeline li:first-child", "Announced"))
	home.do(chromedp.KeyEvent("?"))
	home.until("document.querySelector('#keys')?.open")
	home.do(chromedp.KeyEvent(kb.Escape))
	home.do(chromedp.KeyEvent("/"))
	home.until("document.querySelector('#search').open")
	home.do(chromedp.KeyEvent("fine")) // what a step printed
	home.until(has("#found", "Runs") + " && " + has("#found mark", "fine"))
	home.do(chromedp.KeyEvent(kb.ArrowDown + kb.ArrowDown))
	home.until("document.activeElement.matches('#found a')")
	home.do(chromedp.KeyEvent(kb.Enter))
	home.until("location.pathname.startsWith('/runs/') || location.pathname.startsWith('/procedures/')")
}

// TestJourneyAPressThatDoesNotArrive takes the server away at every width: the page says that what it shows is old, clocks stand,
// buttons wait, what was typed stays, and where the press was made stands that it was not sent. When the server is back it arrives.
func TestJourneyAPressThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Long one\ndate; sleep 600\n\n# Quick one\ndate +quick\n```\n"))
	proxy := behind(t, s.address)
	for _, width := range []int64{1440, 820, 390} {
		b := open(t, width, 844)
		for _, expected := range []string{"503", "502", "ERR_", "AbortError", "network error", "Failed to fetch", "htmx:error"} {
			b.expect(expected)
		}
		b.visit(proxy.URL + "/procedures/book/look")
		b.until("document.querySelector('#live').textContent === 'live'")
		if width == 1440 {
			b.click("#long-one .bar .btn")
		}
		b.until("document.querySelector('#long-one [data-since]')")
		proxy.is("gone")
		b.until("!document.querySelector('#lost').hidden && document.querySelector('#lost').checkVisibility()")
		b.until(has("#lost", "Nothing is sent"))
		stands := evaluate[string](b, `new Promise(async (done) => {
			const clock = document.querySelector("#long-one [data-since]"), before = clock.textContent;
			await new Promise((r) => setTimeout(r, 700));
			done(before === clock.textContent ? "" : before + " became " + clock.textContent);
		})`, true)
		if stands != "" {
			t.Errorf("%d px: the clock runs on: %s", width, stands)
		}
		if got := evaluate[int](b, "document.querySelectorAll('.step form[hx-post] button:not([aria-disabled])').length"); got > 0 {
			t.Errorf("%d px: %d buttons do not wait", width, got)
		}
		evaluate[bool](b, "document.querySelector('#quick-one .write').open = true")
		b.do(chromedp.SendKeys(chromedp.CSS("#quick-one .write [name=text]"), "what I typed"))
		b.click("#quick-one .bar .btn")
		b.until(has("#quick-one .unsent", "Not sent"))
		b.until(has("#said", "Not sent"))
		if got := evaluate[string](b, "document.querySelector('#quick-one .write [name=text]').value"); got != "what I typed" {
			t.Errorf("%d px: what was typed is %q", width, got)
		}
		proxy.is("")
		b.until(has("#out-quick-one", "quick"))
		b.until("document.querySelector('#lost').hidden && !document.querySelector('.unsent')")
		if got := evaluate[int](b, "document.querySelectorAll('[data-lost]').length"); got > 0 {
			t.Errorf("%d px: %d buttons wait on", width, got)
		}
	}
}

// TestJourneyLinksCarryTheirEnvironment opens a page of each of two environments: every link leads on within it, whatever another tab
// does, what is copied names it, and whoever arrives from elsewhere in another one than the last is told.
func TestJourneyLinksCarryTheirEnvironment(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "opsbook.yaml")
	text := "environments:\n  staging: {account: sandbox, colour: green}\n  production: {account: sandbox, colour: red}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := runbookFolder(t, "---\nprocedure: heading\n---\n# Book\n\n[Check](#check)\n\n## Check\n\n```bash\n# Who am I\n"+
		"aws sts get-caller-identity\n```\n\n"+
		"## Fix\n\n```bash\n# Say it\ndate\n```\n")
	s := startWith(t, &options{Runbooks: folder, Data: t.TempDir(), Config: config})
	b := open(t, 1440, 1000)
	where := func(want string) {
		t.Helper()
		b.until("new URLSearchParams(location.search).get('environment') === '" + want + "'")
		b.until(has(".band .env b", want))
		b.until("document.title.startsWith('" + want + " · ') && document.querySelector('link[rel=icon]').href.includes('" +
			map[string]string{"staging": "icon-green", "production": "icon-red"}[want] + "')")
	}
	b.visit(s.address + "/procedures/book/fix?environment=staging")
	where("staging")
	if got := b.text(".arrived"); got != "(nothing)" {
		t.Errorf("the first page says %q", got)
	}
	b.visit(s.address + "/procedures/book/fix?environment=production")
	where("production")
	b.until(has(".arrived", "You were in staging"))
	const copied = "document.querySelector('[data-copy]').dataset.copy"
	if got := evaluate[string](b, copied); got != "/procedures/book/fix?environment=production" {
		t.Errorf("the copied link is %q", got)
	}
	b.until(has("#live", "live"))
	b.click("#say-it .bar .btn")
	b.until("document.querySelector('#say-it .g.info')")
	if got := evaluate[string](b, "document.querySelector('#say-it [data-copy]').dataset.copy"); !strings.HasPrefix(got, "/runs/") ||
		!strings.Contains(got, "?environment=production&step=say-it&at=") {
		t.Errorf("the copied link to a step is %q", got)
	}
	// Another tab goes elsewhere: this one stays where it is.
	address := evaluate[string](b, "location.href")
	fetched := evaluate[string](b, "fetch('/?environment=staging').then((r) => r.url)", true)
	if !strings.Contains(fetched, "staging") {
		t.Errorf("the other tab is at %s", fetched)
	}
	for _, link := range []string{
		".band .brand", ".nav li a[href^='/procedures/book/check']", ".nav a[href^='/coverage']", ".nav a[href^='/runs']",
	} {
		b.do(chromedp.Navigate(address))
		b.until("document.querySelector(\"" + link + "\")")
		b.click(link)
		b.until("location.href !== '" + address + "'")
		where("production")
	}
	if got := evaluate[int](b, `[...document.querySelectorAll("a[href^='/']")].filter((a) => !a.href.includes("environment=production") &&
		!a.pathname.startsWith("/runs/")).length`); got > 0 {
		t.Errorf("%d links name no environment", got)
	}
	// An address without one leads to that of the page whose link was followed, and a form back to its page.
	b.do(chromedp.Navigate(address))
	evaluate[bool](b, "document.querySelector('.band details').open = true")
	b.click(".band .env button[value=staging]")
	where("staging")
	b.until("location.pathname === '/procedures/book/fix'")
	b.visit(s.address + "/documents/book")
	where("staging")
	for _, view := range []string{"light", "dark"} {
		b.scheme(view)
		if found := b.violations(); found != "" {
			t.Errorf("%s:\n%s", view, found)
		}
	}
}
