package analyse

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestPlacesOfFieldsAreFound(t *testing.T) {
	t.Parallel()
	a := &Analyser{Command: func(string) (procedures.Command, bool) { return nil, false }}
	for text, want := range map[string][]string{
		"$X a": {"command X"}, "\"$X\"": {"command X"}, "./$X.sh": {"command X"}, "x=$X; $x": {"command X"}, "command $X": {"command X"},
		"X=ls; $X": nil, "x=$X; x=ls; $x": nil, "$(echo $X)": nil, "f() { $X; }": {"command X"}, "echo $X": nil,
		"PLACE a":                 {"command place"},
		"for x in $X; do :; done": {"list X"}, "for x in a $X; do :; done": {"list X"}, "for x in \"$X\"; do :; done": nil,
		"for x in ${X//,/ }; do :; done": nil, "set -- $X": {"list X"}, "set -- \"$X\"": nil, "a=($X)": {"list X"}, "a+=($X b)": {"list X"},
		"for x in a b; do echo $x; done": nil, "Y=\"a b\"; for x in $Y; do :; done": nil, "y=$X; for x in $y; do :; done": {"list X"},
	} {
		var got []string
		for _, use := range a.Analyse(procedures.Script{
			Text: text + "\n", Line: 1, Placeholders: map[string]string{"PLACE": "place"},
		}).FieldUses {
			got = append(got, string(use.Kind)+" "+use.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// caller is a command whose lines are calls of an API.
type caller struct{ procedures.Command }

func (caller) Describe(words []procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead, Call: &procedures.PlannedCall{Command: words[0].Text}}
}

func TestStructuresInBracesAreQuoted(t *testing.T) {
	t.Parallel()
	a := &Analyser{Command: func(name string) (procedures.Command, bool) { return caller{}, name == "aws" }}
	for text, want := range map[string]string{
		"aws a --tags {Key=team,Value=ops} --x": "aws a --tags '{Key=team,Value=ops}' --x",
		"aws a --tags {Key=team,Value=$X}":      `aws a --tags "{Key=team,Value=$X}"`,
		`aws a --tags {Key=team,Value="$X"}`:    `aws a --tags "{Key=team,Value=$X}"`,
		"aws a --tags Key=a,Value=b":            "", "aws a --tags '{Key=a,Value=b}'": "", "aws a --ids {a,b}": "", "aws a --n {1..3}": "",
		"mkdir {a=1,b=2}": "", `aws a --q '{"a":1,"b":2}'`: "",
	} {
		study := a.Study(procedures.Script{Text: text + "\n", Line: 1})
		corrected := ""
		for _, f := range study.Analysis.Findings {
			if f.Rule == "brace-expansion" {
				corrected = f.Corrected
			}
		}
		if corrected != want || (want != "") != (len(study.Wrong) > 0) {
			t.Errorf("%s: corrected %q, want %q; not sent: %v", text, corrected, want, study.Wrong)
		}
		if want != "" {
			if got := a.Correct(procedures.Script{Text: text + "\n", Line: 1}).Text; got != want+"\n" {
				t.Errorf("%s is corrected to %q", text, got)
			}
		}
	}
}
