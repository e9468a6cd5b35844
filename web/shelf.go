package web

import (
	"cmp"
	"context"
	"html"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// What of the runbooks somebody may view, in one place: pages have no other way to the library (a test looks for one).

// shelf is the runbooks as far as the person in the context may view them in an environment: procedures, what is wrong
// with them, and what an identifier may mean.
func (s *Server) shelf(ctx context.Context, environment string) *runbook.Library {
	return s.Library().Only(func(p *procedures.Procedure) bool { return s.reads.may(ctx, environment, p.ID) == nil })
}

// visible are the names under which the person in the context may view procedures or their runs, a line each: those who see the same
// share a hub.
func (s *Server) visible(ctx context.Context, environment string, of ...*procedures.Procedure) string {
	var b strings.Builder
	for _, p := range of {
		b.WriteString(p.ID + "\n")
		for _, name := range p.Former {
			if s.reads.may(ctx, environment, name) == nil {
				b.WriteString(name + "\n")
			}
		}
	}
	return b.String()
}

// visibleOf is visible of the procedure that has or had a name; of one that is in no runbook it is the name.
func (s *Server) visibleOf(ctx context.Context, environment, name string) string {
	today := s.namesOfProcedure(name)[0]
	if p, _, err := s.Library().Find(today); err == nil && p.ID == today {
		return s.visible(ctx, environment, p)
	}
	return name + "\n"
}

// setOf are the names of visible.
func setOf(visible string) names {
	out := names{}
	for name := range strings.Lines(visible) {
		out[strings.TrimSuffix(name, "\n")] = true
	}
	return out
}

// listed is the newest library with the procedures of visible, and those alone.
func (s *Server) listed(visible string) *runbook.Library {
	ids := setOf(visible)
	return s.Library().Only(func(p *procedures.Procedure) bool { return ids[p.ID] })
}

// find is the procedure that an identifier names, of those that the person may view. One that names another, none, or several, is
// answered with what they may view: names of others are not told as those that are near.
func (s *Server) find(ctx context.Context, environment, id string) (*procedures.Procedure, error) {
	var why error
	if p, _, err := s.Library().Find(id); err == nil {
		if why = s.reads.may(ctx, environment, p.ID); why == nil {
			return p, nil
		}
		id = cmp.Or(id, p.ID)
	}
	p, _, err := s.shelf(ctx, environment).Find(id)
	if err != nil && why != nil {
		err = &hidden{error: err, at: subject{environment, id}, why: why}
	}
	return p, err
}

// sectionAt is the section that an identifier leads to, "" where it leads to none that the person may view.
func (s *Server) sectionAt(ctx context.Context, environment, id string) string {
	if _, section := s.shelf(ctx, environment).Section(id); section != nil {
		return section.ID
	}
	return ""
}

// edits is closed when the runbooks are others; nil where they never are.
func (s *Server) edits() <-chan struct{} {
	if s.LibraryChanged == nil {
		return nil
	}
	return s.LibraryChanged()
}

// namesOfProcedure are the identifiers that a procedure whose page may be viewed has and had: today's first.
func (s *Server) namesOfProcedure(id string) []string { return s.Library().Names(id) }

// wasCalled reports whether an identifier, by which somebody has found what they may view, is one of before.
func (s *Server) wasCalled(id string) bool { return s.Library().Now(id) != "" }

// isSection reports whether the procedure of a run is a section of another one today.
func (s *Server) isSection(id string) bool {
	_, section := s.Library().Section(id)
	return section != nil
}

// newestText is a run's procedure in the newest runbooks, nil where it is in none of them any more.
func (s *Server) newestText(run *procedures.Run) *procedures.Procedure {
	p, _, err := s.Library().Find(run.Procedure)
	if err != nil {
		return nil
	}
	return p
}

// chapter is the title of a procedure's chapter; its file where the runbook is gone.
func (s *Server) chapter(p *procedures.Procedure) string {
	for _, c := range s.Library().Chapters {
		if c.ID == p.Chapter {
			return c.Title
		}
	}
	return p.File
}

// environmentsOf are the environments that a person may view.
func (s *Server) environmentsOf(ctx context.Context, person access.Person) []procedures.Environment {
	var out []procedures.Environment
	for _, e := range s.Environments {
		if s.Policy.May(ctx, access.Request{Person: person, Action: access.View, Environment: e.Name}) == nil {
			out = append(out, e)
		}
	}
	return out
}

// shows reports whether a picture stands in what the person may view of the runbooks, in any environment. One that stands in none
// of them is for those who may view all.
func (s *Server) shows(r *http.Request, name string) bool {
	whole, address := s.Library(), `"`+html.EscapeString(pictureAddress(name))+`"`
	for _, e := range s.environmentsOf(r.Context(), s.person(r)) {
		shelf := whole.Only(func(p *procedures.Procedure) bool { return s.reads.may(r.Context(), e.Name, p.ID) == nil })
		if shelf == whole || shelf.Shows(address) {
			return true
		}
	}
	return false
}

// mayViewAll is an error where a request for the numbers is a person's who may not view everything: the numbers are of everything.
func (s *Server) mayViewAll(r *http.Request) error {
	if access.From(r, s.MetricsFrom) {
		return nil
	}
	for _, e := range s.Environments {
		for _, p := range s.Library().Procedures() {
			if err := s.may(r, access.View, subject{e.Name, p.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}
