package house_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestErrorsAreSaid: what rooms write on pages and in journals of an error is procedures.Said, which leaves the text of drivers
// out; the error's own text is for logs.
func TestErrorsAreSaid(t *testing.T) {
	own := regexp.MustCompile(`\b(err|cause|\w*Err|refused)\.Error\(\)`)
	seen := 0
	for _, s := range sources(t, ".go") {
		room := ""
		for _, r := range []string{"web/", "internal/runs/", "internal/engine/", "internal/journal/"} {
			if strings.HasPrefix(s.path, r) && !strings.HasSuffix(s.path, "_test.go") {
				room = r
			}
		}
		if room == "" {
			continue
		}
		for i, line := range s.lines {
			if strings.Contains(line, "procedures.Said(") {
				seen++
			}
			if own.MatchString(line) && !strings.Contains(line, "s.refused(") { // that is a log
				t.Errorf("%s:%d: %s: a driver's text may be in it; use procedures.Said", s.path, i+1, strings.TrimSpace(line))
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d uses of procedures.Said were found", seen)
	}
}
