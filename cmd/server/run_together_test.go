package main

import (
	"strings"
	"testing"
)

// TestStepsSeeWhatWasSetBefore: steps that only read run at the same time where they have nothing to do with one another. A step that may
// use what one before it sets waits for it, however it names that: what is printed is what bash prints.
func TestStepsSeeWhatWasSetBefore(t *testing.T) {
	for name, c := range map[string]struct{ steps, want string }{
		"a default":         {"sleep 0.1; X=$(echo 1)\n\necho \"x is ${X:-0}\"", "x is 1"},
		"an alternative":    {"sleep 0.1; X=$(echo 1)\n\necho \"x is ${X:+set}\"", "x is set"},
		"a computed name":   {"sleep 0.1; X=$(echo 1)\n\nN=X; echo \"x is ${!N}\"", "x is 1"},
		"a function":        {"f() { echo \"x is ${X:-0}\"; }\n\nsleep 0.1; X=$(echo 1)\n\nf", "x is 1"},
		"declared":          {"sleep 0.1; X=$(echo 1)\n\ndeclare -p X", "declare -- X=\"1\""},
		"unset":             {"X=$(echo 1)\n\nsleep 0.1; unset X\n\necho \"x is ${X:-0}\"", "x is 0"},
		"the environment":   {"sleep 0.1; export X=$(echo 1)\n\nprintenv X", "1"},
		"a function of two": {"f() { echo \"x is $(g)\"; }\n\nsleep 0.1; g() { echo 1; }\n\nf", "x is 1"},
		"arithmetic":        {"DAYS=7\n\nSINCE=$((100-DAYS))\n\necho $SINCE", "93"},
		"a value of before": {"X=1\n\nsleep 0.1; X=5\n\necho $((X+1))", "6"},
		"a condition":       {"N=2\n\n((N>1)) && echo more", "more"},
		"a loop":            {"COUNT=2\n\nfor ((i=0;i<COUNT;i++)); do echo $i; done", "0\n1"},
		"whether it is set": {"X=1\n\n[[ -v X ]] && [[ X -eq 1 ]] && echo set", "set"},
		"subscripts":        {"A=(a b c); X=1\n\necho ${A[X]} ${A[@]:X}", "b b c"},
		"a map":             {"declare -A M=([a]=1 [b]=2)\n\nK=b\n\necho ${M[$K]} ${M[a]}", "2 1"},
		"a name in a value": {"X=2\n\nY=X\n\necho $((Y+1))", "3"},
		"jq":                {"export STAGE=prod\n\njq -rn env.STAGE", "prod"},
		"awk":               {"export STAGE=prod\n\nawk 'BEGIN { print ENVIRON[\"STAGE\"] }'", "prod"},
		"all of it":         {"export STAGE=prod\n\nawk 'BEGIN { for (k in ENVIRON) if (k ~ /^STA/) print k }'", "STAGE"},
		"the time zone":     {"export TZ=Asia/Tokyo\n\ndate -d @0 +%H", "09"},
		"what read leaves":  {"read -r <<< yes\n\necho \"got $REPLY\"", "got yes"},
		"what =~ leaves":    {"[[ ab-12 =~ ([0-9]+) ]]\n\necho \"${BASH_REMATCH[1]}\"", "12"},
		"builtin":           {"builtin cd /tmp\n\npwd", "/tmp"},
		"a home":            {"HOME=/tmp\n\ncd; pwd", "/tmp"},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			text.WriteString("# Book\n")
			for step := range strings.SplitSeq(c.steps, "\n\n") {
				text.WriteString("\n```bash\n" + step + "\n```\n")
			}
			_, stdout, stderr := cli(t, "run", "--yes", "--runbooks", runbookFolder(t, text.String()), "book")
			if strings.TrimSpace(stdout) != c.want {
				t.Errorf("%s prints %q, want %q\n%s", c.steps, stdout, c.want, stderr)
			}
		})
	}
}
