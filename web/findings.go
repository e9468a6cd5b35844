package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/web/templates"
)

// showMistakes is the page of everything that is wrong in the runbooks that the person may view. It is of the library as
// it is now, which a watched folder replaces while the portal runs.
func (s *Server) showMistakes(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Mistakes in the runbooks")
	if err != nil {
		return err
	}
	file := r.URL.Query().Get("document")
	page := &templates.Mistakes{
		Frame: *f, Source: cmp.Or(file, s.Source), Groups: mistakeGroups(s.shelf(r.Context(), f.Environment.Name), file),
	}
	if s.Undelivered != nil && file == "" {
		if page.Undelivered, err = s.Undelivered(r.Context()); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, templates.MistakesPage(page))
}

var severities = []struct {
	severity procedures.Severity
	says     string
}{
	{procedures.SeverityError, "Cannot work. The line is not sent."},
	{procedures.SeverityWarning, "Works, but is misleading."},
	{procedures.SeverityNote, "Could be better."},
}

// mistakeGroups sorts a library's mistakes by what they do; what is wrong in the same words at several lines is said
// once. With a file they are those of that file. The groups go from what cannot work to what could be better; an empty one is left out.
func mistakeGroups(lib *runbook.Library, file string) []templates.MistakeGroup {
	var groups []templates.MistakeGroup
	for _, kind := range severities {
		g := templates.MistakeGroup{Severity: kind.severity, Says: kind.says}
		for _, m := range lib.Findings {
			if m.Severity != kind.severity || file != "" && m.File != file {
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

// placeOf finds the step that shows a mistake. A finding of no step, such as one in a heading, has a line but no
// link.
func placeOf(lib *runbook.Library, m procedures.Finding) templates.MistakePlace {
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
