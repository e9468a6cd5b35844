package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// What repeating takes where the annotations do not say it.
const (
	usualEvery = 10 * time.Second // between two attempts
	usualUntil = 10 * time.Minute // that `until` is waited for, where neither timeout nor retry bounds it
)

// repeat executes a step until it is settled, its attempts are used up or its time is over.
// The time is the step's timeout: no attempt begins after it. A notice says what each attempt still lacked.
func (g *Engine) repeat(ctx context.Context, x Execution) Result {
	a := x.Step.Annotations
	every, most, limit := a.Every, a.Retry+1, a.Timeout
	if every == 0 {
		every = usualEvery
	}
	if a.Retry == 0 {
		most = 0 // as often as the time allows
		if limit == 0 {
			limit = usualUntil
		}
	}
	began := time.Now()
	for n := 1; ; n++ {
		r, calls := g.once(ctx, x)
		missing := unsettled(x.Step, r, calls)
		if missing == "" || ctx.Err() != nil {
			return r
		}
		tried := "asked once"
		if n > 1 {
			tried = fmt.Sprintf("asked %d times in %s", n, time.Since(began).Round(time.Second))
		}
		if n == most || limit > 0 && time.Since(began)+every > limit {
			return gaveUp(r, missing, tried)
		}
		x.Out.Emit(procedures.Event{
			Kind: procedures.EventNotice, Text: fmt.Sprintf("%s; %s, and again in %s", missing, tried, every), Line: x.Step.Line,
		})
		if limits.Sleep(ctx, every) != nil {
			return r
		}
	}
}

// unsettled says what an attempt still lacks, or nothing.
// With until, the expression must be true of every answer; without, the verdict must be good.
func unsettled(step *procedures.Step, r Result, calls []procedures.Call) string {
	until := step.Annotations.Until
	if until == "" {
		if r.Judgement.Verdict.Exit() == 0 {
			return ""
		}
		return strings.TrimSuffix(r.Judgement.Reason, ".")
	}
	q, err := document.Compile(until)
	if err != nil {
		return "" // it is a finding of the runbook
	}
	var answered bool
	for _, call := range calls {
		if call.Document == nil || call.Status != 0 || !step.Annotations.Judges.Is(&call) {
			continue
		}
		answered = true
		if v, err := q.Search(call.Document); err != nil || !document.Truth(v) {
			return "Not yet: " + until
		}
	}
	if !answered {
		return strings.TrimSuffix(r.Judgement.Reason, ".")
	}
	return ""
}

// gaveUp is the result of the last attempt, which was not enough.
func gaveUp(r Result, missing, tried string) Result {
	switch {
	case r.Judgement.Verdict == procedures.Warned:
		// the warning says how it is
		r.Judgement.Verdict, r.Judgement.Expected = procedures.Failed, strings.TrimPrefix(missing, "Not yet: ")
	case r.Judgement.Verdict.Exit() == 0:
		r.Judgement = procedures.Judgement{Verdict: procedures.Failed, Reason: missing}
	}
	r.Judgement.Reason = strings.TrimSuffix(r.Judgement.Reason, ".") + "; " + tried + "."
	return r
}

// forEach is a step's script once per value of its annotation `for`: a loop around it that leaves every line where it is.
// Values are quoted for Bash, so that none of them is expanded. A NUL byte, which Bash cannot hold, is dropped.
func forEach(step *procedures.Step) procedures.Script {
	script := step.Script
	for _, f := range slices.Backward(step.Annotations.For) {
		var head strings.Builder
		head.WriteString("for " + f.Name + " in")
		for _, value := range f.Values {
			quoted, err := syntax.Quote(value, syntax.LangBash)
			if err != nil {
				quoted = "'" + strings.NewReplacer("'", `'\''`, "\x00", "").Replace(value) + "'"
			}
			head.WriteString(" " + quoted)
		}
		script.Text = head.String() + "; do " + script.Text + "\ndone"
	}
	return script
}
