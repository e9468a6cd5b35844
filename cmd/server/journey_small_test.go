package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// media emulates a medium and its features, as pairs of names and values.
func (b *browser) media(medium string, features ...string) {
	b.t.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium}
	for i := 0; i+1 < len(features); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params); err != nil {
		b.t.Fatal(err)
	}
}

// TestJourneyEveryWidthIsUsable draws a page with results in windows of all widths, a page at twice its size included (720 px of 1440).
// Nothing is wider than the window, and titles keep their width.
func TestJourneyEveryWidthIsUsable(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	b := open(t, 1440, 1000)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	b.click("#head .primary")
	b.until(has("#meter", "6 passed"))
	for _, width := range []int64{320, 390, 720, 769, 820, 960, 1100, 1440} {
		b.do(chromedp.EmulateViewport(width, 900))
		for _, path := range []string{health, "/", "/runs", "/documents/daily-operations", "/mistakes", "/coverage"} {
			b.visit(s.address + path)
			wide := evaluate[string](b, `[...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() &&
				e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre, svg, .hidden, .skip, table, [tabindex]"))
				.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join("\n")`)
			if evaluate[int64](b, "document.documentElement.scrollWidth") > width {
				t.Errorf("%s is wider than %d px:\n%s", path, width, wide)
			}
		}
		b.visit(s.address + health)
		narrow := evaluate[float64](b, `Math.min(...[...document.querySelectorAll(".card .grow")].map((e) =>
			e.getBoundingClientRect().width / e.closest(".bar").getBoundingClientRect().width))`)
		if narrow < .5 {
			t.Errorf("at %d px a title has %.0f %% of its card", width, 100*narrow)
		}
	}
}

// TestJourneyColoursThatSaySomethingStay draws a run in forced colours, and prints it from the dark theme.
func TestJourneyColoursThatSaySomethingStay(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	b := open(t, 1440, 1000)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	b.click("#dynamodb-table .bar .btn")
	b.until("document.querySelector('#dynamodb-table .g.pass') && document.querySelector('#meter .meter .pass')")
	b.until("document.querySelector('.nav .dot:is(.pass, .open, .running)') && document.querySelector('#history .trend a')")
	b.media("", "forced-colors", "active", "prefers-color-scheme", "dark")
	for _, bars := range []string{"#meter .meter i", ".nav .dot", "#history .trend a"} {
		colours := evaluate[int](b, fmt.Sprintf(`new Set([...document.querySelectorAll(%q)].map((e) =>
			getComputedStyle(e).backgroundColor + getComputedStyle(e).borderTopColor)).size`, bars))
		all := evaluate[int](b, fmt.Sprintf("document.querySelectorAll(%q).length", bars))
		seen := evaluate[bool](b, fmt.Sprintf("getComputedStyle(document.querySelector(%q)).backgroundColor !== "+
			"getComputedStyle(document.body).backgroundColor", bars))
		if all == 0 || all > 1 && colours < 2 || all == 1 && !seen {
			t.Errorf("in forced colours %d of %s have %d colours", all, bars, colours)
		}
	}
	b.media("print", "prefers-color-scheme", "dark")
	if got := evaluate[string](b, "getComputedStyle(document.body).backgroundColor"); got != "rgb(246, 247, 249)" {
		t.Errorf("it is printed on %s", got)
	}
}

// TestJourneyThePhonesMenu opens the menu of a phone: it lies over the bar at the bottom, holds the focus and gives it back. It opens
// without a script, too.
func TestJourneyThePhonesMenu(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	b := open(t, 390, 844)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	b.click("[data-menu]")
	b.until("document.activeElement.closest('.nav')")
	if !evaluate[bool](b, "Boolean(document.elementFromPoint(innerWidth / 2, innerHeight - 30).closest('.nav'))") {
		t.Error("the menu does not lie over the bar at the bottom")
	}
	for range 60 {
		b.key(kb.Tab)
		if evaluate[bool](b, "Boolean(document.activeElement.closest('.main, .aside'))") {
			t.Fatal("the focus goes under the menu")
		}
	}
	b.key(kb.Escape)
	b.until("document.activeElement.matches('[data-menu]') && !document.querySelector('.nav').checkVisibility()")
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(s.address + health))
	b.click("[data-menu]")
	b.until("document.querySelector('.nav').checkVisibility()")
	b.click(".nav .close a")
	b.until("!document.querySelector('.nav').checkVisibility()")
}
