package web

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/opsbook/opsbook/internal/cards"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// cardPath is the picture of a link (Open Graph). What it is of stands in its query, as for a stream (see ofStream), with the step.
const cardPath = "/card.png"

// cardTime is how long a channel may show the picture of a link before it asks again.
const cardTime = time.Minute

// showCard is the picture of a procedure, a run, or a step of them, as it is now.
func (s *Server) showCard(w http.ResponseWriter, r *http.Request) error {
	page, err := s.pageOfCard(r)
	if err != nil {
		return err
	}
	step, err := s.opened(r, page)
	if err != nil {
		return err
	}
	c := cardOf(page, step)
	data, err := s.cards.PNG(c)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("ETag", `"`+c.Digest()+`"`)
	h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d", int(cardTime.Seconds())))
	if r.Header.Get("If-None-Match") == h.Get("ETag") {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = w.Write(data) // the reader may have gone
	return nil
}

func (s *Server) pageOfCard(r *http.Request) (*templates.RunPage, error) {
	q := r.URL.Query()
	if q.Get("fixed") == "true" {
		return s.runPage(r, q.Get("run"))
	}
	e, err := s.environment(r)
	if err != nil {
		return nil, err
	}
	p, err := s.find(r.Context(), e.Name, q.Get("procedure"))
	if err != nil {
		return nil, err
	}
	return s.procedurePage(r, e, p)
}

// opened is the step that an address names, as the address has it; nil where it names none.
func (s *Server) opened(r *http.Request, page *templates.RunPage) (*templates.Step, error) {
	page.Open = r.URL.Query().Get("step")
	was, err := s.was(r, page)
	if err != nil || was != nil {
		page.Was = was
		return was, err
	}
	step := page.Steps[page.Open]
	if page.Open != "" && step == nil {
		return nil, procedures.Errorf(procedures.CodeNotFound,
			"%s has no step %q. The runbook may have been edited; open %s to see its steps", page.Procedure.Title, page.Open, page.URL())
	}
	return step, nil
}

// cardOf is what the picture of a page shows, or of its step.
func cardOf(page *templates.RunPage, step *templates.Step) *cards.Card {
	c := &cards.Card{
		Title: page.Procedure.Title, ID: page.Procedure.ID, Environment: page.Environment.Name, Colour: page.Environment.Colour,
		Account: page.AccountWords(), Progress: fmt.Sprintf("%d of %d steps", page.Meter.Done, page.Meter.Total),
	}
	if page.Meter.Total == 1 {
		c.Progress = fmt.Sprintf("%d of 1 step", page.Meter.Done)
	}
	for _, v := range page.Meter.Parts {
		c.Parts = append(c.Parts, templates.Tone(v))
	}
	if page.Run == nil {
		c.Tone, c.Word = "none", "not run yet"
	} else {
		c.Tone, c.Word, c.Sentence, c.At = page.Standing.Tone(), page.Standing.Word(), page.Standing.Reason, page.Run.StartedAt
		for _, s := range page.Steps {
			if s.Ended.After(c.At) {
				c.At = s.Ended
			}
		}
	}
	if step == nil {
		return c
	}
	c.Title, c.ID, c.At, c.Sentence = step.Title, page.Procedure.ID+" "+step.ID, step.Ended, step.Sub()
	switch {
	case step.Running():
		c.Tone, c.Word = "run", "running"
	case step.Verdict() == "":
		c.Tone, c.Word = "none", "not run yet"
	default:
		c.Tone, c.Word = templates.Tone(step.Verdict()), templates.Word(step.Verdict())
	}
	return c
}

// cardAddress is where the picture of a page is. It holds a digest of what the picture shows, so that channels ask for the next one.
func cardAddress(r *http.Request, page *templates.RunPage, step *templates.Step) string {
	q := url.Values{"environment": {page.Environment.Name}, "v": {cardOf(page, step).Digest()}}
	if page.Fixed {
		q.Set("fixed", "true")
		q.Set("run", page.Run.ID)
	} else {
		q.Set("procedure", page.Procedure.ID)
	}
	if step != nil {
		q.Set("step", page.Open)
		if at := r.URL.Query().Get("at"); at != "" {
			q.Set("at", at)
		}
	}
	return cardPath + "?" + q.Encode()
}
