package web

import "net/http"

// cancel stops a step, or all steps of a run where none is named.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) error {
	s.recorded(r, "asked to cancel "+orElse(r.FormValue("step"), "all steps")) // also where nothing is left to be cancelled
	if err := s.presses.Cancel(r.Context(), r.FormValue("run"), r.FormValue("step"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

// finish ends a run. Its snapshots and files are deleted then. Its evidence stays, and it can be reopened.
func (s *Server) finish(w http.ResponseWriter, r *http.Request) error {
	if err := s.presses.Finish(r.Context(), r.FormValue("run"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

// keep lets a run stay when old ones are deleted, or go with them. The parameter kept says which.
func (s *Server) keep(w http.ResponseWriter, r *http.Request) error {
	if err := s.presses.Keep(r.Context(), r.FormValue("run"), r.FormValue("kept") == "true", s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}

// reopen opens a finished run for more presses.
func (s *Server) reopen(w http.ResponseWriter, r *http.Request) error {
	if err := s.presses.Reopen(r.Context(), r.FormValue("run"), s.person(r)); err != nil {
		return err
	}
	return s.done(w, r)
}
