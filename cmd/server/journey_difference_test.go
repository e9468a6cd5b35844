package main

import (
	"net/url"
	"strings"
	"testing"
)

// TestJourneyDifferentFromTheLastGoodRun runs the same check twice, the second time with a fault: the red step says what is different
// from the run before, which leads to the comparison of both, and to the procedure with the same values. Both can be taken along as
// Markdown and as JSON.
func TestJourneyDifferentFromTheLastGoodRun(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	b := open(t, 1440, 1000)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	all := func(n string) {
		t.Helper()
		b.click("#head .primary")
		b.until("document.querySelectorAll('#history li').length === " + n)
		b.until(has("#head .crumb", "finished"))
	}
	all("1")
	all("2")
	b.until(has("#dynamodb-table .who", "same as in"))
	post(t, s.address+"/faults", url.Values{"name": {"alarm"}, "on": {"true"}, "environment": {"sandbox"}, "back": {"/"}})
	all("3")
	// It is there as soon as the step has ended, and it is open.
	b.until(has("#different-alarms[open] .is-appeared b", "network-visualizer-high-error-rate"))
	b.until(has("#different-alarms summary", "since run"))
	if n := evaluate[int](b, "document.querySelectorAll('#dynamodb-table .different').length"); n != 0 {
		t.Error("what is the same has a list of differences")
	}
	b.until(has("#errors-of-the-last-day .value b", "37"))
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if found := b.violations(); found != "" {
			t.Errorf("%s:\n%s", scheme, found)
		}
	}
	b.click("#different-alarms a")
	b.until("location.pathname.endsWith('/compare')")
	b.until(has("#compare-alarms td:last-child", "failed"))
	b.until(has(".equal summary", "4 steps are the same"))
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if found := b.violations(); found != "" {
			t.Errorf("%s:\n%s", scheme, found)
		}
	}
	page := evaluate[string](b, "location.pathname")
	if status, body := get(t, s.address+page); status != 422 && status != 400 {
		t.Errorf("without another run the comparison is answered with %d: %s", status, body)
	}
	run := strings.TrimSuffix(page, "/compare")
	if _, body := get(t, s.address+run+"/run.md"); !strings.Contains(body, "- appeared `network-visualizer-high-error-rate`") ||
		!strings.Contains(body, "<details><summary>Output</summary>") {
		t.Errorf("the Markdown is\n%s", body)
	}
	if _, body := get(t, s.address+run+"/run.json"); !strings.Contains(body, `"standing": "failed at step 3"`) ||
		!strings.Contains(body, `"kind": "appeared"`) {
		t.Errorf("the JSON is\n%s", body)
	}
	b.click("a[title^='Opens the procedure']")
	b.until("location.pathname.startsWith('/procedures/') && location.search.includes('CLOUDFRONT_DIST_ID=')")
	b.until(has(".filled", "CLOUDFRONT_DIST_ID"))
	b.visit(s.address + health + "?CLOUDFRONT_DIST_ID=E1&NOTHING=x")
	b.until(has(".filled .warn", "NOTHING"))
	if got := evaluate[string](b, "document.querySelector(\"[name='p.CLOUDFRONT_DIST_ID']\").value"); got != "E1" {
		t.Errorf("the field has %q", got)
	}
	if got := b.text("#history"); strings.Count(got, "passed")+strings.Count(got, "failed") != 3 {
		t.Errorf("a link has run something: %q", got)
	}
}

// TestJourneyALongProcedureFoldsWhatIsDone marks steps of a long procedure: what comes next stays in sight, and on the next visit what
// is done is one line each, which opens by hand and by its address. A copied link is offered in other forms.
func TestJourneyALongProcedureFoldsWhatIsDone(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("---\nprocedure: heading\n---\n# Book\n\n## Long\n\n")
	for _, word := range strings.Fields("one two three four five six seven eight nine ten") {
		text.WriteString("- [ ] Task " + word + "\n\nA paragraph about it.\n\n")
	}
	s := start(t, runbookFolder(t, text.String()))
	b := open(t, 390, 844)
	b.visit(s.address + "/procedures/book/long")
	b.until(has("#live", "live"))
	middle := func(selector string) { // not below the bar at the bottom
		evaluate[bool](b, "(document.querySelector('"+selector+"').scrollIntoView({block: 'center'}), true)")
	}
	for _, step := range []string{"task-one", "task-two", "task-three"} {
		middle("#" + step + " .bar .btn")
		b.click("#" + step + " .bar .btn")
		b.until("document.querySelector('#" + step + " .g.pass')")
	}
	b.until(has("#meter .next", "4. Task four"))
	if n := evaluate[int](b, "document.querySelectorAll('.folded').length"); n != 0 {
		t.Errorf("%d steps were folded while somebody looked", n)
	}
	b.visit(s.address + "/procedures/book/long")
	b.until("document.querySelectorAll('.folded').length === 2") // not the newest
	height := "document.querySelector('#task-one .card').getBoundingClientRect().height"
	if got := evaluate[float64](b, height); got > 60 {
		t.Errorf("a folded step is %v px high", got)
	}
	b.click("#task-one .unfold input")
	b.until(height + " > 80")
	b.visit(s.address + "/procedures/book/long?step=task-two#task-two")
	b.until("document.querySelector('#task-two .foot').getBoundingClientRect().height > 0")
	evaluate[bool](b, "(scrollTo(0, document.body.scrollHeight), true)")
	b.until("(() => { const box = document.querySelector('.next').getBoundingClientRect(); return box.top > 0 && box.bottom < 200; })()")
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if found := b.violations(); found != "" {
			t.Errorf("%s:\n%s", scheme, found)
		}
	}
	middle("#task-four .bar [data-copy]")
	b.click("#task-four .bar [data-copy]")
	b.until("document.querySelectorAll('#task-four .offered .btn').length === 2")
	got := evaluate[string](b, "document.querySelector('.offered [data-copy-text]').dataset.copyText")
	if !strings.HasPrefix(got, "[Task four](http://") {
		t.Errorf("as Markdown it is %q", got)
	}
	b.click("#task-four .title")
	b.until("!document.querySelector('.offered')")
}
