package web

import (
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

func timeline(p *procedures.Procedure, view *journal.View) []templates.Entry {
	var out []templates.Entry
	for _, e := range view.Timeline {
		title := ""
		if step := p.Step(e.Step); step != nil {
			title = step.Title
		}
		who := e.By
		if who == "" {
			who = "someone"
		}
		entry := templates.Entry{At: e.At, By: e.By, Step: e.Step}
		switch e.Kind {
		case procedures.EventRunStarted:
			entry.Text = who + " started the run"
		case procedures.EventRunFinished:
			entry.Text = who + " finished the run"
			if e.Text != "" {
				entry.Text = "The run ended: " + e.Text
			}
		case procedures.EventRunReopened:
			entry.Text = who + " opened the run again"
		case procedures.EventStepFinished:
			entry.Text = title
			if e.Judgement != nil {
				entry.Verdict = e.Judgement.Verdict
			}
		case procedures.EventStepRequested: // only those that roll back stand in the timeline
			entry.Text = who + " rolls " + title + " back"
			if e.Resumes {
				entry.Text = who + " goes on with " + title
			}
		case procedures.EventApplied:
			entry.Text = title + ": all calls are made"
		case procedures.EventChanged:
			entry.Text, entry.Verdict = visible(journal.ChangeText(e.Change)), procedures.Info
			if !e.Change.Stable && e.Change.Waits != "" {
				entry.Verdict = procedures.Warned
			}
		case procedures.EventStepCancel:
			entry.Text = who + " cancelled " + title
		case procedures.EventMarkedDone:
			entry.Text, entry.Verdict = who+" did "+title, procedures.Passed
		case procedures.EventCountdown:
			entry.Text = who + " began to wait: " + title
		case procedures.EventEndedEarly:
			entry.Text = who + " ended " + title + " early" + withReason(e.Text)
		case procedures.EventMarkedUndone:
			entry.Text = who + " took back " + title
		case procedures.EventMarkedSkipped:
			entry.Text, entry.Verdict = who+" skipped "+title+": “"+e.Text+"”", procedures.Skipped
		case procedures.EventKept:
			entry.Text = who + " keeps the run"
		case procedures.EventUnkept:
			entry.Text = who + " keeps the run no more"
		case procedures.EventOverride:
			entry.Text, entry.Verdict = who+" goes on with "+title+": “"+e.Text+"”", procedures.Warned
		case procedures.EventApprovalRequested:
			entry.Text = who + " asks for a yes to " + title
		case procedures.EventApproved:
			entry.Text, entry.Verdict = who+" agrees to "+title, procedures.Passed
		case procedures.EventDeclined:
			entry.Text, entry.Verdict = who+" says no to "+title+": “"+e.Text+"”", procedures.Failed
		case procedures.EventApprovalWithdrawn:
			entry.Text = who + " does not ask for " + title + " any more"
		case procedures.EventNote:
			entry.Text = who + ": “" + e.Text + "”"
		default:
			continue
		}
		out = append(out, entry)
	}
	if len(out) > 200 {
		out = out[len(out)-200:]
	}
	return out
}

// withReason is a reason as the timeline has it.
func withReason(text string) string {
	if text == "" {
		return ""
	}
	return ": “" + text + "”"
}
