package web

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
	"github.com/opsbook/opsbook/web/templates/terminal"
)

const (
	// maxHits is how many lines that have the words are shown; all are counted.
	maxHits = 200
	// hitText is how much of a line is shown before and after the words, in letters.
	hitText = 120
)

// showLines is what an execution printed, as a terminal shows it, in pages, and where words stand in it: also in what the page of the run
// does not hold.
func (s *Server) showLines(w http.ResponseWriter, r *http.Request) error {
	run, err := s.reads.Run(r.Context(), chi.URLParam(r, "run"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	page := &templates.LinesPage{Run: run, Execution: chi.URLParam(r, "execution"), Words: strings.TrimSpace(q.Get("q")), From: 1}
	if len(page.Words) > maxWords {
		return procedures.Errorf(procedures.CodeInvalid, "what you look for is longer than %d bytes", maxWords)
	}
	if text := q.Get("from"); text != "" {
		if page.From, err = strconv.Atoi(text); err != nil || page.From < 1 {
			return procedures.Errorf(procedures.CodeInvalid, "%q is no number of a line", text)
		}
	}
	end, err := s.download(w, r)
	if err != nil {
		return err
	}
	defer end()
	step, err := s.lines(r, run.ID, page.Execution, func(l terminal.Line) { addLine(page, l) })
	if err != nil {
		return err
	}
	p, err := s.reads.Procedure(r.Context(), run)
	if err != nil {
		return err
	}
	page.Step = p.Step(step)
	f, err := s.frame(r, "Output: "+p.Title)
	if err != nil {
		return err
	}
	f.Current, page.Frame = p.ID, *f
	return render(w, r, http.StatusOK, templates.LinesOf(page))
}

// addLine counts a line, and keeps it where the page shows it.
func addLine(page *templates.LinesPage, l terminal.Line) {
	page.Total++
	line := templates.NumberedLine{N: page.Total, Line: l}
	if page.Total >= page.From && len(page.Shown) < templates.LinesShown {
		page.Shown = append(page.Shown, line)
	}
	if page.Words == "" {
		return
	}
	text := l.Text()
	at, size := indexFold(text, page.Words)
	if at < 0 {
		return
	}
	if page.Found++; len(page.Hits) < maxHits {
		line.Parts = []templates.MarkedText{
			{Text: lastLetters(text[:at], hitText)}, {Text: text[at : at+size], Hit: true}, {Text: firstLetters(text[at+size:], hitText)},
		}
		page.Hits = append(page.Hits, line)
	}
}

// indexFold is where words stand in a text, however their letters are written, and how many bytes they take there; -1 for nowhere.
func indexFold(text, words string) (at, size int) {
	letters := utf8.RuneCountInString(words)
	for at := range text {
		end, n := at, 0
		for i, r := range text[at:] {
			if n == letters {
				break
			}
			n, end = n+1, at+i+utf8.RuneLen(r)
		}
		if n < letters {
			break
		}
		if strings.EqualFold(text[at:end], words) {
			return at, end - at
		}
	}
	return -1, 0
}

// firstLetters is the beginning of a text.
func firstLetters(text string, most int) string {
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}

// lastLetters is the end of a text.
func lastLetters(text string, most int) string {
	i := len(text)
	for range most {
		_, n := utf8.DecodeLastRuneInString(text[:i])
		i -= n
	}
	if i > 0 {
		return "…" + text[i:]
	}
	return text
}

// lines reads what an execution printed, line by line, and returns its step.
func (s *Server) lines(r *http.Request, run, execution string, do func(terminal.Line)) (step string, err error) {
	var screen terminal.Screen
	found := false
	err = s.each(r.Context(), run, func(e procedures.Event) error {
		if e.Execution != execution || execution == "" {
			return nil
		}
		found, step = true, e.Step
		if p, ok := journal.PieceOf(e); ok {
			templates.PrintOn(&screen, []journal.Piece{p})
			for _, l := range screen.Take().Ended {
				do(l)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if !found {
		return "", procedures.Errorf(procedures.CodeNotFound, "the run %s has no execution %q, and so no output of it", run, execution)
	}
	if last := screen.Take().Last; len(last.Runs) > 0 {
		do(last)
	}
	return step, nil
}

// writePlain is all that an execution printed, as a terminal shows it, as text.
func (s *Server) writePlain(w http.ResponseWriter, r *http.Request, run, execution string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := s.lines(r, run, execution, func(l terminal.Line) {
		text := l.Text()
		if !l.Long {
			text += "\n"
		}
		_, _ = io.WriteString(w, text) // the reader may have gone
	})
	return err
}
