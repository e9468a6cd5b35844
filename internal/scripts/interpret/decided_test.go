package interpret

import (
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// failing is a command whose changes fail, and which notes what was carried out.
type failing struct {
	procedures.Command
	calls *[]string
}

func (failing) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead}
}

func (f failing) Run(_ context.Context, inv *procedures.Invocation) int {
	*f.calls = append(*f.calls, strings.Join(inv.Args[1:], " "))
	if inv.Args[1] == "bad" {
		return 3
	}
	return 0
}

// A step that makes changes ends at a command that fails, unless the script itself decides by its status: then it goes on as in bash.
func TestWhatAScriptDecidesByAStatus(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"aws bad\naws two": "bad",
		"aws bad\nrc=$?\nif [ $rc -ne 0 ]; then aws undo; exit 1; fi\naws two": "bad, undo",
		"aws bad\nrc=$?\naws two":                                                                       "bad",
		"aws bad\nrc=$?\necho \"$rc\"\naws two":                                                         "bad",
		"aws bad\necho \"status $?\"\naws two":                                                          "bad",
		"aws bad\nif [ $? -ne 0 ]; then aws undo; fi":                                                   "bad, undo",
		"aws bad\nif [[ $? != 0 ]]; then aws undo; else aws two; fi":                                    "bad, undo",
		"aws bad\n[ $? -eq 0 ] && aws two\naws three":                                                   "bad, three",
		"aws bad\n[ $? -eq 0 ] || exit 1\naws three":                                                    "bad",
		"aws bad\ntest $? -eq 0\naws three":                                                             "bad",
		"aws bad\ncase $? in 3) aws undo;; esac":                                                        "bad, undo",
		"aws bad\nexit $?":                                                                              "bad",
		"aws bad\nrc=\"$?\"\ncase $rc in 0) aws two;; *) aws undo;; esac":                               "bad, undo",
		"aws bad\n(( $? )) && aws undo":                                                                 "bad, undo",
		"aws bad\nrc=$?\n(( rc != 0 )) && aws undo":                                                     "bad, undo",
		"set -e\naws bad\nrc=$?\n[ $rc -ne 0 ] && aws undo":                                             "bad",
		"set -euo pipefail\naws bad\n[ $? -ne 0 ] && aws undo":                                          "bad",
		"set +e\naws bad\naws two":                                                                      "bad, two",
		"f() { aws bad; aws two; }\nf\nif [ $? -ne 0 ]; then aws undo; fi":                              "bad, undo",
		"f() { aws bad; rc=$?; if [ $rc -ne 0 ]; then aws undo; return 1; fi; aws two; }\nf\naws three": "bad, undo",
		"f() { exit 3; }\nf\nif [ $? -ne 0 ]; then aws undo; fi":                                        "",
		"( aws bad; aws two )\n[ $? -ne 0 ] && aws undo":                                                "bad, undo",
		"{ aws bad; aws two; }\n[ $? -ne 0 ] && aws undo":                                               "bad, undo",
		"x=$(aws bad)\nif [ $? -ne 0 ]; then aws undo; fi":                                              "bad, undo",
		"for i in 1 2; do aws bad $i; if [ $? -ne 0 ]; then break; fi; done\naws two":                   "bad 1, two",
		"aws bad\nrc=$?\nif [ $rc -ne 0 ]; then\n  aws undo\n  aws bad\n  aws three\nfi":                "bad, undo, bad",
	} {
		var calls []string
		_, err := Run(t.Context(), &Execution{
			Script: procedures.Script{Text: script + "\n", Line: 1}, Files: noFiles{}, Changing: true,
			Commands: func(name string) (procedures.Command, bool) { return failing{calls: &calls}, name == "aws" },
		})
		if got := strings.Join(calls, ", "); got != want || err != nil {
			t.Errorf("%q: carried out %q, want %q (%v)", script, got, want, err)
		}
	}
}
