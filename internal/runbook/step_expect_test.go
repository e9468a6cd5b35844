package runbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// answering knows calls by their lines, and what they answer by the words behind their names: `call a x y` answers with x and y.
type answering struct{}

func (answering) Analyse(s procedures.Script) procedures.Analysis {
	a := procedures.Analysis{Effect: procedures.EffectRead}
	for i, line := range strings.Split(s.Text, "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "call" {
			a.Detail = append(a.Detail, procedures.PlannedCall{
				Program: "call", Command: "s " + words[1], Args: words[2:], Effect: procedures.EffectRead, Line: s.Line + i,
			})
		}
	}
	return a
}

func (answering) Lacks(call procedures.PlannedCall, expression string) (member, near string) {
	for _, word := range strings.FieldsFunc(expression, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if !strings.Contains(" "+strings.Join(call.Args, " ")+" ", " "+word+" ") {
			return word, ""
		}
	}
	return "", ""
}

// Expectations judge the last call that has what they name, or the one that is named; what no call has, and what cannot be told, is said.
func TestTheCallThatIsJudged(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#| expect: x\ncall a x":                         "s a",
		"#| expect: x\ncall a x\ncall b y":               "s a of several",
		"#| expect: y\ncall a x\ncall b y":               "s b of several",
		"#| expect: x\n#| warn: y\ncall a x\ncall b x y": "s b of several",
		"#| expect: x\ncall a x\ncall b x":               "s b of several; expect-call",
		"#| expect: x\n#| call: a\ncall a x\ncall b x":   "s a of several",
		"#| expect: x\n#| call: s b\ncall a x\ncall b x": "s b of several",
		"#| expect: x\ncall a x\ncall a x":               "s a line 8 of several; expect-call",
		"#| expect: x\n#| call: c\ncall a x":             "; annotation",
		"#| expect: z\ncall a x":                         "; expect-member",
		"#| until: z\ncall a x":                          "; expect-member",
		"#| expect: x || y\ncall a x\ncall b y":          "",
		"#| expect: x || z\ncall a x\ncall b y":          "; expect-member",
		"call a x\ncall b x":                             "",
	} {
		book := readRunbook("a.md", []byte("# A\n\nText.\n\n```bash\n"+text+"\n```\n"), Options{Analyser: answering{}})
		s := book.procedures[0].Steps[0]
		got := s.Annotations.Judges.Command
		if s.Annotations.Judges.Line > 0 {
			got += fmt.Sprintf(" line %d", s.Annotations.Judges.Line)
		}
		if s.Annotations.Judges.Several {
			got += " of several"
		}
		for _, m := range s.Findings {
			got += "; " + m.Rule
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
