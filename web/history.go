package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

const (
	// listedRuns is how many runs the history lists at a time.
	listedRuns = 50
	// firstRuns is how many runs are read at first: where no filter stands, they fill a page. readRuns is how many are read at a time after
	// them to find those that a filter lets through, and mostRead how many in all before a page says how far back it looked.
	firstRuns, readRuns, mostRead = 100, 500, 20_000
)

// sought is what runs a page of the history lists. Its address is all that it is made of.
type sought struct {
	templates.RunFilter
	from, until time.Time // days in UTC, from the beginning of one to the end of the other; zero for none
	words       []string
	began       time.Time // the cursor: the run before the first that is listed
	id          string
}

// soughtBy reads an address.
func soughtBy(q url.Values) (f sought, err error) {
	f.RunFilter = templates.RunFilter{
		Every: q.Get("every") == "true", Procedure: strings.TrimSpace(q.Get("procedure")), Verdict: q.Get("verdict"),
		By: strings.TrimSpace(q.Get("by")), From: q.Get("from"), To: q.Get("to"), Changes: q.Get("changes") == "true",
		Words: strings.TrimSpace(q.Get("q")),
	}
	for _, text := range []string{f.Procedure, f.By, f.Words} {
		if len(text) > maxWords {
			return f, procedures.Errorf(procedures.CodeInvalid, "what you look for is longer than %d bytes", maxWords)
		}
	}
	if f.Verdict != "" && !slices.Contains(templates.RunVerdicts, f.Verdict) {
		return f, procedures.Errorf(procedures.CodeInvalid, "the history is filtered by %s, not by %q",
			strings.Join(templates.RunVerdicts, ", "), f.Verdict)
	}
	for text, at := range map[string]*time.Time{f.From: &f.from, f.To: &f.until} {
		if text == "" {
			continue
		}
		if *at, err = time.Parse(time.DateOnly, text); err != nil {
			return f, procedures.Errorf(procedures.CodeInvalid, "%q is no date: write it as 2026-11-30", text)
		}
	}
	if !f.until.IsZero() {
		f.until = f.until.AddDate(0, 0, 1)
	}
	f.words = strings.Fields(strings.ToLower(f.Words))
	if before := q.Get("before"); before != "" {
		text, of, _ := strings.Cut(before, ".")
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return f, procedures.Errorf(procedures.CodeInvalid, "%q is no place in the list of runs", before)
		}
		f.began, f.id = time.UnixMilli(ms), of
	} else {
		f.began = f.until
	}
	return f, nil
}

// has reports whether a run is one that is looked for, as far as its head tells.
func (f *sought) has(run *procedures.Run) bool {
	switch {
	case f.Procedure != "" && !strings.Contains(strings.ToLower(run.Procedure+" "+run.Title), strings.ToLower(f.Procedure)),
		f.By != "" && !strings.EqualFold(f.By, run.StartedBy),
		f.Verdict == templates.RunOpen && run.State != procedures.RunOpen,
		f.Verdict != "" && f.Verdict != templates.RunOpen && f.Verdict != templates.Tone(run.Verdict),
		!f.until.IsZero() && !run.StartedAt.Before(f.until):
		return false
	}
	if len(f.words) == 0 {
		return true
	}
	text := run.ID + " " + run.Title + " " + run.Procedure + " " + run.StartedBy + " " + run.Environment
	for _, value := range run.Parameters {
		text += " " + value
	}
	text = strings.ToLower(text)
	return !slices.ContainsFunc(f.words, func(word string) bool { return !strings.Contains(text, word) })
}

// found are the runs that were looked for.
type found struct {
	runs    []*procedures.Run
	changes map[string]int  // by run: how many steps have applied changes
	last    *procedures.Run // the last that was looked at, nil where there are no more
	seen    bool            // last may be viewed: its id may be told
	short   bool            // it was looked at mostRead runs, and not to the end
}

// look looks for runs, the newest first, in environments that the person may view. What is read of a run that may not be viewed is when
// it began, and nothing of it is told.
func (s *Server) look(ctx context.Context, f *sought, environments []procedures.Environment) (out found, err error) {
	out.changes = map[string]int{}
	began, id := f.began, f.id
	limit := firstRuns
	for read := 0; ; limit = readRuns {
		batch, last, n, err := s.newestIn(ctx, environments, began, id, limit)
		if err != nil {
			return out, err
		}
		read += n
		var some []*procedures.Run
		for _, run := range batch {
			if !f.from.IsZero() && run.StartedAt.Before(f.from) {
				last = nil // all that come are older
				break
			}
			if f.has(run) {
				some = append(some, run)
			}
		}
		changes, err := s.reads.Changes(ctx, some)
		if err != nil {
			return out, err
		}
		for _, run := range some {
			if f.Changes && changes[run.ID] == 0 {
				continue
			}
			out.runs = append(out.runs, run)
			out.changes[run.ID] = changes[run.ID]
			if len(out.runs) == listedRuns {
				if last != nil || run != some[len(some)-1] {
					out.last, out.seen = run, true
				}
				return out, nil
			}
		}
		if last == nil {
			return out, nil
		}
		began, id = last.StartedAt, last.ID
		if read >= mostRead {
			out.last, out.seen, out.short = last, slices.Contains(batch, last), true
			return out, nil
		}
	}
}

// newestIn are the newest runs of environments, at most limit of each, before one that began at a time and has an id, as far as they may
// be viewed; the last of those that were looked at, nil where there are no more; and how many were read.
func (s *Server) newestIn(
	ctx context.Context, environments []procedures.Environment, began time.Time, id string, limit int,
) (list []*procedures.Run, last *procedures.Run, read int, err error) {
	more := false
	for _, e := range environments {
		some, end, err := s.reads.Before(ctx, "", e.Name, began, id, limit)
		if err != nil {
			return nil, nil, 0, err
		}
		read += limit
		list = append(list, some...)
		// Where several are read, no run is listed before those of another environment that are newer.
		if end != nil && (!more || end.StartedAt.After(last.StartedAt)) {
			last, more = end, true
		}
	}
	slices.SortStableFunc(list, func(a, b *procedures.Run) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt), cmp.Compare(b.ID, a.ID))
	})
	if more {
		list = slices.DeleteFunc(list, func(run *procedures.Run) bool {
			return run.StartedAt.Before(last.StartedAt) || run.StartedAt.Equal(last.StartedAt) && run.ID < last.ID
		})
	}
	return list, last, read, nil
}

// places are the environments that a filter is about.
func (s *Server) places(r *http.Request, f *sought, own procedures.Environment) []procedures.Environment {
	if f.Every {
		return s.environmentsOf(r.Context(), s.person(r))
	}
	return []procedures.Environment{own}
}

// showRuns is the history: the newest runs of an environment, or of all, as far as its address asks for them.
func (s *Server) showRuns(w http.ResponseWriter, r *http.Request) error {
	f, err := soughtBy(r.URL.Query())
	if err != nil {
		return err
	}
	frame, err := s.frame(r, "History")
	if err != nil {
		return err
	}
	all, err := s.look(r.Context(), &f, s.places(r, &f, frame.Environment))
	if err != nil {
		return err
	}
	page := &templates.Runs{Frame: *frame, RunFilter: f.RunFilter}
	for _, run := range all.runs {
		page.Runs = append(page.Runs, s.listedRun(r.Context(), run, all.changes[run.ID]))
	}
	if all.last != nil {
		page.Older = page.Address(cursor(all))
		if all.short {
			page.LookedTo = all.last.StartedAt
		}
	}
	if r.URL.Query().Get("before") != "" {
		page.Newest = page.Address("")
	}
	page.Lines = strings.Replace(page.Address(r.URL.Query().Get("before")), "/runs?", "/runs.jsonl?", 1)
	return render(w, r, http.StatusOK, templates.RunsPage(page))
}

// cursor is the place behind the last run that was looked at. The id of one that may not be viewed is not told.
func cursor(f found) string {
	out := strconv.FormatInt(f.last.StartedAt.UnixMilli(), 10)
	if f.seen {
		out += "." + f.last.ID
	}
	return out
}

// mostStands is how long the journal of a run may be that the history reads to say how far the run is.
const mostStands = 1000

// listedRun is a line of the history. How far a run is, and why it is red, is in its journal: it is read of those that are open or red.
// One whose record is damaged is listed by its head.
func (s *Server) listedRun(ctx context.Context, run *procedures.Run, changes int) templates.ListedRun {
	out := templates.ListedRun{Run: run, Changes: changes}
	if run.State == procedures.RunFinished && templates.Tone(run.Verdict) != "fail" || run.Last > mostStands {
		return out
	}
	p := s.newestText(run)
	if p == nil {
		var err error
		if p, err = s.reads.Procedure(ctx, run); err != nil {
			return out
		}
	}
	if standing, err := s.standings.of(ctx, run, p); err == nil {
		out.Standing = &standing
	}
	return out
}

// showRunLines is what the page of the same address lists, a line of JSON each: NDJSON has no registered media type.
func (s *Server) showRunLines(w http.ResponseWriter, r *http.Request) error {
	f, err := soughtBy(r.URL.Query())
	if err != nil {
		return err
	}
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	all, err := s.look(r.Context(), &f, s.places(r, &f, e))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", "attachment; filename=runs.jsonl")
	to := json.NewEncoder(w)
	for _, run := range all.runs {
		line := *run
		line.Parameters = s.openValues(run)
		if err := to.Encode(struct {
			*procedures.Run
			Changes int `json:"changes"`
		}{&line, all.changes[run.ID]}); err != nil {
			return nil //nolint:nilerr // the reader has gone
		}
	}
	return nil
}

// openValues are the values of a run without those of secret parameters.
func (s *Server) openValues(run *procedures.Run) map[string]string {
	p := s.newestText(run)
	out := map[string]string{}
	for name, value := range run.Parameters {
		if p == nil || parameterOf(p, name) == nil || parameterOf(p, name).Secret {
			continue
		}
		out[name] = value
	}
	return out
}

// chooseCompare leads to the comparison of the two runs that were chosen in the history: each has a field of its own, run.ID, as a field
// has one value.
func (s *Server) chooseCompare(w http.ResponseWriter, r *http.Request) error {
	var chosen []string
	for name := range r.URL.Query() {
		if id, ok := strings.CutPrefix(name, "run."); ok {
			chosen = append(chosen, id)
		}
	}
	if len(chosen) != 2 {
		return procedures.Errorf(procedures.CodeInvalid, "%s chosen. Choose two runs of one procedure in the history",
			templates.Plural(len(chosen), "run is", "runs are"))
	}
	for _, id := range chosen {
		if _, err := s.reads.Run(r.Context(), id); err != nil {
			return err
		}
	}
	http.Redirect(w, r, here(templates.CompareURL(url.PathEscape(chosen[1]), url.PathEscape(chosen[0]), "")), http.StatusFound)
	return nil
}

// history is the last runs of a procedure, the newest last. There are at most 14.
func (s *Server) history(ctx context.Context, procedure, environment string) ([]*procedures.Run, error) {
	list, err := s.reads.History(ctx, procedure, environment, 14)
	slices.Reverse(list)
	return list, err
}
