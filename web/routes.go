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
}

// table is every route of the portal.
var table = []route{
	{"GET", "/", access.Look, func(s *Server) page { return s.showHome }},
	{"GET", "/procedures/*", access.Look, func(s *Server) page { return s.showProcedure }},
	{"GET", "/runs", access.Look, func(s *Server) page { return s.showRuns }},
	{"GET", "/runs/{run}", access.Look, func(s *Server) page { return s.showRun }},
	{"GET", "/runs/{run}/output/{execution}.txt", access.Look, func(s *Server) page { return s.showOutput }},
	{"GET", "/runs/{run}/files/*", access.Look, func(s *Server) page { return s.showFile }},
	{"GET", "/mistakes", access.Look, func(s *Server) page { return s.showMistakes }},
	{"GET", "/stream", access.Look, func(s *Server) page { return s.stream }},
	{"POST", "/press", access.Press, func(s *Server) page { return s.press }},
	{"POST", "/run-all", access.Press, func(s *Server) page { return s.runAll }},
	{"POST", "/choices", access.Press, func(s *Server) page { return s.choices }},
	{"POST", "/cancel", access.Cancel, func(s *Server) page { return s.cancel }},
	{"POST", "/say", access.Write, func(s *Server) page { return s.say }},
	{"POST", "/finish", access.Write, func(s *Server) page { return s.finish }},
	{"POST", "/faults", access.Rehearse, func(s *Server) page { return s.setFault }},
	{"POST", "/faults/reset", access.Rehearse, func(s *Server) page { return s.resetSandbox }},
	{"POST", "/preferences", access.Look, func(s *Server) page { return s.setPreferences }},
	{"GET", "/static/{file}", "", func(s *Server) page { return s.static }},
	{"GET", "/healthz", "", func(s *Server) page { return s.health }},
	{"GET", "/readyz", "", func(s *Server) page { return s.ready }},
}

func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(s.guard)
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
	return s.Sessions.LoadAndSave(r)
}

// allowed asks who may before a page is made.
func (s *Server) allowed(t route) page {
	p := t.page(s)
	if t.action == "" {
		return p
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.may(r, t.action, ""); err != nil {
			return err
		}
		return p(w, r)
	}
}
