package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// terminalBook prints in pieces what a terminal follows, and what it must not.
const terminalBook = "# Book\n\n## Terminal\n\n```bash\n# Print\n" +
	`printf '\033[1;31mERROR\033[0m see https://docs.example.com/a?b=1.\n'` + "\n" +
	`printf '\033[1A\033]0;title\007\033]8;;javascript:alert(1)\007here\033]8;;\007\n<script>window.bad = true</script>\n'` + "\n" +
	`for i in 10 50 100; do printf 'progress %s%%\r' $i; sleep 0.2; done; printf 'done\n'` + "\n" +
	`printf 'green: \033[32mo'; sleep 0.2; printf 'k https:'; sleep 0.2; printf '//b.example/x\033[0m\n'` + "\n" +
	"seq 1 60\nsleep 0.3\nprintf 'last \\033[4mline'\n\n# Many\necho needle one\nseq 1 30000\necho Needle two\n```\n"

// TestJourneyOutputsLikeATerminal streams what a terminal follows to two pages, of which one comes late: both show the same, as it
// stands at its end, and what was printed is kept as it was.
func TestJourneyOutputsLikeATerminal(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, terminalBook))
	page := s.address + "/procedures/book/terminal"
	b := open(t, 1440, 1000)
	b.visit(page)
	b.until(has("#live", "live"))
	b.click("#print .bar .btn")
	b.until("document.querySelector('#print .g.info')")
	b.until(has("#out-print", "last line"))
	streamed := b.text("#out-print")
	if !strings.Contains(streamed, "\ndoneress 100%\ngreen: ok https://b.example/x\n1\n2\n") {
		t.Errorf("the page has %q", streamed)
	}
	const links = `[...document.querySelectorAll("#out-print a")]`
	for _, is := range []string{
		`getComputedStyle(document.querySelector("#out-print .fg1.bold")).fontWeight === "700"`,
		`new Set(["#out-print .fg1", "#out-print"].map(s => getComputedStyle(document.querySelector(s)).color)).size === 2`,
		`[...document.querySelectorAll("#out-print .fg2")].map(e => e.textContent).join("") === "ok https://b.example/x"`,
		links + `.every(a => a.protocol === "https:" && a.relList.contains("noopener"))`,
		links + `.map(a => a.href).join(" ") === "https://docs.example.com/a?b=1 https://b.example/x"`,
		`!window.bad && !document.querySelector("#out-print script") && document.title !== "title"`,
		`document.querySelectorAll("#out-print .shown").length > 0`,
	} {
		if !evaluate[bool](b, is) {
			t.Errorf("not so: %s, in %s", is, evaluate[string](b, "document.querySelector('#out-print').innerHTML"))
		}
	}
	html := evaluate[string](b, "document.querySelector('#out-print').textContent")
	address := evaluate[string](b, "document.querySelector('#print .download').href")
	lines := evaluate[string](b, "document.querySelector('#print .find-in').href")
	b.visit(page)
	if late := evaluate[string](b, "document.querySelector('#out-print').textContent"); late != html {
		t.Errorf("a page that comes late has\n%q, not\n%q", late, html)
	}
	if _, raw := get(t, address); !strings.Contains(raw, "progress 10%\rprogress 50%\rprogress 100%\rdone\n") ||
		!strings.HasPrefix(raw, "\x1b[1;31mERROR") {
		t.Errorf("what was printed became %q", raw)
	}
	if _, plain := get(t, address+"?plain=true"); !strings.Contains(plain, "\ndoneress 100%\n") || strings.Contains(plain, "\x1b") {
		t.Errorf("as text it is %q", plain)
	}
	b.visit(lines)
	if got := b.text("#L3"); got != "<script>window.bad = true</script>" {
		t.Errorf("line 3 is %q", got)
	}
	if status, _ := get(t, lines+"?from=x"); status != http.StatusUnprocessableEntity {
		t.Errorf("a line without a number: %d", status)
	}
	if status, _ := get(t, strings.Replace(lines, "/lines/", "/lines/x", 1)); status != http.StatusNotFound {
		t.Errorf("lines of nothing: %d", status)
	}
	if got := b.violations(); got != "" {
		t.Error(got)
	}
}

// TestJourneyWhatCanBeDoneWithAnOutput finds in it, on the page and beyond, wraps it, copies it, sees it on the whole window, follows it.
func TestJourneyWhatCanBeDoneWithAnOutput(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, terminalBook))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/terminal")
	b.until(has("#live", "live"))
	b.click("#many .bar .btn")
	b.until("document.querySelector('#many .g.info')")
	b.until(has("#out-many", "Needle two"))

	const box = "document.querySelector('#out-many').parentElement"
	b.until("document.querySelector('#many [data-follow]').getAttribute('aria-pressed') === 'true'")
	evaluate[bool](b, box+".scrollTop = -500, true")
	b.until("document.querySelector('#many [data-follow]').getAttribute('aria-pressed') === 'false'")
	b.click("#many [data-follow]")
	b.until("Math.abs(" + box + ".scrollTop) < 1")
	b.until("document.querySelector('#many [data-follow]').getAttribute('aria-pressed') === 'true'")

	before := evaluate[float64](b, box+".getBoundingClientRect().top")
	b.click("#many .find-in")
	b.until("document.activeElement.matches('#many .finder input')")
	b.do(chromedp.SendKeys(chromedp.CSS("#many .finder input"), "29999"))
	b.until(has("#many .finder output", "1 of 1"))
	b.until("CSS.highlights.get('found').size === 1")
	if after := evaluate[float64](b, box+".getBoundingClientRect().top"); before != after {
		t.Errorf("the output moved from %.1f to %.1f", before, after)
	}
	b.key("\x1b")
	b.until("document.querySelector('#many .finder').hidden && CSS.highlights.size === 0 && document.activeElement.matches('.find-in')")

	b.click("#many .wrap")
	b.until(fmt.Sprintf("getComputedStyle(%s).whiteSpace === 'pre-wrap'", box))

	b.click("#many [data-full]")
	b.until(box + ".getBoundingClientRect().height > innerHeight * .8")
	if got := b.violations(); got != "" {
		t.Error(got)
	}
	b.key("\x1b")
	b.until(box + ".getBoundingClientRect().height < innerHeight * .5 && document.activeElement.matches('[data-full]')")

	evaluate[bool](b, `navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }, true`)
	b.click("#many [data-copy-output]")
	b.until("window.copied?.startsWith('needle one\\n1\\n2\\n') && window.copied.endsWith('\\n30000\\nNeedle two\\n')")

	b.click("#many .find-in") // what the page does not hold is found on the server
	b.do(chromedp.SendKeys(chromedp.CSS("#many .finder input"), "\b\b\b\b\bneedle"))
	b.until(has("#many .finder output", "1 of 1"))
	b.click("#many .finder button:not([type])")
	b.until(has("#main", "2 lines have “needle”"))
	b.click("#main section a.n")
	b.until("location.hash === '#L1'")
	if got := b.text("#L1"); got != "needle one" {
		t.Errorf("the line that was found is %q", got)
	}
	b.click("#main .turn a.btn")
	b.until(has("#main .turn", "501 to 1000 of 30002"))
	if got := b.violations(); got != "" {
		t.Error(got)
	}
}

// TestJourneyCallsSayWhereTheyWent opens the calls of a step: where each went, by what AWS knows it, how long it took.
func TestJourneyCallsSayWhereTheyWent(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Who\naws sts get-caller-identity --region eu-central-1\n```\n"))
	b := open(t, 390, 844)
	b.visit(s.address + "/procedures/book/look")
	b.until(has("#live", "live"))
	b.click("#who .bar .btn")
	b.until("document.querySelector('#who .g.info, #who .g.pass')")
	b.click("#who label[for$='-calls']")
	b.until(has("#who .view-calls .facts-of", "eu-central-1"))
	id := b.text("#who .facts-of code")
	if len(id) < 16 {
		t.Errorf("the request id is %q", id)
	}
	if got := evaluate[int](b, "document.querySelectorAll('#who .facts-of a').length"); got != 0 { // nothing of the sandbox is in a console
		t.Errorf("%d links to the console", got)
	}
	evaluate[bool](b, `navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }, true`)
	b.click("#who .facts-of button")
	b.until(fmt.Sprintf("window.copied === %q", id))
	if got := b.squeezed(); got != "" {
		t.Error(got)
	}
	if got := b.violations(); got != "" {
		t.Error(got)
	}
}
