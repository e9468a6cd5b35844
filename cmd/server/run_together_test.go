package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestStepsSeeWhatWasSetBefore: steps that only read run at the same time where they have nothing to do with one another. A step that may
// use what one before it sets waits for it, however it names that: what is printed is what bash prints.
func TestStepsSeeWhatWasSetBefore(t *testing.T) {
	for name, c := range map[string]struct{ steps, want string }{
		"a default":         {`sleep 0.2; X=$(echo 1)|echo "x is ${X:-0}"`, "x is 1"},
		"an alternative":    {`sleep 0.2; X=$(echo 1)|echo "x is ${X:+set}"`, "x is set"},
		"a computed name":   {`sleep 0.2; X=$(echo 1)|N=X; echo "x is ${!N}"`, "x is 1"},
		"a function":        {`f() { echo "x is ${X:-0}"; }|sleep 0.2; X=$(echo 1)|f`, "x is 1"},
		"declared":          {`sleep 0.2; X=$(echo 1)|declare -p X`, `declare -- X="1"`},
		"unset":             {`X=$(echo 1)|sleep 0.2; unset X|echo "x is ${X:-0}"`, "x is 0"},
		"the environment":   {`sleep 0.2; export X=$(echo 1)|printenv X`, "1"},
		"a function of two": {`f() { echo "x is $(g)"; }|sleep 0.2; g() { echo 1; }|f`, "x is 1"},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			text.WriteString("# Book\n")
			for _, step := range regexp.MustCompile(`[^|]+`).FindAllString(c.steps, -1) {
				text.WriteString("\n```bash\n" + step + "\n```\n")
			}
			_, stdout, stderr := cli(t, "run", "--yes", "--runbooks", runbookFolder(t, text.String()), "book")
			if strings.TrimSpace(stdout) != c.want {
				t.Errorf("%s prints %q, want %q\n%s", c.steps, stdout, c.want, stderr)
			}
		})
	}
}
