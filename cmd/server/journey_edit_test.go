package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestJourneyAnEditReachesOpenPages without a redraw: what somebody is writing stays, and so does the run's own text.
func TestJourneyAnEditReachesOpenPages(t *testing.T) {
	t.Parallel()
	const text = "# Book\n\n## Queue check\n\nLook at the load.\n\n" +
		"```bash\n# One\naws sts get-caller-identity\n\n# Two\naws sqs list-queues\n```\n"
	folder := runbookFolder(t, text)
	files, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	edit := func(from, to string) {
		if err := os.WriteFile(files[0], []byte(strings.Replace(text, from, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, folder)
	wide, phone := open(t, 1440, 1000), open(t, 390, 844)
	for _, b := range []*browser{wide, phone} {
		b.visit(s.address + "/procedures/book/queue-check")
		b.until(has("#live", "live"))
	}
	wide.click("#one .bar .btn")
	wide.until(has("#out-one", "123456789012"))
	phone.until(has("#out-one", "123456789012")) // its page is that of the run now
	phone.click("#two .write summary")
	phone.do(chromedp.SendKeys(chromedp.CSS("#two .write input[name=text]"), "half a sen"))
	evaluate[bool](phone, "document.querySelector('#two').marked = true")
	edit("the load.", "the load twice.")
	for _, b := range []*browser{wide, phone} {
		b.until(has("#edited", "1 line of prose changed since this run began"))
	}
	edit("list-queues", "list-queues --max-results 5")
	for _, b := range []*browser{wide, phone} {
		b.until(has("#edited", "step “Queue check: Two” changed since this run began"))
	}
	kept := "document.querySelector('#two').marked && document.querySelector('#two .write input[name=text]').value"
	if got := evaluate[string](phone, kept); got != "half a sen" {
		t.Errorf("the page was drawn again: %q is written", got)
	}
	if strings.Contains(phone.text("#two"), "--max-results") {
		t.Error("the open run has another text")
	}
	edit("", "")
	for _, b := range []*browser{wide, phone} { // it was taken back
		b.until(`!document.querySelector("#edited").textContent.includes("since this run began")`)
	}
	edit("the load.", "the load twice.")
	wide.click("#edited form .btn") // begin anew
	phone.until(has("#timeline", "finished the run"))
}
