package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// latestRun is the end of a procedure's address that leads to its newest run.
const latestRun = "/latest"

// leadToLatest leads from a procedure's address with latestRun to its newest run, and to its page where it was never run; ok is false for
// any other address.
func (s *Server) leadToLatest(w http.ResponseWriter, r *http.Request, e procedures.Environment, id string) (ok bool, err error) {
	of, ok := strings.CutSuffix(id, latestRun)
	if !ok {
		return false, nil
	}
	p, err := s.find(r.Context(), e.Name, of)
	if err != nil {
		return false, nil //nolint:nilerr // the whole identifier names nothing, and is answered so
	}
	list, err := s.reads.History(r.Context(), p.ID, e.Name, 1)
	if err != nil {
		return true, err
	}
	to := url.URL{Path: "/procedures/" + p.ID, RawQuery: r.URL.RawQuery}
	if len(list) > 0 {
		to.Path = "/runs/" + list[0].ID
	}
	http.Redirect(w, r, to.String(), http.StatusFound)
	return true, nil
}

// showProcedure is the page of a procedure: with its open run, else with its last one, else with none. An identifier
// that was abbreviated is redirected with 302, not 301: the next runbook may make another procedure of it.
func (s *Server) showProcedure(w http.ResponseWriter, r *http.Request) error {
	id, err := url.PathUnescape(chi.URLParam(r, "*"))
	if err != nil {
		return s.nothing(w, r)
	}
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	p, err := s.find(r.Context(), e.Name, id)
	if err != nil {
		if led, err := s.leadToLatest(w, r, e, id); led || err != nil {
			return err
		}
		if run := s.leftOpen(r.Context(), e.Name, id); run != nil {
			http.Redirect(w, r, "/runs/"+run.ID, http.StatusFound)
			return nil
		}
		if d, renamed := s.shelf(r.Context(), e.Name).Document(id); renamed { // it was one procedure, or is misspelled as one
			redirectRenamed(w, r, templates.DocumentURL(d.ID))
			return nil
		} else if d != nil {
			http.Redirect(w, r, templates.DocumentURL(d.ID), http.StatusFound)
			return nil
		}
		return err
	}
	if p.ID != id { // any end of an identifier is understood, and one address is kept
		to := url.URL{Path: "/procedures/" + p.ID, RawQuery: r.URL.RawQuery}
		if section := s.sectionAt(r.Context(), e.Name, id); section != "" { // it was a page of its own
			to.Fragment = templates.SectionAnchor(section)
		}
		if s.wasCalled(id) {
			redirectRenamed(w, r, to.String())
			return nil
		}
		http.Redirect(w, r, to.String(), http.StatusFound)
		return nil
	}
	page, err := s.procedurePage(r, e, p)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// leftOpen is the open run of a procedure that was removed, or is several now, where the person may view it; nil for none. It goes on with
// the text that it began with.
func (s *Server) leftOpen(ctx context.Context, environment, id string) *procedures.Run {
	run, err := s.reads.Open(ctx, id, environment)
	if err != nil {
		return nil
	}
	return run
}

// procedurePage shows what happened last in the procedure's newest run.
func (s *Server) procedurePage(r *http.Request, e procedures.Environment, p *procedures.Procedure) (*templates.RunPage, error) {
	run, history, err := s.newest(r.Context(), e, p)
	if err != nil {
		return nil, err
	}
	if p, err = s.textOf(r.Context(), p, run); err != nil {
		return nil, err
	}
	page, err := s.page(r, e, p, run, history)
	if err == nil && run != nil {
		page.Edit = s.edited(run, p)
	}
	return page, err
}

// textOf is the procedure as a run has it: an open run keeps the text that it began with.
func (s *Server) textOf(ctx context.Context, p *procedures.Procedure, run *procedures.Run) (*procedures.Procedure, error) {
	if run == nil || run.Digest == p.Digest {
		return p, nil
	}
	return s.reads.Procedure(ctx, run)
}

// newest is the run that a procedure's page shows, nil for none, with the runs before it. A finished run of an older
// text is not shown as the newest: its steps may not be those of the page. It stays in the history.
func (s *Server) newest(ctx context.Context, e procedures.Environment, p *procedures.Procedure) (*procedures.Run,
	[]*procedures.Run, error) {
	history, err := s.history(ctx, p.ID, e.Name)
	if err != nil || len(history) == 0 {
		return nil, history, err
	}
	if run := history[len(history)-1]; run.State == procedures.RunOpen || run.Digest == p.Digest {
		return run, history, nil
	}
	return nil, history, nil
}

// showRun is the page of one run, whichever runs came after it.
func (s *Server) showRun(w http.ResponseWriter, r *http.Request) error {
	page, err := s.runPage(r, chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// runPage shows one run, with the text that it began with. A run of an environment that is not configured any more
// cannot be shown as a page that presses; its evidence can.
func (s *Server) runPage(r *http.Request, id string) (*templates.RunPage, error) {
	run, err := s.reads.Run(r.Context(), id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Environments, func(e procedures.Environment) bool { return e.Name == run.Environment })
	if i < 0 {
		return nil, procedures.Errorf(procedures.CodeUnavailable,
			"this run was made in the environment %s, which is no longer configured", run.Environment)
	}
	p, err := s.reads.Procedure(r.Context(), run)
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
	page.Fixed, page.Edit = true, s.edited(run, p)
	page.Other = templates.ProcedureURL(p.ID)
	return page, nil
}

// show renders a page, with the title of the step that its address names: links unfurl with it. The query step is
// what a copied link to a step holds; the part of an address behind # is not sent to a server.
func (s *Server) show(w http.ResponseWriter, r *http.Request, page *templates.RunPage) error {
	step, err := s.opened(r, page)
	if err != nil {
		return err
	}
	fold(page)
	page.Card = s.origin(r) + cardAddress(r, page, step)
	if step != nil {
		page.Title = page.Steps[page.Open].Title + " · " + templates.Alone(page.Procedure)
		page.Description = describe(step) + " · " + page.Environment.Name
	}
	return render(w, r, http.StatusOK, templates.Run(page))
}

// describe is what a link to a step says where it is pasted.
func describe(s *templates.Step) string {
	if s.Verdict() == "" {
		return "Not run yet"
	}
	out := templates.Glyph(s.Verdict()) + " " + templates.Word(s.Verdict())
	if s.Judged().Reason != "" {
		out += ": " + s.Judged().Reason
	}
	if !s.Ended.IsZero() {
		out += " (" + s.Ended.UTC().Format("2 Jan 15:04 UTC") + ")"
	}
	return out
}

// page fills a page in. Its steps are drawn from the run's journal, as far as it was written at that moment. The
// stream is asked for what comes after the last event that was drawn, so that nothing is missed or shown twice,
// however late the browser opens it.
func (s *Server) page(r *http.Request, e procedures.Environment, p *procedures.Procedure, run *procedures.Run,
	history []*procedures.Run) (*templates.RunPage, error) {
	f, err := s.frameIn(r, e, templates.Alone(p))
	if err != nil {
		return nil, err
	}
	f.Current = s.namesOfProcedure(p.ID)[0]
	f.Rights = s.rightsOn(r.Context(), s.person(r), e.Name, p)
	page := &templates.RunPage{Frame: *f, Procedure: p, Run: run, Chapter: s.chapter(p)}
	page.History = history
	page.Given, page.Unknown = given(r, p)
	if page.Timing, err = s.timed(r.Context(), e, p, run); err != nil {
		return nil, err
	}
	view := journal.NewView()
	if run != nil {
		if view, err = s.reads.View(r.Context(), run.ID); err != nil {
			return nil, err
		}
	}
	if waits(p, view) {
		if page.Waiting, err = s.reads.Waiting(r.Context(), run.ID); err != nil {
			return nil, err
		}
	}
	if page.Earlier, err = s.earlier(r.Context(), e.Name, p, run); err != nil {
		return nil, err
	}
	s.outline(page, view)
	page.Steps = make(map[string]*templates.Step, len(p.Steps))
	for i, step := range p.Steps {
		page.Steps[step.ID] = s.step(page, view, step, i+1)
	}
	page.People = s.people.visitors(s.whereabouts(e, p, run, strings.HasPrefix(r.URL.Path, "/runs/")))
	q := url.Values{"procedure": {p.ID}, "environment": {e.Name}}
	if run != nil {
		q.Set("run", run.ID)
		q.Set("after", fmt.Sprint(view.Last))
	} else {
		q.Set("text", p.Digest)
	}
	if strings.HasPrefix(r.URL.Path, "/runs/") {
		q.Set("fixed", "true")
	}
	q.Set("rights", markOfRights(s.lacks(r.Context(), s.person(r), subject{e.Name, p.ID})))
	page.Stream = "/stream?" + q.Encode()
	page.Description = fmt.Sprintf("%s · %s", summary(page), e.Name)
	return page, nil
}

// summary says how far the run is, where a link is pasted.
func summary(p *templates.RunPage) string {
	if p.Run == nil {
		return fmt.Sprintf("%d steps, not run yet", len(p.Procedure.Steps))
	}
	out := p.Standing.Word()
	if p.Standing.Reason != "" {
		out += ": " + p.Standing.Reason
	}
	return out
}

// outline draws what stands around the steps from a view: the fields, the meter and the timeline. It draws nothing
// of single steps, and is called by hubs as well, with the lock held.
func (s *Server) outline(page *templates.RunPage, view *journal.View) {
	p := page.Procedure
	page.Began = view.Began
	page.Fields = fields(page)
	page.Meter = meter(page, view)
	if page.Run != nil {
		page.Standing = standing(page.Run, p, view)
		page.Standing.Waiting = page.Run.State == procedures.RunOpen && asked(p, view, s.reads.Now())
	}
	page.Timeline = templates.NewestOf(view.Timeline)
	if before := runs.StopsBefore(p); before != nil {
		page.Stopped = before.Title
	}
	page.Coverage, page.Reads = coveredBy(runbook.CoverageOfProcedure(p, s.where(page.Environment))), reads(p)
}
