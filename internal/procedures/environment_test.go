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

func TestFieldsBeginWithTheEnvironment(t *testing.T) {
	p := &Procedure{Parameters: []Parameter{{Name: "AWS_REGION"}, {Name: "AWS_PROFILE"}, {Name: "CLUSTER"}}}
	e := Environment{Account: "111122223333", Region: "eu-west-1", Profile: "shop", Variables: map[string]string{"CLUSTER": "desk"}}
	if got := e.Values(p); len(got) != 3 || got["AWS_REGION"] != "eu-west-1" || got["AWS_PROFILE"] != "shop" || got["CLUSTER"] != "desk" {
		t.Errorf("they begin with %v", got)
	}
	if got := e.Values(&Procedure{}); len(got) != 1 || len(e.Variables) != 1 {
		t.Errorf("a procedure that asks for none is given %v", got)
	}
	e.Variables["AWS_REGION"] = "us-west-2"
	if got := e.Values(p)["AWS_REGION"]; got != "us-west-2" {
		t.Errorf("the environment's own variable says %q", got)
	}
	if got := (Environment{Account: "sandbox"}).Values(p); got["AWS_REGION"] == "" || got["AWS_PROFILE"] == "" {
		t.Errorf("on the sandbox they begin with %v", got)
	}
	if got := (Environment{}).Values(p); len(got) != 0 {
		t.Errorf("where the environment says nothing they begin with %v", got)
	}
}
