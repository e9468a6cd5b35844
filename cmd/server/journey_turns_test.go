package main

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestJourneyManyPagesOfOneBrowser opens eight pages that are seen in one browser, over HTTP/1.1: each of them loads and tells what is
// pressed elsewhere, and a page that is left gives its turn to another.
func TestJourneyManyPagesOfOneBrowser(t *testing.T) {
	t.Parallel()
	const pages = 8
	text := "---\nprocedure: heading\n---\n# Book\n"
	for i := range pages {
		text += fmt.Sprintf("\n## Page %d\n\n```bash\n# Say\ndate +said\n```\n", i)
	}
	s := start(t, runbookFolder(t, text))
	first := open(t, 1440, 1000)
	tabs := []*browser{first}
	for len(tabs) < pages {
		ctx, cancel := chromedp.NewContext(first.ctx)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 5*patience)
		t.Cleanup(cancel)
		tabs = append(tabs, &browser{t: t, ctx: ctx})
	}
	for i, b := range tabs {
		b.visit(fmt.Sprintf("%s/procedures/book/page-%d", s.address, i))
		if i == 0 {
			b.until("document.querySelector('#live').textContent === 'live'")
		}
	}
	states := func() (live int) {
		for _, b := range tabs {
			b.until("['live', 'every 5 s'].includes(document.querySelector('#live').textContent)")
			if evaluate[bool](b, "document.hidden") {
				t.Fatal("a page is not seen, and holds no stream")
			}
			if b.text("#live") == "live" {
				live++
			}
		}
		return live
	}
	if live := states(); live != 4 {
		t.Errorf("%d pages hold a stream, of 4", live)
	}
	for i, b := range tabs {
		form := url.Values{"procedure": {fmt.Sprintf("book/page-%d", i)}, "step": {"say"}}
		if status, text := post(t, s.address+"/press", form); status >= 400 {
			t.Fatal(status, text)
		}
		b.until(has("#out-say", "said"))
	}
	for _, b := range tabs[pages-4:] {
		b.do(chromedp.Navigate("about:blank"))
	}
	tabs = tabs[:pages-4]
	for _, b := range tabs {
		b.until("document.querySelector('#live').textContent === 'live'")
	}
}
