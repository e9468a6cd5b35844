package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// bounded bounds the body of every request before anything reads it. It is the outermost handler: a body that is too
// large ends the connection, which only the server's own writer can do.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limits.HTTPBodyBytes.Value)
		next.ServeHTTP(w, r)
	})
}

// taken takes in the body of a request, which has to be a form, before it goes on to next: within limits.HTTPBodyTime,
// and as far as the bodies of others leave room. A request whose body is slow holds its body, but no place among those
// that are in work. next is served with the form read, and without a read deadline: http.Server's would end a request
// that is answered late.
func (s *Server) taken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := &bodyReader{tally: &s.bodies, who: s.payer(r)}
		defer body.release()
		if status, rule, err := body.take(w, r); err != nil {
			s.cut(w)
			s.refuse(w, r, status, rule, sentence(err))
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Time{}) // a recorder has none
		_ = control.SetWriteDeadline(time.Now().Add(limits.HTTPWait.Time() + limits.HTTPAnswerTime.Time()))
		next.ServeHTTP(w, readForm(r))
	})
}

// cut ends the connection after the answer, without waiting for the rest of the body.
func (s *Server) cut(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now())
}

// bodyReader takes in one body, and charges what it holds. The buffer is not embedded: io.Copy would fill it by its
// ReadFrom, which charges nothing.
type bodyReader struct {
	tally  *tally
	who    string
	held   int64
	buffer bytes.Buffer
}

// Write implements io.Writer: what does not fit is not held.
func (b *bodyReader) Write(p []byte) (int, error) {
	if need := int64(b.buffer.Len() + len(p)); need > b.held {
		more := max(need-b.held, min(b.held, 256<<10)) // a buffer doubles
		if err := b.tally.add(b.who, more, limits.HTTPBodies, limits.HTTPAddressBodies); err != nil {
			return 0, err
		}
		b.held += more
	}
	return b.buffer.Write(p)
}

// release gives back what was charged.
func (b *bodyReader) release() { b.tally.remove(b.who, b.held) }

// take reads the body of a request, and puts it in the place of the connection. Otherwise it returns the status and
// the rule of what is wrong.
func (b *bodyReader) take(w http.ResponseWriter, r *http.Request) (status int, rule string, err error) {
	kind := r.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "multipart/"), r.ContentLength != 0 && !isForm(kind):
		return http.StatusUnsupportedMediaType, "media type", procedures.Errorf(procedures.CodeInvalid,
			"the server takes forms of the type %s only, and no files; nothing was done", formType)
	case r.ContentLength == 0:
		return 0, "", nil
	case r.ContentLength > limits.HTTPBodyBytes.Value:
		return http.StatusRequestEntityTooLarge, limits.HTTPBodyBytes.Name, limits.HTTPBodyBytes.Reached()
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(limits.HTTPBodyTime.Time()))
	_, err = io.Copy(b, r.Body)
	var tooLarge *http.MaxBytesError
	var reached *limits.Error
	switch {
	case err == nil:
		r.Body = io.NopCloser(&b.buffer)
		return 0, "", nil
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, limits.HTTPBodyBytes.Name, limits.HTTPBodyBytes.Reached()
	case errors.As(err, &reached):
		return statusOfLimit(reached.Row), reached.Row.Name, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, limits.HTTPBodyTime.Name, limits.HTTPBodyTime.Reached()
	}
	return http.StatusBadRequest, "body", procedures.Errorf(procedures.CodeInvalid, "the form did not arrive whole; nothing was done")
}

// inWork lets a request go on when it is its turn. A stream has bounds of its own: see stream.
func (s *Server) inWork(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, err := s.gate.enter(r.Context(), s.payer(r))
		var reached *limits.Error
		switch {
		case errors.As(err, &reached):
			w.Header().Set("Retry-After", "2")
			s.refuse(w, r, statusOfLimit(reached.Row), reached.Row.Name, sentence(err))
			return
		case err != nil: // the client has gone
			return
		}
		var once sync.Once
		left := func() { once.Do(leave) }
		defer left()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), leaveKey{}, left)))
	})
}

// leaveKey is where inWork leaves what gives the place of a request to others, in its context.
type leaveKey struct{}

// payer is whom the bounds of a person count: somebody who is signed in, else everybody at an address. Names that
// people gave themselves cost nothing.
func (s *Server) payer(r *http.Request) string {
	if p := s.person(r); p.Issuer != "" && !p.Claimed {
		return p.Key()
	}
	return s.address(r)
}

// statusOfLimit is the status of a bound that was met: the client's own (RFC 6585, 4), or the server's.
func statusOfLimit(row *limits.Row) int {
	switch row {
	case limits.HTTPAddressBodies, limits.HTTPPersonRequests, limits.HTTPPersonStreams, limits.HTTPPersonDownloads,
		limits.SessionsAtOnce, limits.SessionsOfAddress, limits.SignInAttempts:
		return http.StatusTooManyRequests
	case limits.HTTPBodyBytes:
		return http.StatusRequestEntityTooLarge
	case limits.HTTPBodyTime:
		return http.StatusRequestTimeout
	case limits.FieldBytes, limits.PasswordBytes:
		return http.StatusUnprocessableEntity
	}
	return http.StatusServiceUnavailable
}
