package analyse

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestTextsOfOtherShells has lines that another shell reads: a step does at least what they do, also where a field stands in them.
func TestTextsOfOtherShells(t *testing.T) {
	a := &Analyser{Command: func(name string) (procedures.Command, bool) { return deleting{}, name == "aws" }}
	for script, want := range map[string]procedures.Effect{
		"sh -c 'aws delete OPSX1'": procedures.EffectDestroy, "sh -c \"aws delete $X\"": procedures.EffectDestroy,
		"bash <<'END'\naws delete x\nEND": procedures.EffectDestroy, "zsh -s <<END\naws delete x\nEND": procedures.EffectDestroy,
		"sh -c 'aws delete x'": procedures.EffectDestroy, "cat <<END\naws delete x\nEND": procedures.EffectNone,
	} {
		s := procedures.Script{Text: script + "\n", Line: 1, Placeholders: map[string]string{"OPSX1": "x"}}
		got := a.Study(s).Analysis.Effect
		if want == procedures.EffectDestroy && got != want || want == procedures.EffectNone && got == procedures.EffectDestroy {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// deleting is a command that deletes.
type deleting struct{ procedures.Command }

func (deleting) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectDestroy}
}
