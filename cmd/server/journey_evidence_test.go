package main

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestJourneyDrillIsPrinted does the restore drill from its first step to its last, and prints what it came to.
func TestJourneyDrillIsPrinted(t *testing.T) {
	t.Parallel()
	b, s := open(t, 1440, 1000), start(t, "")
	library, _, err := (&options{}).library()
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := library.Find("backup-and-recovery/restore-drill")
	if err != nil {
		t.Fatal(err)
	}
	b.visit(s.address + "/procedures/" + p.ID)
	b.until(has("#live", "live"))
	for _, step := range p.Steps {
		b.execute(step)
	}
	for _, step := range p.Steps {
		if class := evaluate[string](b, "document.querySelector('#"+step.ID+" .g').className"); !strings.Contains(class,
			"pass") && !strings.Contains(class, "info") {
			t.Fatalf("%s: %s", step.ID, b.text("#"+step.ID+" .sub"))
		}
	}
	b.do(chromedp.Navigate(evaluate[string](b, "document.querySelector('#head a[href$=\"/evidence\"]').href")),
		chromedp.WaitReady(chromedp.CSS(".evidence .check")))
	text := b.text("#main")
	for _, want := range []string{
		"Recovery time", "objective: 30 min", "Recovery point", "objective: 26 h", "oncall", "48211 of 48211 items",
		"aws dynamodb restore-table-from-backup --target-table-name network-visualizer-topology-drill", "limit 20 min",
		"names are not verified",
	} {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("the evidence does not say %q", want)
		}
	}
	if n := evaluate[int](b, "document.querySelectorAll('.goal.pass').length"); n != 2 {
		t.Errorf("%d objectives were met: %s", n, b.text(".goals"))
	}
	if found := b.violations(); found != "" {
		t.Errorf("the evidence:\n%s", found)
	}
	b.checkPrint("Restore drill", "Verify this document")
}

// execute presses a step, confirms what it changes, and waits for its end.
func (b *browser) execute(step *procedures.Step) {
	b.t.Helper()
	if step.Kind == procedures.KindManual {
		b.click("#" + step.ID + " .bar .btn")
		b.until(has("#"+step.ID+" .sub", "Done by"))
		return
	}
	b.click("#" + step.ID + " .bar .btn")
	if step.Effect().Changes() {
		b.until("document.querySelector('#dialog [data-confirm]')")
		if evaluate[bool](b, "document.querySelector('#dialog [data-must-be]') !== null") {
			b.do(chromedp.SendKeys(chromedp.CSS("#dialog [data-must-be]"),
				evaluate[string](b, "document.querySelector('#dialog [data-must-be]').dataset.mustBe")))
		}
		b.click("#dialog [data-confirm]")
	}
	b.until("document.querySelector('#" + step.ID + " .sub .v') && !document.querySelector('#" + step.ID + " .g.spin')")
}

// checkPrint prints the page and looks for headings in the document's outline. Nothing of the portal around it is printed.
func (b *browser) checkPrint(headings ...string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		b.t.Fatal(err)
	}
	for _, part := range []string{".nav", ".btns", ".band"} {
		if evaluate[bool](b, "[...document.querySelectorAll('"+part+"')].some(e => e.getClientRects().length > 0)") {
			b.t.Errorf("%s is printed", part)
		}
	}
	yes := true
	out, err := chromedp.Call(b.ctx, page.PrintToPDF,
		page.PrintToPDFParams{PreferCSSPageSize: &yes, GenerateTaggedPDF: &yes, GenerateDocumentOutline: &yes})
	if err != nil {
		b.t.Fatal(err)
	}
	pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(out.Data, -1))
	if !bytes.HasPrefix(out.Data, []byte("%PDF-")) || pages < 1 || pages > 12 {
		b.t.Errorf("%d bytes with %d pages were printed", len(out.Data), pages)
	}
	// A4 in points, as far as they are whole.
	if !regexp.MustCompile(`/MediaBox\s*\[0 0 59[45]\S* 84[12]\S*\]`).Match(out.Data) {
		b.t.Error("the pages are not of the size A4")
	}
	outline := outlineOf(out.Data)
	for _, heading := range headings {
		if !strings.Contains(strings.ToLower(outline), strings.ToLower(heading)) {
			b.t.Errorf("the outline of what was printed has no %q:\n%s", heading, outline)
		}
	}
}

// outlineOf are the titles of a PDF's outline, one a line.
func outlineOf(pdf []byte) string {
	var out strings.Builder
	for _, m := range regexp.MustCompile(`/Title\s*(?:\(([^)]*)\)|<([0-9A-Fa-f]+)>)`).FindAllSubmatch(pdf, -1) {
		title := m[1]
		if len(m[2]) > 0 {
			title, _ = hex.DecodeString(string(m[2]))
		}
		if bytes.HasPrefix(title, []byte{0xfe, 0xff}) {
			var units []uint16
			for i := 2; i+1 < len(title); i += 2 {
				units = append(units, uint16(title[i])<<8|uint16(title[i+1]))
			}
			title = []byte(string(utf16.Decode(units)))
		}
		out.Write(append(title, '\n'))
	}
	return out.String()
}
