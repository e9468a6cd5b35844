package engine

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Bounds of what the journal keeps of samples.
const (
	keptSamples = 20 // samples that were not good, of which all output is kept
	maxValues   = 12 // numbers of a sample that are kept
)

// observed is what a sample printed and called, before it is judged.
type observed struct {
	events []procedures.Event
	size   int // bytes of output in events
	calls  []procedures.Call
	out    printed
	err    printed
}

// printed is the beginning of what a sample printed. What is more stays out of it, and of the terminal.
type printed struct{ bytes.Buffer }

// Write implements io.Writer.
func (p *printed) Write(text []byte) (int, error) {
	p.Buffer.Write(text[:min(len(text), max(0, limits.SampleBytes.Size()-p.Len()))])
	return len(text), nil
}

// emit keeps an event. From the first text that does not fit, no output is kept, but calls are.
func (s *observed) emit(e procedures.Event) {
	switch {
	case e.Kind == procedures.EventOutput && s.size+len(e.Text) > limits.SampleBytes.Size():
		if s.size <= limits.SampleBytes.Size() {
			text := limits.SampleBytes.Reached().Error()
			s.events = append(s.events, procedures.Event{Kind: procedures.EventNotice, Text: strings.ToUpper(text[:1]) + text[1:] + "."})
		}
		s.size = limits.SampleBytes.Size() + 1
		return
	case e.Kind == procedures.EventOutput:
		s.size += len(e.Text)
	case e.Call != nil:
		s.calls = append(s.calls, *e.Call)
	}
	s.events = append(s.events, e)
}

// sample takes one sample, and emits it. ok is false where ctx ended before it was over.
// It waits for its turn first. A good sample emits one event; its output comes before it for the first sample, the
// last, one that ends the bake, and the first keptSamples that are not good.
func (b *baking) sample(ctx context.Context, began time.Time) (r Result, ok bool) {
	if b.Turn != nil {
		done, err := b.Turn(ctx)
		if err != nil {
			return r, false
		}
		defer done()
	}
	s := &observed{}
	r = b.once(ctx, s)
	if ctx.Err() != nil {
		return r, false
	}
	v := r.Judgement.Verdict
	good := v == procedures.Passed || v == procedures.Info
	if !good {
		b.kept++
	}
	first, last, ends := b.Samples.N() == 0, !began.Before(b.end()), v.Exit() > 0 && v != procedures.Errored
	if first || last || ends || !good && b.kept <= keptSamples {
		b.keep(s)
	}
	took := b.Now().Sub(began)
	judging := b.execution.Step.Filled(b.execution.Parameters)
	event := procedures.Event{
		Kind: procedures.EventSample, At: b.Now(), Judgement: &r.Judgement, Duration: took, Status: r.Status, Line: b.execution.Step.Line,
		Sample: &procedures.Sample{Number: b.Samples.N() + 1, Missed: b.Samples.Missed(), Values: watched(judging, s)},
	}
	b.Samples.Apply(event)
	if b.execution.Stderr != nil {
		fmt.Fprintln(b.execution.Stderr, b.execution.Out.Mask().Text(journal.SampleLine(event)))
	}
	b.execution.Out.Emit(event)
	return r, true
}

// keep emits and prints what a sample printed and called.
func (b *baking) keep(s *observed) {
	for _, e := range s.events {
		b.execution.Out.Emit(e)
	}
	if b.execution.Stdout != nil {
		_, _ = b.execution.Stdout.Write(s.out.Bytes())
	}
	if b.execution.Stderr != nil {
		_, _ = b.execution.Stderr.Write(s.err.Bytes())
	}
}

// once reads the alarms and runs the command, and judges both: the worse verdict counts.
// The step is without its annotations of repeating: the bake itself repeats.
func (b *baking) once(ctx context.Context, s *observed) Result {
	step := *b.execution.Step
	step.Bake, step.Annotations.Until, step.Annotations.Retry = nil, "", 0
	// A sample that hangs must not keep the next one from its time.
	if step.Annotations.Timeout == 0 {
		step.Annotations.Timeout = max(b.spec.Every, time.Minute)
	}
	x := b.execution
	x.Stdout, x.Stderr = &s.out, &s.err
	x.Out = x.Out.To(func(e mask.Event) { s.emit(e.Open()) })
	var results []Result
	if b.spec.Alarms.Text != "" {
		alarms := step
		alarms.Script, alarms.Annotations.For = b.spec.Alarms, nil
		if b.spec.Command.Text != "" {
			alarms.Annotations.Expect, alarms.Annotations.Warn = nil, nil
		}
		x.Step = &alarms
		results = append(results, b.alarms(ctx, x))
	}
	if b.spec.Command.Text != "" {
		command := step
		command.Script = b.spec.Command
		x.Step = &command
		r, _ := b.engine.once(ctx, x)
		results = append(results, r)
	}
	worst := results[0]
	for _, r := range results[1:] {
		switch {
		case r.Judgement.Verdict == worst.Judgement.Verdict,
			r.Judgement.Verdict == procedures.Info && worst.Judgement.Verdict == procedures.Passed:
			worst.Judgement.Reason = strings.TrimSuffix(worst.Judgement.Reason, ".") + "; " + r.Judgement.Reason
		case procedures.Worst(worst.Judgement.Verdict, r.Judgement.Verdict) == r.Judgement.Verdict:
			worst = r
		}
	}
	return worst
}
