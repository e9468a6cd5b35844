package procedures

import "testing"

func TestEffectsAreOrdered(t *testing.T) {
	order := []Effect{EffectNone, EffectRead, EffectChange, EffectDestroy}
	for i, a := range order {
		for j, b := range order {
			if got, want := a.Worse(b), order[max(i, j)]; got != want {
				t.Errorf("the worse of %s and %s is %s, want %s", a, b, got, want)
			}
		}
		if got := a.Changes(); got != (i >= 2) {
			t.Errorf("%s changes: %v", a, got)
		}
	}
	if EffectRead.Worse("") != EffectRead || Effect("").Changes() || !Effect("new").Changes() || Effect("new").Worse(EffectRead) != "new" {
		t.Error("an unknown effect is not a change, or an empty one is")
	}
}

func TestVerdictsAreOrdered(t *testing.T) {
	for i, v := range Verdicts {
		for j, w := range Verdicts {
			if got := Worst(v, w); got != Verdicts[min(i, j)] {
				t.Errorf("the worst of %s and %s is %s", v, w, got)
			}
		}
		if Worst("", v) != v {
			t.Errorf("nothing is worse than %s", v)
		}
	}
	exits := map[Verdict]int{Errored: 2, Unknown: 2, Unavailable: 2, Failed: 1}
	for _, v := range append(Verdicts, "") {
		if v.Exit() != exits[v] {
			t.Errorf("%q ends with %d, want %d", v, v.Exit(), exits[v])
		}
	}
}

func TestApprovalsAreTheLargestNumber(t *testing.T) {
	change := Analysis{Effect: EffectChange}
	for _, tt := range []struct {
		environment, procedure, step, want int
		analysis                           Analysis
	}{
		{1, 0, 0, 1, change}, {0, 2, 1, 2, change}, {0, 1, 3, 3, change}, {0, 0, 0, 0, change},
		{1, 2, 3, 0, Analysis{Effect: EffectRead}},
	} {
		s := &Step{Analysis: tt.analysis, Annotations: Annotations{Approvals: tt.step}}
		if got := Approvals(Environment{Approvals: tt.environment}, &Procedure{Approvals: tt.procedure}, s); got != tt.want {
			t.Errorf("%+v needs %d", tt, got)
		}
	}
}
