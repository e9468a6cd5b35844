package interpret

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// What a line runs decides what the line needs, however it is wrapped.
func TestEffectsOfLinesThatLinesRun(t *testing.T) {
	t.Parallel()
	table := commands.Table(commands.Options{})
	table["aws"] = effectCommand{}
	a := &analyse.Analyser{Command: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }}
	for script, want := range map[string]procedures.Effect{
		"echo i-1 | xargs aws ec2 terminate": procedures.EffectDestroy, "xargs -n1 -I{} aws ec2 terminate {} <f": procedures.EffectDestroy,
		"timeout -k 5 10s aws ec2 terminate x": procedures.EffectDestroy, "env -u A B=1 aws ec2 terminate": procedures.EffectDestroy,
		"nohup timeout 5 env X=1 xargs aws ec2 terminate": procedures.EffectDestroy, "xargs aws ec2 describe": procedures.EffectRead,
		"find . -name x -exec aws ec2 terminate {} \\;": procedures.EffectDestroy,
		"xargs cat": procedures.EffectNone, "env": procedures.EffectNone, "xargs -n 1 kubectl delete pod": procedures.EffectDestroy,
	} {
		if got := a.Study(procedures.Script{Text: script, Line: 1}).Analysis.Effect; got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// effectCommand is a command whose lines do what their words say.
type effectCommand struct{ procedures.Command }

func (effectCommand) Describe(words []procedures.Word) procedures.LineInfo {
	for _, w := range words {
		if strings.HasPrefix(w.Text, "terminate") {
			return procedures.LineInfo{Effect: procedures.EffectDestroy}
		}
	}
	return procedures.LineInfo{Effect: procedures.EffectRead}
}
