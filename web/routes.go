package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
)

// route is one line of the table: who may follow it is decided before its page is made.
type route struct {
	method, pattern string
	rule            rule
	page            func(*Server) page
}

// table is every route of the portal.
var table = []route{
	{"GET", "/", may(access.View, ofEnvironment), func(s *Server) page { return s.showHome }},
	{"GET", "/procedures/*", may(access.View, ofPath), func(s *Server) page { return s.showProcedure }},
	{"GET", "/account", may(access.View, ofEnvironment), func(s *Server) page { return s.showAccount }},
	{"GET", "/runs", may(access.View, ofEnvironment), func(s *Server) page { return s.showRuns }},
	{"GET", "/runs/{run}", may(access.View, ofRun), func(s *Server) page { return s.showRun }},
	{"GET", "/runs/{run}/evidence", may(access.View, ofRun), func(s *Server) page { return s.showEvidence }},
	{"GET", "/runs/{run}/journal.jsonl", may(access.View, ofRun), func(s *Server) page { return s.showJournal }},
	{"GET", "/runs/{run}/runbook.md", may(access.View, ofRun), func(s *Server) page { return s.showText }},
	{"GET", "/runs/{run}/output/{execution}.txt", may(access.View, ofRun), func(s *Server) page { return s.showOutput }},
	{"GET", "/runs/{run}/files/*", may(access.View, ofRun), func(s *Server) page { return s.showFile }},
	{"GET", "/mistakes", may(access.View, ofEnvironment), func(s *Server) page { return s.showMistakes }},
	{"GET", "/stream", may(access.View, ofStream), func(s *Server) page { return s.stream }},
	{"POST", "/press", may(access.Press, ofPress).named(), func(s *Server) page { return s.press }},
	{"POST", "/run-all", may(access.Press, ofPress).named(), func(s *Server) page { return s.runAll }},
	{"POST", "/choices", may(access.Press, ofProcedure), func(s *Server) page { return s.choices }},
	{"POST", "/approvals", may(access.Approve, ofNothing).named(), func(s *Server) page { return s.approvals }},
	{"POST", "/cancel", may(access.Cancel, ofRunField), func(s *Server) page { return s.cancel }},
	{"POST", "/end-early", may(access.Cancel, ofRunField).named(), func(s *Server) page { return s.endEarly }},
	{"POST", "/marks", may(access.Write, ofProcedure).named(), func(s *Server) page { return s.mark }},
	{"POST", "/keep", may(access.Write, ofRunField).named(), func(s *Server) page { return s.keep }},
	{"POST", "/finish", may(access.Write, ofRunField).named(), func(s *Server) page { return s.finish }},
	{"POST", "/reopen", may(access.Write, ofRunField).named(), func(s *Server) page { return s.reopen }},
	{"POST", "/rehearse", may(access.Rehearse, ofProcedure), func(s *Server) page { return s.rehearse }},
	{"POST", "/faults", may(access.Rehearse, ofEnvironment), func(s *Server) page { return s.setFault }},
	{"POST", "/faults/reset", may(access.Rehearse, ofEnvironment), func(s *Server) page { return s.resetSandbox }},
	{"POST", "/preferences", may(access.View, ofNothing), func(s *Server) page { return s.setPreferences }},
	{"GET", "/static/{file}", open, func(s *Server) page { return s.static }},
	{"GET", "/metrics", metricsPage, func(s *Server) page { return s.metrics }},
	{"GET", "/healthz", probe, func(s *Server) page { return s.health }},
	{"GET", "/readyz", probe, func(s *Server) page { return s.ready }},
}

// unknown and otherMethod are the rows of requests that no row of the table matches, old that of the keys of oldPaths.
var (
	old         = route{rule: open, page: func(s *Server) page { return s.moved }}
	unknown     = route{rule: may(access.View, ofNothing), page: func(s *Server) page { return s.nothing }}
	otherMethod = route{rule: open, page: func(s *Server) page { return s.wrongMethod }}
)

// routes makes the router from the table. HEAD is answered wherever GET is (RFC 9110, 9.3.2; net/http leaves the
// content out), except for the stream, which has no end. Old addresses are led on for POST alone.
func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(s.logged, careful)
	for _, t := range table {
		h := s.handler(t)
		r.Method(t.method, t.pattern, h)
		if t.method == http.MethodGet && t.pattern != "/stream" {
			r.Method(http.MethodHead, t.pattern, h)
		}
	}
	for path := range oldPaths {
		r.Method(http.MethodPost, path, s.handler(old))
	}
	r.NotFound(s.handler(unknown).ServeHTTP)
	r.MethodNotAllowed(s.handler(otherMethod).ServeHTTP)
	return r
}
