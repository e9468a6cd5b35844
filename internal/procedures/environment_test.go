package procedures

import (
	"strings"
	"testing"
)

func TestEnvironmentsLimitEffects(t *testing.T) {
	for _, tt := range []struct{ allows, effect, limit string }{
		{"", "destroy", ""}, {"read", "read", ""}, {"read", "none", ""}, {"read", "change", "production only reads"},
		{"read", "destroy", "production only reads"}, {"change", "change", ""},
		{"change", "destroy", "nothing may be destroyed in production"}, {"destroy", "destroy", ""},
	} {
		e := Environment{Name: "production", Effects: Effect(tt.allows)}
		if got := e.Limit(Effect(tt.effect)); got != tt.limit {
			t.Errorf("with %q, %s: %q, want %q", tt.allows, tt.effect, got, tt.limit)
		}
		err := e.Refusal("Tidy up", Effect(tt.effect))
		if (err != nil) != (tt.limit != "") || err != nil && (CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), tt.limit)) {
			t.Errorf("with %q, %s is refused with %v", tt.allows, tt.effect, err)
		}
	}
	destroys := Environment{Effects: EffectRead}.Refusal("Drop it", EffectDestroy).Error()
	changes := Environment{Effects: EffectRead}.Refusal("Drop it", EffectChange).Error()
	if !strings.Contains(destroys, "Drop it destroys something") || !strings.Contains(changes, "Drop it changes something") {
		t.Errorf("%s\n%s", destroys, changes)
	}
}

func TestProceduresAreForEnvironments(t *testing.T) {
	p := &Procedure{Title: "Drill", Environments: []string{"staging", "test"}}
	for _, e := range []Environment{{Name: "staging"}, {Name: "test"}, {Name: "sandbox", Account: "sandbox"}} {
		if !p.For(e) || p.Refusal(e) != nil {
			t.Errorf("it is not for %s", e.Name)
		}
	}
	production := Environment{Name: "production", Account: SandboxAccount}
	if err := p.Refusal(production); p.For(production) || CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), "staging, test") {
		t.Errorf("in production: %v", err)
	}
	if !(&Procedure{}).For(production) {
		t.Error("a procedure for all environments is not for production")
	}
}

func TestPartsOfAProcedureAreFound(t *testing.T) {
	p := &Procedure{Steps: []*Step{{ID: "a"}, {ID: "b"}}, Parameters: []Parameter{{Name: "X"}, {Name: "Y"}}}
	if s := p.Step("b"); s != p.Steps[1] || p.Step("c") != nil {
		t.Errorf("step b is %v", s)
	}
	if q := p.Parameter("Y"); q != &p.Parameters[1] || p.Parameter("y") != nil {
		t.Errorf("parameter Y is %v", q)
	}
}
