package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// fault switches a fault of the sandbox on or off, as the panel on the page does.
func (b *browser) fault(name string, on bool) {
	b.t.Helper()
	post := fmt.Sprintf("fetch('/faults', {method: 'POST', body: new URLSearchParams({name: %q, on: '%v', back: "+
		"'/healthz'})}).then(r => r.ok)", name, on)
	if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](post, chromedp.EvalAwaitPromise)); err != nil || !ok {
		b.t.Fatalf("switch the fault %s: %v, %v", name, ok, err)
	}
}

// TestJourneyCopyOfTheBucket copies a bucket while two people watch, cuts it off, and resumes with what is left.
func TestJourneyCopyOfTheBucket(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	const copying = "#copy-the-data-bucket"
	for _, b := range []*browser{one, other} {
		b.visit(s.address + "/procedures/backup-and-recovery/back-up-by-hand")
		b.until(has("#live", "live"))
	}
	one.fault("slow", true)
	confirm := func() {
		t.Helper()
		one.click(copying + " .bar .btn")
		one.until("document.querySelector('#dialog [data-confirm]')")
		one.click("#dialog [data-confirm]")
	}
	confirm()
	for _, b := range []*browser{one, other} {
		b.until(`/[1-9]\d* of 21 objects, .* of 13\.7 MiB/.test(document.querySelector('` + copying + ` .progress')?.textContent)`)
		b.until("document.querySelector('" + copying + " progress').value > 0")
	}
	one.click(copying + " .bar form .btn") // while it runs, this is Cancel
	one.until(has(copying+" .sub", "Stopped while it was changing something"))
	one.until(has(copying+" .why", "Run it again: it does what is left, and nothing twice."))
	one.until(has(copying+" .why", "--dryrun"))
	one.until(`/[1-9]\d* of 21 objects/.test(document.querySelector('` + copying + ` .progress')?.textContent)`)
	late := open(t, 1440, 1000)
	late.visit(s.address + "/procedures/backup-and-recovery/back-up-by-hand")
	late.until(`/[1-9]\d* of 21 objects/.test(document.querySelector('` + copying + ` .progress')?.textContent)`)
	one.fault("slow", false)
	confirm()
	one.until(`/done\s+([1-9]|1\d|20) objects? transferred/.test(document.querySelector('` + copying + ` .sub')?.textContent)`)
	one.click("#nothing-is-missing-in-the-copy .bar .btn")
	one.until(has("#nothing-is-missing-in-the-copy .sub", "21 objects are copied, 0 are left to do"))
}
