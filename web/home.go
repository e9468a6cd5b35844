package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// strip is how many of its last runs the list shows of each procedure.
const strip = 10

// showHome is the first page: the procedures, each with what it came to last.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	page, err := s.home(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.HomePage(page))
}

// home is the first page as the request’s person and environment see it.
func (s *Server) home(r *http.Request) (*templates.Home, error) {
	part, err := homePartOf(r.URL.Query())
	if err != nil {
		return nil, err
	}
	f, err := s.frame(r, "Home")
	if err != nil {
		return nil, err
	}
	shelf := s.shelf(r.Context(), f.Environment.Name)
	page := &templates.Home{Frame: *f, Source: s.Source}
	if len(shelf.Documents) <= templates.HomeRows {
		page.Texts = folders(slices.DeleteFunc(slices.Clone(shelf.Documents), canRun), f.Environment)
	}
	return page, s.fillHome(r.Context(), page, s.visible(r.Context(), f.Environment.Name, shelf.Procedures()...), part)
}

// canRun reports whether something in a document can be run: then its procedures are listed.
func canRun(d *procedures.Document) bool {
	return slices.ContainsFunc(d.Procedures, func(p *procedures.Procedure) bool { return len(p.Steps) > 0 })
}

// fillHome lists a part of what can be done in the page's environment, and how it went last. visible are the procedures that
// may be listed, as visible writes them: a hub draws the list for all who may view the same. Nothing is read of procedures
// that are not listed but their newest run, which is in memory.
func (s *Server) fillHome(ctx context.Context, page *templates.Home, visible string, part homePart) error {
	environment := page.Environment.Name
	library := s.listed(visible)
	chapters, some := part.of(page, library.Chapters)
	latest, err := s.reads.Latest(ctx, environment)
	if err != nil {
		return err
	}
	recent, err := s.reads.Verdicts(ctx, environment, some, strip)
	if err != nil {
		return err
	}
	timings, err := s.reads.AllTimings(ctx, environment, latest)
	if err != nil {
		return err
	}
	asking, err := s.reads.AwaitingApproval(ctx)
	if err != nil {
		return err
	}
	page.Mistakes = mistakesIn(library)
	if page.Words == "" && page.From == 0 {
		all := library.Procedures()
		if err := s.fillNow(ctx, page, all, latest, asking, timings); err != nil {
			return err
		}
		if err := s.fillTiles(ctx, page, all, latest, timings); err != nil {
			return err
		}
	}
	said := map[*procedures.Document]bool{}
	for _, c := range chapters {
		chapter := templates.HomeChapter{ID: c.ID, Title: c.Title}
		if d := documentOf(c); part.by == templates.ByFolder && d != nil && !said[d] { // with the first of its chapters
			said[d] = true
			l := listed(d, page.Environment)
			chapter.Document = &l
		}
		for _, p := range c.Procedures {
			item := templates.HomeItem{Procedure: p, Last: latest[p.ID], Verdicts: recent[p.ID], Timing: timing(timings[p.ID])}
			if p.Whole && p.Document != nil {
				d := listed(p.Document, page.Environment)
				item.Document = &d
			}
			if item.Last != nil {
				d, err := s.doing(ctx, item.Last, p)
				if err != nil {
					return err
				}
				item.Standing = d.Standing
				item.Standing.Waiting = asking[item.Last.ID]
			}
			// The strip goes from left to right.
			slices.Reverse(item.Verdicts)
			for _, m := range p.Findings {
				if m.Severity == procedures.SeverityError {
					item.Mistakes++
				}
			}
			chapter.Items = append(chapter.Items, item)
		}
		page.Chapters = append(page.Chapters, chapter)
	}
	return nil
}

// documentOf is the document that all procedures of a chapter are parts of; nil where there is none.
func documentOf(c *procedures.Chapter) *procedures.Document {
	d := c.Procedures[0].Document
	if slices.ContainsFunc(c.Procedures, func(p *procedures.Procedure) bool { return p.Whole || p.Document != d }) {
		return nil
	}
	return d
}
