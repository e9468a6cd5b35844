package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

const (
	// foundOfKind is how many results of each kind a page lists.
	foundOfKind = 8
	// foundInRuns is how many of journals; hitsAtOnce are read together, and at most mostHits are looked at: those that may not be
	// viewed are left out of them.
	foundInRuns, hitsAtOnce, mostHits = 20, 100, 500
	// foundLine is how long a line that was found may be, in letters.
	foundLine = 180
)

// showSearch is the page of what was found, and of the field to look for it.
func (s *Server) showSearch(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Search")
	if err != nil {
		return err
	}
	page, err := s.search(r)
	if err != nil {
		return err
	}
	page.Frame = *f
	return render(w, r, http.StatusOK, templates.SearchPage(page))
}

// showFound is the list of what was found, for the dialog: it asks while somebody types.
func (s *Server) showFound(w http.ResponseWriter, r *http.Request) error {
	page, err := s.search(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.SearchFound(page))
}

// search finds what a request looks for: in the runbooks as far as the person may view them in the environment, and in the journals of
// runs in all environments, of each of which the policy is asked.
func (s *Server) search(r *http.Request) (*templates.Search, error) {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(q) > maxWords {
		return nil, procedures.Errorf(procedures.CodeInvalid, "what you look for is longer than %d bytes", maxWords)
	}
	e, err := s.environment(r)
	if err != nil {
		return nil, err
	}
	page := &templates.Search{Query: q}
	page.Environment, page.Environments = e, s.environmentsOf(r.Context(), s.person(r))
	words := procedures.Words(q)
	if len(words) == 0 {
		return page, nil
	}
	s.searchRunbooks(r.Context(), page, words)
	if err := s.searchRuns(r.Context(), page, words); err != nil {
		return nil, err
	}
	return page, nil
}

// among finds texts that have all of some words. What begins with the first of them goes before the rest.
type among struct {
	words []string
	list  []templates.Found
	first []bool
}

// add adds a result where its title, with what else it is found by, has all words.
func (a *among) add(f templates.Found, besides string) {
	title := strings.ToLower(f.Title)
	text := title + " " + strings.ToLower(besides)
	for _, word := range a.words {
		if !strings.Contains(text, word) {
			return
		}
	}
	a.list, a.first = append(a.list, f), append(a.first, strings.HasPrefix(title, a.words[0]))
}

// best are the first results.
func (a *among) best() (list []templates.Found, more int) {
	order := make([]int, len(a.list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(boolean(a.first[y]), boolean(a.first[x])) })
	for _, i := range order[:min(len(order), foundOfKind)] {
		f := a.list[i]
		f.Marked = templates.MarkWords(f.Title, a.words)
		list = append(list, f)
	}
	return list, len(a.list) - len(list)
}

// searchRunbooks finds procedures, steps, documents and what is wrong with them.
func (s *Server) searchRunbooks(ctx context.Context, page *templates.Search, words []string) {
	shelf := s.shelf(ctx, page.Environment.Name)
	documents, found, steps, mistakes := among{words: words}, among{words: words}, among{words: words}, among{words: words}
	for _, d := range shelf.Documents {
		documents.add(templates.Found{Title: d.Title, Where: d.File, Href: templates.DocumentURL(d.ID)}, d.File)
	}
	for _, c := range shelf.Chapters {
		for _, p := range c.Procedures {
			address := templates.ProcedureURL(p.ID)
			found.add(templates.Found{Title: p.Title, Where: c.Title, Href: address}, c.Title+wordsOf(p))
			for _, step := range p.Steps {
				steps.add(templates.Found{Title: step.Title, Where: p.Title, Href: templates.StepURL(p.ID, step.ID)}, step.Script.Text)
			}
		}
	}
	for _, m := range shelf.Findings {
		mistakes.add(templates.Found{Title: m.Message, Where: m.File, Href: "/mistakes"}, m.File+" "+m.Rule)
	}
	for _, kind := range []struct {
		title string
		among *among
	}{{"Procedures", &found}, {"Steps", &steps}, {"Documents", &documents}, {"Mistakes", &mistakes}} {
		if list, more := kind.among.best(); len(list) > 0 {
			page.Groups = append(page.Groups, templates.FoundGroup{Title: kind.title, List: list, More: more})
		}
	}
}

// searchRuns finds parts of journals, the newest first. What a procedure says in each of its runs stands there once.
func (s *Server) searchRuns(ctx context.Context, page *templates.Search, words []string) error {
	// The beginning of everything finds everything, and takes long.
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return utf8.RuneCountInString(word) < 2 })
	group, said := templates.FoundGroup{Title: "Runs"}, map[string]bool{}
	for before, seen := int64(0), 0; seen < mostHits; {
		hits, err := s.reads.Search(ctx, words, before, hitsAtOnce)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if len(group.List) == foundInRuns {
				group.More = 1
				break
			}
			f, err := s.foundIn(ctx, h, words)
			if err != nil {
				return err
			}
			if f == nil {
				continue
			}
			if line := f.Run.Environment + "\x00" + f.Run.Procedure + "\x00" + fmt.Sprint(f.Marked); !said[line] {
				said[line] = true
				group.List = append(group.List, *f)
			}
		}
		if seen += len(hits); len(hits) < hitsAtOnce || len(group.List) == foundInRuns {
			break
		}
		before = hits[len(hits)-1].ID
	}
	if len(group.List) > 0 {
		page.Groups = append(page.Groups, group)
	}
	return nil
}

// foundIn is the line of a part of a journal that has most of the words; nil where the part may not be viewed, or is gone.
func (s *Server) foundIn(ctx context.Context, h procedures.Hit, words []string) (*templates.Found, error) {
	if s.reads.may(ctx, h.Run.Environment, h.Run.Procedure) != nil {
		return nil, nil //nolint:nilerr // it is as if it were not there
	}
	events, err := s.reads.Since(ctx, h.Run.ID, h.First-1, int(h.Last-h.First)+1)
	if err != nil {
		if ctx.Err() != nil || procedures.CodeOf(err) == procedures.CodeUnavailable {
			return nil, err
		}
		return nil, nil // it was deleted meanwhile, or is damaged
	}
	line, at, most := "", time.Time{}, 0
	for _, e := range events {
		for text := range strings.Lines(journal.Searched(e)) {
			if n := has(text, words); n > most {
				line, at, most = strings.TrimSpace(text), e.At, n
			}
		}
	}
	if line == "" {
		return nil, nil
	}
	f := &templates.Found{
		Title: h.Run.Title, Run: h.Run, At: at, Href: "/runs/" + h.Run.ID, Marked: templates.MarkWords(around(line, words), words),
	}
	if h.Step != "" {
		f.Href = templates.RunStepURL(h.Run.ID, h.Step)
	}
	if i := slices.IndexFunc(s.Environments, func(e procedures.Environment) bool { return e.Name == h.Run.Environment }); i >= 0 {
		f.Environment = &s.Environments[i]
	}
	return f, nil
}

// has is how many words a text has.
func has(text string, words []string) (n int) {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, word) {
			n++
		}
	}
	return n
}

// around is as much of a line as is shown, with the first word that it has.
func around(line string, words []string) string {
	if utf8.RuneCountInString(line) <= foundLine {
		return line
	}
	at, lower := len(line), strings.ToLower(line)
	for _, word := range words {
		if i := strings.Index(lower, word); i >= 0 {
			at = min(at, i)
		}
	}
	from := max(0, min(at, len(line))-foundLine/3)
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	runes := []rune(line[from:])
	out := string(runes[:min(len(runes), foundLine)])
	if from > 0 {
		out = "…" + out
	}
	if len(runes) > foundLine {
		out += "…"
	}
	return out
}
