package runs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

const limited = `
# Look
aws thing describe

# Change
aws thing update --name a
`

// allow lets the environment of a portal do at most this.
func (p *portal) allow(worst procedures.Effect) *engine.Engine {
	p.t.Helper()
	eng, err := p.options.Engine("test")
	if err != nil {
		p.t.Fatal(err)
	}
	eng.Environment.Effects = worst
	return eng
}

func TestAnEnvironmentThatOnlyReads(t *testing.T) {
	t.Parallel()
	p := newPortal(t, enginetest.Fence(limited))
	eng := p.allow(procedures.EffectRead)
	const why = "Check: Change changes something, and test only reads; nothing was called"

	if _, err := p.Press(t.Context(), p.request("change")); procedures.CodeOf(err) != procedures.CodeRefused || err.Error() != why {
		t.Errorf("a press: %v", err)
	}
	all, err := p.RunAll(t.Context(), p.request(""))
	if err != nil {
		t.Fatal(err)
	}
	if v := p.finished(all.Run, "look").Step("look"); v.Verdict().Exit() != 0 {
		t.Errorf("what reads came to %v", v.Judgement)
	}

	// What was shown before the configuration was changed is not executed any more.
	p.allow("")
	pressed := p.press(p.request("change"))
	p.allow(procedures.EffectRead)
	r := p.request("change")
	r.Confirmed = pressed.Plan.Execution
	if _, err := p.Press(t.Context(), r); procedures.CodeOf(err) != procedures.CodeRefused {
		t.Errorf("what was confirmed: %v", err)
	}

	// The engine refuses by itself.
	step := p.Library().Procedures()[0].Step("change")
	x := engine.Execution{
		Step: step, State: &procedures.ScriptState{}, Files: &interpret.Folder{}, Now: time.Now,
		Confirmed: []procedures.PlannedCall{
			{Command: "thing update", Args: []string{"thing", "update", "--name", "a"}, Effect: procedures.EffectChange},
		},
	}
	if result := eng.Execute(t.Context(), x); result.Judgement.Verdict != procedures.Errored ||
		!strings.Contains(result.Judgement.Reason, why) {
		t.Errorf("executed it is %+v", result.Judgement)
	}
	if _, err := eng.Plan(t.Context(), x); procedures.CodeOf(err) != procedures.CodeRefused {
		t.Errorf("planned it is %v", err)
	}
	if made := p.aws.Calls(); !slices.Equal(made, []string{"thing describe"}) {
		t.Errorf("these calls were made: %v", made)
	}
}

func TestAProcedureThatIsForAnotherEnvironment(t *testing.T) {
	t.Parallel()
	p := newPortal(t, "---\nenvironments: [production]\n---\n"+enginetest.Fence(limited))
	for name, do := range map[string]func() error{
		"a press":   func() error { _, err := p.Press(t.Context(), p.request("look")); return err },
		"a change":  func() error { _, err := p.Press(t.Context(), p.request("change")); return err },
		"all of it": func() error { _, err := p.RunAll(t.Context(), p.request("")); return err },
		"a note": func() error {
			_, err := p.AddNote(t.Context(), runs.Mark{Procedure: "check", Environment: "test", Text: "hello", By: oncall})
			return err
		},
	} {
		if err := do(); procedures.CodeOf(err) != procedures.CodeRefused ||
			!strings.Contains(err.Error(), "is for production, and this is test") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
