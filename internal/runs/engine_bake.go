package runs

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Baking is what a bake goes on from, where another process began it, and how it waits.
type Baking struct {
	Began time.Time       // when it began; zero for now
	Looks journal.Samples // that were made
	Now   func() time.Time
	// Wait returns at a time, or with an error when ctx ends before.
	Wait func(ctx context.Context, until time.Time) error
	// Turn waits until a look may be made, and returns what is called after it; nil for no limit.
	Turn func(ctx context.Context) (done func(), err error)
}

// waitUntil is the usual Wait.
func waitUntil(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Bounds of what the journal keeps of looks.
const (
	keptLooks  = 20       // looks that were not good, of whose output all is kept
	lookOutput = 64 << 10 // bytes of output of a look that are kept
	maxValues  = 12       // numbers of a look that are kept
)

// keepsOf says which outputs of a bake are kept.
const keepsOf = "Of a look that is good, only its verdict and its numbers are kept; the whole output is kept of the first one, of those that are not good, and of the last."

// baking is a bake that is carried out.
type baking struct {
	Baking
	engine *Engine
	carry  Carry
	spec   *procedures.Bake
	kept   int // looks that were not good and whose output was kept
}

// bake looks again and again, until a look is not good or the time is over. What was planned is reckoned from when the bake
// began, so that one that is taken up by another process takes no longer.
func (g *Engine) bake(ctx context.Context, c Carry) Result {
	b := &baking{Baking: c.Bake, engine: g, carry: c, spec: c.Step.Bake}
	if b.spec.Wrong != "" && !c.Corrected {
		return Result{Status: 2, Judgement: procedures.Judgement{Verdict: procedures.Errored, Reason: "Not begun: " + b.spec.Wrong + "."}}
	}
	if b.Now == nil {
		b.Now = time.Now
	}
	if b.Wait == nil {
		b.Wait = waitUntil
	}
	if b.Began.IsZero() {
		b.Began = b.Now()
	}
	if b.Looks.N() == 0 {
		b.note(keepsOf)
	} else if n := b.due(b.Now()); n > 0 {
		b.Looks.Miss(n)
		last := b.Looks.Last().At
		b.note(fmt.Sprintf("%s missed between %s and %s: no server carried the bake out. It goes on with the time that is left.", were(n), last.UTC().Format("15:04:05"), b.Now().UTC().Format("15:04:05 UTC")))
	}
	r := b.run(ctx)
	r.Began = b.Began
	return r
}

func were(n int) string {
	if n == 1 {
		return "1 look was"
	}
	return fmt.Sprintf("%d looks were", n)
}

func (b *baking) run(ctx context.Context) Result {
	next := b.Began
	if last := b.Looks.Last(); last != nil {
		next = b.after(last.At.Add(-last.Took))
	}
	for {
		if err := b.Wait(ctx, next); err != nil {
			return b.cutOff()
		}
		began := b.Now()
		r, ok := b.look(ctx, began)
		if !ok { // ctx ended in the middle
			return b.cutOff()
		}
		if j := stops(&b.Looks, b.spec, b.Began); j != nil {
			return Result{Status: max(r.Status, j.Verdict.Exit()), Judgement: *j}
		}
		if !began.Before(b.end()) && r.Judgement.Verdict != procedures.Errored {
			j := b.Looks.Judge()
			if b.spec.For == 0 {
				j.Reason = fmt.Sprintf("Nobody ended it in %s. %s", journal.Seconds(procedures.WatchLongest), j.Reason)
			}
			return Result{Judgement: j}
		}
		next = b.after(began)
	}
}

// errorsInARow is how many looks in a row may not be carried out (throttled, timed out) before a bake ends as an error.
const errorsInARow = 3

// stops judges a bake that its newest look ends before its time; nil where it goes on.
func stops(l *journal.Samples, b *procedures.Bake, began time.Time) *procedures.Judgement {
	last := l.Last()
	if last == nil {
		return nil
	}
	j := last.Judgement
	at := fmt.Sprintf("look %d, after %s", l.N(), journal.Seconds(last.At.Sub(began)))
	if b.For > 0 {
		at += " of " + journal.Seconds(b.For)
	}
	switch {
	case j.Verdict == procedures.Failed:
		j.Reason = "Stopped at " + at + ": " + j.Reason
	case j.Verdict == procedures.Unavailable, j.Verdict == procedures.Errored && hopeless(j):
		j.Reason = "Stopped at " + at + ": " + j.Reason
	case l.ErrorsInARow >= errorsInARow:
		j.Reason = fmt.Sprintf("Stopped at %s: %d looks in a row could not be carried out, the last one because: %s", at, l.ErrorsInARow, j.Reason)
	default:
		return nil
	}
	return &j
}

// hopeless reports whether a look that could not be carried out never will be.
func hopeless(j procedures.Judgement) bool {
	return strings.HasPrefix(j.Reason, "Not sent: ") || strings.HasPrefix(j.Reason, noSuchAlarm)
}

// cutOff is what a bake comes to that is stopped from outside. One whose time was not over has not passed, whatever it saw;
// one that somebody has to end is ended like that, in a terminal.
func (b *baking) cutOff() Result {
	j := b.Looks.Judge()
	if b.spec.For > 0 {
		j = procedures.Judgement{Verdict: procedures.Errored, Reason: fmt.Sprintf("Stopped after %s of %s, before its time was over. %s", journal.Seconds(b.Now().Sub(b.Began)), journal.Seconds(b.spec.For), j.Reason)}
	}
	return Result{Status: 130, Judgement: j}
}

// end is when the time is over.
func (b *baking) end() time.Time {
	if b.spec.For == 0 {
		return b.Began.Add(procedures.WatchLongest)
	}
	return b.Began.Add(b.spec.For)
}

// after is when the look after one is due that began at a time. One that could not be carried out when the time is over is repeated.
func (b *baking) after(at time.Time) time.Time {
	end := b.end()
	if !at.Before(end) {
		return at.Add(b.spec.Every)
	}
	next := at.Add(b.spec.Every - at.Sub(b.Began)%b.spec.Every)
	if next.After(end) {
		return end
	}
	return next
}

// due counts the looks that should have been made since the last one, without the one that is made now.
func (b *baking) due(now time.Time) int {
	last := b.Looks.Last()
	n := -1
	for at := b.after(last.At.Add(-last.Took)); !at.After(now); at = b.after(at) {
		if n++; !at.Before(b.end()) {
			break
		}
	}
	return max(n, 0)
}

func (b *baking) note(text string) {
	if b.carry.Emit != nil {
		b.carry.Emit(procedures.Event{Kind: procedures.EventNotice, Text: text, Line: b.carry.Step.Line})
	}
}

// seen is what a look left before it is judged.
type seen struct {
	events []procedures.Event
	size   int // bytes of output in events
	calls  []procedures.Call
	out    bytes.Buffer
	err    bytes.Buffer
}

func (s *seen) emit(e procedures.Event) {
	switch {
	case e.Kind == procedures.EventOutput && s.size+len(e.Text) > lookOutput:
		if s.size <= lookOutput {
			s.events = append(s.events, procedures.Event{Kind: procedures.EventNotice, Text: fmt.Sprintf("The output of this look goes on; %d kB of it are kept.", lookOutput>>10)})
		}
		s.size = lookOutput + 1
		return
	case e.Kind == procedures.EventOutput:
		s.size += len(e.Text)
	case e.Call != nil:
		s.calls = append(s.calls, *e.Call)
	}
	s.events = append(s.events, e)
}

// look looks once, and tells of it. ok is false where ctx ended before it was over.
func (b *baking) look(ctx context.Context, began time.Time) (r Result, ok bool) {
	if b.Turn != nil {
		done, err := b.Turn(ctx)
		if err != nil {
			return r, false
		}
		defer done()
	}
	s := &seen{}
	r = b.once(ctx, s)
	if ctx.Err() != nil {
		return r, false
	}
	v := r.Judgement.Verdict
	good := v == procedures.Passed || v == procedures.Info
	if !good {
		b.kept++
	}
	if number := b.Looks.N() + 1; number == 1 || !good && b.kept <= keptLooks || !began.Before(b.end()) || v.Exit() > 0 && v != procedures.Errored {
		b.keep(s)
	}
	took := b.Now().Sub(began)
	event := procedures.Event{
		Kind: procedures.EventSample, At: b.Now(), Judgement: &r.Judgement, Duration: took, Status: r.Status, Line: b.carry.Step.Line,
		Sample: &procedures.Sample{Number: b.Looks.N() + 1, Missed: b.Looks.Missed(), Values: watched(s)},
	}
	b.Looks.Apply(event)
	if b.carry.Stderr != nil {
		fmt.Fprintln(b.carry.Stderr, journal.SampleLine(event))
	}
	if b.carry.Emit != nil {
		b.carry.Emit(event)
	}
	return r, true
}

// keep lets the journal, and who reads along, have what a look printed and called.
func (b *baking) keep(s *seen) {
	if b.carry.Emit != nil {
		for _, e := range s.events {
			b.carry.Emit(e)
		}
	}
	if b.carry.Stdout != nil {
		_, _ = b.carry.Stdout.Write(s.out.Bytes())
	}
	if b.carry.Stderr != nil {
		_, _ = b.carry.Stderr.Write(s.err.Bytes())
	}
}

// once reads the alarms and carries the command out, and judges both: the worse counts.
func (b *baking) once(ctx context.Context, s *seen) Result {
	step := *b.carry.Step
	step.Bake, step.Annotations.Until, step.Annotations.Retry = nil, "", 0
	if step.Annotations.Timeout == 0 {
		step.Annotations.Timeout = max(b.spec.Every, time.Minute)
	}
	c := b.carry
	c.Stdout, c.Stderr, c.Emit = &s.out, &s.err, s.emit
	var results []Result
	if b.spec.Alarms.Text != "" {
		alarms := step
		alarms.Script, alarms.Annotations.For = b.spec.Alarms, nil
		if b.spec.Command.Text != "" {
			alarms.Annotations.Expect, alarms.Annotations.Warn = nil, nil
		}
		c.Step = &alarms
		results = append(results, b.alarms(ctx, c))
	}
	if b.spec.Command.Text != "" {
		command := step
		command.Script = b.spec.Command
		c.Step = &command
		r, _ := b.engine.once(ctx, c)
		results = append(results, r)
	}
	worst := results[0]
	for _, r := range results[1:] {
		switch {
		case r.Judgement.Verdict == worst.Judgement.Verdict || r.Judgement.Verdict == procedures.Info && worst.Judgement.Verdict == procedures.Passed:
			worst.Judgement.Reason = strings.TrimSuffix(worst.Judgement.Reason, ".") + "; " + r.Judgement.Reason
		case procedures.Worst(worst.Judgement.Verdict, r.Judgement.Verdict) == r.Judgement.Verdict:
			worst = r
		}
	}
	return worst
}

// noSuchAlarm begins the reason of a look for an alarm that is not there.
const noSuchAlarm = "There is no alarm "

// alarms reads the alarms once. One that is in ALARM fails the look, one without enough data leaves it without data, and
// one that does not exist is an error.
func (b *baking) alarms(ctx context.Context, c Carry) Result {
	r, calls := b.engine.once(ctx, c)
	if r.Judgement.Verdict.Exit() == 2 || len(calls) == 0 || calls[len(calls)-1].Document == nil {
		return r
	}
	call := calls[len(calls)-1]
	states := map[string][]string{}
	var known []string
	for _, a := range alarmsOf(call.Document) {
		name, _ := text(a, "AlarmName")
		state, _ := text(a, "StateValue")
		since := ""
		if at, ok := text(a, "StateUpdatedTimestamp"); ok && state == "ALARM" {
			if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
				since = ", since " + t.UTC().Format("15:04 UTC")
			}
		}
		known = append(known, name)
		states[state] = append(states[state], name+since)
	}
	var gone []string
	for _, name := range namedAlarms(call.Args) {
		if !slices.Contains(known, name) {
			gone = append(gone, name)
		}
	}
	j := procedures.Judgement{Verdict: procedures.Passed, Reason: "No alarm is in ALARM."}
	if b.spec.Named {
		j.Reason = allOK(known)
	}
	switch {
	case len(gone) > 0:
		j = procedures.Judgement{Verdict: procedures.Errored, Reason: noSuchAlarm + strings.Join(gone, ", ") + ".", Advice: "See how it is called: aws cloudwatch describe-alarms --query 'MetricAlarms[].AlarmName'"}
	case len(states["ALARM"]) > 0:
		j = procedures.Judgement{Verdict: procedures.Failed, Reason: inAlarm(states["ALARM"])}
	case r.Judgement.Expected != "" && r.Judgement.Verdict != procedures.Passed:
		j = r.Judgement
	case len(states["INSUFFICIENT_DATA"]) > 0:
		j = procedures.Judgement{Verdict: procedures.NoData, Reason: "Not enough data: " + strings.Join(states["INSUFFICIENT_DATA"], ", ") + "."}
	}
	r.Judgement = j
	return r
}

func allOK(names []string) string {
	if len(names) == 1 {
		return names[0] + " is OK."
	}
	return fmt.Sprintf("%d alarms are OK.", len(names))
}

func inAlarm(names []string) string {
	if len(names) == 1 {
		return "1 alarm is in ALARM: " + names[0] + "."
	}
	return fmt.Sprintf("%d alarms are in ALARM: %s.", len(names), strings.Join(names, "; "))
}

// alarmsOf lists the alarms in an answer of describe-alarms.
func alarmsOf(doc document.Value) []*document.Object {
	var out []*document.Object
	o, _ := doc.(*document.Object)
	for _, key := range []string{"MetricAlarms", "CompositeAlarms"} {
		if o == nil {
			return nil
		}
		v, _ := o.Get(key)
		list, _ := v.(document.List)
		for _, item := range list {
			if a, ok := item.(*document.Object); ok {
				out = append(out, a)
			}
		}
	}
	return out
}

// namedAlarms are the names that a call of describe-alarms asked for.
func namedAlarms(args []string) []string {
	i := slices.Index(args, "--alarm-names")
	if i < 0 {
		return nil
	}
	var out []string
	for _, arg := range args[i+1:] {
		if strings.HasPrefix(arg, "--") {
			break
		}
		out = append(out, arg)
	}
	return out
}

func text(o *document.Object, key string) (string, bool) {
	v, ok := o.Get(key)
	s, isText := v.(string)
	return s, ok && isText
}
