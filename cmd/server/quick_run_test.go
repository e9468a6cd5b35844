package main

import (
	"net/url"
	"testing"
)

// TestARunThatHasEndedIsShown runs all of a procedure that only reads, which may have ended before anybody looks: who has its page open
// sees each run.
func TestARunThatHasEndedIsShown(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\necho done\n```\n\n## Other\n\n```bash\necho other\n```\n"))
	r := personOf(t, s.address, "sandbox", "", "book/look")
	r.until("who is here", holds(`hx-target="#here"`))
	seen := map[string]bool{}
	for range 5 {
		all := url.Values{"procedure": {"book/look"}, "environment": {"sandbox"}, "back": {"/healthz"}}
		if status, text := post(t, s.address+"/run-all", all); status != 200 {
			t.Fatal(status, text)
		}
		r.until("another run", func(line string) bool {
			another := false
			for _, run := range runsOn(line) {
				another, seen[run] = another || !seen[run], true
			}
			return another
		})
	}
}
