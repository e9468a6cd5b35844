package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// listedRuns is how many runs the page of runs lists at a time.
const listedRuns = 200

// showRuns is the page of the newest runs in an environment, or of those that began before the one that its address names: by when
// it began, and its id.
func (s *Server) showRuns(w http.ResponseWriter, r *http.Request) error {
	began, id := time.Time{}, ""
	if before := r.URL.Query().Get("before"); before != "" {
		text, of, _ := strings.Cut(before, ".")
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return procedures.Errorf(procedures.CodeInvalid, "%q is no place in the list of runs", before)
		}
		began, id = time.UnixMilli(ms), of
	}
	f, err := s.frame(r, "Runs")
	if err != nil {
		return err
	}
	list, last, err := s.reads.Before(r.Context(), "", f.Environment.Name, began, id, listedRuns)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, templates.RunsPage(&templates.Runs{Frame: *f, Runs: list, Older: olderThan(f, list, last)}))
}

// olderThan is the address of the runs before the last that was looked at. The id of one that may not be viewed is not told.
func olderThan(f *templates.Frame, list []*procedures.Run, last *procedures.Run) string {
	if last == nil {
		return ""
	}
	before := strconv.FormatInt(last.StartedAt.UnixMilli(), 10)
	if slices.Contains(list, last) {
		before += "." + last.ID
	}
	return "/runs?" + url.Values{"environment": {f.Environment.Name}, "before": {before}}.Encode()
}

// history is the last runs of a procedure, the newest last. There are at most 14.
func (s *Server) history(ctx context.Context, procedure, environment string) ([]*procedures.Run, error) {
	list, err := s.reads.History(ctx, procedure, environment, 14)
	slices.Reverse(list)
	return list, err
}
