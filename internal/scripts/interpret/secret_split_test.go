package interpret

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestScriptsSecretsStayOutOfEvents(t *testing.T) {
	const found = "correct-horse-battery"
	aws := &revealing{value: found}
	var terminal, events strings.Builder
	e := &Execution{
		Script: procedures.Script{
			Text: "P=$(aws secretsmanager get-secret-value --secret-id x)\necho \"$P $GIVEN\"\nprintf '%s' \"$P\" | tr a-z A-Z\n", Line: 1,
		},
		Parameters: map[string]string{"GIVEN": "given-secret"}, Secrets: []string{"given-secret"}, Files: noFiles{}, Stdout: &terminal,
		Commands: func(name string) (procedures.Command, bool) { return commandNamed(name, aws) },
		Emit:     func(e procedures.Event) { fmt.Fprintf(&events, "%+v %+v\n", e, e.Call) },
	}
	outcome, err := Run(t.Context(), e)
	if err != nil || outcome.Status != 0 {
		t.Fatal(outcome, err)
	}
	if strings.Contains(terminal.String(), found) || !strings.Contains(terminal.String(), mask.Hidden+" "+mask.Hidden) {
		t.Errorf("a terminal sees %q", terminal.String())
	}
	if text := events.String(); strings.Contains(text, found) || strings.Contains(text, "given-secret") ||
		!strings.Contains(text, mask.Hidden) {
		t.Errorf("the events hold %s", text)
	}
	// The next step of the run does not show it either.
	events.Reset()
	e.Script.Text, e.State = "echo \"again: $P\"\n", outcome.State
	if _, err := Run(t.Context(), e); err != nil || strings.Contains(events.String(), found) {
		t.Errorf("%v; the next step's events hold %s", err, events.String())
	}
}

// TestVariablesThatAreNamedSoStayOutOfEvents prints variables whose names say what they hold alone, however they were set.
func TestVariablesThatAreNamedSoStayOutOfEvents(t *testing.T) {
	const value = "hunter2-hunter"
	for _, set := range []string{
		"DB_PASSWORD=V", "export DB_PASSWORD=V", "declare -r DB_PASSWORD=V", "read -r DB_PASSWORD <<<V",
		"DB_PASSWORD=$(echo V)", "f() { local DB_PASSWORD=V; echo $DB_PASSWORD; }; f; DB_PASSWORD=V",
		"DB_PASSWORD=hunter2; DB_PASSWORD+=-hunter",
		"echo V | { read DB_PASSWORD; echo $DB_PASSWORD; }", "declare -A DB_PASSWORD=([a]=V); echo ${DB_PASSWORD[a]}", "DB_PASSWORD=(V w)",
		"mapfile -t DB_PASSWORD <<<V", ": ${DB_PASSWORD:=V}", "for DB_PASSWORD in V w; do echo $DB_PASSWORD; done",
		"DB_PASSWORD[1]=V; echo ${DB_PASSWORD[1]}",
	} {
		var events strings.Builder
		e := &Execution{
			Script: procedures.Script{Text: strings.ReplaceAll(set, "V",
				value) + "\necho $DB_PASSWORD\necho \"${DB_PASSWORD[@]}\"\n", Line: 1},
			Files: noFiles{}, Commands: func(name string) (procedures.Command, bool) { return commandNamed(name, nil) },
			Emit: func(e procedures.Event) { fmt.Fprintf(&events, "%+v %+v\n", e, e.Call) },
		}
		outcome, err := Run(t.Context(), e)
		if err != nil || outcome.Status != 0 {
			t.Fatalf("%s: %v, %+v\n%s", set, err, outcome, events.String())
		}
		if text := strings.ToLower(events.String()); strings.Contains(text, value) {
			t.Errorf("%s: the events hold %s", set, text)
		}
	}
}

// revealing is a command whose answer is a secret.
type revealing struct {
	meeting
	value string
}

// Run implements procedures.Command.
func (r *revealing) Run(_ context.Context, inv *procedures.Invocation) int {
	inv.Secret(r.value)
	fmt.Fprintln(inv.Stdout, r.value)
	inv.Report(procedures.Call{
		Command:  "secretsmanager get-secret-value",
		Document: document.NewObject(document.Member{Name: "SecretString", Value: r.value}, document.Member{Name: "Copy", Value: r.value}),
	})
	return 0
}
