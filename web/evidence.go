package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showEvidence is a run as a document that can be printed and handed to somebody who was not there. It is drawn from
// the journal and the text that the run began with, so that a later edit of the runbook changes nothing of it. An
// environment that is no longer configured is known by its name alone.
func (s *Server) showEvidence(w http.ResponseWriter, r *http.Request) error {
	end, err := s.download(w, r)
	if err != nil {
		return err
	}
	defer end()
	e, err := s.reads.Evidence(r.Context(), chi.URLParam(r, "run"))
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
	page := &templates.EvidencePage{Frame: *f, Evidence: e, Chapter: s.chapter(e.Procedure), Made: time.Now()}
	page.Facts = evidenceFacts(e, environment, f.Claimed)
	page.Goals = evidenceGoals(e)
	page.PartOfFile = s.reads.wholeFile(r.Context(), e.Run.Environment, e.Procedure) != nil
	for i, step := range e.Procedure.Steps {
		page.Parts = append(page.Parts, evidencePart(e, step, i+1))
	}
	return render(w, r, http.StatusOK, templates.Evidence(page))
}

// peopleOf are the people of a run. Where people sign in, names that were only said before they did stay what they were.
func peopleOf(e *journal.Evidence, claimed bool) string {
	out := make([]string, len(e.People))
	for i, name := range e.People {
		out[i] = name
		if !claimed && slices.Contains(e.Issuers[name], access.IssuerSession) {
			out[i] += " (not verified)"
		}
	}
	return strings.Join(out, ", ")
}

// evidenceFacts are what the head of the page says of the run. Values of secret parameters are not shown; those that
// nobody gave are shown with their defaults.
func evidenceFacts(e *journal.Evidence, environment procedures.Environment, claimed bool) []templates.Fact {
	account := e.Run.Account
	if environment.Sandbox() {
		account += " (simulated; no AWS account was used)"
	}
	ended := "The run is still open."
	if e.Finished {
		ended = templates.Stamp(e.Run.FinishedAt)
		if e.Reason != "" {
			ended += ": " + e.Reason
		}
	}
	people := peopleOf(e, claimed)
	if people == "" {
		people = "No names were given"
	} else if claimed {
		people += " (names are not verified on this server)"
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
			facts = append(facts, templates.Fact{Name: q.Name, Text: "secret, not shown"})
		case value != "":
			facts = append(facts, templates.Fact{Name: q.Name, Text: value, Code: true})
		case q.Default != "":
			facts = append(facts, templates.Fact{Name: q.Name, Text: q.Default, Code: true})
		}
	}
	return facts
}

// evidenceGoals compares what was achieved with what was to be. A goal that the runbook does not set is not
// compared.
func evidenceGoals(e *journal.Evidence) []templates.Goal {
	var out []templates.Goal
	if r := e.Recovery(); r != nil {
		out = append(out, recoveryTime(r), recoveryPoint(r))
	}
	if d := e.Procedure.Duration; d > 0 && !e.First.IsZero() {
		g := templates.Goal{
			Name: "The whole procedure", Achieved: procedures.Spoken(e.Ended.Sub(e.First)),
			Target: "expected: " + procedures.Spoken(d), Says: "From the first event to the last, including the time between steps.",
		}
		out = append(out, g)
	}
	return out
}

// recoveryTime compares the time from the start of the first recovery step to the end of the last one with its
// objective. Nothing is measured until each step of the recovery was executed; a failed step counts as not
// recovered, whatever time it took.
func recoveryTime(r *journal.Recovery) templates.Goal {
	g := templates.Goal{Name: "Recovery time"}
	if r.TimeObjective > 0 {
		g.Target = "objective: " + procedures.Spoken(r.TimeObjective)
	}
	first, last := r.Steps[0].Title, r.Steps[len(r.Steps)-1].Title
	g.Says = "From the start of “" + first + "” to the end of “" + last + "”."
	switch {
	case len(r.Missing) > 0:
		g.Achieved, g.Says = "not measured", "Not executed yet: "+titles(r.Missing)+"."
	case r.Failed:
		g.Achieved, g.Says = "not recovered", "A step of the recovery failed. It took "+procedures.Spoken(r.Took)+"."
	default:
		g.Achieved = procedures.Spoken(r.Took)
	}
	if met, ok := r.TimeMet(); ok {
		g.Verdict = verdictIf(met)
	}
	return g
}

// recoveryPoint compares the age of the restored data at the start of the restore with its objective.
func recoveryPoint(r *journal.Recovery) templates.Goal {
	g := templates.Goal{Name: "Recovery point", Achieved: "not found"}
	if r.PointObjective > 0 {
		g.Target = "objective: " + procedures.Spoken(r.PointObjective)
	}
	switch {
	case r.Point.IsZero():
		g.Says = "No answer contained the time of the data."
	case r.From.IsZero():
		g.Says = "The data are from " + templates.Stamp(r.Point) + "; the restore has not started."
	default:
		g.Achieved = procedures.Spoken(r.Age) + " old"
		g.Says = "The data are from " + templates.Stamp(r.Point) + "; the restore started at " + templates.Stamp(r.From) + "."
	}
	if met, ok := r.PointMet(); ok {
		g.Verdict = verdictIf(met)
	}
	return g
}

// verdictIf is the verdict on an objective that was met or missed: there is nothing between.
func verdictIf(met bool) procedures.Verdict {
	if met {
		return procedures.Passed
	}
	return procedures.Failed
}

// titles lists the titles of steps.
func titles(steps []*procedures.Step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Title
	}
	return strings.Join(names, ", ")
}

// evidencePart is a step with all of its attempts, and what their calls answered. All attempts stand there, the
// failed ones too: their outputs are linked whole, as the page may show only their ends.
func evidencePart(e *journal.Evidence, step *procedures.Step, number int) templates.EvidencePart {
	part := templates.EvidencePart{Step: step, StepView: e.Step(step.ID), Number: number}
	for _, a := range e.AttemptsOf(step.ID) {
		part.Attempts = append(part.Attempts, templates.EvidenceAttempt{
			Attempt: a, Target: e.Target(a), Account: e.Run.Account, Chart: chartOf(a.Calls), Table: findingsOf(a.Calls),
			Whole: "/runs/" + e.Run.ID + "/output/" + a.Execution + ".txt",
		})
	}
	return part
}

// showJournal is the journal of a run, each event as a line of JSON: what the digest of its evidence is of. The
// parameter to bounds it to the event at which a document was made: a run that went on after that has a longer
// journal with another digest. A line each is NDJSON, which has no registered media type.
func (s *Server) showJournal(w http.ResponseWriter, r *http.Request) error {
	run, err := s.reads.Run(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	to := int64(0)
	if text := r.URL.Query().Get("to"); text != "" {
		if to, err = strconv.ParseInt(text, 10, 64); err != nil || to < 1 {
			return procedures.Errorf(procedures.CodeInvalid, "%q is not the number of an event", text)
		}
	}
	end, err := s.download(w, r)
	if err != nil {
		return err
	}
	defer end()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", "attachment; filename=journal-"+run.ID+".jsonl")
	return s.reads.WriteJournal(r.Context(), run.ID, to, w)
}

// showText is the text of the runbook as it was when the run began. It is served as plain text: a browser must not
// render Markdown of others as a page of this server.
func (s *Server) showText(w http.ResponseWriter, r *http.Request) error {
	text, err := s.reads.Text(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte(text))
	return err
}
