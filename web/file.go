package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/web/templates"
)

// maxShown bounds the text of a file that a page shows, in bytes; the rest is in the download.
const maxShown = 256 << 10

// showFile is a file that a run's step wrote: as a table where it is one, as text, or to be kept. What is not UTF-8,
// or holds a NUL, is sent as an attachment: it is never shown inline, because a script may have fetched it from
// anywhere. The name is encoded as RFC 8187 has it.
func (s *Server) showFile(w http.ResponseWriter, r *http.Request) error {
	// chi matches the escaped path where there is one, and leaves parameters escaped.
	name, err := url.PathUnescape(chi.URLParam(r, "*"))
	if err != nil {
		return s.nothing(w, r)
	}
	run, err := s.reads.Run(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	data, err := s.reads.File(r.Context(), run.ID, name)
	if err != nil {
		return err
	}
	end, err := s.download(w, r)
	if err != nil {
		return err
	}
	defer end()
	if r.URL.Query().Get("download") == "true" || !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(path.Base(name)))
		_, err = w.Write(data)
		return err
	}
	f, err := s.frame(r, name)
	if err != nil {
		return err
	}
	page := &templates.RunFilePage{
		Frame: *f, Run: run, Name: name, Size: int64(len(data)), Table: tableOfFile(name, data),
		Download: r.URL.EscapedPath() + "?download=true",
	}
	if len(data) > maxShown {
		page.Cut, data = true, data[:maxShown]
	}
	// The cut may be inside of a letter, whose bytes are left out.
	page.Text = templates.Visible(strings.ToValidUTF8(string(data), ""))
	return render(w, r, http.StatusOK, templates.RunFile(page))
}

// tableOfFile reads a file as a table: comma or tab separated values with names in the first line, or a JSON
// document. Nil where it is none. Records may have fewer or more fields than the first line: a missing one is empty,
// one too many is left out. It is a view; the text stands below.
func tableOfFile(name string, data []byte) *templates.Table {
	separator := map[string]rune{".csv": ',', ".tsv": '\t'}[strings.ToLower(path.Ext(name))]
	if separator == 0 {
		v, err := document.Parse(data)
		if err != nil {
			return nil
		}
		if list, ok := v.(document.List); ok {
			return tableOf(list)
		}
		return tableOf([]document.Value{v})
	}
	reader := csv.NewReader(strings.NewReader(string(data)))
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes = separator, -1, true
	records, err := reader.ReadAll()
	if err != nil || len(records) < 2 {
		return nil
	}
	t := &templates.Table{Columns: records[0], More: max(0, len(records)-1-maxRows)}
	for _, record := range records[1:min(len(records), maxRows+1)] {
		row := make([]templates.Cell, len(t.Columns))
		for i := range min(len(row), len(record)) {
			row[i] = cell(record[i])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
