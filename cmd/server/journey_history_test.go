package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJourneyHistory runs two procedures in two environments, one of which changes something, and looks for runs: by words, procedure,
// verdict, person, date, changes and in all environments. The address is the filter, the lines of JSON are what is shown, and two marked
// runs are compared.
func TestJourneyHistory(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "opsbook.yaml")
	text := "environments:\n  staging: {account: sandbox, colour: green}\n  production: {account: sandbox, colour: red}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := runbookFolder(t, "---\nprocedure: heading\n---\n# Book\n\n## Look\n\n```bash\n# Say it\ndate \"+$WORD\"\n```\n\n"+
		"## Parameters\n\n| Name | Meaning |\n|---|---|\n| `WORD` | a word |\n\n"+
		"## Touch\n\n```bash\n#| title: Memory\naws lambda update-function-configuration "+
		"--function-name network-visualizer-api-production --memory-size 768\n```\n")
	s := startWith(t, &options{Runbooks: folder, Data: t.TempDir(), Config: config})
	b := open(t, 1440, 1000)
	b.expect("422") // two runs that cannot be compared
	for _, one := range [][2]string{{"staging", "first"}, {"production", "second"}, {"staging", "third"}} {
		b.visit(s.address + "/procedures/book/look?environment=" + one[0] + "&WORD=" + one[1])
		b.until(has("#live", "live"))
		b.click("#say-it .bar .btn")
		b.until(has("#out-say-it", one[1]))
		b.until("document.querySelector('#say-it .g.info')")
		b.click("#head form[action='/finish'] button")
		b.until(has("#head .crumb", "finished"))
	}
	b.visit(s.address + "/procedures/book/touch?environment=staging")
	b.until(has("#live", "live"))
	b.click("#memory .bar .btn")
	b.until("document.querySelector('#dialog[open] .danger')")
	b.click("#dialog .danger")
	b.until("document.querySelector('#memory .card[data-verdict=pass], #memory .card[data-verdict=info]')")

	titles := func(query, want string) {
		t.Helper()
		b.visit(s.address + "/runs?environment=staging" + query)
		got := evaluate[string](b, "[...document.querySelectorAll('.runs td.what > a')].map(a => a.textContent).join(' ')")
		if got != want {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
		_, lines := get(t, s.address+"/runs.jsonl?environment=staging"+query)
		var runs []string
		for line := range strings.Lines(lines) {
			var run struct{ Title string }
			if err := json.Unmarshal([]byte(line), &run); err != nil {
				t.Fatal(err, lines)
			}
			runs = append(runs, run.Title)
		}
		if strings.Join(runs, " ") != want {
			t.Errorf("%s has the lines %q, want %q", query, runs, want)
		}
	}
	titles("", "Touch Look Look")
	titles("&every=true", "Touch Look Look Look")
	titles("&changes=true", "Touch")
	titles("&q=THIRD", "Look")
	titles("&q=second", "")
	titles("&q=second&every=true", "Look")
	titles("&procedure=touch", "Touch")
	titles("&verdict=fail", "")
	titles("&verdict=open", "Touch")
	titles("&by=Oncall&verdict=info&procedure=look", "Look Look")
	titles("&by=nobody", "")
	titles("&to=2020-01-01", "")
	titles("&from=2020-01-01", "Touch Look Look")
	for _, wrong := range []string{"verdict=red", "from=yesterday", "to=1.1.2026", "before=x", "q=" + strings.Repeat("a", 201)} {
		status, _ := get(t, s.address+"/runs?environment=staging&"+wrong)
		if status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
			t.Errorf("%s is answered with %d", wrong, status)
		}
	}
	b.visit(s.address + "/runs?environment=staging&every=true")
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if found := b.violations(); found != "" {
			t.Errorf("%s:\n%s", scheme, found)
		}
	}
	// The newest and the second Look: of the two environments.
	b.click(".runs tr:nth-child(2) input")
	b.click(".runs tr:nth-child(3) input")
	b.click(".choose .btn")
	b.until("location.pathname.endsWith('/compare')")
	b.until(has("thead", "production"))
	b.until(has(".compare .is-changed .path", "WORD"))
	b.visit(s.address + "/runs?environment=staging&every=true")
	b.click(".runs tr:nth-child(1) input")
	b.click(".runs tr:nth-child(2) input")
	b.click(".choose .btn")
	b.until(has("main", "Only runs of one procedure can be compared"))
}
