package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestEndedRequestsAreAnswered has pages that fail because the server or the client has gone: none is answered with the
// empty 200 that net/http sends for a handler which wrote nothing.
func TestEndedRequestsAreAnswered(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		for name, failure := range map[string]error{
			"the end of its context": context.Canceled, "its time": context.DeadlineExceeded,
			"the database":  procedures.Errorf(procedures.CodeUnavailable, "the database does not answer"),
			"a lost error":  errors.New("a query failed"),
			"what is wrong": procedures.Errorf(procedures.CodeInvalid, "there is no such step"),
		} {
			t.Run(method+" "+name, func(t *testing.T) {
				s := closed(t, nobody{})
				requests, end := context.WithCancel(t.Context())
				s.Requests = requests
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(requests, method, "/press", nil)
				s.serve(func(_ http.ResponseWriter, r *http.Request) error {
					end() // in the middle of it
					select {
					case <-r.Context().Done():
					case <-time.After(10 * time.Second):
						t.Error("the request goes on after its server has ended")
					}
					return failure
				}).ServeHTTP(w, r)
				answer := w.Result()
				defer answer.Body.Close()
				if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
					t.Errorf("it was answered with %s, %v", answer.Status, answer.Header)
				}
				if says := w.Body.String(); method == http.MethodPost && !strings.Contains(says, "what was kept") {
					t.Errorf("the answer says %q", says)
				}
			})
		}
	}
}

// TestFormsOutliveTheirClient has a client that leaves in the middle: what it asked for comes to its end.
func TestFormsOutliveTheirClient(t *testing.T) {
	s := closed(t, nobody{})
	client, leave := context.WithCancel(t.Context())
	kept := false
	s.serve(func(w http.ResponseWriter, r *http.Request) error {
		leave()
		kept = r.Context().Err() == nil
		w.WriteHeader(http.StatusNoContent)
		return nil
	}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(client, http.MethodPost, "/note", nil))
	if !kept {
		t.Error("what a form asked for ended with its client")
	}
}

// TestFormsHaveTheirTime: what a form asks for is given up, answered with the bound's own sentence and counted; htmx gets it
// as a message on the page, also where the request's own time is over.
func TestFormsHaveTheirTime(t *testing.T) {
	before := limits.HTTPFormTime.Value
	limits.HTTPFormTime.Value = int64(20 * time.Millisecond)
	t.Cleanup(func() { limits.HTTPFormTime.Value = before })
	for _, htmx := range []string{"", "true"} {
		s := closed(t, nobody{})
		times := limits.HTTPFormTime.Times()
		w := httptest.NewRecorder()
		ctx := context.WithValue(t.Context(), personKey{}, access.Person{Name: "ada"})
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/press", nil)
		r.Header.Set("HX-Request", htmx)
		s.serve(func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}).ServeHTTP(w, r)
		if says := w.Body.String(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
			!strings.Contains(says, "not answered within 20ms") || strings.Contains(says, "hx-partial") != (htmx != "") {
			t.Errorf("it is answered %d %q", w.Code, says)
		}
		if limits.HTTPFormTime.Times() != times+1 {
			t.Error("the bound was not counted once")
		}
	}
}
