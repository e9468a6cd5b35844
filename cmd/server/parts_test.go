package main

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

var (
	nextPart    = regexp.MustCompile(`<a class="btn" rel="next" href="([^"]+)"`)
	homeLink    = regexp.MustCompile(`<td><a href="/procedures/([^"]+)"`)
	runLink     = regexp.MustCompile(`<td class="what"><a href="/runs/([^"]+)"`)
	homeStream  = regexp.MustCompile(`hx-sse:connect="(/stream\?home=true[^"]*)"`)
	homeTrended = regexp.MustCompile(`aria-label="last 10 runs: 10 passed"`)
)

// follow goes from a page to the next part, and returns what it links to on each, by a pattern.
func follow(t *testing.T, server, page string, links *regexp.Regexp) (parts [][]string) {
	t.Helper()
	for range 50 {
		status, body := get(t, server+page)
		if status != http.StatusOK {
			t.Fatalf("%s is answered with %d", page, status)
		}
		var part []string
		for _, found := range links.FindAllStringSubmatch(body, -1) {
			part = append(part, found[1])
		}
		parts = append(parts, part)
		next := nextPart.FindStringSubmatch(body)
		if next == nil {
			return parts
		}
		page = html.UnescapeString(next[1])
	}
	t.Fatal("the parts have no end")
	return nil
}

// TestLongListsHaveParts follows the links of the first page and of the page of runs, without a script: everything is on one of the
// parts. What is looked for is found, and a part's stream is that part.
func TestLongListsHaveParts(t *testing.T) {
	t.Parallel()
	var book strings.Builder
	book.WriteString("# Book\n")
	for i := range 230 {
		fmt.Fprintf(&book, "\n## Procedure %03d\n\n```bash\n# Ask\naws sts get-caller-identity\n```\n", i)
	}
	s := start(t, runbookFolder(t, book.String()))
	var runs []string
	err := s.db.Update(t.Context(), func(tx procedures.Tx) error {
		for i := range 430 {
			at := time.Date(2026, 11, 1, 0, i/3, 0, 0, time.UTC) // three began at the same time
			r := &procedures.Run{
				ID: fmt.Sprintf("run%05d", 3*(i/3)+2-i%3), Procedure: fmt.Sprintf("book/procedure-%03d", 150+i%20), Title: "P", Digest: "d",
				Environment: "sandbox", State: procedures.RunFinished, Verdict: procedures.Passed, StartedAt: at, UpdatedAt: at,
				FinishedAt: at,
			}
			runs = append(runs, r.ID)
			if err := s.db.InsertRun(t.Context(), tx, r, "book.md"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	home := follow(t, s.address, "/", homeLink)
	var want []string
	for i := range 230 {
		want = append(want, fmt.Sprintf("book/procedure-%03d", i))
	}
	if got := slices.Concat(home...); len(home) != 5 || !slices.Equal(got, want) {
		t.Errorf("the first page has %d parts with %d procedures: %v", len(home), len(got), got)
	}
	if found := follow(t, s.address, "/?q=229+procedure", homeLink); len(found) != 1 || !slices.Equal(found[0], want[229:]) {
		t.Errorf("found are %v", found)
	}
	_, none := get(t, s.address+"/?q=%3Cb%3E")
	if !strings.Contains(none, "No name has “&lt;b&gt;”.") {
		t.Errorf("nothing is found: %s", none)
	}
	_, fourth := get(t, s.address+"/?from=150")
	if n := len(homeTrended.FindAllString(fourth, -1)); n != 20 {
		t.Errorf("%d strips of ten runs are on the fourth part, want 20", n)
	}
	stream := homeStream.FindStringSubmatch(fourth)
	if stream == nil {
		t.Fatal("the part has no stream")
	}
	_, live := get(t, s.address+html.UnescapeString(stream[1])+"&once=true")
	if !strings.Contains(live, want[150]) || strings.Contains(live, want[149]) || strings.Contains(live, want[200]) {
		t.Errorf("the stream of the fourth part is %.2000s", live)
	}
	older := follow(t, s.address, "/runs", runLink)
	got := slices.Concat(older...)
	slices.Sort(runs)
	slices.Reverse(runs)
	if len(older) != 9 || !slices.Equal(got, runs) {
		t.Errorf("the runs have %d parts with %d runs, want %d in 9: %v", len(older), len(got), len(runs), got)
	}
	for _, wrong := range []string{"/?from=x", "/?from=-1", "/runs?before=x"} {
		if status, _ := get(t, s.address+wrong); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
			t.Errorf("%s is answered with %d", wrong, status)
		}
	}
}
