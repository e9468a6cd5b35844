package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const hereNow = `[...document.querySelectorAll("#here .ava")].map(e => e.title).join("; ")`

func TestJourneyWhoIsHereAndWhoPressed(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ada, grace := open(t, 1440, 1000), open(t, 1440, 1000)
	ada.name, grace.name = "Ada Lovelace", "Grace Hopper"
	for _, b := range []*browser{ada, grace} {
		b.visit(s.address + health)
		b.until(has("#live", "live"))
	}
	for _, b := range []*browser{ada, grace} {
		b.until(hereNow + ` === "Ada Lovelace (not verified); Grace Hopper (not verified)"`)
		b.until(has("#here .ava span", "AL"))
	}
	ada.click("#alarms .bar .btn")
	grace.until(has("#timeline", "Ada Lovelace started the run"))
	ada.do(chromedp.Navigate("about:blank"))
	grace.until(hereNow + ` === "Grace Hopper (not verified)"`)
	grace.click("#alarms .write summary")
	grace.do(chromedp.SendKeys(chromedp.CSS("#alarms .write input[name=text]"), "same as Tuesday"))
	grace.click("#alarms .write button[value=note]")
	ada.visit(s.address + health) // late, and sees all of it
	ada.until(has("#timeline", "Ada Lovelace started the run"))
	ada.until(has("#timeline", ": “same as Tuesday”"))
}

func TestJourneyANameIsAskedForOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	b, other := open(t, 1440, 1000), open(t, 1440, 1000)
	b.name = ""
	other.visit(s.address + health)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	other.until(hereNow + `.includes("1 tab of people without a name")`)
	b.click("#dynamodb-table .bar .btn")
	b.until("document.querySelector('#dialog').open")
	b.until(has("#dialog", "Not verified."))
	b.do(chromedp.SendKeys(chromedp.CSS("#dialog [name=as]"), "Ada"))
	b.click("#dialog .primary")
	b.until(has("#dynamodb-table .sub", "ACTIVE")) // the press went on
	b.until("!document.querySelector('#dialog').open")
	b.until(has("#timeline", "Ada started the run"))
	other.until(hereNow + `.includes("Ada (not verified")`) // without a reload
	b.click("#alarms .bar .btn")
	b.until(has("#alarms .sub", "No alarm"))
	if b.text("#dialog") != "" {
		t.Error("it was asked again")
	}
}

func TestJourneyWordsAreLive(t *testing.T) {
	t.Parallel()
	s := start(t,
		runbookFolder(t,
			"# Book\n\n## Release\n\n- [ ] Announced\n- [ ] Rollback plan ready\n\n```bash\n# Memory\naws lambda "+
				"update-function-configuration --function-name network-visualizer-api-production --memory-size 1024\n```\n"))
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	one.name = "Ada"
	for _, b := range []*browser{one, other} {
		b.visit(s.address + "/procedures/book/release")
		b.until(has("#live", "live"))
	}
	one.click("#announced .write summary")
	one.do(chromedp.SendKeys(chromedp.CSS("#announced .write input[name=text]"), "in the channel"))
	one.click("#announced .write button[value=done]")
	other.until(has("#announced .sub", "Done by Ada: “in the channel”"))
	other.until(has("#memory", "Waiting for step 2")) // who waits for it says so
	one.click("#announced .bar form .btn")
	other.until(has("#timeline", "Ada marked Announced as not done"))
	other.until(has("#memory", "Waiting for steps 1 and 2"))
	one.click("#rollback-plan-ready .write summary")
	one.do(chromedp.SendKeys(chromedp.CSS("#rollback-plan-ready .write input[name=text]"), "nothing to roll back"))
	one.click("#rollback-plan-ready .write button[value=skipped]")
	other.until(has("#rollback-plan-ready .sub", "Skipped by Ada: “nothing to roll back”"))
	one.click("#head form[action='/finish'] .btn")
	other.until(has("#timeline", "Ada finished the run"))
	other.until("document.querySelector(\"#head form[action='/reopen']\")")
	one.click("#head form[action='/reopen'] .btn")
	other.until(has("#timeline", "Ada reopened the run"))
	other.until("document.querySelector(\"#head form[action='/finish']\")")
}

func TestJourneyALongOutputStaysUsable(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, "# Book\n\n## Long\n\n```bash\n# Count\nseq 1 100000\n```\n"))
	early, late := open(t, 1440, 1000), open(t, 1440, 1000)
	early.visit(s.address + "/procedures/book/long")
	early.until(has("#live", "live"))
	early.click("#count .bar .btn")
	for _, b := range []*browser{early, late} {
		if b == late {
			b.visit(s.address + "/procedures/book/long")
		}
		b.until("document.querySelector('#count .g.info, #count .g.pass')")
		b.until(has("#out-count", "\n100000\n"))
		if n := evaluate[int](b, "document.querySelector('#out-count').textContent.length"); n > 160<<10 {
			t.Errorf("the page holds %d letters of the output", n)
		}
	}
	address := evaluate[string](early, "document.querySelector('#count .download').href")
	if _, all := get(t, address); strings.Count(all, "\n") != 100000 || !strings.HasPrefix(all, "1\n2\n") ||
		!strings.HasSuffix(all, "\n100000\n") {
		t.Errorf("the whole output has %d lines", strings.Count(all, "\n"))
	}
}

func TestJourneyWhatIsDueIsSaidWhereItIsDone(t *testing.T) {
	t.Parallel()
	s := start(t,
		runbookFolder(t, "# Book\n\n## Daily Operations\n\n### Queue check\n\n```bash\n# One\naws sts get-caller-identity\n```\n"))
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	for _, b := range []*browser{one, other} {
		b.visit(s.address + "/procedures/book/daily-operations/queue-check")
		b.until(has("#live", "live"))
		b.until(has("#head .timing", "due"))
	}
	other.visit(s.address)
	if wide := evaluate[float64](other, "document.querySelector('#home .folds td').getBoundingClientRect().width"); wide < 150 {
		t.Errorf("what is due leaves %.0f pixels of a phone for a procedure's name", wide)
	}
	other.visit(s.address + "/procedures/book/daily-operations/queue-check")
	other.until(has("#live", "live"))
	one.click("#one .bar .btn")
	for _, b := range []*browser{one, other} { // without a reload
		b.until(has("#head .timing", "next"))
		if b.text("#head .timing .v") != "(nothing)" {
			t.Errorf("it is done, and said to be %s", b.text("#head .timing"))
		}
	}
}
