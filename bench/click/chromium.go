package main

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// clickScript clicks the step's button with a round (%[1]q) and resolves with the
// milliseconds until its output is in the page. An observer sees the element at once,
// without the interval of a poll.
const clickScript = `new Promise((resolve, reject) => {
  const field = document.querySelector("[name='p.ROUND']"), wanted = "ACTIVE\t" + %q;
  const shown = () => document.getElementById("out-%[2]s")?.textContent.includes(wanted);
  const seen = new MutationObserver(() => {
    if (shown()) { seen.disconnect(); clearTimeout(late); resolve(performance.now() - started); }
  });
  const late = setTimeout(() => reject(new Error("no output")), 10000);
  seen.observe(document.getElementById("page"), {childList: true, subtree: true, characterData: true});
  field.value = %[1]q;
  const started = performance.now();
  document.querySelector("#%[2]s .bar .btn").click();
})`

// inChromium clicks in a real page, rounds times and once before that, which opens the run
// and is not counted. The times are the page's own (performance.now), so that talking to
// the browser is no part of them.
func inChromium(ctx context.Context, chromium, address string, rounds int) ([]time.Duration, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	// The page is visited twice: the name is asked for once, before the first press.
	visit := []chromedp.Action[chromedp.Void]{
		chromedp.Navigate(address + "/procedures/" + procedure), chromedp.WaitReady(chromedp.CSS("#" + step)),
	}
	if err := chromedp.Do(ctx, visit...); err != nil {
		return nil, err
	}
	// which is asked for once
	const name = `fetch("/preferences", {method: "POST", body: new URLSearchParams({name: "bench"})}).then((r) => r.ok)`
	if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](name, chromedp.EvalAwaitPromise)); err != nil || !ok {
		return nil, fmt.Errorf("the page took no name: %w", err)
	}
	if err := chromedp.Do(ctx, visit...); err != nil {
		return nil, err
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.getElementById("live").textContent === "live"`)); err != nil {
		return nil, fmt.Errorf("the page is not live: %w", err)
	}
	// it is not asked at the first press
	named := `fetch("/preferences", {method: "POST", body: new URLSearchParams({name: "bench", back: "/runs"})}).then(r => r.ok)`
	if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](named, chromedp.EvalAwaitPromise)); err != nil || !ok {
		return nil, fmt.Errorf("say a name: %v, %w", ok, err)
	}
	times := make([]time.Duration, 0, rounds)
	for i := range rounds + 1 {
		round := fmt.Sprintf("page-%d-", i)
		took, err := chromedp.Run(ctx, chromedp.Evaluate[float64](fmt.Sprintf(clickScript, round, step), chromedp.EvalAwaitPromise))
		if err != nil {
			return nil, fmt.Errorf("press %d: %w", i, err)
		}
		if i > 0 {
			times = append(times, time.Duration(took*float64(time.Millisecond)))
		}
		ended := fmt.Sprintf(`!document.querySelector("#%s .card.now")`, step)
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](ended, chromedp.WithPollingInterval(10*time.Millisecond))); err != nil {
			return nil, fmt.Errorf("press %d does not end: %w", i, err)
		}
	}
	return times, nil
}
