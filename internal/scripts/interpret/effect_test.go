package interpret

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// effectful is a command that does nothing but declare an effect, as a new one in the table would: it knows of no plan.
type effectful struct {
	effect procedures.Effect

	mu   sync.Mutex
	runs []string
}

// Describe implements procedures.Command.
func (e *effectful) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: e.effect}
}

// Run implements procedures.Command.
func (e *effectful) Run(_ context.Context, inv *procedures.Invocation) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.runs = append(e.runs, strings.Join(inv.Args, " "))
	fmt.Fprintln(inv.Stdout, "DROP TABLE")
	return 0
}

// wrapped are scripts that run `psql -c drop` in one way or another.
var wrapped = []struct{ name, script string }{
	{"plain", "psql -c drop"},
	{"in a loop", "for i in 1; do psql -c drop; done"},
	{"in a condition", "if psql -c drop; then :; fi"},
	{"behind an or", "false || psql -c drop"},
	{"at the beginning of a pipe", "psql -c drop | cat"},
	{"at the end of a pipe", "echo x | psql -c drop"},
	{"in a substitution", "x=$(psql -c drop)"},
	{"in a substitution in a text", "echo \"a $(echo \"$(psql -c drop)\")\""},
	{"in a subshell", "(psql -c drop)"},
	{"in a here-document", "cat <<EOF\n$(psql -c drop)\nEOF"},
	{"in arithmetic", "echo $(( $(psql -c drop | wc -l) ))"},
	{"in a child script", "./child.sh"},
	{"through a function", "f() { psql \"$@\"; }\nf -c drop"},
	{"through a function of its name", "psql() { command psql \"$@\"; }\npsql -c drop"},
	{"through command", "command psql -c drop"},
	{"by a name that is computed", "p=ps; q=ql; $p$q -c drop"},
	{"through a variable", "run='psql -c drop'; $run"},
	{"with an output", "psql -c drop > out"},
	{"in the text of a shell", "sh -c 'psql -c drop'"},
	{"in a text with parameters", "timeout 60 bash -c 'psql \"$@\"' _ -c drop"},
	{"in a text that xargs runs", "echo drop | xargs sh -c 'psql -c \"$1\"' _"},
	{"in a text in a text", "env A=b sh -c 'nice nohup sh -c \"psql -c drop\"'"},
	{"in a script that it writes", "echo 'psql -c drop' > s.sh; chmod +x s.sh; ./s.sh"},
	{"in a script that bash runs", "cat > s.sh <<'E'\nset -u\npsql -c drop\nE\nbash s.sh"},
	{"in a script that is computed", "p=psql; printf '%s -c drop\\n' $p > s.sh; bash -eu s.sh"},
	{"in a script that it sources", "echo 'psql -c drop' > s.sh; . ./s.sh"},
	{"in a text", "bash -c 'psql -c \"$1\"' bash drop"},
	{"in an exported function", "f() { psql -c drop; }; export -f f; bash -c f"},
	{"in a job", "psql -c drop & wait"},
	{"in a substitution of processes", "cat <(psql -c drop)"},
	{"in what is written to", "echo x > >(psql -c drop)"},
	{"in the commands of a signal", "trap 'psql -c drop' USR1; kill -USR1 $$"},
}

// TestEffectsDecide adds a command to the table and nothing else: its lines are planned, and run where they were confirmed,
// wherever they stand in a script. Of one that says nothing the same is true.
func TestEffectsDecide(t *testing.T) {
	t.Parallel()
	for _, effect := range []procedures.Effect{procedures.EffectDestroy, procedures.EffectChange, ""} {
		for _, test := range wrapped {
			t.Run(string(effect)+" "+test.name, func(t *testing.T) {
				t.Parallel()
				for _, confirmed := range [][]procedures.PlannedCall{
					nil, {}, {{Program: "psql", Command: "psql", Args: []string{"-c", "select"}}},
					{{Program: "aws", Command: "psql", Args: []string{"-c", "drop"}}},
				} {
					psql, _, err := runEffect(t, test.script, effect, func(e *Execution) { e.Confirmed = confirmed })
					if len(psql.runs) > 0 || err == nil || !strings.Contains(err.Error(), "its call was not confirmed: psql -c drop") {
						t.Errorf("confirmed %v: ran %q, %v", confirmed, psql.runs, err)
					}
				}
				psql, calls, err := runEffect(t, test.script, effect, func(e *Execution) { e.Planning = true })
				if len(psql.runs) > 0 || err != nil || len(calls) != 1 || calls[0].Planned == nil {
					t.Fatalf("planning: ran %q, %v, calls %+v", psql.runs, err, calls)
				}
				planned := *calls[0].Planned
				want := effect
				if want == "" {
					want = procedures.EffectChange
				}
				if line := shell.Quote(planned.Words()); line != "psql -c drop" || planned.Effect != want {
					t.Errorf("planned %s with the effect %s", line, planned.Effect)
				}
				psql, _, err = runEffect(t, test.script, effect, func(e *Execution) { e.Confirmed = []procedures.PlannedCall{planned} })
				if !slices.Equal(psql.runs, []string{"psql -c drop"}) || err != nil {
					t.Errorf("confirmed: ran %q, %v", psql.runs, err)
				}
				psql, _, err = runEffect(t, test.script, effect, func(e *Execution) {
					e.Confirmed = []procedures.PlannedCall{planned}
					e.Limit = func(of procedures.Effect) string {
						if of.Changes() {
							return "this environment only reads"
						}
						return ""
					}
				})
				if len(psql.runs) > 0 || err == nil || !strings.Contains(err.Error(), "this environment only reads") {
					t.Errorf("where nothing may change: ran %q, %v", psql.runs, err)
				}
			})
		}
	}
}

// TestEffectsCount says which lines are calls: those that reach outside, whatever they are called.
func TestEffectsCount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		effect procedures.Effect
		runs   int
		why    string
	}{
		{procedures.EffectRead, 3, "line 1: the step made more than 3 calls and was stopped"},
		{procedures.EffectNone, 5, ""},
	} {
		psql, _, err := runEffect(t, "for i in 1 2 3 4 5; do psql -c $i; done", test.effect, func(e *Execution) { e.Limits.Calls = 3 })
		if len(psql.runs) != test.runs || test.why == "" && err != nil || test.why != "" &&
			(err == nil || !strings.HasPrefix(err.Error(), test.why)) {
			t.Errorf("%s: ran %q, %v", test.effect, psql.runs, err)
		}
	}
	confirmed := make([]procedures.PlannedCall, 5)
	for i := range confirmed {
		confirmed[i] = procedures.PlannedCall{Program: "psql", Args: []string{"-c", "drop"}}
	}
	psql, _, err := runEffect(t, "for i in 1 2 3 4 5; do psql -c drop; done", procedures.EffectDestroy, func(e *Execution) {
		e.Limits.Calls, e.Confirmed = 3, confirmed
	})
	if len(psql.runs) != 3 || err == nil || !strings.Contains(err.Error(), "more than 3 calls") {
		t.Errorf("ran %q, %v", psql.runs, err)
	}
}

// runEffect runs a script in which psql has an effect, and returns the calls that were reported.
func runEffect(t *testing.T, script string, effect procedures.Effect, change func(*Execution)) (*effectful, []procedures.Call, error) {
	t.Helper()
	psql := &effectful{effect: effect}
	var calls []procedures.Call
	commandLines := 0
	_, _, _, err := runScript(t, script+"\n", func(e *Execution) {
		table := e.Commands
		native := commands.Table(commands.Options{})
		e.Changing = effect.Changes()
		e.Commands = func(name string) (procedures.Command, bool) {
			if name == "psql" {
				return psql, true
			}
			if wrapper, ok := native[name].(procedures.Wrapper); ok {
				return wrapper, true
			}
			return table(name)
		}
		e.Scripts = func(path string) (procedures.Script, bool) {
			return procedures.Script{Text: "psql -c drop\n", Line: 1}, path == "child.sh"
		}
		e.Emit = func(event procedures.Event) {
			if event.Call != nil {
				calls = append(calls, *event.Call)
			}
			if event.Kind == procedures.EventCommand && strings.HasPrefix(event.Text, "psql ") {
				commandLines++
			}
		}
		change(e)
	})
	if shown := effect != procedures.EffectNone; (commandLines > 0) != shown {
		t.Errorf("%d lines of psql were shown", commandLines)
	}
	return psql, calls, err
}
