package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
)

// route is one line of the table: who may follow it is asked before its page is made. Actions that need to know
// more (a press: which effect) are asked again by package runs.
type route struct {
	method, pattern string
	action          access.Action // empty for what tells nothing
	page            func(*Server) page
	signed          bool // the journal says who did it: a name is asked for once before
}

// table is every route of the portal.
var table = []route{
	{"GET", "/", access.View, func(s *Server) page { return s.showHome }, false},
	{"GET", "/procedures/*", access.View, func(s *Server) page { return s.showProcedure }, false},
	{"GET", "/runs", access.View, func(s *Server) page { return s.showRuns }, false},
	{"GET", "/runs/{run}", access.View, func(s *Server) page { return s.showRun }, false},
	{"GET", "/runs/{run}/evidence", access.View, func(s *Server) page { return s.showEvidence }, false},
	{"GET", "/runs/{run}/journal.jsonl", access.View, func(s *Server) page { return s.showJournal }, false},
	{"GET", "/runs/{run}/runbook.md", access.View, func(s *Server) page { return s.showText }, false},
	{"GET", "/runs/{run}/output/{execution}.txt", access.View, func(s *Server) page { return s.showOutput }, false},
	{"GET", "/runs/{run}/files/*", access.View, func(s *Server) page { return s.showFile }, false},
	{"GET", "/mistakes", access.View, func(s *Server) page { return s.showMistakes }, false},
	{"GET", "/stream", access.View, func(s *Server) page { return s.stream }, false},
	{"POST", "/press", access.Press, func(s *Server) page { return s.press }, true},
	{"POST", "/run-all", access.Press, func(s *Server) page { return s.runAll }, true},
	{"POST", "/choices", access.Press, func(s *Server) page { return s.choices }, false},
	{"POST", "/approvals", access.Approve, func(s *Server) page { return s.approvals }, true},
	{"POST", "/cancel", access.Cancel, func(s *Server) page { return s.cancel }, false},
	{"POST", "/end-early", access.Cancel, func(s *Server) page { return s.endEarly }, true},
	{"POST", "/say", access.Write, func(s *Server) page { return s.say }, true},
	{"POST", "/keep", access.Write, func(s *Server) page { return s.keep }, true},
	{"POST", "/finish", access.Write, func(s *Server) page { return s.finish }, true},
	{"POST", "/reopen", access.Write, func(s *Server) page { return s.reopen }, true},
	{"POST", "/rehearse", access.Rehearse, func(s *Server) page { return s.rehearse }, false},
	{"POST", "/faults", access.Rehearse, func(s *Server) page { return s.setFault }, false},
	{"POST", "/faults/reset", access.Rehearse, func(s *Server) page { return s.resetSandbox }, false},
	{"POST", "/preferences", access.View, func(s *Server) page { return s.setPreferences }, false},
	{"GET", "/static/{file}", "", func(s *Server) page { return s.static }, false},
	{"GET", "/metrics", access.View, func(s *Server) page { return s.metrics }, false},
	{"GET", "/healthz", "", func(s *Server) page { return s.health }, false},
	{"GET", "/readyz", "", func(s *Server) page { return s.ready }, false},
}

func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(s.logged, s.guard, s.sessions)
	for _, t := range table {
		r.MethodFunc(t.method, t.pattern, s.serve(s.allowed(t)))
		if t.method == http.MethodGet && t.pattern != "/stream" {
			r.MethodFunc(http.MethodHead, t.pattern, s.serve(s.allowed(t)))
		}
	}
	r.NotFound(s.serve(s.nothing))
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "This address does not take that method.", http.StatusMethodNotAllowed)
	})
	return r
}

// allowed asks who may before a page is made.
func (s *Server) allowed(t route) page {
	p := t.page(s)
	if t.action == "" {
		return p
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		defer noted(r)
		if err := s.may(r, t.action, ""); err != nil {
			return err
		}
		if t.signed {
			if answered, err := s.askName(w, r); answered || err != nil {
				return err
			}
		}
		return p(w, r)
	}
}
