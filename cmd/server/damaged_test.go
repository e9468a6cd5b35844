package main

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// TestADamagedRunTakesNoOtherAway damages the rows of one run, in each of the ways that a page reads them: the pages of everything else
// are shown, and none of them waits for ever.
func TestADamagedRunTakesNoOtherAway(t *testing.T) {
	t.Parallel()
	const one = ` AND run_id IN (SELECT id FROM runs WHERE procedure_id = 'book/one')`
	for name, damage := range map[string]string{
		"values":      `UPDATE runs SET parameters = '{bad' WHERE procedure_id = 'book/one'`,
		"an event":    `UPDATE events SET event = '{broken' WHERE number = 2` + one,
		"its number":  `UPDATE events SET event = replace(event, '"number":2', '"number":1') WHERE number > 0` + one,
		"its verdict": `UPDATE runs SET verdict = 'nonsense' WHERE procedure_id = 'book/one'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s := startWith(t, &options{Data: data, Runbooks: runbookFolder(t,
				"# Book\n\n## One\n\n```bash\n# See\necho one\n```\n\n## Two\n\n```bash\n# See\necho two\n```\n")})
			for _, procedure := range []string{"book/one", "book/two"} {
				response, err := http.PostForm(s.address+"/press", url.Values{"procedure": {procedure}, "step": {"see"}})
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
			}
			eventually(t, "both ended", func() bool {
				_, text := get(t, s.address+"/runs")
				return strings.Count(text, "info") >= 2
			})
			db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "opsbook.db")+"?_pragma=busy_timeout(10000)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if done, err := db.ExecContext(t.Context(), damage); err != nil {
				t.Fatal(err)
			} else if n, _ := done.RowsAffected(); n == 0 {
				t.Fatal("nothing was damaged")
			}
			for _, page := range []string{"/", "/runs", "/coverage", "/mistakes", "/procedures/book/two"} {
				if status, text := get(t, s.address+page); status != http.StatusOK {
					t.Errorf("%s is answered with %d: %.300s", page, status, text[max(0, strings.Index(text, "<main")):])
				}
			}
		})
	}
}
