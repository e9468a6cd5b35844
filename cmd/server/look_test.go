package main

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// violations runs axe-core on the page and returns what it finds, in words.
func (b *browser) violations() string {
	b.t.Helper()
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](string(source)+";undefined")); err != nil {
		b.t.Fatal(err)
	}
	out, err := chromedp.Run(b.ctx,
		chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v =>
		v.id + " (" + v.impact + "): " + v.help + "\n" +
		v.nodes.slice(0, 4).map(n => "    " + n.html.slice(0, 200) + " " + 
			(n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? "")).join("\n")).join("\n"))`,
			chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// squeezed are the texts of the page that stand in a column of one or two letters, so that nobody can read them.
func (b *browser) squeezed() string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`[...document.body.querySelectorAll("*")].filter(e => {
		const text = [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.data.trim()).join("")
		const box = e.getBoundingClientRect()
		return text.length > 7 && box.width > 1 && box.width < 40 && box.height > 100
	}).map(e => e.outerHTML.slice(0, 100)).join("\n")`))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *browser) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	book := "# Book\n\n## Mixed\n\nSome text with a [link](https://example.com) and `code`.\n\n- [ ] " +
		"Announced\n\n```bash\n# Look\naws cloudwatch describe-alarms --query 'MetricAlarms[].AlarmName'\n\n# " +
		"Wrong\naws cloudwatch describe-alarms --state-value ALARM,BROKEN\n\n# Memory\naws lambda " +
		"update-function-configuration --function-name network-visualizer-api-production --memory-size " +
		"<mb>\n```\n\n```python\nprint(1)\n```\n"
	for _, view := range []struct {
		name          string
		width, height int64
		scheme        string
	}{
		{"wide and light", 1440, 1000, "light"}, {"wide and dark", 1440, 1000, "dark"},
		{"phone and light", 390, 844, "light"}, {"phone and dark", 390, 844, "dark"},
	} {
		t.Run(view.name, func(t *testing.T) {
			t.Parallel()
			s, shipped := start(t, runbookFolder(t, book)), start(t, "")
			b := open(t, view.width, view.height)
			b.scheme(view.scheme)
			check := func(what string) {
				t.Helper()
				if found := b.violations(); found != "" {
					t.Errorf("%s:\n%s", what, found)
				}
				if found := b.squeezed(); found != "" {
					t.Errorf("%s: nobody can read\n%s", what, found)
				}
			}
			b.visit(shipped.address)
			check("the home page")
			b.visit(shipped.address + health)
			b.until(has("#live", "live"))
			check("a procedure that was not run")
			if view.width < 500 {
				b.click(".bottom .primary")
			} else {
				b.click("#head .primary")
			}
			b.until(has("#meter", "6 passed"))
			check("a procedure that was run")
			evidence, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("a[href*='/evidence']").href`))
			if err != nil {
				t.Fatal(err)
			}
			b.visit(evidence)
			check("the evidence of a run")
			b.visit(s.address + "/procedures/book/mixed")
			b.until(has("#live", "live"))
			b.click("#wrong .bar .btn")
			b.until(has("#wrong .sub", "Not sent"))
			check("a procedure with mistakes")
			b.click("#announced .bar .btn")
			b.until(has("#announced .sub", "Done by"))
			b.do(chromedp.SendKeys(chromedp.CSS("#parameters input[name='p.mb']"), "2048"))
			b.click("#memory .bar .btn")
			b.until("document.querySelector('#dialog').open")
			check("the question before a change")
			b.do(chromedp.SendKeys(chromedp.CSS("#dialog [name=reason]"), "a line before it is mistaken"))
			b.click("#dialog [data-confirm]")
			b.until("document.querySelector('#memory .outcome .act .btn')")
			check("what a step changed")
			b.visit(s.address + "/mistakes")
			check("the mistakes")
			b.visit(s.address + "/runs")
			check("the runs")
		})
	}
}

// hostile are outputs that try to be more than text.
var hostile = []string{
	`<script>window.pwned=1</script>`, `<img src=x onerror="window.pwned=1">`,
	`</pre></article><script>pwned=1</script>`, `<svg onload=pwned=1>`,
	`<div hx-get="/press?step=x" hx-trigger="load">x</div>`,
	`<hx-partial hx-target="#main" hx-swap="innerHTML">gone</hx-partial>`, `<a href="javascript:pwned=1">x</a>`,
	"\x1b]0;title\x07\x1b[31mred\x1b[2J", "admin\u202egnp.exe", `{{7*7}}${7*7}`, `" autofocus onfocus="pwned=1`,
	`'-alert(1)-'`, `<style>*{display:none}</style>`, `<base href="https://evil.example/">`,
	"\ndata: <hx-partial hx-target=\"#main\">x</hx-partial>\n\nid: 9\n",
	`<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
}

func TestHostileOutputIsText(t *testing.T) {
	t.Parallel()
	var script strings.Builder
	script.WriteString("# Book\n\n## Hostile\n\n```bash\n# Print it\ncat hostile.txt\n\n# As a table\naws lambda " +
		"list-tags --resource \"$(head -n 1 hostile.txt)\"\n```\n")
	dir := runbookFolder(t, script.String())
	if err := os.WriteFile(dir+"/hostile.txt", []byte(strings.Join(hostile, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/hostile")
	b.until(has("#live", "live"))
	b.click("#print-it .bar .btn")
	b.until(has("#out-print-it", "refresh"))
	b.until("document.querySelector('#print-it .g.info')")
	b.click("#as-a-table .bar .btn")
	b.until("document.querySelector('#as-a-table .g:not(.spin)').textContent.length > 0")
	b.visit(s.address + "/procedures/book/hostile")
	for _, want := range []string{hostile[0], hostile[5], "␛]0;title␇red␛[2J", "admin\ufffdgnp.exe"} {
		if got := b.text("#out-print-it"); !strings.Contains(got, want) {
			t.Errorf("the output does not show %q", want)
		}
	}
	if n := evaluate[int](b,
		"document.querySelectorAll('.body script, .body img, .body [hx-get], .body svg[onload], .body style, base, "+
			".body a[href^=javascript]').length"); n != 0 {
		t.Errorf("%d elements came out of the output", n)
	}
	if evaluate[bool](b, "'pwned' in window") {
		t.Error("a script of the output was run")
	}
	if !evaluate[bool](b, "document.querySelector('#main h1') !== null") {
		t.Error("the page was replaced")
	}
}
