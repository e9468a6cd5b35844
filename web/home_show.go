package web

import (
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Runbooks")
	if err != nil {
		return err
	}
	latest, err := s.Runs.Latest(r.Context(), f.Environment.Name)
	if err != nil {
		return err
	}
	page := &templates.Home{Frame: *f, Source: s.Source}
	recent, err := s.Runs.History(r.Context(), "", f.Environment.Name, 1000)
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
			item := templates.HomeItem{Procedure: p, Last: latest[p.ID], Runs: before[p.ID]}
			slices.Reverse(item.Runs)
			for _, m := range p.Mistakes {
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
	return render(w, r, http.StatusOK, templates.HomePage(page))
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
	return render(w, r, http.StatusOK, templates.MistakesPage(&templates.Mistakes{Frame: *f, Source: s.Source, List: s.Library().Mistakes}))
}
