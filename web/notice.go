package web

import (
	"errors"
	"github.com/opsbook/opsbook/internal/access"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// statusOf is the status of an error; 500 where it has no code, as nothing foreseen went wrong. 422 is for a form
// that is understood but cannot be done (RFC 9110, 15.5.21), 409 for one that the state of a run forbids at the
// moment (15.5.10).
func statusOf(err error) int {
	switch procedures.CodeOf(err) {
	case procedures.CodeInvalid:
		return http.StatusUnprocessableEntity
	case procedures.CodeNotFound:
		return http.StatusNotFound
	case procedures.CodeRefused:
		return http.StatusForbidden
	case procedures.CodeConflict:
		return http.StatusConflict
	case procedures.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

var heads = map[int]string{
	http.StatusNotFound: "Page not found", http.StatusForbidden: "Not done", http.StatusConflict: "Not done",
	http.StatusUnprocessableEntity: "Something is missing",
	http.StatusServiceUnavailable:  "Not available right now", http.StatusRequestEntityTooLarge: "Request too large",
}

// notice says what went wrong: to htmx as a message on the page, else as a page. An error without a code was not
// foreseen: its text is for the log, and may hold what nobody should read.
func (s *Server) notice(w http.ResponseWriter, r *http.Request, status int, err error) {
	text := sentence(err)
	if status == http.StatusInternalServerError {
		text = "Opsbook failed. Nothing more was done. The cause is in the server’s log."
	}
	if fromHTMX(r) {
		if err := render(w, r, status, partial("#said", "innerHTML", templates.Said(text))); err != nil {
			s.Logger.WarnContext(r.Context(), "write an answer", "error", err)
		}
		return
	}
	frame, ferr := s.noticeFrame(r, heads[status])
	if ferr != nil {
		http.Error(w, text, status)
		return
	}
	head := heads[status]
	if head == "" {
		head = "That did not work"
	}
	frame.Title = head
	if err := render(w, r, status, templates.NoticePage(&templates.Notice{
		Frame: *frame, Status: status, Head: head, Text: text,
	})); err != nil {
		s.Logger.WarnContext(r.Context(), "write an answer", "error", err)
	}
}

// noticeFrame is the frame of a page that says what went wrong; an error for who may not see what is in it. Without
// a frame the notice is plain text.
func (s *Server) noticeFrame(r *http.Request, title string) (*templates.Frame, error) {
	if _, known := r.Context().Value(personKey{}).(access.Person); !known {
		return nil, errors.New("nobody was authenticated")
	}
	at, err := ofEnvironment(s, r)
	if err != nil {
		return nil, err
	}
	if err := s.may(r, access.View, at); err != nil {
		return nil, err
	}
	return s.frame(r, title)
}

// sentence is an error as a sentence. Messages begin with a small letter and end without a full stop where they are
// wrapped by others.
func sentence(err error) string {
	var e *procedures.Error
	text := err.Error()
	if errors.As(err, &e) {
		text = e.Message
	}
	if text == "" {
		return "That did not work."
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
