package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// runOf is the newest run of a portal.
func runOf(t *testing.T, s *started) *procedures.Run {
	t.Helper()
	all, err := s.db.Runs(t.Context(), "sandbox", 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d runs, %v", len(all), err)
	}
	return all[0]
}

// pressed waits until a step has been executed so many times.
func pressed(t *testing.T, s *started, n int) []procedures.Event {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		run := runOf(t, s)
		events, err := s.db.Events(t.Context(), run.ID, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		finished := 0
		for _, e := range events {
			if e.Kind == procedures.EventStepFinished {
				finished++
			}
		}
		if finished >= n {
			return events
		}
		if time.Now().After(until) {
			t.Fatalf("%d of %d have finished", finished, n)
		}
	}
}

// TestLargeValues: one over the bound is refused with its name on every way in, and one below it is in the journal
// once, however often it is pressed with.
func TestLargeValues(t *testing.T) {
	folder := runbookFolder(t,
		"---\nparams: {NAME: {}}\n---\n# Book\n\n## Look\n\n```bash\n# One\n[ -n \"$NAME\" ]\n\n# Two\nprintf '%s' \"$NAME\" | wc -c\n"+
			"aws cloudwatch describe-alarms --alarm-name-prefix \"$NAME\" 2> /dev/null\n```\n")
	s := start(t, folder)
	most := limits.FieldBytes.Size()
	over, below := strings.Repeat("x", most+1), "it's "+strings.Repeat("y", most-5)
	for name, answer := range map[string]func() (int, string){
		"a form": func() (int, string) {
			return post(t, s.address+"/press", url.Values{"procedure": {"book/look"}, "step": {"one"}, "p.NAME": {over}})
		},
		"a megabyte": func() (int, string) {
			return post(t, s.address+"/run-all", url.Values{"procedure": {"book/look"}, "p.NAME": {strings.Repeat(over, 16)}})
		},
		"a link": func() (int, string) { return get(t, s.address+"/procedures/book/look?p.NAME="+over) },
	} {
		if status, body := answer(); status != http.StatusUnprocessableEntity || !strings.Contains(body, "p.NAME") ||
			strings.Contains(body, over) {
			t.Errorf("%s is answered %d", name, status)
		}
	}
	if status, _, stderr := cli(t, "run", "--runbooks", folder, "--set", "NAME="+over, "look#one"); status == 0 ||
		!strings.Contains(stderr, "NAME") ||
		!strings.Contains(stderr, "64 kB") {
		t.Errorf("--set ends with %d: %.300s", status, stderr)
	}
	const presses = 10
	for i := range presses {
		status, body := post(t, s.address+"/press", url.Values{
			"procedure": {"book/look"}, "step": {"two"}, "p.NAME": {below}, "key": {fmt.Sprint("k", i)},
		})
		if status != http.StatusOK {
			t.Fatalf("%d %.300s", status, body)
		}
		pressed(t, s, i+1)
	}
	run := runOf(t, s)
	status, journal := get(t, s.address+"/runs/"+run.ID+"/journal.jsonl")
	if n := strings.Count(journal, below); status != http.StatusOK || n != 1 || len(journal) > 3*most ||
		!strings.Contains(journal, "[NAME: ") || strings.Count(journal, `"kept":{"NAME":`) != presses-1 {
		t.Errorf("the journal has the value %d times, in %d bytes", n, len(journal))
	}
	for _, path := range []string{"/procedures/book/look", "/runs", "/", "/mistakes"} {
		if status, page := get(t, s.address+path+"?p.NAME="+url.QueryEscape(below)); status != http.StatusOK || len(page) > 3*most {
			t.Errorf("%s with the value in its address is answered %d with %d bytes", path, status, len(page))
		}
	}
	if status, page := get(t, s.address+"/runs/"+run.ID+"/evidence"); status != http.StatusOK || len(page) > 5*most {
		t.Errorf("the evidence is answered %d with %d bytes", status, len(page))
	}
}

// TestWhatIsNotThereIsNotFound: runs, executions, outputs, files, steps, by those who may look.
func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\ntrue > kept.txt\n```\n"))
	post(t, s.address+"/press", url.Values{"procedure": {"book/look"}, "step": {"one"}})
	events := pressed(t, s, 1)
	run, execution := runOf(t, s).ID, events[len(events)-1].Execution
	for path, want := range map[string]int{
		"/runs/" + run + "/output/" + execution + ".txt": 200, // it printed nothing
		"/runs/" + run + "/output/x.txt":                 404, "/runs/" + run + "/output/.txt": 404,
		"/runs/x/output/" + execution + ".txt": 404, "/runs/" + run + "/output/" + execution + "%20.txt": 404,
		"/runs/" + run + "/files/x": 404, "/runs/" + run + "/files/": 404, "/runs/" + run + "/files/kept.txt": 200,
		"/runs/x": 404, "/runs/x/evidence": 404, "/runs/x/journal.jsonl": 404, "/runs/x/runbook.md": 404, "/runs/" + run + "/": 404,
		"/procedures/book/nothing": 404, "/procedures/book/look?step=nothing": 404, "/procedures/book/look?step=one": 200,
		"/runs/" + run + "?step=nothing": 404, "/stream?fixed=true&run=x": 404, "/stream?procedure=nothing": 404,
	} {
		if status, body := get(t, s.address+path); status != want {
			t.Errorf("%s is answered %d, want %d: %.200s", path, status, want, body)
		}
	}
	for _, form := range []url.Values{
		{"run": {"x"}, "step": {"one"}}, {"run": {run}, "step": {"nothing"}},
	} {
		if status, body := post(t, s.address+"/cancel", form); status != http.StatusNotFound {
			t.Errorf("cancel %v is answered %d: %.200s", form, status, body)
		}
		form.Set("reason", strings.Repeat("x", 9<<10))
		if status, body := post(t, s.address+"/end-early", form); status != http.StatusNotFound {
			t.Errorf("end %v early is answered %d: %.200s", form, status, body)
		}
	}
	if status, _ := post(t, s.address+"/press",
		url.Values{"procedure": {"book/look"}, "step": {"nothing"}}); status != http.StatusNotFound {
		t.Errorf("a press of no step is answered %d", status)
	}
}

// TestTokensAreStoredHashed looks for a cookie's value in the database, and takes over a session of an earlier version.
func TestTokensAreStoredHashed(t *testing.T) {
	data := t.TempDir()
	s := startIn(t, runbookFolder(t, "# Book\n\n## Look\n\n- [ ] Look\n"), data)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	here, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	response, err := client.PostForm(s.address+"/preferences",
		url.Values{"name": {"ada"}, "back": {"/runs"}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	token := jar.Cookies(here)[0].Value
	var stored string
	if err := s.db.SQL().QueryRowContext(t.Context(), "SELECT token FROM sessions").Scan(&stored); err != nil ||
		strings.Contains(stored, token) || stored != hashOf(token) {
		t.Errorf("the token %s is stored as %s, %v", token, stored, err)
	}
	if _, err := s.db.SQL().ExecContext(t.Context(), "UPDATE sessions SET token = $1", token); err != nil {
		t.Fatal(err)
	}
	if status, page := askWith(t, client, s.address+"/runs"); status != http.StatusOK || strings.Contains(page, `value="ada"`) {
		t.Error("a token that is stored as it is counts")
	}
	if err := hashSessions(t.Context(), s.db); err != nil {
		t.Fatal(err)
	}
	if status, page := askWith(t, client, s.address+"/runs"); status != http.StatusOK || !strings.Contains(page, `value="ada"`) {
		t.Errorf("a session of an earlier version is lost: %d", status)
	}
}

func askWith(t *testing.T, client *http.Client, address string) (int, string) {
	t.Helper()
	before := http.DefaultClient
	http.DefaultClient = client
	defer func() { http.DefaultClient = before }()
	return get(t, address)
}

// TestRehearsalsHaveAllValuesOrAreRefused: none is dropped in silence.
func TestRehearsalsHaveAllValuesOrAreRefused(t *testing.T) {
	s := start(t, runbookFolder(t, "---\nparams: {ONE: {}, TWO: {}}\n---\n"+
		"# Book\n\n## Look\n\n```bash\n# One\necho \"$ONE $TWO\"\n```\n"))
	for _, c := range []struct {
		one, two int
		status   int
	}{
		{10, 0, http.StatusOK}, {1001, 5000, http.StatusOK}, {40_000, 20_000, http.StatusOK},
		{40_000, 40_000, http.StatusUnprocessableEntity},
		{limits.FieldBytes.Size() + 1, 0, http.StatusUnprocessableEntity},
	} {
		one, two := strings.Repeat("a", c.one), strings.Repeat("b", c.two)
		status, body := post(t, s.address+"/rehearse", url.Values{"procedure": {"book/look"}, "p.ONE": {one}, "p.TWO": {two}})
		if status != c.status || status == http.StatusOK && (!strings.Contains(body, one) || !strings.Contains(body, two)) ||
			status != http.StatusOK && !strings.Contains(body, limits.FieldBytes.String()) {
			t.Errorf("values of %d and %d bytes are answered %d: %.200s", c.one, c.two, status, body)
		}
	}
}
