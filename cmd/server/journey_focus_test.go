package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const focusBook = "---\nparams:\n  REGION: {title: Region, pattern: '[a-z0-9-]+', default: eu-central-1}\n---\n# Book\n\n## Look\n\n" +
	"```bash\n# Long one\necho \"$REGION\"; sleep 600\n\n# Quick one\ndate\n\n# Drop the table\n" +
	"aws dynamodb delete-table --table-name network-visualizer-topology\n```\n"

// key presses a key where the focus is.
func (b *browser) key(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
}

// TestJourneyTheFocusStays goes from Run to Cancel and back by the keyboard alone.
func TestJourneyTheFocusStays(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, focusBook))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/look")
	b.until(has("#live", "live"))
	evaluate[bool](b, "(document.querySelector('#long-one .bar .btn').focus(), true)")
	on := func(word string) {
		t.Helper()
		b.until("document.activeElement.closest('.step')?.id === 'long-one' && " +
			"document.activeElement.textContent.trim() === '" + word + "'")
	}
	on("Run")
	for range 2 {
		b.key(kb.Enter)
		b.until("document.querySelector('#long-one .card.now')")
		on("Cancel")
		b.until(has("#out-long-one", "eu-central-1"))
		on("Cancel")
		b.key(kb.Enter)
		b.until(has("#long-one .sub", "cancelled"))
		on("Run again")
	}
	evaluate[bool](b, "(document.querySelector('#quick-one .bar .btn').focus(), true)")
	b.key(kb.Enter)
	b.until("document.querySelector('#quick-one .g.info')")
	b.until("document.activeElement.closest('.step')?.id === 'quick-one' && " +
		"document.activeElement.textContent.trim() === 'Run again'")
}

// TestJourneyTheFirstPressChangesWhatItChanges begins a run with Run all, by keyboard, with two pages open: nothing of the page around it
// is made anew, the focus stays among the buttons of the page, and what was opened stays open.
func TestJourneyTheFirstPressChangesWhatItChanges(t *testing.T) {
	t.Parallel()
	var book strings.Builder
	book.WriteString("# Book\n\n## Look\n\nRead this first.\n\n")
	for i := range 30 {
		fmt.Fprintf(&book, "```bash\n# Step %d\necho %d; sleep 0.05\n```\n\n", i, i)
	}
	s := start(t, runbookFolder(t, book.String()))
	b, other := open(t, 1440, 1000), open(t, 1440, 1000)
	for _, b := range []*browser{b, other} {
		b.visit(s.address + "/procedures/book/look")
		b.until(has("#live", "live"))
		evaluate[bool](b, `(() => { window.before = [...document.querySelectorAll("#page .prose, #step-0, #step-29, #head h1")];
			return before.length >= 4 })()`)
	}
	other.click("#step-29 .foot summary")
	evaluate[bool](b, `document.querySelector("#head .actions .primary").focus(), true`)
	tasks := other.tasks(func() {
		b.key("\r")
		other.until("document.querySelector('#step-0 .g.info')")
		other.until("document.querySelector('#step-29 .g.info')")
	})
	t.Logf("longest tasks %v", tasks[:min(3, len(tasks))])
	for _, b := range []*browser{b, other} {
		b.until("document.querySelector('#step-29 .g.info')")
		if !evaluate[bool](b, "before.every(e => e.isConnected)") {
			t.Error("what another run does not change was made anew")
		}
	}
	if !evaluate[bool](b, `Boolean(document.activeElement.closest("#head .actions"))`) {
		t.Errorf("the focus is on %s", evaluate[string](b, "document.activeElement.outerHTML.slice(0, 200)"))
	}
	if !evaluate[bool](other, "document.querySelector('#step-29 .foot details').open") {
		t.Error("what was opened is closed")
	}
}

// TestJourneySomebodyElsesPressTakesNothing has one person type and open things while another begins a run, presses and marks.
func TestJourneySomebodyElsesPressTakesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, focusBook))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/look")
	b.until(has("#live", "live"))
	typed := func(selector, text string) {
		t.Helper()
		b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
	}
	b.click("#quick-one .write summary")
	typed("#quick-one .write input[name=text]", "half a note")
	b.click("#long-one .source summary")
	typed("[name='p.REGION']", "-x")
	b.click("#drop-the-table .bar .btn")
	b.until("document.querySelector('#dialog').open")
	typed("#dialog [name=typed]", "network-vis")
	for i, press := range []string{"quick-one", "long-one", "quick-one"} {
		form := url.Values{"procedure": {"book/look"}, "step": {press}, "p.REGION": {"us-east-1"}}
		if status, text := post(t, s.address+"/press", form); status >= 400 {
			t.Fatal(status, text)
		}
		if i != 1 {
			b.until("document.querySelector('#quick-one .g.info')")
		} else {
			b.until(has("#out-long-one", "us-east-1"))
		}
		typed("#dialog [name=typed]", "u")
	}
	for expression, want := range map[string]string{
		"document.activeElement.name":                                        "typed",
		"document.querySelector('#dialog [name=typed]').value":               "network-visuuu",
		"document.querySelector('#quick-one .write input[name=text]').value": "half a note",
		"document.querySelector(\"[name='p.REGION']\").value":                "-xeu-central-1",
		"String(document.querySelector('#dialog').open)":                     "true",
		"String(document.querySelector('#quick-one .write').open)":           "true",
		"String(document.querySelector('#long-one .source').open)":           "true",
	} {
		if got := evaluate[string](b, expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}

// TestJourneyAnErrorStandsWhereItWasMade gives values that are refused, on the page and in a dialog.
func TestJourneyAnErrorStandsWhereItWasMade(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, focusBook))
	b := open(t, 1440, 1000)
	b.expect("422")
	b.visit(s.address + "/procedures/book/look")
	b.until(has("#live", "live"))
	wrong := func(field, words string) {
		t.Helper()
		at := "document.querySelector(\"" + field + "\")"
		b.until(at + ".getAttribute('aria-invalid') === 'true' && document.activeElement === " + at)
		said := evaluate[string](b, "document.getElementById("+at+".getAttribute('aria-describedby')).textContent")
		if !strings.Contains(said, words) || strings.Contains(said, "[a-z") {
			t.Errorf("%s is wrong: %q", field, said)
		}
	}
	b.do(chromedp.SendKeys(chromedp.CSS("[name='p.REGION']"), " Frankfurt"))
	b.click("#quick-one .bar .btn")
	wrong("[name='p.REGION']", "must be of digits, small letters and -")
	evaluate[bool](b, "(document.activeElement.value = 'eu-central-1', true)")
	b.do(chromedp.SendKeys(chromedp.CSS("[name='p.REGION']"), "a"))
	if evaluate[bool](b, "document.querySelector(\"[name='p.REGION']\").hasAttribute('aria-invalid')") {
		t.Error("a field that is being corrected is still marked")
	}
	b.click("#drop-the-table .bar .btn")
	b.until("document.querySelector('#dialog').open")
	b.do(chromedp.SendKeys(chromedp.CSS("#dialog [name=typed]"), "something else"))
	evaluate[bool](b, "(document.querySelector('#dialog [data-confirm]').disabled = false, true)")
	b.click("#dialog [data-confirm]")
	wrong("#dialog [name=typed]", "Type network-visualizer-topology to confirm; nothing was changed.")
	const kept = "document.querySelector('#dialog [name=typed]').value + document.querySelectorAll('#dialog > .message').length"
	if got := evaluate[string](b, kept); got != "something else1" {
		t.Errorf("the dialog has %q", got)
	}
	if found := b.violations(); found != "" {
		t.Error(found)
	}
}
