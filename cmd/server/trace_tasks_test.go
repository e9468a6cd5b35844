package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	cdpio "github.com/chromedp/cdproto/io"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// task is something that a page's main thread did in one go, and what it did most of it.
type task struct {
	took time.Duration // of the processor, however busy the machine was
	what string
}

func (t task) String() string {
	return fmt.Sprintf("%v: %s", t.took.Round(time.Millisecond/10), t.what)
}

// tasks measures what the page's main thread does while do runs, the longest first.
func (b *browser) tasks(do func()) (list []task) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, tracing.Start, tracing.StartParams{TransferMode: "ReturnAsStream", TraceConfig: &tracing.TraceConfig{
		IncludedCategories: []string{"devtools.timeline", "disabled-by-default-devtools.timeline"},
	}}); err != nil {
		b.t.Fatal(err)
	}
	do()
	completed := chromedp.Events(b.ctx, tracing.TracingComplete)
	if _, err := chromedp.Call(b.ctx, tracing.End, struct{}{}); err != nil {
		b.t.Fatal(err)
	}
	var text strings.Builder
	for e, err := range completed {
		for err == nil {
			var part cdpio.ReadResult
			if part, err = chromedp.Call(b.ctx, cdpio.Read, cdpio.ReadParams{Handle: e.Stream}); err == nil {
				text.Write(part.Data)
				if part.EOF {
					break
				}
			}
		}
		if err != nil {
			b.t.Fatal(err)
		}
		break
	}
	var trace struct {
		Events []struct {
			Name          string
			Ph            string
			Pid, Tid      int
			Ts, Dur, Tdur float64 // microseconds
			Args          struct{ Name string }
		} `json:"traceEvents"`
	}
	if err := json.Unmarshal([]byte(text.String()), &trace); err != nil {
		b.t.Fatal(err)
	}
	type thread struct{ pid, tid int }
	pages := map[thread]bool{}
	for _, e := range trace.Events {
		if e.Name == "thread_name" && e.Args.Name == "CrRendererMain" {
			pages[thread{e.Pid, e.Tid}] = true
		}
	}
	for _, e := range trace.Events {
		if e.Name != "RunTask" || e.Tdur < 1000 || !pages[thread{e.Pid, e.Tid}] {
			continue
		}
		parts := map[string]float64{}
		for _, in := range trace.Events {
			if in.Pid == e.Pid && in.Tid == e.Tid && in.Ts >= e.Ts && in.Ts+in.Dur <= e.Ts+e.Dur && in.Name != "RunTask" && in.Tdur > 300 {
				parts[in.Name] += in.Tdur / 1000
			}
		}
		names := make([]string, 0, len(parts))
		for name, ms := range parts {
			names = append(names, fmt.Sprintf("%s %.1f", name, ms))
		}
		slices.Sort(names)
		list = append(list, task{time.Duration(e.Tdur) * time.Microsecond, strings.Join(names, ", ")})
	}
	slices.SortFunc(list, func(a, b task) int { return int(b.took - a.took) })
	return list
}
