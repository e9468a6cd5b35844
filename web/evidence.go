package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showEvidence is a run as a document that can be printed and handed to somebody who was not there.
func (s *Server) showEvidence(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Runs.Evidence(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(s.Environments, func(known procedures.Environment) bool { return known.Name == e.Run.Environment })
	environment := procedures.Environment{Name: e.Run.Environment} // it may not be configured any more
	if at >= 0 {
		environment = s.Environments[at]
	}
	f, err := s.frameIn(r, environment, "Evidence: "+e.Procedure.Title)
	if err != nil {
		return err
	}
	f.Current = e.Procedure.ID
	f.Description = "Run " + e.Run.ID + " of " + e.Procedure.Title + " in " + e.Run.Environment
	page := &templates.EvidencePage{Frame: *f, Run: e.Run, Procedure: e.Procedure, Chapter: s.chapter(e.Procedure), File: e.File, Text: e.Text, Journal: e.Journal, Last: e.Last, Made: time.Now()}
	page.Facts = evidenceFacts(e, environment, f.Claimed)
	page.Goals = evidenceGoals(e)
	for i, step := range e.Procedure.Steps {
		page.Rows = append(page.Rows, evidenceRow(e, step, i+1))
		if part := evidencePart(e, step, i+1); len(part.Attempts) > 0 {
			page.Parts = append(page.Parts, part)
		}
	}
	for _, word := range e.Actions {
		page.Words = append(page.Words, evidenceWord(e.Procedure, word))
	}
	return render(w, r, http.StatusOK, templates.Evidence(page))
}

// evidenceFacts are what the head of the page says of the run.
func evidenceFacts(e *journal.Evidence, environment procedures.Environment, claimed bool) []templates.Fact {
	account := e.Run.Account
	if environment.Sandbox() {
		account += ", simulated: nothing outside of Opsbook was touched"
	}
	ended := "It is still open."
	if e.View.Finished {
		ended = templates.Stamp(e.Run.FinishedAt)
		if e.View.Reason != "" {
			ended += ": " + e.View.Reason
		}
	}
	people := strings.Join(e.People, ", ")
	if people == "" {
		people = "nobody gave a name"
	} else if claimed {
		people += " (as they named themselves: nobody signs in here)"
	}
	facts := []templates.Fact{
		{Name: "Procedure", Text: e.Procedure.ID, Code: true}, {Name: "Run", Text: e.Run.ID, Code: true},
		{Name: "Environment", Text: e.Run.Environment}, {Name: "Account", Text: account},
		{Name: "Started", Text: templates.Stamp(e.Run.StartedAt) + ", by " + orSomeone(e.Run.StartedBy)}, {Name: "Ended", Text: ended},
		{Name: "People", Text: people},
	}
	if owner := e.Procedure.Owner; owner != "" {
		facts = append(facts, templates.Fact{Name: "Owner", Text: owner})
	}
	for i := range e.Procedure.Parameters {
		q := &e.Procedure.Parameters[i]
		switch value := e.Run.Parameters[q.Name]; {
		case q.Secret:
			facts = append(facts, templates.Fact{Name: q.Name, Text: "is secret"})
		case value != "":
			facts = append(facts, templates.Fact{Name: q.Name, Text: value, Code: true})
		case q.Default != "":
			facts = append(facts, templates.Fact{Name: q.Name, Text: q.Default, Code: true})
		}
	}
	return facts
}

// evidenceGoals compares what was achieved with what was to be.
func evidenceGoals(e *journal.Evidence) []templates.Goal {
	var out []templates.Goal
	if e.Recovery != nil {
		out = append(out, recoveryTime(e.Recovery), recoveryPoint(e.Recovery))
	}
	if d := e.Procedure.Duration; d > 0 && !e.Began.IsZero() {
		g := templates.Goal{Name: "The whole procedure", Achieved: procedures.Spoken(e.Ended.Sub(e.Began)), Target: procedures.Spoken(d) + " are expected", Says: "From the first event to the last, with what people took between the steps."}
		out = append(out, g)
	}
	return out
}

func recoveryTime(r *journal.Recovery) templates.Goal {
	g := templates.Goal{Name: "Recovery time"}
	if r.TimeObjective > 0 {
		g.Target = "at most " + procedures.Spoken(r.TimeObjective)
	}
	first, last := r.Steps[0].Title, r.Steps[len(r.Steps)-1].Title
	g.Says = "From the beginning of “" + first + "” to the end of “" + last + "”."
	switch {
	case len(r.Missing) > 0:
		g.Achieved, g.Says = "not measured", numberOf(len(r.Missing), "step", "steps")+" of the recovery "+isAre(len(r.Missing))+" not carried out: "+titles(r.Missing)+"."
	case r.Failed:
		g.Achieved, g.Says = "not recovered", "A step of the recovery did not come to a good end; it took "+procedures.Spoken(r.Took)+"."
	default:
		g.Achieved = procedures.Spoken(r.Took)
	}
	if met, ok := r.TimeMet(); ok {
		g.Verdict = verdictIf(met)
	}
	return g
}

func recoveryPoint(r *journal.Recovery) templates.Goal {
	g := templates.Goal{Name: "Recovery point", Achieved: "not found"}
	if r.PointObjective > 0 {
		g.Target = "at most " + procedures.Spoken(r.PointObjective) + " old"
	}
	switch {
	case r.Point.IsZero():
		g.Says = "No answer said of when the data are."
	case r.From.IsZero():
		g.Says = "The data are of " + templates.Stamp(r.Point) + "; the restore was not begun."
	default:
		g.Achieved = procedures.Spoken(r.Age) + " old"
		g.Says = "The data are of " + templates.Stamp(r.Point) + "; the restore began at " + templates.Stamp(r.From) + "."
	}
	if met, ok := r.PointMet(); ok {
		g.Verdict = verdictIf(met)
	}
	return g
}

func verdictIf(met bool) procedures.Verdict {
	if met {
		return procedures.Passed
	}
	return procedures.Failed
}

func titles(steps []*procedures.Step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Title
	}
	return strings.Join(names, ", ")
}

func numberOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// evidenceRow is the newest of a step.
func evidenceRow(e *journal.Evidence, step *procedures.Step, number int) templates.EvidenceRow {
	v := e.View.Step(step.ID)
	row := templates.EvidenceRow{ID: step.ID, Number: number, Title: step.Title, Verdict: v.Verdict()}
	for _, a := range e.Attempts {
		if a.Step != step.ID {
			continue
		}
		row.Times++
		if a.Execution == v.Execution {
			row.By, row.At, row.Took, row.Target = orSomeone(a.By), a.Started, a.Took, a.Target
			row.Over = a.Target > 0 && a.Took > a.Target
		}
	}
	if v.Judgement != nil {
		row.Reason = v.Judgement.Reason
	}
	if v.Ticked || v.Skipped != "" {
		row.By, row.At, row.Took, row.Over = orSomeone(v.Mark.By), v.Mark.At, 0, false
		row.Reason = v.Mark.Text
	}
	if v.Running() {
		row.Reason = "It is being carried out."
	}
	return row
}

// evidencePart is every carrying out of a step.
func evidencePart(e *journal.Evidence, step *procedures.Step, number int) templates.EvidencePart {
	part := templates.EvidencePart{Number: number, ID: step.ID, Title: step.Title, Source: strings.TrimSpace(step.Source)}
	for _, a := range e.Attempts {
		if a.Step != step.ID {
			continue
		}
		out := templates.EvidenceAttempt{By: orSomeone(a.By), Asked: a.Requested, Started: a.Started, Took: a.Took, Target: a.Target, Status: a.Status, Corrected: a.Corrected, Cancelled: a.Cancelled, Undoes: a.RollbackOf != "", Looks: a.Samples, Bad: a.BadSamples, Changes: a.Changes, Output: visible(a.Output), Cut: a.Cut}
		if out.Cut {
			out.Whole = "/runs/" + e.Run.ID + "/output/" + a.Execution + ".txt"
		}
		if a.Judgement != nil {
			out.Verdict, out.Reason, out.Expected = a.Judgement.Verdict, a.Judgement.Reason, a.Judgement.Expected
		}
		out.Chart, out.Table = chartOf(a.Calls), findingsOf(a.Calls)
		for _, c := range a.Calls {
			line := templates.EvidenceCall{CallLine: callLine(c), Effect: c.Effect, Region: c.Region, Status: c.Status}
			if c.Account != "sandbox" && c.Account != e.Run.Account {
				line.Account = c.Account
			}
			out.Calls = append(out.Calls, line)
		}
		part.Attempts = append(part.Attempts, out)
	}
	return part
}

// evidenceWord says what a person did, in a sentence.
func evidenceWord(p *procedures.Procedure, e procedures.Event) templates.EvidenceWord {
	w := templates.EvidenceWord{At: e.At, By: e.By, Text: e.Text}
	if step := p.Step(e.Step); step != nil {
		w.Step = fmt.Sprintf("%d. %s", slices.Index(p.Steps, step)+1, step.Title)
	}
	w.Did = map[procedures.EventKind]string{
		procedures.EventRunStarted: "started the run", procedures.EventRunFinished: "finished the run", procedures.EventRunReopened: "opened the run again", procedures.EventMarkedDone: "marked as done",
		procedures.EventMarkedUndone: "took the mark back", procedures.EventCountdown: "began to wait", procedures.EventMarkedSkipped: "left out", procedures.EventNote: "said", procedures.EventOverride: "went on past a failure", procedures.EventEndedEarly: "ended before its time",
		procedures.EventApprovalRequested: "asked for another person’s yes", procedures.EventApproved: "agreed", procedures.EventDeclined: "said no", procedures.EventApprovalWithdrawn: "did not ask any more",
	}[e.Kind]
	if w.Did == "" {
		w.Did = strings.ReplaceAll(string(e.Kind), "-", " ")
	}
	if w.By == "" {
		w.By = "Opsbook"
	}
	if e.Duration > 0 {
		w.Did += ", " + procedures.Spoken(e.Duration)
	}
	return w
}

// showJournal is the journal of a run, each event as a line of JSON: what the digest of its evidence is of.
func (s *Server) showJournal(w http.ResponseWriter, r *http.Request) error {
	run, err := s.Runs.Run(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	to := int64(0)
	if text := r.URL.Query().Get("to"); text != "" {
		if to, err = strconv.ParseInt(text, 10, 64); err != nil || to < 1 {
			return procedures.Errorf(procedures.CodeInvalid, "%q is no number of an event", text)
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", "attachment; filename=journal-"+run.ID+".jsonl")
	return s.Runs.WriteJournal(r.Context(), run.ID, to, w)
}

// showText is the text of the runbook as it was when the run began.
func (s *Server) showText(w http.ResponseWriter, r *http.Request) error {
	text, err := s.Runs.Text(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte(text))
	return err
}
