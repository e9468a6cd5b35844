package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showOutput is everything that an execution printed. It is written while it is read, so that an output of any size
// takes little memory.
func (s *Server) showOutput(w http.ResponseWriter, r *http.Request) error {
	run, execution := chi.URLParam(r, "run"), chi.URLParam(r, "execution")
	end, err := s.download(w, r)
	if err != nil {
		return err
	}
	defer end()
	if r.URL.Query().Get("plain") == "true" {
		return s.writePlain(w, r, run, execution)
	}
	found := false
	err = s.each(r.Context(), run, func(e procedures.Event) error {
		if e.Execution != execution || execution == "" {
			return nil
		}
		if !found { // before that nothing is known to be there
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			found = true
		}
		if e.Kind != procedures.EventOutput {
			return nil
		}
		_, err := w.Write([]byte(e.Text))
		return err
	})
	if err == nil && !found {
		return procedures.Errorf(procedures.CodeNotFound, "the run %s has no execution %q, and so no output of it", run, execution)
	}
	return err
}

// download lets an answer take as long as a large one may, over a slow connection, until end is called. Its place among
// the requests in work is for others then: downloads have bounds of their own.
func (s *Server) download(w http.ResponseWriter, r *http.Request) (end func(), err error) {
	who := s.payer(r)
	if err := s.downloads.add(who, 1, limits.HTTPDownloads, limits.HTTPPersonDownloads); err != nil {
		return nil, err
	}
	if leave, ok := r.Context().Value(leaveKey{}).(func()); ok {
		leave()
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limits.HTTPDownloadTime.Time())) // a recorder has none
	return func() { s.downloads.remove(who, 1) }, nil
}

// each reads a journal from its beginning. An error of do ends it without one: do fails only where the reader of the
// answer has gone.
func (s *Server) each(ctx context.Context, run string, do func(procedures.Event) error) error {
	after := int64(0)
	for {
		events, err := s.reads.Since(ctx, run, after, 500)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := do(e); err != nil {
				return nil //nolint:nilerr // the reader has gone
			}
			after = e.Number
		}
		if len(events) < 500 {
			return nil
		}
	}
}

// maxJSON bounds the JSON on a page, in bytes.
const maxJSON = 128 << 10

// jsonOf writes the answers of calls as JSON, bounded by maxJSON. It is cut anywhere where it is too long, with an
// ellipsis, and control characters are made visible: it is for reading.
func jsonOf(documents []document.Value) string {
	var b strings.Builder
	for i, d := range documents {
		data, err := document.AppendJSON(nil, d, "  ", false)
		if err != nil {
			continue
		}
		if i > 0 {
			b.WriteString("\n")
		}
		if b.Len()+len(data) > maxJSON {
			b.Write(data[:max(0, maxJSON-b.Len())])
			b.WriteString("\n…")
			break
		}
		b.Write(data)
	}
	return templates.Visible(strings.ToValidUTF8(b.String(), "�"))
}
