package analyse

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// A construct that is not run here takes its own statement with it, and what calls a function of it; the rest is read as if it were alone.
func TestAStatementThatIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ script, left, uses, sets, programs string }{
		{"A=1\neval \"$A\"\nls \"$B\"", "2", "B", "A", "ls"},
		{"X=$(eval foo)\nls \"$X\"", "1", "X", "", "ls"},
		{"f() {\n  eval x\n}\nls\nf\nf && rm a", "1-3 5 6", "", "", "ls"},
		{"for i in 1 2; do\n  eval \"$i$J\"\n  rm a\ndone\nls", "1-4", "J", "", "ls"},
		{"ls\nssh \"$HOST\"", "2", "HOST", "", "ls"},
		{"ssh web uptime", "", "", "", "ssh"},
		{"ssh web <<E\nuptime\nE", "", "", "", "ssh"},
		{"echo x | psql", "", "", "", "psql"},
		{"trap 'eval x' EXIT\nls", "1", "", "", "ls"},
		{"if true; then trap 'ls; eval x; trap \"eval y\" INT' EXIT; fi\nls", "1", "", "", "ls"},
		{"cd a && kubectl exec -it web -- sh", "1", "", "", ""},
		{"kill -9 4711\nls", "1", "", "", "ls"},
		{"kill $(pgrep java)\nls", "1", "", "", "ls"},
		{"kill %1\nkill $!\nkill -TERM $(jobs -p)\nls", "", "", "", "ls"},
		{"nano a.txt\nls", "1", "", "", "ls"},
		{"... | jq .Name\nls", "1", "", "", "ls"},
		{"sudo vi /etc/hosts\ncrontab -l", "1", "", "", "crontab"},
	} {
		got := (&Analyser{Command: func(string) (procedures.Command, bool) { return nil, false }}).Analyse(
			procedures.Script{Text: test.script + "\n", Line: 1})
		var left []string
		for _, h := range got.ByHand {
			place := h.String()[len("Line "):strings.Index(h.String(), " is not run")]
			if h.Last > h.Line {
				place += "-" + string(rune('0'+h.Last))
			}
			left = append(left, place)
		}
		for what, pair := range map[string][2]string{
			"left": {strings.Join(left, " "), test.left}, "uses": {strings.Join(got.Uses, " "), test.uses},
			"sets": {strings.Join(got.Sets, " "), test.sets}, "programs": {strings.Join(got.Programs, " "), test.programs},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%q %s %q, want %q", test.script, what, pair[0], pair[1])
			}
		}
		if got.Refused != "" {
			t.Errorf("%q is refused: %s", test.script, got.Refused)
		}
	}
}
