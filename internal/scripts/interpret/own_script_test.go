package interpret

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// What a script writes and runs is read like the rest of it, as far as it is written out; else it may change something.
func TestScriptsInScriptsAreRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script string
		effect procedures.Effect
		calls  int
	}{
		{"cat > s.sh <<'E'\naws a b\nE\nbash s.sh", procedures.EffectRead, 1},
		{"echo 'aws a b' > s.sh; echo 'aws a b' >> s.sh; ./s.sh", procedures.EffectRead, 2},
		{"echo 'aws a b' > ./s.sh; . s.sh", procedures.EffectRead, 1},
		{"bash -c 'aws a b; aws a b'", procedures.EffectRead, 2},
		{"echo 'bash s.sh' > s.sh; bash s.sh", procedures.EffectNone, 0},
		{"x=$(date); echo \"aws $x b\" > s.sh; bash s.sh", procedures.EffectChange, 0},
		{"for i in 1 2; do echo 'aws a b' >> s.sh; done; ./s.sh", procedures.EffectChange, 0},
		{"cat > s.sh <<'E'\nif\nE\nbash s.sh", procedures.EffectNone, 0},
	} {
		table := commands.Table(commands.Options{})
		lookup := func(name string) (procedures.Command, bool) {
			if name == "aws" {
				return &readsCall{}, true
			}
			c, ok := table[name]
			return c, ok
		}
		a := (&analyse.Analyser{Command: lookup}).Analyse(procedures.Script{Text: test.script + "\n", Line: 1})
		if a.Effect != test.effect || len(a.Calls) != test.calls || len(a.Scripts) > 0 || slices.Contains(a.Programs, "bash") {
			t.Errorf("%s: effect %q, calls %q, scripts %q, programs %q", test.script, a.Effect, a.Calls, a.Scripts, a.Programs)
		}
	}
}

// readsCall is a command whose lines are calls that read.
type readsCall struct{ effectful }

// Describe implements procedures.Command.
func (*readsCall) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead, Call: &procedures.PlannedCall{Command: "aws a b"}}
}

// What is not carried out is refused before anything of a text is run that was not seen beforehand.
func TestWhatIsNotCarriedOutIsRefusedInScripts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ script, why string }{
		{"x=eval; printf 'echo in\\n%s y\\n' $x > s.sh; . ./s.sh; echo after", "eval"},
		{"x=jobs; printf 'echo in\\n%s\\n' $x > s.sh; . ./s.sh; echo after", "jobs"},
	} {
		stdout, _, _, err := runScript(t, test.script+"\n", nil)
		if err == nil || !strings.Contains(err.Error(), test.why) || stdout != "" {
			t.Errorf("%s: printed %q, %v", test.script, stdout, err)
		}
	}
	// known beforehand, it is left to a person with the statement that runs it
	for _, script := range []string{"bash -c 'echo in; eval x'", "cat > s.sh <<'E'\necho in\neval x\nE\nbash s.sh"} {
		if why := leftOut(script); !strings.Contains(why, "eval") {
			t.Errorf("%s is left out for %q", script, why)
		}
	}
}
