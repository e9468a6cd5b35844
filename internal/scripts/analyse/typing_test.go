package analyse

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Slips of typing are said once, at their place, with the line that was meant; and nothing of such a line is sent.
func TestSlipsOfTyping(t *testing.T) {
	t.Parallel()
	read := &Analyser{Command: func(name string) (procedures.Command, bool) { return strict{}, name == "aws" }}
	for script, want := range map[string]string{
		"aws a –name b":                         "typographic: aws a --name b",
		"aws a —name b":                         "typographic: aws a --name b",
		"aws a −n b":                            "typographic: aws a -n b",
		"aws a “b c”":                           "typographic: aws a \"b c\"",
		"aws a --q ‘b’ && aws b":                "typographic: aws a --q 'b' && aws b",
		"aws a --name\u00a0b":                   "typographic: aws a --name b",
		"aws\u00a0a b":                          "typographic: aws a b",
		"aws a \u200bb":                         "typographic: aws a b",
		"aws a 'it’s “b”'":                      "",
		"aws a \"it’s\"":                        "",
		"echo “done” – it’s over":               "",
		"aws a b–c":                             "",
		"aws a \\ \n  --name b":                 "blank-after-backslash: aws a \\\n  --name b",
		"aws a \\\t\n  b":                       "blank-after-backslash: aws a \\\n  b",
		"aws a \\ # why\n  --name b":            "blank-after-backslash: aws a \\\n  --name b",
		"aws a --x \\\n  b\n  --name c | cat":   "missing-backslash: aws a --x \\\n  b \\\n  --name c | cat",
		"aws a\n  --name b\n  --other c\naws b": "missing-backslash: aws a \\\n  --name b \\\n  --other c",
		"aws a \\\n  # why\n  --name b":         "cut-continuation: aws a \\\n  --name b",
		"if aws a; then\n  aws b\n    --c\nfi":  "missing-backslash: aws b \\\n    --c",
		"aws a\naws b":                          "",
		"aws a\n\n--name b":                     "",
		"aws a \\\n  --name b":                  "",
		"aws a '\\ '\naws b":                    "",
	} {
		script += "\n"
		study := read.Study(procedures.Script{Text: script, Line: 1})
		got := ""
		for _, m := range study.Analysis.Findings {
			got += m.Rule + ": " + m.Corrected
		}
		if got != want {
			t.Errorf("%q: %q, want %q", script, got, want)
		}
		if want == "" {
			continue
		}
		if len(study.Wrong) == 0 {
			t.Errorf("%q: it would be sent", script)
		}
		fixed := read.Correct(procedures.Script{Text: script, Line: 1}).Text
		if _, meant, _ := strings.Cut(want, ": "); !strings.Contains(fixed, meant) {
			t.Errorf("%q is corrected to %q", script, fixed)
		}
	}
}

// strict refuses nothing, and reads.
type strict struct{ procedures.Command }

func (strict) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead}
}
