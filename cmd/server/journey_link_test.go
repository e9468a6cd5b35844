package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJourneyALinkShowsWhatWasCopied copies the link to a step, runs the step again, and opens the link elsewhere: it shows the run and
// the result that were copied, in the run's environment, and leads to what is there now.
func TestJourneyALinkShowsWhatWasCopied(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "opsbook.yaml")
	text := "environments:\n  staging: {account: sandbox, colour: green}\n  production: {account: sandbox, colour: red}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := runbookFolder(t, "---\nprocedure: heading\n---\n# Book\n\n## Look\n\n- [ ] Announced\n\n"+
		"```bash\n# Say it\ndate \"+$WORD\"\n\n# Other\ndate\n```\n\n"+
		"## Parameters\n\n| Name | Meaning |\n|---|---|\n| `WORD` | a word |\n")
	s := startWith(t, &options{Runbooks: folder, Data: t.TempDir(), Config: config})
	one, other := open(t, 1440, 1000), open(t, 390, 844)
	other.name = "looker"
	const page, copied = "/procedures/book/look?environment=production", "document.querySelector('#say-it .bar [data-copy]').dataset.copy"
	one.visit(s.address + page)
	one.until(has("#live", "live"))
	if got := evaluate[string](one, copied); strings.Contains(got, "at=") {
		t.Errorf("before it was run the link is %q", got)
	}
	say := func(word string) {
		t.Helper()
		evaluate[string](one, "document.querySelector(\"#parameters [name='p.WORD']\").value = '"+word+"'")
		one.click("#say-it .bar .btn")
		one.until(has("#out-say-it", word))
		one.until("document.querySelector('#say-it .g.info')")
	}
	say("first")
	link := evaluate[string](one, copied)
	if !strings.HasPrefix(link, "/runs/") || !strings.Contains(link, "environment=production") || !strings.Contains(link, "step=say-it") {
		t.Errorf("the copied link is %q", link)
	}
	say("second")

	// Where addresses name another environment, or none, they are led on to the run's.
	for _, address := range []string{link, strings.Replace(link, "environment=production&", "", 1),
		strings.Replace(link, "production", "staging", 1)} {
		other.visit(s.address + address)
		other.until("new URLSearchParams(location.search).get('environment') === 'production'")
		other.until(has(".band .env b", "production"))
		other.until(has("#out-was-say-it", "first"))
		other.until(has("#out-say-it", "second"))
		other.until(has(".was .then", "As it was at"))
		const presses = ".was button:not([data-copy-text], .tools button, .finder button), .was form:not(.finder)"
		if n := evaluate[int](other, fmt.Sprintf("document.querySelectorAll(%q).length", presses)); n > 0 {
			t.Errorf("%d buttons in what was", n)
		}
		other.until("(() => { const box = document.querySelector('.was').getBoundingClientRect(); " +
			"return box.top >= 0 && box.top < innerHeight / 2; })()")
	}
	// What comes now leaves what was as it is.
	other.until(has("#live", "live"))
	say("third")
	other.until(has("#out-say-it", "third"))
	if got := other.text("#out-was-say-it"); !strings.Contains(got, "first") || strings.Contains(got, "third") {
		t.Errorf("what was is now %q", got)
	}
	for _, scheme := range []string{"light", "dark"} {
		other.scheme(scheme)
		if found := other.violations(); found != "" {
			t.Errorf("%s:\n%s", scheme, found)
		}
	}
	other.click(".was .then a[href*='/procedures/']")
	other.until("location.pathname === '/procedures/book/look' && !document.querySelector('.was')")
	other.until(has("#out-say-it", "third"))
	// Another environment has no such run: its procedure is shown.
	other.visit(s.address + link)
	evaluate[bool](other, "document.querySelector('.band details').open = true")
	other.click(".band .env button[value=staging]")
	other.until("location.pathname === '/procedures/book/look' && location.search.includes('staging')")
	one.visit(s.address + "/runs/" + strings.TrimPrefix(strings.Split(link, "?")[0], "/runs/") + "/evidence")
	one.until("new URLSearchParams(location.search).get('environment') === 'production'")
}
