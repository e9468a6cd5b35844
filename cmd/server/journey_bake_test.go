package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	bakeBook = `# Book

## Deploy

` + "```bash" + `
# More memory
aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 2048

# Watch it
bake 20m --every 1s --alarm network-visualizer-high-error-rate -- \
  aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors \
  --dimensions Name=FunctionName,Value=network-visualizer-api-production --start-time "$(date -u -d '1 hour ago' +%FT%TZ)" \
  --end-time "$(date -u +%FT%TZ)" --period 300 --statistics Sum

# Wait 30 minutes, monitor error rates
` + "```\n"
	watched = "#watch-it"
)

// TestJourneyAlarmStopsABake is a deployment: a change, a bake that an alarm stops, and the rollback from there. Somebody else watches.
func TestJourneyAlarmStopsABake(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, bakeBook))
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	other.name = "looker"
	for _, b := range []*browser{one, other} {
		b.visit(s.address + "/procedures/book/deploy")
		b.until(has("#live", "live"))
	}
	one.click("#more-memory .bar .btn")
	one.until("document.querySelector('#dialog').open")
	one.click("#dialog [data-confirm]")
	one.until(has("#more-memory .outcome .act .btn", "Roll back"))
	one.click(watched + " .bar .btn")
	for _, b := range []*browser{one, other} {
		b.until(has(watched+" .clock small", "left of 20:00"))
		b.until(has(watched+" .clock small", "sample 3 of 1201, all good"))
		b.until(has(watched+" .last", "network-visualizer-high-error-rate is OK"))
		b.until("document.querySelector('" + watched + " .bakeline svg .goes') !== null") // the chart goes as far as the bake has come
		b.until(has("#out-watch-it", "sample 2, "))
	}
	one.fault("alarm", true)
	for _, b := range []*browser{one, other} {
		b.until(has(watched+" .sub", "Stopped at sample "))
		b.until(has(watched+" .sub", "1 alarm is in ALARM: network-visualizer-high-error-rate"))
		b.until(has(watched+" .outcome", "More memory"))
		b.until(has(watched+" .outcome .act .btn", "Roll back"))
	}
	one.click(watched + " .outcome .act .btn")
	one.until("document.querySelector('#dialog').open")
	one.until(has("#dialog [data-confirm]", "Roll back"))
	one.click("#dialog [data-confirm]")
	for _, b := range []*browser{one, other} {
		b.until(has("#more-memory .outcome .what", "Rolled back by oncall"))
		b.until(has(watched+" .outcome", "Rolled back by oncall."))
	}
}

// TestJourneyAFailedBakeShowsWhy judges errors of a bake by a limit, and a step after the change by its answer: the chart has what was
// judged with the limit as a line, and both cards have the rollback as a filled-in button, with its values.
func TestJourneyAFailedBakeShowsWhy(t *testing.T) {
	t.Parallel()
	book := "# Book\n\n## Deploy\n\n```bash\n# More memory\naws lambda update-function-configuration --function-name " +
		"network-visualizer-api-production --memory-size 2048\n\n# Watch it\n#| expect: length(Functions) <= `1`\n" +
		"bake 20m --every 1s -- aws lambda list-functions\n\n# Check it\n" +
		"#| expect: length(Functions) == `1`\naws lambda list-functions\n```\n"
	s := start(t, runbookFolder(t, book))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/deploy")
	b.until(has("#live", "live"))
	b.click("#more-memory .bar .btn")
	b.until("document.querySelector('#dialog').open")
	b.click("#dialog [data-confirm]")
	b.until(has("#more-memory .outcome .act .btn", "Roll back"))
	for _, step := range []string{watched, "#check-it"} {
		b.click(step + " .bar .btn")
		b.until("document.querySelector('" + step + " .g.fail')")
		b.until(has(step+" .outcome .act .btn.solid", "Roll back"))
		b.until(has(step+" .outcome .line", "--memory-size 512"))
		if got := b.text(step + " .outcome"); strings.Contains(got, "$") {
			t.Errorf("%s: the rollback has no values: %s", step, got)
		}
	}
	b.until(has(watched+" .chart figcaption", "length(Functions)"))
	b.until(has(watched+" .chart figcaption", "limit: <= 1"))
	b.until("document.querySelector('" + watched + " .chart .line.guide.fail').getTotalLength() > 100")
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if found := b.violations(); found != "" {
			t.Errorf("%s:\n%s", scheme, found)
		}
	}
	b.click("#check-it .outcome .act .btn")
	b.until("document.querySelector('#dialog').open")
	b.click("#dialog [data-confirm]")
	b.until(has("#check-it .outcome", "Rolled back by oncall."))
}

// TestJourneyBakeEndsEarly ends a bake for a reason, and watches the alarms while somebody waits.
func TestJourneyBakeEndsEarly(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, bakeBook))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/deploy")
	b.until(has("#live", "live"))
	b.click(watched + " .bar .btn")
	b.until(has(watched+" .clock small", ", all good"))
	b.click(watched + " .early summary")
	b.do(chromedp.SendKeys(chromedp.CSS(watched+" .early input[name='reason']"), "seen enough"))
	b.click(watched + " .early form .btn")
	b.until(has(watched+" .sub", "Ended early by oncall"))
	b.until(has(watched+" .sub", "“seen enough”"))
	b.until(has("#timeline", "Watch it early: “seen enough”"))

	const wait = "#wait-30-minutes-monitor-error-rates"
	b.fault("alarm", true)
	b.until(has(wait+" .bar", "Start and watch alarms"))
	b.click(wait + " .bar [form=parameters]")
	b.until(has(wait+" .sub", "Stopped at sample 1, after 0s of 30m: 2 alarms are in ALARM: network-visualizer-high-error-rate"))
	b.until("document.querySelector('" + wait + " .glyph .fail') !== null")
}

// TestManyBakesLeaveRoom has more bakes wait than a server executes steps at a time: another step is executed at once. Then the
// server ends, and the next one continues all of them.
func TestManyBakesLeaveRoom(t *testing.T) {
	bakes := limits.StepsWorking.Size() + 20
	var book strings.Builder
	book.WriteString("# Book\n")
	for i := range bakes {
		fmt.Fprintf(&book, "\n## Page %d\n\n```bash\n# Watch it\nbake 20m --every 5m --alarm network-visualizer-high-error-rate\n```\n", i)
	}
	book.WriteString("\n## Other\n\n```bash\n# Look\naws sts get-caller-identity\n```\n")
	folder, data := runbookFolder(t, book.String()), t.TempDir()
	t.Run("they wait", func(t *testing.T) {
		s := startIn(t, folder, data)
		for i := range bakes {
			s.press(t, fmt.Sprintf("book/page-%d", i), "watch-it")
		}
		for i := range bakes {
			s.waitFor(t, fmt.Sprintf("/procedures/book/page-%d", i), "sample 1 of 5, all good")
		}
		s.press(t, "book/other", "look")
		s.waitFor(t, "/procedures/book/other", `data-verdict="info"`)
		if n := s.running(t); n != bakes {
			t.Errorf("%d of %d bakes go on", n, bakes)
		}
	})
	t.Run("another server goes on", func(t *testing.T) {
		s := startIn(t, folder, data)
		for i := range bakes {
			page := s.waitFor(t, fmt.Sprintf("/procedures/book/page-%d", i), "continues automatically")
			if !strings.Contains(page, "sample 1 of 5, all good") {
				t.Errorf("the bake of page %d begins anew", i)
			}
		}
	})
}

// press presses a step that reads, without a browser.
func (s *started) press(t *testing.T, page, step string) {
	t.Helper()
	form := url.Values{"procedure": {page}, "environment": {"sandbox"}, "step": {step}, "as": {"oncall"}, "back": {"/procedures/" + page}}
	if status, body := post(t, s.address+"/press", form); status >= 400 {
		t.Fatalf("press %s: %d %s", page, status, body)
	}
}

// running counts what is being executed.
func (s *started) running(t *testing.T) int {
	t.Helper()
	list, err := s.db.ExecutionsIn(t.Context(), nil, procedures.ExecutionRunning)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
