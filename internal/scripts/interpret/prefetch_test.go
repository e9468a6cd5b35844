package interpret

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// meeting is a command whose reading calls wait for one another: only when as many as are expected were begun, they answer.
type meeting struct {
	expect int

	mu    sync.Mutex
	calls []string
	met   chan struct{}
}

// Describe implements procedures.Command.
func (m *meeting) Describe(words []procedures.Word) procedures.LineInfo {
	effect := procedures.EffectRead
	if len(words) > 2 && strings.HasPrefix(words[2].Text, "delete") {
		effect = procedures.EffectDestroy
	}
	name := ""
	if len(words) > 2 {
		name = words[1].Text + " " + words[2].Text
	}
	return procedures.LineInfo{Effect: effect, Call: &procedures.PlannedCall{Command: name, Effect: effect}}
}

// Run implements procedures.Command.
func (m *meeting) Run(ctx context.Context, inv *procedures.Invocation) int {
	m.mu.Lock()
	m.calls = append(m.calls, strings.Join(inv.Args[1:], " "))
	if len(m.calls) == m.expect {
		close(m.met)
	}
	m.mu.Unlock()
	select {
	case <-m.met:
	case <-ctx.Done():
		return 130
	}
	region, _ := inv.Env("AWS_REGION")
	fmt.Fprintf(inv.Stdout, "%s answered%s\n", inv.Args[len(inv.Args)-1], region)
	inv.Report(procedures.Call{Command: strings.Join(inv.Args[1:3], " "), Effect: procedures.EffectRead})
	return 0
}

func TestCallsOfALoopAreMadeTogether(t *testing.T) {
	tests := []struct {
		name, script string
		together     int // calls that are begun before the first has answered
		calls        int
		want         string
	}{
		{
			"in substitutions",
			"for f in a b c; do\n  s=$(aws lambda get-function --name app-$f)\n  echo \"$f: $s\"\ndone", 3, 3,
			"a: app-a answered\nb: app-b answered\nc: app-c answered\n",
		},
		{
			"plain", "for f in a b c; do aws lambda get-function --name \"$f\"; done; echo end", 3, 3,
			"a answered\nb answered\nc answered\nend\n",
		},
		{"in a pipe", "for f in a b; do aws lambda get-function --name $f | tr a-z A-Z; done", 2, 2, "A ANSWERED\nB ANSWERED\n"},
		{
			"nested loops", "for r in x y; do for f in a b; do aws lambda get-function --name $r$f; done; done", 4, 4,
			"xa answered\nxb answered\nya answered\nyb answered\n",
		},
		{
			"of parameters and constants", "P=pre\nfor f in $LIST; do aws lambda get-function --name $P-$f; done", 2, 2,
			"pre-one answered\npre-two answered\n",
		},
		{
			"two calls an iteration",
			"for f in a b; do aws lambda get-function --name $f || echo no; aws lambda list-tags --name $f; done", 4, 4,
			"a answered\na answered\nb answered\nb answered\n",
		},
		{
			"one after the other: a condition",
			"for f in a b; do if [ $f = a ]; then aws lambda get-function --name $f; fi; done", 1, 1, "a answered\n",
		},
		{
			"one after the other: after an or",
			"for f in a b; do true || aws lambda get-function --name $f; done; aws lambda get-function --name z", 1, 1, "z answered\n",
		},
		{
			"one after the other: the same again", "for i in 1 2; do aws lambda get-function --name x; done", 1, 2,
			"x answered\nx answered\n",
		},
		{
			"one after the other: it waits", "for f in a b; do aws lambda get-function --name $f; sleep 0; done", 1, 2,
			"a answered\nb answered\n",
		},
		{"one after the other: it may end early", "for f in a b; do aws lambda get-function --name $f; break; done", 1, 1, "a answered\n"},
		{
			"one after the other: words not known", "for f in $(echo a b); do aws lambda get-function --name $f; done",
			1, 2, "a answered\nb answered\n",
		},
		{
			"one after the other: it starts something",
			"for f in a b; do aws iam generate-credential-report --name $f; done", 1, 2, "a answered\nb answered\n",
		},
		{
			"one after the other: another region for each",
			"for f in a b; do AWS_REGION=$f; aws lambda get-function --name $f; done", 1, 2, "a answereda\nb answeredb\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := &meeting{expect: test.together, met: make(chan struct{})}
			aws := procedures.Command(m)
			var out bytes.Buffer
			reported := 0
			outcome, err := Run(t.Context(), &Execution{
				Script: procedures.Script{Text: test.script, Line: 1}, Parameters: map[string]string{"LIST": "one two"},
				Lists: []string{"LIST"},
				Files: noFiles{}, Stdout: &out, Rehearse: true,
				Commands: func(name string) (procedures.Command, bool) { return commandNamed(name, aws) },
				Emit: func(e procedures.Event) {
					if e.Call != nil {
						reported++
					}
				},
			})
			if err != nil || outcome.Status != 0 {
				t.Fatalf("status %d, %v, printed %q", outcome.Status, err, out.String())
			}
			if out.String() != test.want {
				t.Errorf("printed %q, want %q", out.String(), test.want)
			}
			if len(m.calls) != test.calls || reported != test.calls {
				t.Errorf("%d calls were made and %d reported, want %d: %v", len(m.calls), reported, test.calls, m.calls)
			}
		})
	}
}

// A script that changes something keeps its order: what it reads may depend on what it changed.
func TestChangingScriptsKeepTheirOrder(t *testing.T) {
	m := &meeting{expect: 1, met: make(chan struct{})}
	confirmed := []procedures.PlannedCall{
		{Program: "aws", Args: []string{"lambda", "delete-function", "--name", "a"}},
		{Program: "aws", Args: []string{"lambda", "delete-function", "--name", "b"}},
	}
	_, err := Run(t.Context(), &Execution{
		Script: procedures.Script{
			Text: "for f in a b; do aws lambda get-function --name $f; aws lambda delete-function --name $f; done", Line: 1,
		}, Files: noFiles{}, Changing: true,
		Confirmed: confirmed,
		Commands:  func(name string) (procedures.Command, bool) { return commandNamed(name, m) },
	})
	want := []string{
		"lambda get-function --name a", "lambda delete-function --name a", "lambda get-function --name b",
		"lambda delete-function --name b",
	}
	if err != nil || !slices.Equal(m.calls, want) {
		t.Errorf("%v, %v; want %v", m.calls, err, want)
	}
}

func commandNamed(name string, aws procedures.Command) (procedures.Command, bool) {
	switch name {
	case "aws":
		return aws, true
	case "tr":
		return upper{}, true
	case "sleep":
		return nothing{}, true
	}
	return nil, false
}

type upper struct{}

func (upper) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectNone}
}
func (upper) Run(_ context.Context, inv *procedures.Invocation) int {
	var b bytes.Buffer
	if _, err := b.ReadFrom(inv.Stdin); err != nil {
		return 1
	}
	fmt.Fprint(inv.Stdout, strings.ToUpper(b.String()))
	return 0
}

type nothing struct{}

func (nothing) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectNone}
}
func (nothing) Run(context.Context, *procedures.Invocation) int { return 0 }

// noFiles is a folder with nothing in it that takes nothing.
type noFiles struct{ procedures.Files }

func (noFiles) Stat(name string) (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}
