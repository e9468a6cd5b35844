package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/web/templates"
)

// showDocument is the page of a Markdown file. One that is a procedure as a whole is shown by that procedure's page.
func (s *Server) showDocument(w http.ResponseWriter, r *http.Request) error {
	id, err := url.PathUnescape(chi.URLParam(r, "*"))
	if err != nil {
		return s.nothing(w, r)
	}
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	d, renamed := s.shelf(r.Context(), e.Name).Document(id)
	if renamed {
		redirectRenamed(w, r, templates.DocumentURL(d.ID))
		return nil
	}
	if d == nil {
		return procedures.Errorf(procedures.CodeNotFound, "no document is called %q. Look for it in the list of all documents", id)
	}
	if one := d.One(); one != nil {
		http.Redirect(w, r, templates.ProcedureURL(one.ID), http.StatusFound)
		return nil
	}
	f, err := s.frameIn(r, e, d.Title)
	if err != nil {
		return err
	}
	page := &templates.DocumentView{Frame: *f, Document: d, Coverage: coveredBy(runbook.CoverageOf(d, s.where(e)))}
	return render(w, r, http.StatusOK, templates.DocumentPage(page))
}

// redirectRenamed leads from an address of before to today's. Nobody stores the answer (see careful): another may have the
// name one day.
func redirectRenamed(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusPermanentRedirect)
}

// listed is a document in a list, with what became of it.
func listed(d *procedures.Document, e procedures.Environment) templates.ListedDocument {
	return listedAs(d, runbook.CoverageOf(d, runbook.Where{Runs: runsIn(e)}))
}

func listedAs(d *procedures.Document, c runbook.Coverage) templates.ListedDocument {
	return templates.ListedDocument{ID: d.ID, Title: d.Title, File: d.File, Blocks: d.Blocks, Coverage: coveredBy(c)}
}

// folders are the documents by their folders: those of the runbooks' own folder first, each folder's README before its others.
func folders(list []*procedures.Document, e procedures.Environment) []templates.Folder {
	var out []templates.Folder
	at := map[string]int{}
	for _, d := range list {
		name := path.Dir(d.File)
		if _, ok := at[name]; !ok {
			at[name] = len(out)
			out = append(out, templates.Folder{Name: map[bool]string{true: "Runbooks", false: name}[name == "."]})
		}
		f := &out[at[name]]
		f.Documents = append(f.Documents, listed(d, e))
	}
	for _, f := range out {
		slices.SortStableFunc(f.Documents, func(a, b templates.ListedDocument) int {
			return runbook.FirstOfFolder(a.File, b.File)
		})
	}
	return out
}

// notRun are steps that are not run as they are written, or of which a part is not, each line of the documents once.
func notRun(steps []runbook.NotRead) []templates.NotRun {
	var out []templates.NotRun
	for _, n := range steps {
		if row := (templates.NotRun{File: n.File, Line: n.Line, Step: n.Step, Why: n.Why}); !slices.Contains(out, row) {
			out = append(out, row)
		}
	}
	return out
}

// showCoverage is the page of what became of each document in the request's environment, and of all.
func (s *Server) showCoverage(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Coverage")
	if err != nil {
		return err
	}
	page := &templates.CoverageView{Frame: *f, Source: s.Source}
	var all []runbook.Coverage
	for _, d := range s.shelf(r.Context(), f.Environment.Name).Documents {
		c := runbook.CoverageOf(d, s.where(f.Environment))
		all, page.Documents = append(all, c), append(page.Documents, listedAs(d, c))
	}
	total := runbook.CoverageOfAll(all)
	page.Total = templates.TotalCovered{
		Covered: coveredBy(total), Documents: len(all), Blocks: total.Blocks, Steps: total.Steps,
	}
	page.Partly, page.NotRead = notRun(total.Partly), notRun(total.NotRead)
	for _, rule := range slices.SortedFunc(maps.Keys(total.Rules), func(a, b string) int {
		return cmp.Or(total.Rules[b]-total.Rules[a], cmp.Compare(a, b))
	}) {
		page.Rules = append(page.Rules, templates.Needed{Program: rule, N: total.Rules[rule]})
	}
	return render(w, r, http.StatusOK, templates.CoveragePage(page))
}
