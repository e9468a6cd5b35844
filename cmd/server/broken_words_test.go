package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// driverWords is what only a database and its driver say.
var driverWords = regexp.MustCompile(
	`(?i)sql logic|sqlite|sqlstate|no such table|\bpgx\b|relation "|dial tcp|user=|secret_(runs|events|sessions)|\(\d{3,5}\)`)

// tablesOf are the tables that a portal cannot do without.
var tablesOf = []string{"runs", "events", "executions", "belongings", "approvals", "river_job", "worlds", "plan_answers"}

// TestNoAnswerHasADriversWords takes tables away from a portal, and asks for every row of the route table, as a page and as a
// part of one: whatever fails is answered with a sentence of ours, on pages, streams, downloads and probes, and in the
// journal of what was running.
func TestNoAnswerHasADriversWords(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Say\necho one > kept.txt; echo one\n\n# Table\n"+
		"aws dynamodb list-tables\n\n# Change\naws lambda update-function-configuration --function-name "+
		"network-visualizer-api-production --memory-size 2048\n```\n\n- [ ] Manual\n"))
	post(t, s.address+"/press", url.Values{"procedure": {"book/look"}, "step": {"say"}})
	events := pressed(t, s, 1)
	run, execution := runOf(t, s).ID, events[len(events)-1].Execution
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path string, form url.Values, htmx bool) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, s.address+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if htmx {
			request.Header.Set("HX-Request", "true")
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, bodyOf(t, response)
	}
	if status, body := ask("POST", "/preferences", url.Values{"name": {"ada"}, "back": {"/"}}, false); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "web", "routes.go"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`"(GET|POST)", "(/[^"]*)"`).
		FindAllStringSubmatch(strings.ReplaceAll(string(text), "streamPattern", `"/stream"`), -1)
	if len(rows) < 30 {
		t.Fatalf("only %d rows were found", len(rows))
	}
	form := url.Values{
		"procedure": {"book/look"}, "step": {"say"}, "run": {run}, "execution": {execution}, "kind": {"note"}, "text": {"x"}, "as": {"ada"},
		"name": {"slow"}, "on": {"true"}, "parameter": {"X"}, "kept": {"true"}, "reason": {"x"}, "environment": {"sandbox"}, "back": {"/"},
		"theme": {"dark"}, "key": {"k"},
	}
	addresses := map[string]string{
		"/procedures/*": "/procedures/book/look", "/stream": "/stream?once=true&procedure=book/look",
		"/runs/{run}/files/*": "/runs/{run}/files/kept.txt",
	}
	walk := func(broken string) {
		t.Helper()
		for _, row := range rows {
			method, path := row[1], row[2]
			if other, ok := addresses[path]; ok {
				path = other
			}
			path = strings.NewReplacer("{run}", run, "{execution}", execution, "{file}", "opsbook.js").Replace(path)
			for _, htmx := range []bool{false, true} {
				fields := url.Values{}
				if method == http.MethodPost {
					for _, name := range fieldsOf(t, string(text), row[2]) {
						if form.Has(name) {
							fields[name] = form[name]
						}
					}
				}
				for _, step := range []string{"say", "table", "change", "manual"} {
					if fields.Has("step") {
						fields.Set("step", step)
					}
					status, body := ask(method, path, fields, htmx)
					if found := driverWords.FindString(body); found != "" {
						t.Errorf("without %s: %s %s is answered %d with %q: %.300s", broken, method, path, status, found, body)
					}
					if status == http.StatusInternalServerError {
						t.Errorf("without %s: %s %s is answered 500: %.300s", broken, method, path, body)
					}
					if !fields.Has("step") {
						break
					}
				}
			}
		}
	}
	for _, table := range append(tablesOf, "sessions") {
		if _, err := s.db.SQL().ExecContext(t.Context(), "ALTER TABLE "+table+" RENAME TO secret_"+table); err != nil {
			t.Fatal(err)
		}
		walk(table)
		if _, err := s.db.SQL().ExecContext(t.Context(), "ALTER TABLE secret_"+table+" RENAME TO "+table); err != nil {
			t.Fatal(err)
		}
	}
	// What ran meanwhile comes to an end, and says nothing of the driver either.
	eventually(t, "all steps end", func() bool {
		list, err := s.db.Executions(t.Context(), nil, run)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.State != procedures.ExecutionFinished && e.State != procedures.ExecutionPlanned {
				return false
			}
		}
		return true
	})
	status, journal := ask("GET", "/runs/"+run+"/journal.jsonl", nil, false)
	if status != http.StatusOK || driverWords.MatchString(journal) {
		t.Errorf("the journal is answered %d and has %q", status, driverWords.FindAllString(journal, -1))
	}
}

// fieldsOf are the fields that a row of the route table declares, read from its text.
func fieldsOf(t *testing.T, table, pattern string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(table, `"`+pattern+`"`)
	if !ok {
		t.Fatalf("%s is no row", pattern)
	}
	m := regexp.MustCompile(`(?s)return s\.\w+ },\s*("[^"]*"|pressFields|runFields)`).FindStringSubmatch(rest)
	if m == nil {
		t.Fatalf("%s has no fields: %.200s", pattern, rest)
	}
	names := m[1]
	if value := regexp.MustCompile(names + `\s*=\s*("[^"]*")`).FindStringSubmatch(table); value != nil {
		names = value[1]
	}
	return strings.Fields(strings.Trim(names, `"`))
}

// bodyOf reads an answer to its end.
func bodyOf(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	var b strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := response.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			return b.String()
		}
	}
}
