package runs_test

import (
	"context"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

// TestEventsSayWhoItWas: what a person did has their name with issuer and subject, and what the machine did has none.
func TestEventsSayWhoItWas(t *testing.T) {
	p := newPortal(t, drill)
	ada := access.Person{Name: "Ada", Issuer: access.IssuerProxy, Subject: "ada@example.com"}
	procedure := p.Library().Procedures()[0].ID
	run := p.press(runs.Request{Procedure: procedure, Environment: "test", Step: "find-the-backup", By: ada}).Run
	p.until(run, "find-the-backup", func(v *journal.View) bool { return v.Step("find-the-backup").State == procedures.ExecutionFinished })
	note := runs.Mark{Procedure: procedure, Environment: "test", Text: "seen", By: ada}
	if _, err := p.AddNote(t.Context(), note); err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { return p.Keep(t.Context(), run, true, ada) },
		func() error { return p.Finish(t.Context(), run, ada) },
		func() error { return p.Reopen(t.Context(), run, ada) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	events, err := p.Since(t.Context(), run, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	persons := map[procedures.EventKind]bool{
		procedures.EventRunStarted: true, procedures.EventStepRequested: true, procedures.EventNote: true, procedures.EventKept: true,
		procedures.EventRunFinished: true, procedures.EventRunReopened: true,
	}
	for _, e := range events {
		want := procedures.Event{}
		if persons[e.Kind] {
			want = ada.Sign(want)
		}
		if e.By != want.By || e.Issuer != want.Issuer || e.Subject != want.Subject {
			t.Errorf("%s is of %q by %q, named %q", e.Kind, e.Subject, e.Issuer, e.By)
		}
		delete(persons, e.Kind)
	}
	if len(persons) > 0 {
		t.Errorf("not seen: %v", persons)
	}
}

// asked remembers the requests that a policy decided about.
type asked struct{ list []access.Request }

func (a *asked) May(_ context.Context, r access.Request) error {
	a.list = append(a.list, r)
	return procedures.Errorf(procedures.CodeRefused, "not now")
}

// TestThePolicyIsAskedAboutTheProcedure that is pressed, by its whole identifier, whatever the press calls it.
func TestThePolicyIsAskedAboutTheProcedure(t *testing.T) {
	p := newPortal(t, drill)
	whole := p.Library().Procedures()[0]
	policy := &asked{}
	p.options.Policy = policy
	p.again()
	for _, name := range []string{whole.ID, "find-the-backup"} {
		if found, _, err := p.Library().Find(name); err != nil || found != whole {
			t.Fatalf("%q does not name it: %v", name, err)
		}
		r := runs.Request{Procedure: name, Environment: "test", Step: "find-the-backup", By: oncall}
		_, pressErr := p.Press(t.Context(), r)
		_, allErr := p.RunAll(t.Context(), r)
		if pressErr == nil || allErr == nil {
			t.Fatalf("%s: it was not refused", name)
		}
	}
	for _, r := range policy.list {
		if r.Procedure != whole.ID {
			t.Errorf("the policy was asked about %q", r.Procedure)
		}
	}
	if len(policy.list) != 4 {
		t.Errorf("the policy was asked %d times", len(policy.list))
	}
}
