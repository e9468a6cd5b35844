package analyse

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhatAssignsIsKnown walks the ways in which bash assigns a variable: after each of them X is none that is asked for.
func TestWhatAssignsIsKnown(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"X=1", "X=", "X+=1", "X[0]=1", "X=(1 2)", "X=([1]=a)", "declare X=1", "declare -a X=(1)", "declare -A X=([a]=1)", "typeset X=1",
		"export X=1", "readonly X=1", "declare \"X=1\"", "export \"X=$HOME\"", "declare 'X=1'", "export 'X[0]=1'", "declare -x \"X=1\"",
		"read X < f", "read -r X <<< a", "echo a | { read -p 'Name: ' X; }",
		"read -a X", "read -raX", "read Y X < f", "read -t 5 -u 3 X", "IFS=, read Y X <<< a,b",
		"mapfile X", "mapfile -t X < f", "readarray -d '' X", "printf -v X %s a", "printf -vX %s a", "printf -v 'X[0]' a", "getopts ab: X",
		"while getopts ab: X; do :; done", "for X in a b; do :; done", "for X; do :; done", "for ((X = 0; X < 1; X++)); do :; done",
		"select X in a b; do :; done", "wait -p X -n", "wait -n -pX", "((X = 1))", "((X++))", "((++X))", "((X += 1))", "((Y = X = 1))",
		"let X=1", "let 'X = 1'", "let X++", ": $((X = 1))", ": ${X:=1}", ": ${X=1}", "exec {X}>f", "exec {X}< f", "exec {X}>&1",
		"ls {X}> f", "declare -n R=X; R=1", "local -n R=X; R=1", "eval X=1", "eval 'X=1'", "eval \"X=1\"", "eval \"Y=2; export X=1\"",
		"echo X=1 > e; source e", "echo 'export X=1' >> ./e; . e", "cat > e <<E\nX=1\nE\n. ./e",
		"cat <<'E' > e\nY=2\nexport X=1\nE\nsource ./e",
		"printf 'Y=2\\nX=1\\n' > e; . ./e", "tee e <<E\nX=1\nE\n. ./e", "echo X=1 | tee -a e; . ./e", "{ echo Y=1; echo X=1; } > e; . ./e",
		"command read X < f", "builtin read X", "command printf -v X %s a",
		"if read X < f; then :; fi", "{ read X; } < f", "f() { X=1; }; f",
		"f() { read X; }; f", "X() { :; }", "case a in a) X=1 ;; esac", "true && X=1", "trap 'X=1' EXIT", "set -a; X=1; set +a", "time X=1",
	} {
		for _, use := range []string{"echo $X", "echo \"${X}\"", "echo ${X[0]}", "echo $((X + 1))", "ls > $X"} {
			text := script + "\n" + use + "\n"
			a := serviceAnalyser().Analyse(procedures.Script{Text: text, Line: 1})
			if slices.Contains(a.Uses, "X") || a.Refused != "" && !strings.Contains(script, " -n R") || len(a.ByHand) > 0 {
				t.Errorf("%s needs %q, refused %q, by hand %v", text, a.Uses, a.Refused, a.ByHand)
			}
		}
	}
	for _, script := range []string{"echo X=1", "export X", "echo X=1 > e; . f", "printf -v Y %s X", "read Y <<< X", "ls X=1"} {
		a := serviceAnalyser().Analyse(procedures.Script{Text: script + "\necho $X\n", Line: 1})
		if !slices.Contains(a.Uses, "X") {
			t.Errorf("%s sets X: %q", script, a.Uses)
		}
	}
}

// TestACoprocessHasNoValuesHere leaves what uses a coprocess to the person who has it.
func TestACoprocessHasNoValuesHere(t *testing.T) {
	t.Parallel()
	for script, name := range map[string]string{
		"coproc cat\necho \"${COPROC[1]}\"": "COPROC", "coproc P { cat; }\nread X <&\"${P[0]}\"": "P",
		"coproc P { cat; }\nkill $P_PID": "P_PID",
	} {
		a := serviceAnalyser().Analyse(procedures.Script{Text: script + "\nls\n", Line: 1})
		if slices.Contains(a.Uses, name) || len(a.ByHand) != 2 {
			t.Errorf("%s needs %q, by hand %v", script, a.Uses, a.ByHand)
		}
	}
}
