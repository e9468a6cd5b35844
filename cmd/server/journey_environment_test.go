package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func TestJourneyRefusedEnvironmentAndRehearsal(t *testing.T) {
	t.Chdir(t.TempDir())
	config := configured(t,
		"environments:\n  production: {account: \"123456789012\", endpoint: \"http://127.0.0.1:1\", region: "+
			"eu-central-1, effects: read, variables: {API_ID: own}}\n  staging: {account: \"123456789013\", "+
			"endpoint: \"http://127.0.0.1:1\", region: eu-central-1}\n")
	s := startWith(t, &options{
		Runbooks: runbookFolder(t,
			"---\nenvironments: [production]\n---\n# Book\n\n## Scale\n\n```bash\n# Memory\naws lambda "+
				"update-function-configuration --function-name network-visualizer-api-production --memory-size "+
				"\"<memory-mb>\"\n\n# Stage\naws apigateway "+
				"get-stage --rest-api-id \"$API_ID\" --stage-name prod\n```\n"), Data: t.TempDir(), Config: config, Environment: "staging",
	})
	const page = "/procedures/book/scale"
	b := open(t, 1440, 1000)

	// It is for production, and this is staging: nothing is offered but to switch.
	b.visit(s.address + page)
	b.until(has("#head", "This procedure is for production. Its steps do not run in staging"))
	if n := evaluate[int](b, "document.querySelectorAll('.step .bar .btn, .primary').length"); n != 0 {
		t.Errorf("%d buttons are offered", n)
	}
	b.click("#head .elsewhere .btn")

	// Production only reads: the change has no button, and says why.
	b.until(has(".env", "production"))
	b.until(has("#memory", "Not available here: production only reads."))
	b.until("document.querySelector('#stage .bar .btn').textContent === 'Run'")
	if evaluate[bool](b, "[...document.querySelectorAll('#memory .btn')].some(e => e.textContent.startsWith('Run'))") {
		t.Error("the change is offered")
	}

	// Rehearsed on the sandbox it is made, with the value that was typed.
	b.do(chromedp.SendKeys(chromedp.CSS("#parameters input[name='p.memory-mb']"), "2048"))
	b.click("#head [formaction='/rehearse']")
	b.until(has("#head .rehearsal", "Rehearsal"))
	b.until("document.querySelector(\"#parameters input[name='p.memory-mb']\").value === '2048'")
	if got := evaluate[string](b,
		"document.querySelector(\"#parameters input[name='p.API_ID']\").value"); got != sandboxVariables["API_ID"] {
		t.Errorf("the API is %q", got)
	}
	b.until(has("#live", "live"))
	b.click("#memory .bar .btn")
	b.until(has("#dialog pre.call", "--memory-size 2048"))
	b.click("#dialog [data-confirm]")
	b.until("document.querySelector('#memory .g.info, #memory .g.pass')")
	b.until(has("#head .rehearsal", "Nothing outside Opsbook is touched"))
}
