package interpret

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// The text of sh -c is run as a script, with its parameters and what is exported; what it sets stays in it.
func TestTextsOfShells(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`sh -c 'echo "$0 $1 $# $2"' me "a b" c`:                               "me a b 2 c\n",
		`printf '%s\n' a "b" | xargs -n1 sh -c 'echo "<$1>"' _`:               "<a>\n<b>\n",
		`find . -type f -exec sh -c 'for f; do echo "${f##*/}"; done' _ {} +`: "f\n",
		`find . -type f -exec sh -c 'wc -l < "$1"' _ {} \;`:                   "2\n",
		`timeout 60 bash -c 'echo a; exit 3'; echo $?`:                        "a\n3\n",
		`env A=b sh -c 'echo "$A"'`:                                           "b\n",
		`A=b; sh -c 'echo "<$A>"'; export A; bash -c 'echo "<$A>"'`:           "<>\n<b>\n",
		`nohup bash -c 'echo a' 2>/dev/null`:                                  "a\n",
		`nice -n 5 sh -c 'echo a'; nice -10 sh -c 'echo b'`:                   "a\nb\n",
		`sh -c 'A=x; cd /'; echo "<$A>"`:                                      "<>\n",
		`bash -ec 'false; echo no'; echo $?`:                                  "1\n",
		`bash -eo pipefail -c 'false | true; echo no'; echo $?`:               "1\n",
		`bash -euo pipefail -c 'echo "$X"' || echo unset`:                     "unset\n",
		`if sh -c 'grep -q a f'; then echo yes; else echo no; fi`:             "yes\n",
		`x=$(sh -c 'echo "$1"; echo b' _ a | sort -r); echo $x`:               "b a\n",
		`echo in | sh -c 'read l; echo "got $l"'`:                             "got in\n",
		`bash -c 'sh -c "echo \$1" _ deep'`:                                   "deep\n",
		`/bin/sh -c 'echo a'`:                                                 "a\n",
		`T='echo a'; sh -c "$T"`:                                              "a\n",
	} {
		if outcome, stdout, stderr := native(t, script+"\n"); stdout != want || outcome.Unavailable != "" || outcome.Refused != "" {
			t.Errorf("%s: %q, want %q: %+v %s", script, stdout, want, outcome, stderr)
		}
	}
}

// What such a text does, is wrong with it, and needs is the step's, as for any of its lines; a text that is computed is not run.
func TestTextsOfShellsAreRead(t *testing.T) {
	t.Parallel()
	table := commands.Table(commands.Options{})
	table["aws"] = effectCommand{}
	a := &analyse.Analyser{Command: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }}
	for _, script := range []string{
		"xargs -n1 sh -c 'aws ec2 terminate \"$1\"' _", "find . -exec sh -c 'aws ec2 terminate x' \\;",
		"timeout 5 bash -c 'aws terminate'",
		"env A=b sh -c 'aws terminate'", "nohup bash -c 'sh -c \"aws terminate\"'", "nice sh -ec 'aws terminate'",
		"x=$(sh -c 'aws terminate')",
	} {
		study := a.Study(procedures.Script{Text: script, Line: 1})
		if study.Analysis.Effect != procedures.EffectDestroy || len(study.Analysis.Programs) > 0 || len(study.Analysis.Uses) > 0 {
			t.Errorf("%s: %+v", script, study.Analysis)
		}
	}
	text := "echo\nsh -c 'aws get $NAME; kubectl get x\ngrep --binary-files=x a' _ \"$OTHER\"\n"
	got := a.Analyse(procedures.Script{Text: text, Line: 1, File: "a.md"})
	if strings.Join(got.Uses, " ") != "OTHER" || len(got.Programs) > 0 || len(got.Findings) != 1 ||
		got.Findings[0].Line != 3 || len(got.ByHand) != 1 || got.ByHand[0].Line != 2 {
		t.Errorf("%+v", got)
	}
	for _, script := range []string{"sh -c \"$(cat f)\"", "sh -c \"echo $RANDOM\"", "xargs -I{} sh -c 'echo {}' < f",
		"bash -i -c 'echo a'"} {
		if outcome, stdout, _ := native(t, script+"\n"); outcome.Unavailable == "" || stdout != "" {
			t.Errorf("%s: %q, %+v", script, stdout, outcome)
		}
	}
	// what is concluded from its status is concluded from that of its last program
	for script, want := range map[string]bool{
		"if sh -c 'kubectl get x'; then echo yes; fi": true, "sh -c 'kubectl get x'; echo done": false,
	} {
		outcome, stdout, _ := native(t, script+"\n")
		if (stdout == "") != want || outcome.Unavailable == "" {
			t.Errorf("%s: %q, %+v", script, stdout, outcome)
		}
	}
}
