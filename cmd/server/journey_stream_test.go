package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// watch notes from now on what moves (layout shifts), and where an element is at each moment.
const watch = `(() => {
	window.shifts = []; window.tops = [];
	const name = (n) => n?.id || n?.className || n?.nodeName;
	window.shifted?.disconnect();
	window.shifted = new PerformanceObserver((list) => window.shifts.push(...list.getEntries()));
	window.shifted.observe({type: "layout-shift"});
	window.moves = () => window.shifts.map((e) => e.value.toFixed(4) + ": " + e.sources.map((s) => name(s.node) + " " +
		["x", "y", "width", "height"].map((k) => Math.round(s.previousRect[k]) + ">" + Math.round(s.currentRect[k])).join(" ")).join(", "));
	// What was drawn: after a frame, and seen again after the next.
	const drawn = new MessageChannel();
	drawn.port1.onmessage = () => {
		const top = document.querySelector(%q).getBoundingClientRect().top;
		if (Math.abs(top - window.top0) < .5) window.tops.push(top);
		window.top0 = top;
		requestAnimationFrame(() => drawn.port2.postMessage(0));
	};
	drawn.port2.postMessage(0);
	return true;
})()`

const (
	sumOfShifts = "window.shifts.reduce((a, b) => a + b.value, 0)"
	moved       = "Math.max(...window.tops) - Math.min(...window.tops)"
	// longTask is where a page that does one thing is felt to stand still (W3C, Long Tasks), on a processor of a quarter of the speed.
	longTask, slower = 50 * time.Millisecond, 4
)

// over moves the pointer over an element.
func (b *browser) over(selector string) {
	b.t.Helper()
	at := evaluate[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2] })()`, selector))
	b.do(chromedp.MouseEvent("mouseMoved", at[0], at[1]))
}

func (b *browser) wait(milliseconds int) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf("new Promise((r) => setTimeout(() => r(true), %d))", milliseconds), true)
}

// TestJourneyAStreamNeverStopsThePage has others press what prints much and fast, and measures a page that looks on: no task of it is
// long, what the pointer is over stays under it, and a step that has its place keeps it, to its end and when it is pressed again. A busy
// machine makes any task long now and then, and what the page does makes it so each time: the best of some presses counts.
func TestJourneyAStreamNeverStopsThePage(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Long\n\n```bash\n# Count\nseq 1 100000\n\n# Log\n"+
		"for i in $(seq 1 20000); do echo \"2026-03-01T03:12:07Z INFO request $i was answered in 12 ms by node-4\"; done\n\n"+
		"# After\ndate\n```\n"))
	page := s.address + "/procedures/book/long"
	b := open(t, 1440, 1000)
	b.visit(page)
	b.until(has("#live", "live"))
	b.click("#after .bar .btn") // the run begins
	b.until("document.querySelector('#after .g.info')")
	b.over("#after .bar .btn")
	best, still := map[string]task{}, map[string]float64{}
	quick := func(step string) bool { return best[step].took*slower <= longTask }
	for i, step := range []string{"count", "log", "count", "log", "count", "log", "count", "log", "count", "log"} {
		if i >= 4 && quick(step) {
			continue
		}
		ended := "document.querySelector('#" + step + " .card:not(.now) .v') && !document.querySelector('.card.now')"
		evaluate[bool](b, fmt.Sprintf(watch, "#after .bar .btn"))
		tasks := b.tasks(func() {
			const execution = `document.querySelector('#%[1]s a.download')?.href`
			before := evaluate[string](b, fmt.Sprintf(execution+` ?? ""`, step))
			press := url.Values{"procedure": {"book/long"}, "step": {step}}
			if status, text := post(t, s.address+"/press", press); status >= 400 {
				t.Fatal(status, text)
			}
			b.until(fmt.Sprintf(execution+` && `+execution+` !== %[2]q`, step, before))
			b.until(ended)
			b.wait(500)
		})
		if len(tasks) == 0 {
			t.Fatal("nothing was measured")
		}
		t.Logf("%s: longest tasks %v", step, tasks[:min(3, len(tasks))])
		if known, ok := best[step]; !ok || tasks[0].took < known.took {
			best[step] = tasks[0]
		}
		if got := evaluate[float64](b, moved); got > 1.5 {
			t.Errorf("%s: what the pointer is over moves by %.1f pixels", step, got)
		}
		got := evaluate[float64](b, sumOfShifts)
		t.Logf("%s: layout shift %.4f", step, got)
		if known, ok := still[step]; !ok || got < known {
			still[step] = got
		}
		if got > 0.12 { // its place opens
			t.Errorf("%s: the layout shifts by %.4f:\n%s", step, got, strings.Join(evaluate[[]string](b, "window.moves()"), "\n"))
		}
		atEnd(b, step)
	}
	for step, longest := range best {
		if !quick(step) {
			t.Errorf("%s: a task takes %v of the processor, %d times as much of a slow one: %s", step, longest.took, slower, longest.what)
		}
	}
	for step, got := range still { // what has its place keeps it
		if got > 0.003 {
			t.Errorf("%s: the layout shifts by %.4f each time", step, got)
		}
	}
	b.visit(page)
	atEnd(b, "count")
}

// atEnd fails where an output does not show its last line.
func atEnd(b *browser, step string) {
	b.t.Helper()
	b.until("document.querySelector('#out-" + step + "').textContent.trim()")
	if got := evaluate[float64](b, fmt.Sprintf(`(() => { const lines = document.querySelector("#out-%s"), box = lines.parentElement;
		return Math.abs(lines.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom) })()`, step)); got > 25 {
		b.t.Errorf("%s: the output is %.0f pixels from its end", step, got)
	}
}

// TestJourneyWhoReadsAnOutputStaysWhereTheyAre scrolls up in an output that goes on.
func TestJourneyWhoReadsAnOutputStaysWhereTheyAre(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Slow\n\n```bash\n# Print\nseq 1 60; for i in $(seq 1 30); do echo \"more $i\"; printf .; "+
		"sleep 0.1; done; sleep 60\n```\n"))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/slow")
	b.until(has("#live", "live"))
	b.click("#print .bar .btn")
	b.until(has("#out-print", "more 3"))
	atEnd(b, "print")
	const line = `(() => { const text = document.querySelector("#out-print .lines").firstChild, range = document.createRange();
		range.setStart(text, text.data.indexOf("\n40\n") + 1); range.setEnd(text, text.data.indexOf("\n40\n") + 3);
		return Math.round(range.getBoundingClientRect().top) })()`
	evaluate[bool](b, "document.querySelector('#out-print').parentElement.scrollTop = -300, true")
	b.wait(100)
	before := evaluate[int](b, line)
	b.until(has("#out-print", "more 30\n."))
	if after := evaluate[int](b, line); max(after-before, before-after) > 1 { // places are rounded
		t.Errorf("the line that is read went from %d to %d", before, after)
	}
	if got := b.text("#out-print"); !strings.HasSuffix(got, "\n.more 29\n.more 30\n.") {
		t.Errorf("the output ends with %q", got[max(0, len(got)-20):])
	}
}
