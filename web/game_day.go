package web

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showGameDay is the page on which a game day is begun and followed.
func (s *Server) showGameDay(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Game day")
	if err != nil {
		return err
	}
	page := &templates.GameDayView{Frame: *f, Chosen: r.FormValue("procedure")}
	if f.Environment.Sandbox() && s.Sandbox != nil {
		shelf := s.shelf(r.Context(), f.Environment.Name)
		page.Procedures = shelf.Procedures()
		if page.On, page.Past, err = s.Sandbox.Games(r.Context()); err != nil {
			return err
		}
		page.Past = s.visibleGames(r, f.Environment, page.Past)
		if on := page.On; on != nil {
			if on.Name = s.gameName(r, f.Environment, on.Procedure); on.Name == "" { // what was seen of it is not theirs to see
				page.On = &templates.Game{Name: "another procedure", By: on.By, Begun: on.Begun, Hash: on.Hash}
			}
		}
	}
	return render(w, r, http.StatusOK, templates.GameDayPage(page))
}

// visibleGames are those of procedures that the person may view, with their names.
func (s *Server) visibleGames(r *http.Request, e procedures.Environment, all []templates.Game) []templates.Game {
	var out []templates.Game
	for _, g := range all {
		if g.Name = s.gameName(r, e, g.Procedure); g.Name != "" {
			out = append(out, g)
		}
	}
	return out
}

// gameName is what a game is about; empty where the person may not view that.
func (s *Server) gameName(r *http.Request, e procedures.Environment, procedure string) string {
	if procedure == "" {
		return "all procedures"
	}
	for _, p := range s.shelf(r.Context(), e.Name).Procedures() {
		if p.ID == procedure {
			return p.Title
		}
	}
	return ""
}

// showGame is the record of a game that is over.
func (s *Server) showGame(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Game day")
	if err != nil {
		return err
	}
	page := &templates.GameDayEvidence{Frame: *f}
	if s.Sandbox != nil {
		_, past, err := s.Sandbox.Games(r.Context())
		if err != nil {
			return err
		}
		for _, g := range s.visibleGames(r, f.Environment, past) {
			if g.ID == r.FormValue("game") {
				page.Game = g
			}
		}
		for _, g := range s.visibleGames(r, f.Environment, past) {
			if g.ID != page.Game.ID && g.Procedure == page.Game.Procedure {
				page.Earlier = append(page.Earlier, g)
			}
		}
	}
	if page.Game.ID == "" {
		return procedures.Errorf(procedures.CodeNotFound, "no game day is called %q, or it is not over", r.FormValue("game"))
	}
	return render(w, r, http.StatusOK, templates.GameDayEvidencePage(page))
}

// beginGame lets the sandbox choose a fault in secret.
func (s *Server) beginGame(w http.ResponseWriter, r *http.Request) error {
	e, err := s.onSandbox(r)
	if err != nil {
		return err
	}
	procedure := r.PostForm.Get("procedure")
	if s.gameName(r, e, procedure) == "" {
		return procedures.Errorf(procedures.CodeNotFound, "no procedure is called %q", procedure)
	}
	if err := s.Sandbox.BeginGame(r.Context(), procedure, s.person(r).Name); err != nil {
		return err
	}
	return s.gameChanged(w, r, e, procedure, "began a game day")
}

// endGame gives the game up that is on.
func (s *Server) endGame(w http.ResponseWriter, r *http.Request) error {
	e, err := s.onSandbox(r)
	if err != nil {
		return err
	}
	if err := s.Sandbox.EndGame(r.Context()); err != nil {
		return err
	}
	return s.gameChanged(w, r, e, "", "gave a game day up")
}

// onSandbox is the environment of a request, which has to be on the sandbox.
func (s *Server) onSandbox(r *http.Request) (procedures.Environment, error) {
	e, err := s.environment(r)
	if err == nil && (s.Sandbox == nil || !e.Sandbox()) {
		err = procedures.Errorf(procedures.CodeConflict, "only environments on the sandbox have game days")
	}
	return e, err
}

// gameChanged records what somebody did with a game, and leads back.
func (s *Server) gameChanged(w http.ResponseWriter, r *http.Request, e procedures.Environment, procedure, what string) error {
	s.recorded(r, what)
	err := s.record(r, audit.Entry{
		Kind: audit.GameDay, Result: "allowed", Environment: e.Name, Procedure: procedure, Text: what,
	})
	if err != nil {
		return procedures.Afterwards("what you did with the game day is done", err)
	}
	return back(w, r)
}
