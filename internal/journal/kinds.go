package journal

import (
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// kind is what events of one kind mean, wherever they are read. Each field may be left out.
type kind struct {
	// run folds an event into the run. It is called for every event of the kind, also for those of a step.
	run func(*View, procedures.Event)
	// step folds an event into its step, whichever execution it belongs to: also a late event of an earlier one.
	step func(*StepView, procedures.Event)
	// attempt folds an event into its own execution. It is not called where the view does not hold that.
	attempt func(*Attempt, procedures.Event)

	// words are the event's sentence in the timeline. action reports that the sentence stands in the evidence, too, among
	// what people did; the evidence tells everything else by the attempts.
	words  words
	action bool
	// output is what the event adds to the output of its execution.
	output func(procedures.Event) string
	// terminal is the event in a terminal, without the last line end. The title is that of its step.
	terminal func(title string, e procedures.Event) string
	redraw   Redraw
	// apart reports that the event concerns the record and not the run: the evidence does not end with it.
	apart bool
}

// Redraw is what a live page draws again for an event, beside the timeline.
type Redraw int

// What is drawn again. The zero value is right for every event that concerns a step, if slow for frequent ones.
const (
	RedrawStep     Redraw = iota // the step's card, and what waits for it
	RedrawNothing                // it is shown when the step is drawn the next time
	RedrawOutput                 // the event adds a piece to the output
	RedrawSample                 // it adds a piece to the output, and to what the bake has seen
	RedrawProgress               // the progress of the step
	RedrawRun                    // all steps
)

// Redraws is what a live page draws again for events of a kind.
func Redraws(k procedures.EventKind) Redraw { return kinds[k].redraw }

// TerminalLine is an event in a terminal, without the last line end; empty for kinds that a terminal leaves out.
func TerminalLine(title string, e procedures.Event) string {
	if line := kinds[e.Kind].terminal; line != nil {
		return line(title, e)
	}
	return ""
}

// kinds has an entry for every kind of event that procedures declares; a test compares them.
var kinds = map[procedures.EventKind]kind{
	procedures.EventRunStarted:  {run: (*View).start, words: runStarted, redraw: RedrawNothing},
	procedures.EventRunFinished: {run: (*View).finish, words: runFinished, action: true, redraw: RedrawRun},
	procedures.EventRunReopened: {run: (*View).reopen, words: did("reopened the run", ""), action: true, redraw: RedrawRun},
	procedures.EventKept:        {words: did("chose to keep the run", ""), redraw: RedrawRun, apart: true},
	procedures.EventUnkept:      {words: did("stopped keeping the run", ""), redraw: RedrawRun, apart: true},

	procedures.EventStepRequested: {words: stepRequested}, // the view itself begins the attempt
	procedures.EventStepStarted:   {attempt: (*Attempt).start},
	procedures.EventStepCancel:    {attempt: (*Attempt).cancel, words: did("cancelled %s", "")},
	procedures.EventStepFinished:  {attempt: (*Attempt).finish, step: (*StepView).ended, words: stepFinished, terminal: finishedLine},

	procedures.EventCommand:  {output: commandLine, redraw: RedrawOutput},
	procedures.EventOutput:   {output: printed, redraw: RedrawOutput},
	procedures.EventNotice:   {output: noticeLine, redraw: RedrawOutput},
	procedures.EventProgress: {attempt: (*Attempt).progress, redraw: RedrawProgress},
	procedures.EventWaits:    {attempt: (*Attempt).wait, terminal: waitsLine},
	procedures.EventCall:     {attempt: (*Attempt).call, step: (*StepView).changes, redraw: RedrawNothing},
	procedures.EventFile:     {attempt: (*Attempt).file, redraw: RedrawNothing},

	procedures.EventPlanned:    {words: did("planned %s", ""), redraw: RedrawNothing},
	procedures.EventCallBegins: {attempt: (*Attempt).begins, redraw: RedrawNothing},

	procedures.EventApplied: {attempt: (*Attempt).apply, words: applied},
	procedures.EventChanged: {attempt: (*Attempt).change, step: (*StepView).changed, words: changed},

	procedures.EventSample:     {attempt: (*Attempt).sample, output: sampleOutput, redraw: RedrawSample, terminal: sampleTerminal},
	procedures.EventEndedEarly: {attempt: (*Attempt).endEarly, words: did("ended %s early", ""), action: true},

	procedures.EventMarkedDone:    {step: (*StepView).mark, words: did("marked %s as done", procedures.Passed), action: true},
	procedures.EventMarkedUndone:  {step: (*StepView).mark, words: did("marked %s as not done", ""), action: true},
	procedures.EventMarkedSkipped: {step: (*StepView).mark, words: did("skipped %s", procedures.Skipped), action: true},
	procedures.EventCountdown:     {step: (*StepView).mark, words: countdown, action: true},
	procedures.EventNote:          {step: (*StepView).note, words: note, action: true},
	procedures.EventOverride:      {words: did("continued with %s after a failure", procedures.Warned), action: true},

	procedures.EventApprovalRequested: {step: (*StepView).approve, words: approvalRequested, action: true},
	procedures.EventApproved:          {step: (*StepView).approve, words: did("approved %s", procedures.Passed), action: true},
	procedures.EventDeclined:          {step: (*StepView).approve, words: did("declined %s", procedures.Failed), action: true},
	procedures.EventApprovalWithdrawn: {step: (*StepView).approve, words: did("withdrew the approval request for %s", ""), action: true},
}

// runStarted leaves the text of the event out: it is the title of the procedure.
func runStarted(_ procedures.Event, entry *Entry) bool {
	entry.Did = "started the run"
	return true
}

// runFinished is without a person where the run ended by itself; its text then says why.
func runFinished(e procedures.Event, entry *Entry) bool {
	entry.Did = "finished the run"
	if e.By == "" {
		entry.By, entry.Did, entry.Text = "", "The run ended", e.Text
	}
	return true
}

// stepRequested is in words only where it concerns an earlier execution: the end of every execution has an entry.
func stepRequested(e procedures.Event, entry *Entry) bool {
	switch {
	case e.Resumes != "":
		entry.Did = "resumed"
	case e.RollbackOf != "":
		entry.Did = "started the rollback of"
	default:
		return false
	}
	return true
}

// stepFinished is the step's title alone: the sign of the verdict stands before it.
func stepFinished(e procedures.Event, entry *Entry) bool {
	entry.By = ""
	if e.Judgement != nil {
		entry.Verdict = e.Judgement.Verdict
	}
	return true
}

func applied(_ procedures.Event, entry *Entry) bool {
	entry.By, entry.Then = "", ": all calls were sent"
	return true
}

// changed warns where the change did not become stable in time.
func changed(e procedures.Event, entry *Entry) bool {
	if e.Change == nil {
		return false
	}
	entry.By, entry.Text, entry.Verdict = "", ChangeText(e.Change), procedures.Info
	if !e.Change.Stable && e.Change.Waits != "" {
		entry.Verdict = procedures.Warned
	}
	return true
}

func countdown(e procedures.Event, entry *Entry) bool {
	entry.Did, entry.Then, entry.Text = "started waiting at", "for "+procedures.Spoken(e.Duration), e.Text
	return true
}

// note concerns a step or the run.
func note(e procedures.Event, entry *Entry) bool {
	entry.Did, entry.Text = "added a note", e.Text
	if e.Step != "" {
		entry.Did = "added a note to"
	}
	return true
}

func approvalRequested(e procedures.Event, entry *Entry) bool {
	entry.Did, entry.Then, entry.Text = "requested approval of", "from 1 other person", e.Text
	if e.Approvals != 1 {
		entry.Then = fmt.Sprintf("from %d other people", e.Approvals)
	}
	return true
}

func printed(e procedures.Event) string      { return e.Text }
func commandLine(e procedures.Event) string  { return "$ " + ended(e.Text) }
func noticeLine(e procedures.Event) string   { return ended(e.Text) }
func sampleOutput(e procedures.Event) string { return SampleLine(e) + "\n" }

// ended is a text with exactly one line end.
func ended(text string) string { return strings.TrimRight(text, "\n") + "\n" }

func sampleTerminal(_ string, e procedures.Event) string { return SampleLine(e) }

// finishedLine is a verdict, why, and what to do next.
func finishedLine(title string, e procedures.Event) string {
	j := e.Judgement
	if j == nil {
		return ""
	}
	out := fmt.Sprintf("%s %s: %s: %s (%s)", TerminalSign(j.Verdict), title, j.Verdict, j.Reason, e.Duration.Round(time.Millisecond))
	if j.Advice != "" {
		out += "\n  " + j.Advice
	}
	return out
}

// waitsLine is what a step waits for; nothing where it goes on.
func waitsLine(title string, e procedures.Event) string {
	if e.Text == "" {
		return ""
	}
	return title + ": " + e.Text
}

// TerminalSign is the sign of a verdict in a terminal: one column wide in every font.
func TerminalSign(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "✓"
	case procedures.Failed, procedures.Errored:
		return "✕"
	case procedures.Warned:
		return "!"
	case procedures.Info:
		return "·"
	case procedures.Unavailable:
		return "–"
	case procedures.Skipped:
		return "○"
	}
	return "?"
}
