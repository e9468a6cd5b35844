package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// showProcedure is the page of a procedure: with its open run, else with its last one, else with none.
func (s *Server) showProcedure(w http.ResponseWriter, r *http.Request) error {
	id, err := url.PathUnescape(chi.URLParam(r, "*"))
	if err != nil {
		return s.nothing(w, r)
	}
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	p, _, err := s.Library().Find(id)
	if err != nil {
		return err
	}
	if p.ID != id { // any end of an identifier is understood, and one address is kept
		to := url.URL{Path: "/procedures/" + p.ID, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusFound)
		return nil
	}
	page, err := s.procedurePage(r, e, p)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// procedurePage shows what happened last in the procedure's newest run.
func (s *Server) procedurePage(r *http.Request, e procedures.Environment, p *procedures.Procedure) (*templates.RunPage, error) {
	run, history, err := s.newest(r.Context(), e, p)
	if err != nil {
		return nil, err
	}
	return s.page(r, e, p, run, history)
}

// newest is the run that a procedure's page shows, nil for none, with the runs before it.
func (s *Server) newest(ctx context.Context, e procedures.Environment, p *procedures.Procedure) (*procedures.Run, []*procedures.Run, error) {
	history, err := s.history(ctx, p.ID, e.Name)
	if err != nil || len(history) == 0 {
		return nil, history, err
	}
	if run := history[len(history)-1]; run.State == procedures.RunOpen || run.Digest == p.Digest {
		return run, history, nil
	}
	return nil, history, nil
}

// history is the last runs of a procedure, the newest last.
func (s *Server) history(ctx context.Context, procedure, environment string) ([]*procedures.Run, error) {
	list, err := s.Runs.History(ctx, procedure, environment, 14)
	slices.Reverse(list)
	return list, err
}

// edited reports whether the runbook of an open run was changed after it began.
func (s *Server) edited(run *procedures.Run) bool {
	now, _, err := s.Library().Find(run.Procedure)
	return run.State == procedures.RunOpen && (err != nil || now.Digest != run.Digest)
}

func (s *Server) showRun(w http.ResponseWriter, r *http.Request) error {
	page, err := s.runPage(r, chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// runPage shows one run, with the text that it began with.
func (s *Server) runPage(r *http.Request, id string) (*templates.RunPage, error) {
	run, err := s.Runs.Run(r.Context(), id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Environments, func(e procedures.Environment) bool { return e.Name == run.Environment })
	if i < 0 {
		return nil, procedures.Errorf(procedures.CodeUnavailable, "this run was made in the environment %s, which is no longer configured", run.Environment)
	}
	p, err := s.Runs.Procedure(r.Context(), run)
	if err != nil {
		return nil, err
	}
	history, err := s.history(r.Context(), p.ID, run.Environment)
	if err != nil {
		return nil, err
	}
	page, err := s.page(r, s.Environments[i], p, run, history)
	if err != nil {
		return nil, err
	}
	page.Fixed, page.Edited = true, s.edited(run)
	return page, nil
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, page *templates.RunPage) error {
	page.Open = r.URL.Query().Get("step")
	if step := page.Steps[page.Open]; step != nil {
		page.Title = step.Title + " · " + page.Procedure.Title
		page.Description = describe(step) + " · " + page.Environment.Name
	}
	return render(w, r, http.StatusOK, templates.Run(page))
}

// describe is what a link to a step says where it is pasted.
func describe(s *templates.Step) string {
	if s.Verdict == "" {
		return "Not run yet"
	}
	out := templates.Glyph(s.Verdict) + " " + templates.Word(s.Verdict)
	if s.Reason != "" {
		out += ": " + s.Reason
	}
	if !s.Ended.IsZero() {
		out += " (" + s.Ended.UTC().Format("2 Jan 15:04 UTC") + ")"
	}
	return out
}

// page fills a page in. Its steps are drawn from the run's journal, as far as it was written at that moment.
func (s *Server) page(r *http.Request, e procedures.Environment, p *procedures.Procedure, run *procedures.Run, history []*procedures.Run) (*templates.RunPage, error) {
	f, err := s.frameIn(r, e, p.Title)
	if err != nil {
		return nil, err
	}
	f.Current = p.ID
	page := &templates.RunPage{Frame: *f, Procedure: p, Run: run, Chapter: s.chapter(p)}
	page.History, page.Given = history, given(r)
	if page.Timing, err = s.timed(r.Context(), e, p, run); err != nil {
		return nil, err
	}
	view := runs.NewView()
	if run != nil {
		if view, err = s.Runs.View(r.Context(), run.ID); err != nil {
			return nil, err
		}
	}
	s.outline(page, view)
	page.Steps = make(map[string]*templates.Step, len(p.Steps))
	for i, step := range p.Steps {
		page.Steps[step.ID] = s.step(page, view, step, i+1)
	}
	page.People = s.people.here(whereabouts(e, p, run, strings.HasPrefix(r.URL.Path, "/runs/")))
	q := url.Values{"procedure": {p.ID}, "environment": {e.Name}}
	if run != nil {
		q.Set("run", run.ID)
		q.Set("after", fmt.Sprint(view.Last))
	}
	if strings.HasPrefix(r.URL.Path, "/runs/") {
		q.Set("fixed", "true")
	}
	page.Stream = "/stream?" + q.Encode()
	page.Description = fmt.Sprintf("%s · %s", summary(page), e.Name)
	return page, nil
}

// timed says when a procedure is to be done.
func (s *Server) timed(ctx context.Context, e procedures.Environment, p *procedures.Procedure, run *procedures.Run) (templates.Timing, error) {
	t, err := s.Runs.Timing(ctx, e.Name, p, run)
	return timing(t), err
}

func (s *Server) chapter(p *procedures.Procedure) string {
	for _, c := range s.Library().Chapters {
		if c.ID == p.Chapter {
			return c.Title
		}
	}
	return p.File
}

func summary(p *templates.RunPage) string {
	if p.Run == nil {
		return fmt.Sprintf("%d steps, not run yet", len(p.Procedure.Steps))
	}
	parts := make([]string, len(p.Meter.Counts))
	for i, c := range p.Meter.Counts {
		parts[i] = fmt.Sprintf("%d %s", c.N, c.Word)
	}
	return strings.Join(parts, ", ")
}

// outline draws what stands around the steps from a view: the fields, the meter and the timeline.
func (s *Server) outline(page *templates.RunPage, view *runs.View) {
	p := page.Procedure
	page.Began = view.Began
	page.Fields = fields(page)
	page.Meter = meter(page, view)
	page.Timeline = timeline(p, view)
	if _, stopped := runs.Together(p, nil); stopped != "" {
		page.Stopped = stopped
	}
}

func fields(page *templates.RunPage) []templates.Field {
	var out []templates.Field
	for _, q := range page.Procedure.Parameters {
		f := templates.Field{Parameter: q, Value: q.Default}
		if f.Title == "" {
			f.Title = q.Name
		}
		if v := page.Environment.Variables[q.Name]; v != "" {
			f.Value = v
		}
		if page.Run != nil && page.Run.Parameters[q.Name] != "" {
			f.Value = page.Run.Parameters[q.Name]
		}
		if v := page.Given[q.Name]; v != "" {
			f.Value = v
		}
		if q.Secret {
			f.Value = ""
		}
		out = append(out, f)
	}
	return out
}

func meter(page *templates.RunPage, view *runs.View) templates.Meter {
	m := templates.Meter{Total: len(page.Procedure.Steps), By: view.By, Started: view.Began}
	counts := map[procedures.Verdict]int{}
	running := 0
	for _, step := range page.Procedure.Steps {
		v := view.Step(step.ID)
		part := v.Verdict()
		switch {
		case v.Running():
			part = "running"
			running++
		case part != "":
			m.Done++
			counts[part]++
		}
		m.Parts = append(m.Parts, part)
		for _, c := range v.Calls {
			m.InAWS += c.Duration
		}
	}
	m.Running = running > 0
	for _, v := range procedures.Verdicts {
		if n := counts[v]; n > 0 {
			m.Counts = append(m.Counts, templates.Count{N: n, Word: templates.Word(v), Verdict: v})
		}
	}
	if running > 0 {
		m.Counts = append(m.Counts, templates.Count{N: running, Word: "running", Verdict: "running"})
	}
	if left := m.Total - m.Done - running; left > 0 {
		m.Counts = append(m.Counts, templates.Count{N: left, Word: "to go"})
	}
	return m
}

func timeline(p *procedures.Procedure, view *runs.View) []templates.Entry {
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
			if e.Continues {
				entry.Text = who + " goes on with " + title
			}
		case procedures.EventApplied:
			entry.Text = title + ": all calls are made"
		case procedures.EventChanged:
			entry.Text, entry.Verdict = visible(runs.Told(e.Change)), procedures.Info
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

// newKey identifies the next press of a card that is drawn now.
func newKey() string { return rand.Text() }

// showOutput is everything that an execution printed.
func (s *Server) showOutput(w http.ResponseWriter, r *http.Request) error {
	run, execution := chi.URLParam(r, "run"), chi.URLParam(r, "execution")
	if _, err := s.Runs.Run(r.Context(), run); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return s.each(r.Context(), run, func(e procedures.Event) error {
		if e.Execution != execution || e.Kind != procedures.EventOutput {
			return nil
		}
		_, err := w.Write([]byte(e.Text))
		return err
	})
}

// each reads a journal from its beginning.
func (s *Server) each(ctx context.Context, run string, do func(procedures.Event) error) error {
	after := int64(0)
	for {
		events, err := s.Runs.Since(ctx, run, after, 500)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := do(e); err != nil {
				return nil //nolint:nilerr // the reader has gone
			}
			after = e.Number
		}
		if len(events) < 500 {
			return nil
		}
	}
}
