package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// showOutput is everything that an execution printed.
func (s *Server) showOutput(w http.ResponseWriter, r *http.Request) error {
	run, execution := chi.URLParam(r, "run"), chi.URLParam(r, "execution")
	if _, err := s.Runs.Run(r.Context(), run); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return s.each(r.Context(), run, func(e procedures.Event) error {
		if e.Execution != execution || e.Kind != procedures.EventOutput {
			return nil
		}
		_, err := w.Write([]byte(e.Text))
		return err
	})
}

// each reads a journal from its beginning.
func (s *Server) each(ctx context.Context, run string, do func(procedures.Event) error) error {
	after := int64(0)
	for {
		events, err := s.Runs.Since(ctx, run, after, 500)
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

// maxOutput bounds the output of a step on a page, in bytes: a browser stays quick, and all of it is one click away.
const maxOutput = 64 << 10

// tail is the end of an output as far as a page shows it, and whether its beginning is left out.
func tail(list []journal.Piece) (shown []journal.Piece, cut bool) {
	left := maxOutput
	for i, p := range slices.Backward(list) {
		if len(p.Text) > left {
			rest := p.Text[len(p.Text)-left:]
			if _, lines, ok := strings.Cut(rest, "\n"); ok && lines != "" { // from the beginning of a line
				p.Text = lines
				return append([]journal.Piece{p}, list[i+1:]...), true
			}
			return list[i+1:], true
		}
		left -= len(p.Text)
	}
	return list, false
}

// pieces are the parts of an output with their classes.
func pieces(list []journal.Piece) []templates.Piece {
	out := make([]templates.Piece, 0, len(list))
	for _, p := range list {
		switch {
		case p.Kind == procedures.EventCommand:
			out = append(out, templates.Piece{Class: "p", Text: "$ " + strings.TrimRight(p.Text, "\n") + "\n"})
		case p.Kind == procedures.EventNotice, p.Kind == procedures.EventSample:
			out = append(out, templates.Piece{Class: "remark", Text: strings.TrimRight(p.Text, "\n") + "\n"})
		case p.Stream == "stderr":
			out = append(out, templates.Piece{Class: "stderr", Text: visible(p.Text)})
		default:
			out = append(out, templates.Piece{Text: visible(p.Text)})
		}
	}
	return out
}

// visible shows control characters, and what turns the direction of text around, as signs.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r < ' ':
			return '\u2400' + r // U+2400…: the control pictures
		case r == 0x7f:
			return '\u2421'
		case r >= 0x80 && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, text)
}

// callLine is a call that was made, with what it came to.
func callLine(c procedures.Call) templates.CallLine {
	line := templates.CallLine{Line: journal.CallLine(c), Duration: c.Duration, Retries: c.Retries, Rehearsed: c.Rehearsed, Advice: c.Advice}
	switch {
	case c.Judgement != nil:
		line.Verdict, line.Reason = c.Judgement.Verdict, c.Judgement.Reason
	case c.RuleVerdict != nil:
		line.Verdict, line.Reason = c.RuleVerdict.Verdict, c.RuleVerdict.Reason
	case c.Status != 0:
		line.Verdict, line.Reason = procedures.Errored, c.Error
	default:
		line.Verdict = procedures.Info
	}
	return line
}

// maxJSON bounds the JSON on a page, in bytes.
const maxJSON = 128 << 10

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
	return visible(strings.ToValidUTF8(b.String(), "�"))
}
