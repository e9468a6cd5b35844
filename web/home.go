package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showHome is the first page: every procedure with what it came to last.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	page, err := s.home(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.HomePage(page))
}

// home is the first page as the request’s person and environment see it.
func (s *Server) home(r *http.Request) (*templates.Home, error) {
	f, err := s.frame(r, "Runbooks")
	if err != nil {
		return nil, err
	}
	page := &templates.Home{Frame: *f, Source: s.Source}
	return page, s.fillHome(r.Context(), page)
}

// fillHome lists what can be done in the page's environment, and how it went last. It needs no request, so that a
// hub can draw the list for everybody: the policy is not asked per procedure here.
func (s *Server) fillHome(ctx context.Context, page *templates.Home) error {
	latest, err := s.Runs.Latest(ctx, page.Environment.Name)
	if err != nil {
		return err
	}
	// One query for all procedures: a procedure that ran often leaves fewer of the others.
	recent, err := s.Runs.History(ctx, "", page.Environment.Name, 1000)
	if err != nil {
		return err
	}
	timings, err := s.Runs.Timings(ctx, page.Environment.Name, latest)
	if err != nil {
		return err
	}
	asking, err := s.Runs.AwaitingApproval(ctx)
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
			item.NeedsApproval = item.Last != nil && asking[item.Last.ID]
			// The strip goes from left to right.
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
