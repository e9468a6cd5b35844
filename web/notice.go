package web

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/limits"
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
	var reached *limits.Error
	if errors.As(err, &reached) {
		return statusOfLimit(reached.Row)
	}
	return http.StatusInternalServerError
}

var heads = map[int]string{
	http.StatusNotFound: "Page not found", http.StatusForbidden: "Not done", http.StatusConflict: "Not done",
	http.StatusUnprocessableEntity: "This cannot be done",
	http.StatusServiceUnavailable:  "Not available right now", http.StatusTooManyRequests: "Too many requests",
}

// notice says what went wrong: to htmx as a message on the page, else as a page.
func (s *Server) notice(w http.ResponseWriter, r *http.Request, status int, err error) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	text := sentence(err)
	if s.fromProgram(r) {
		http.Error(w, text, status)
		return
	}
	if fromHTMX(r) {
		if err := render(w, r, status, partial("#said", "innerHTML", templates.SaidOf(text, valueOf(err)))); err != nil {
			s.Logger.WarnContext(r.Context(), "write an answer", "error", err)
		}
		return
	}
	head := cmp.Or(heads[status], "That did not work")
	frame, ferr := s.noticeFrame(r, head)
	if ferr != nil {
		s.bare(w, r, status, head, text)
		return
	}
	frame.Title = head
	if err := render(w, r, status, templates.NoticePage(&templates.Notice{
		Frame: *frame, Status: status, Head: head, Text: text,
	})); err != nil {
		s.Logger.WarnContext(r.Context(), "write an answer", "error", err)
	}
}

// valueOf is which of the given values an error is about; empty for none.
func valueOf(err error) string {
	var e *procedures.Error
	if errors.As(err, &e) {
		return e.Value
	}
	return ""
}

// bare says what went wrong without a frame: as a page to somebody who is known, else as plain text.
func (s *Server) bare(w http.ResponseWriter, r *http.Request, status int, head, text string) {
	if _, known := r.Context().Value(personKey{}).(access.Person); known {
		page := &templates.Lost{Head: head, Text: text, Assets: s.assets.version, Theme: s.Sessions.GetString(r.Context(), "theme")}
		if render(w, r, status, templates.LostPage(page)) == nil {
			return
		}
	}
	http.Error(w, text, status)
}

// noticeFrame is the frame of a page that says what went wrong; an error for who may not see what is in it. Without
// a frame the notice is bare.
func (s *Server) noticeFrame(r *http.Request, title string) (*templates.Frame, error) {
	if _, known := r.Context().Value(personKey{}).(access.Person); !known {
		return nil, errors.New("nobody was authenticated")
	}
	if len(r.RequestURI) > maxAddress { // the frame has it several times
		return nil, errors.New("the address is too long to be shown")
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

// failed is said of what nobody foresaw.
const failed = "Opsbook failed. Nothing more was done. The cause is in the server’s log."

// sentence is an error as a sentence, wherever people read it: the only place where package web makes text of one. Messages begin
// with a small letter and end without a full stop where they are wrapped by others. An error without a code was not
// foreseen: its text is for the log, and may hold what nobody should read.
func sentence(err error) string {
	var e *procedures.Error
	var reached *limits.Error
	text := ""
	switch {
	case errors.As(err, &e):
		text = e.Message
	case errors.As(err, &reached):
		text = reached.Error()
	}
	if text == "" {
		return failed
	}
	text = procedures.Capital(text)
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
