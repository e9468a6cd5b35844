package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	page, err := s.home(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.HomePage(page))
}

func (s *Server) home(r *http.Request) (*templates.Home, error) {
	f, err := s.frame(r, "Runbooks")
	if err != nil {
		return nil, err
	}
	page := &templates.Home{Frame: *f, Source: s.Source}
	return page, s.fillHome(r.Context(), page)
}

// fillHome lists what can be done in the page's environment, and how it went last.
func (s *Server) fillHome(ctx context.Context, page *templates.Home) error {
	latest, err := s.Runs.Latest(ctx, page.Environment.Name)
	if err != nil {
		return err
	}
	recent, err := s.Runs.History(ctx, "", page.Environment.Name, 1000)
	if err != nil {
		return err
	}
	timings, err := s.Runs.Timings(ctx, page.Environment.Name, latest)
	if err != nil {
		return err
	}
	asking, err := s.Runs.Waiting(ctx)
	if err != nil {
		return err
	}
	before := map[string][]*procedures.Run{}
	for _, run := range recent {
		if len(before[run.Procedure]) < 10 {
			before[run.Procedure] = append(before[run.Procedure], run)
		}
	}
	for _, c := range s.Library().Chapters {
		chapter := templates.HomeChapter{ID: c.ID, Title: c.Title}
		for _, p := range c.Procedures {
			item := templates.HomeItem{Procedure: p, Last: latest[p.ID], Runs: before[p.ID], Timing: timing(timings[p.ID])}
			item.Asks = item.Last != nil && asking[item.Last.ID]
			slices.Reverse(item.Runs)
			for _, m := range p.Findings {
				if m.Severity == procedures.SeverityError {
					item.Mistakes++
				}
			}
			chapter.Items = append(chapter.Items, item)
		}
		if len(chapter.Items) > 0 {
			page.Chapters = append(page.Chapters, chapter)
		}
	}
	return nil
}

// timing says when a procedure is to be done, and how much that presses.
func timing(t runs.Timing) templates.Timing {
	now := time.Now()
	out := templates.Timing{Next: t.Next}
	switch {
	case t.Missed():
		out.Word, out.At, out.Why, out.Tone = "missed", t.Planned.At, t.Planned.Reason, "fail"
	case t.Overdue(now):
		out.Word, out.At, out.Tone = "overdue", t.Due, "fail"
	case t.Never:
		out.Word, out.Tone = "due", "warn"
	case !t.Due.IsZero() && now.After(t.Due):
		out.Word, out.At, out.Tone = "due", t.Due, "warn"
	case !t.Due.IsZero():
		out.Next = t.Due
	}
	return out
}

func (s *Server) showRuns(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Runs")
	if err != nil {
		return err
	}
	list, err := s.Runs.History(r.Context(), "", f.Environment.Name, 200)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.RunsPage(&templates.Runs{Frame: *f, Runs: list}))
}

func (s *Server) showMistakes(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Mistakes in the runbooks")
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.MistakesPage(&templates.Mistakes{Frame: *f, Source: s.Source, Groups: mistakeGroups(s.Library())}))
}

var severities = []struct {
	severity procedures.Severity
	says     string
}{
	{procedures.SeverityError, "cannot work: the line is not sent"},
	{procedures.SeverityWarning, "works, and misleads"},
	{procedures.SeverityNote, "could be better"},
}

// mistakeGroups sorts a library's mistakes by what they do; what is wrong in the same words at several lines is said once.
func mistakeGroups(lib *procedures.Library) []templates.MistakeGroup {
	var groups []templates.MistakeGroup
	for _, kind := range severities {
		g := templates.MistakeGroup{Severity: kind.severity, Says: kind.says}
		for _, m := range lib.Mistakes {
			if m.Severity != kind.severity {
				continue
			}
			place := placeOf(lib, m)
			i := slices.IndexFunc(g.List, func(f templates.FoundMistake) bool {
				return f.File == m.File && f.Rule == m.Rule && f.Message == m.Message && f.Corrected == m.Corrected
			})
			if i < 0 {
				g.List = append(g.List, templates.FoundMistake{Finding: m, Places: []templates.MistakePlace{place}})
				continue
			}
			g.List[i].Places = append(g.List[i].Places, place)
		}
		if len(g.List) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// placeOf finds the step that shows a mistake.
func placeOf(lib *procedures.Library, m procedures.Finding) templates.MistakePlace {
	place := templates.MistakePlace{Line: m.Line}
	for _, p := range lib.Procedures() {
		if p.File != m.File {
			continue
		}
		for _, step := range p.Steps {
			if slices.Contains(step.Findings, m) {
				return templates.MistakePlace{Line: m.Line, Step: step, URL: templates.StepURL(p.ID, step.ID)}
			}
		}
	}
	return place
}
