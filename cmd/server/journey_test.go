package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/testenv"
)

const health = "/procedures/daily-operations/morning-health-check"

func TestJourneyPressStreamVerdict(t *testing.T) {
	s := start(t, "")
	b := open(t, 1440, 1000)
	b.visit(s.address)
	b.until(has("#home", "Morning health check"))
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	if got := b.text("#dynamodb-table .sub"); !strings.Contains(got, "dynamodb describe-table") {
		t.Errorf("before the press the step says %q", got)
	}
	b.click("#dynamodb-table .bar .btn")
	b.until(has("#dynamodb-table .sub", "ACTIVE"))
	b.until(has("#out-dynamodb-table", "48211"))
	b.until(has("#meter", "1 passed"))
	b.until(has("#timeline", "DynamoDB table"))
	b.until("document.querySelector('.nav [aria-current] .dot.open')")

	// The tab is closed and opened again: everything is there.
	address := evaluate[string](b, "location.href")
	b.do(chromedp.Navigate("about:blank"))
	b.visit(address)
	if got := b.text("#dynamodb-table .sub"); !strings.Contains(got, "ACTIVE") {
		t.Errorf("after coming back the step says %q", got)
	}
}

func TestJourneyRunAll(t *testing.T) {
	s := start(t, "")
	b := open(t, 1440, 1000)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	b.click("#head .primary")
	b.until(has("#meter", "6 passed"))
	b.until("document.querySelector('#errors-of-the-last-day .chart svg path.line')")
	if rows := evaluate[int](b, "document.querySelectorAll('#errors-of-the-last-day .numbers tbody tr').length"); rows < 20 {
		t.Errorf("the chart's table has %d rows", rows)
	}
	b.until("document.querySelector('#lambda-functions .view-table tbody tr:nth-child(3)')")
	// It has ended by itself, and the next one is another.
	b.until(has("#head .crumb", "finished"))
	first := b.text("#head .crumb b")
	b.until("document.querySelectorAll('#history li').length === 1")
	b.click("#head .primary")
	b.until("document.querySelectorAll('#history li').length === 2")
	b.until(has("#head .crumb", "finished"))
	b.until(has("#meter", "6 passed"))
	if got := b.text("#head .crumb b"); got == first {
		t.Errorf("both are %q", got)
	}
	b.visit(s.address)
	b.until(has("#home", "passed"))
}

func TestJourneyTwoBrowsersSeeTheSame(t *testing.T) {
	s := start(t, "")
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	for _, b := range []*browser{one, other} {
		b.visit(s.address + health)
		b.until(has("#live", "live"))
	}
	one.click("#alarms .bar .btn")
	for _, b := range []*browser{one, other} {
		b.until(has("#alarms .sub", "No alarm"))
	}
}

func TestJourneyFaultTurnsTheCheckRed(t *testing.T) {
	s := start(t, "")
	b := open(t, 1440, 1000)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	evaluate[bool](b, "document.querySelector('.aside .faults').open = true")
	b.click(".aside form:has(input[value=alarm]) .switch")
	b.until("document.querySelector('.aside form:has(input[value=alarm]) .switch[aria-checked=true]')")
	b.click("#alarms .bar .btn")
	b.until("document.querySelector('#alarms .g.fail')")
	b.until(has("#alarms .sub", "network-visualizer-high-error-rate"))
}

func TestJourneyCancel(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Wait\n\n```bash\n# Sleep\necho begun; sleep 600; echo never\n\n# Then\ndate +then\n```\n"))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/wait")
	b.until(has("#live", "live"))
	b.click("#sleep .bar .btn")
	b.until(has("#out-sleep", "begun")) // while it runs
	began := time.Now()
	b.click("#sleep .bar form .btn")
	b.until(has("#sleep .sub", "cancelled"))
	t.Logf("cancelled after %s", time.Since(began))
	if strings.Contains(b.text("#out-sleep"), "never") {
		t.Error("it went on")
	}
	b.click("#then .bar .btn")
	b.until(has("#out-then", "then"))
}

func TestJourneyLinkOpensAtItsStep(t *testing.T) {
	s := start(t, "")
	b := open(t, 1440, 600)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	b.click("#cloudfront-distribution .bar .btn")
	b.until(has("#cloudfront-distribution .sub", "Deployed"))
	b.visit(s.address + health + "?step=cloudfront-distribution#cloudfront-distribution")
	b.until("document.querySelector('#cloudfront-distribution').getBoundingClientRect().top < innerHeight")
	for name, want := range map[string]string{"og:title": "CloudFront distribution · Morning health check", "og:description": "passed"} {
		if got := evaluate[string](b, "document.querySelector('meta[property=\""+name+"\"]').content"); !strings.Contains(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	got := evaluate[string](b, "document.querySelector('#cloudfront-distribution [data-copy]').dataset.copy")
	if !strings.HasPrefix(got, "/runs/") || !strings.Contains(got, "?step=cloudfront-distribution&at=") {
		t.Errorf("the copy button of a step with a result gives %q", got)
	}
}

func TestJourneyMistakenLineIsCorrected(t *testing.T) {
	s := start(t,
		runbookFolder(t,
			"# Book\n\n## Look\n\n```bash\n# Statistics\naws cloudwatch get-metric-statistics --namespace AWS/Lambda "+
				"--metric-name Errors \\\n  --start-time \"$(date -u -d '1 day ago' +%FT%TZ)\" --end-time \"$(date "+
				"-u +%FT%TZ)\" --period 3600 \\\n  --statistics Average,Maximum\n```\n"))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/look")
	b.until(has("#live", "live"))
	b.until(has("#statistics .finding .plus", "--statistics Average Maximum"))
	b.click("#statistics .bar .btn")
	b.until(has("#statistics .sub", "Not sent"))
	b.click("#statistics .bar .btn.primary")
	b.until("document.querySelector('#statistics .chart')")
}

func TestJourneyChangeIsAskedAbout(t *testing.T) {
	s := start(t,
		runbookFolder(t,
			"# Book\n\n## Scale\n\n```bash\n# More memory\naws lambda update-function-configuration --function-name "+
				"network-visualizer-api-production --memory-size \"<memory-mb>\"\n\n# Drop the table\naws dynamodb "+
				"delete-table --table-name network-visualizer-topology\n```\n"))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/scale")
	b.until(has("#live", "live"))
	b.expect("422")
	b.click("#more-memory .bar .btn")
	b.until(has("#said", "memory-mb has no value"))
	b.do(chromedp.SendKeys(chromedp.CSS("#parameters input[name='p.memory-mb']"), "2048"))
	b.click("#more-memory .bar .btn")
	b.until(has("#dialog pre.call", "--memory-size 2048"))
	b.until("document.querySelector('#dialog').open")
	b.click("#dialog [data-close]")
	b.until("!document.querySelector('#dialog').open")
	b.click("#more-memory .bar .btn")
	b.until("document.querySelector('#dialog').open")
	b.click("#dialog [data-confirm]")
	b.until("document.querySelector('#more-memory .g.info, #more-memory .g.pass')")
	b.until(has("#out-more-memory", "\"MemorySize\": 2048"))

	b.click("#drop-the-table .bar .btn")
	b.until("document.querySelector('#dialog [data-confirm]')?.disabled")
	b.do(chromedp.SendKeys(chromedp.CSS("#dialog [name=typed]"), "network-visualizer-topology"))
	b.until("!document.querySelector('#dialog [data-confirm]').disabled")
}

func TestJourneyEarlierStepIsOffered(t *testing.T) {
	s := start(t,
		runbookFolder(t,
			"# Book\n\n## Chain\n\n```bash\n# Find\nNAME=$(aws lambda list-functions --query "+
				"'Functions[0].FunctionName' --output text)\n\n# Use\naws lambda get-function --function-name "+
				"\"$NAME\" --query Configuration.FunctionName --output text\n```\n"))
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/chain")
	b.until(has("#live", "live"))
	b.click("#use .bar .btn")
	b.until(has("#dialog", "Find"))
	b.click("#dialog .primary")
	b.until(has("#out-use", "\nnetwork-visualizer-"))
	b.until("document.querySelector('#find .g.info, #find .g.pass')")
}

func TestJourneyEditedRunbookShows(t *testing.T) {
	dir := runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Before\necho before\n```\n")
	s := start(t, dir)
	b := open(t, 1440, 1000)
	b.visit(s.address + "/procedures/book/look")
	b.click("#before .bar .btn")
	b.until(has("#out-before", "before"))
	if err := os.WriteFile(filepath.Join(dir, "book.md"),
		[]byte("# Book\n\n## Look\n\n```bash\n# After\necho after\n```\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	library := s.watcher.Current
	eventually(t, "the edited runbook is read", func() bool { return library().Procedures()[0].Step("after") != nil })
	b.visit(s.address + "/runs")
	b.click("#main table a")
	b.until(has("#page", "since this run began. The run goes on with its own text."))
}

func TestJourneyPhone(t *testing.T) {
	s := start(t, "")
	b := open(t, 390, 844)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	b.click(".bottom .primary")
	b.until(has("#meter", "6 passed"))
	if wide := evaluate[int](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d px wide on a phone of 390", wide)
	}
	b.click("[data-menu]")
	b.until("getComputedStyle(document.querySelector('.nav')).display !== 'none'")
	if small := evaluate[int](b,
		"[...document.querySelectorAll('.bar .btn, .bottom .btn')].filter(e => e.offsetParent && "+
			"e.getBoundingClientRect().height < 44).length"); small > 0 {
		t.Errorf("%d buttons are lower than 44 px", small)
	}
}

func TestJourneyWithoutScript(t *testing.T) {
	s := start(t, "")
	form := url.Values{
		"procedure": {"daily-operations/morning-health-check"}, "environment": {"sandbox"}, "step": {"alarms"}, "back": {health},
	}
	status, body := post(t, s.address+"/press", form)
	if status != 200 || !strings.Contains(body, "Morning health check") {
		t.Errorf("a press without script ends with %d", status)
	}
	s.waitFor(t, health, "No alarm is in ALARM")
}

func TestJourneyUneditedDocument(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "operational-procedures.md"), testenv.Document(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	b := open(t, 1440, 1000)
	b.visit(s.address)
	for _, chapter := range []string{
		"Daily Operations", "Weekly Maintenance", "Monthly Reviews", "Deployment Procedures", "Backup and Recovery",
		"Monitoring and Alerting", "Scaling Procedures",
	} {
		b.until(has("#home", chapter))
	}
	b.visit(s.address + "/procedures/daily-operations/morning-health-check")
	b.until(has("#live", "live"))
	b.click("#head .primary")
	b.until(has("#meter", "5 passed"))
	b.visit(s.address + "/procedures/operational-procedures/deployment-procedures/production-deployment-high-risk")
	if n := evaluate[int](b, "[...document.querySelectorAll('.step .tag')].filter(e => e.textContent === 'manual').length"); n < 5 {
		t.Errorf("%d steps are manual", n)
	}
}
