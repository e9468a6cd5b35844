package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

const config = `environments:
  production: {account: sandbox, colour: red, approvals_without_sign_in: true}
  staging: {account: sandbox, colour: green}
`

// book has a step of every kind and state.
const book = `---
procedure: heading
---
# Checkout

## Deploy

Announce it first, then change one thing at a time. [Where it is described](https://example.com)

- [ ] Announce the deployment in the channel

` + "```bash" + `
# Who am I
aws sts get-caller-identity

# Alarms in ALARM
#| expect: length(MetricAlarms) == ` + "`5`" + `
aws cloudwatch describe-alarms --state-value ALARM

# More memory
aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 2048

# Watch it
#| expect: max(Datapoints[].Sum) <= ` + "`1`" + `
bake 20m --every 1s --alarm network-visualizer-high-error-rate -- \
  aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors \
  --dimensions Name=FunctionName,Value=network-visualizer-api-production --start-time "$(date -u -d '1 hour ago' +%FT%TZ)" \
  --end-time "$(date -u +%FT%TZ)" --period 300 --statistics Sum
` + "```" + `

## Two people

` + "```bash" + `
#| title: Less memory
#| approvals: 1
aws lambda update-function-configuration --function-name network-visualizer-api-production --memory-size 512
` + "```" + `

## Look

` + "```bash" + `
# Functions
aws lambda list-functions

# Many lines
for i in $(seq 1 400); do echo "line $i of four hundred, with a text that is not short"; done

# Sleep
sleep 600
` + "```\n"

// write makes the runbooks: the shipped ones, and the book.
func write(dir string) error {
	folder := filepath.Join(dir, "runbooks")
	if err := os.CopyFS(folder, os.DirFS("runbooks")); err != nil {
		return err
	}
	return errors.Join(
		os.Remove(filepath.Join(folder, "embed.go")),
		os.WriteFile(filepath.Join(folder, "checkout.md"), []byte(book), 0o600),
		os.WriteFile(filepath.Join(dir, "opsbook.yaml"), []byte(config), 0o600),
	)
}

// act is something that a person does on a page, or waits for.
type act func(context.Context) error

// state is a page, and what is done on it before it is drawn. One that always happens makes what later ones show.
type state struct {
	name, path string
	always     bool
	acts       []act
}

const in = "?environment=production"

var states = []state{
	{"home-empty", "/" + in, false, nil},
	{"procedure", "/procedures/checkout/deploy" + in, false, []act{live}},
	{"run-all", "/procedures/daily-operations/morning-health-check" + in, true, []act{
		live, press("#head .primary"),
		until("!document.querySelector('.card.now') && document.querySelector('#meter .pass, #meter .fail')"),
	}},
	{"failed", "/procedures/checkout/deploy" + in, true, []act{
		live, press("#announce-the-deployment-in-the-channel .bar .btn"),
		press("#who-am-i .bar .btn"), until("document.querySelector('#who-am-i .g.info')"),
		press("#alarms-in-alarm .bar .btn"), until("document.querySelector('#alarms-in-alarm .g.fail')"),
	}},
	{"review", "/procedures/checkout/deploy" + in, true, []act{
		live, press("#more-memory .bar .btn"), until("document.querySelector('#dialog').open"),
	}},
	{"changed", "/procedures/checkout/deploy" + in, true, []act{
		live, press("#more-memory .bar .btn"), until("document.querySelector('#dialog').open"), reason, press("#dialog [data-confirm]"),
		until("document.querySelector('#more-memory .outcome .act .btn')"), show("#more-memory"),
	}},
	{"bake", "/procedures/checkout/deploy" + in, true, []act{
		live, press("#watch-it .bar .btn"),
		until("document.querySelector('#watch-it .last')?.textContent.includes('Sample 4')"), show("#watch-it"),
	}},
	{"bake-failed", "/procedures/checkout/deploy" + in, true, []act{
		live, fault("alarm"), until("document.querySelector('#watch-it .g.fail')"), show("#watch-it"),
	}},
	{"approval", "/procedures/checkout/two-people" + in, true, []act{
		live, press("#less-memory .bar .btn"), until("document.querySelector('#dialog').open"), press("#dialog [value=request]"),
		until("document.querySelector('#less-memory .request')"),
	}},
	{"output", "/procedures/checkout/look" + in, true, []act{
		live, press("#many-lines .bar .btn"), until("document.querySelector('#many-lines .g.info, #many-lines .g.pass')"),
		press("#sleep .bar .btn"), until("document.querySelector('#sleep .card.now')"),
	}},
	{"home", "/" + in, false, []act{live0}},
	{"history", "/runs" + in, false, nil},
	{"document", "/documents/daily-operations" + in, false, nil},
	{"coverage", "/coverage" + in, false, nil},
	{"mistakes", "/mistakes" + in, false, nil},
	{"not-found", "/nothing", false, nil},
	{"elsewhere", "/procedures/checkout/deploy?environment=staging", false, []act{live}},
}

func live0(context.Context) error { time.Sleep(time.Second); return nil }

func live(ctx context.Context) error {
	return until("document.querySelector('#live').textContent === 'live'")(ctx)
}

func press(selector string) act {
	return func(ctx context.Context) error { return chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))) }
}

func until(expression string) act {
	return func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(50*time.Millisecond)))
		if err != nil {
			err = fmt.Errorf("%s: %w", expression, err)
		}
		return err
	}
}

// reason fills in why somebody goes on after something failed, where it is asked for.
func reason(ctx context.Context) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {
		const field = document.querySelector("#dialog [name=reason]");
		if (field) field.value = "known, see the ticket";
		return true;
	})()`))
	return err
}

func show(selector string) act {
	return func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("(document.querySelector(%q).scrollIntoView(), true)", selector)))
		return err
	}
}

// fault switches one of the sandbox's faults on.
func fault(name string) act {
	return func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`fetch("/faults", {method: "POST", body: new URLSearchParams(
			{name: %q, on: "true", environment: "production", back: "/healthz"})}).then((r) => r.ok)`, name), chromedp.EvalAwaitPromise))
		return err
	}
}
