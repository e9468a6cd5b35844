package access_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// team are the roles of the issue that asked for them, each on a line of its own.
func team() []access.Role {
	all := make([]access.Action, 0, len(access.Actions))
	for _, a := range access.Actions {
		all = append(all, a.Action)
	}
	return []access.Role{
		{Name: "reader", Line: 2, Groups: []string{"engineering"}, May: []access.Action{access.View}},
		{
			Name: "junior", Line: 3, Groups: []string{"sre-junior"},
			May:          []access.Action{access.View, access.Press, access.Mark, access.Note},
			Environments: map[string]procedures.Effect{"production": procedures.EffectRead, "staging": procedures.EffectChange},
		},
		{
			Name: "operator", Line: 4, Groups: []string{"sre"}, May: []access.Action{
				access.View, access.Press, access.Mark, access.Note, access.Cancel, access.Finish, access.Rehearse,
			}, Effects: procedures.EffectChange, Procedures: []string{"**", "!iam/**"},
		},
		{Name: "approver", Line: 5, Groups: []string{"sre-lead"}, May: []access.Action{access.Approve}},
		{Name: "owner", Line: 6, People: []string{"ada@example.com"}, May: all},
	}
}

func member(groups ...string) access.Person {
	return access.Person{Name: "bob", Issuer: access.IssuerProxy, Subject: "bob", Groups: groups}
}

// TestRoles asks for what the table says, in both directions.
func TestRoles(t *testing.T) {
	const read, change, destroy = procedures.EffectRead, procedures.EffectChange, procedures.EffectDestroy
	ada := access.Person{Name: "Ada", Issuer: "https://idp.example.com", Subject: "7", Email: "Ada@Example.com"}
	for _, c := range []struct {
		name                   string
		person                 access.Person
		action                 access.Action
		environment, procedure string
		effect                 procedures.Effect
		want                   bool
	}{
		{"a reader views", member("engineering"), access.View, "production", "iam/rotate", "", true},
		{"a reader presses nothing", member("engineering"), access.Press, "production", "scaling/out", read, false},
		{"a junior reads in production", member("sre-junior"), access.Press, "production", "scaling/out", read, true},
		{"a junior changes nothing in production", member("sre-junior"), access.Press, "production", "scaling/out", change, false},
		{"a junior changes in staging", member("sre-junior"), access.Press, "staging", "scaling/out", change, true},
		{"a junior destroys nothing in staging", member("sre-junior"), access.Press, "staging", "scaling/out", destroy, false},
		{"a junior is nowhere else", member("sre-junior"), access.View, "sandbox", "scaling/out", "", false},
		{"a junior finishes nothing", member("sre-junior"), access.Finish, "staging", "scaling/out", "", false},
		{"an operator changes anywhere", member("sre"), access.Press, "production", "scaling/out", change, true},
		{"an operator destroys nothing", member("sre"), access.Press, "production", "scaling/out", destroy, false},
		{"a negation takes away", member("sre"), access.View, "production", "iam/rotate", "", false},
		{"a negation takes away from its own rule only", member("sre", "engineering"), access.View, "production", "iam/rotate", "", true},
		{"rules do not mix", member("sre", "engineering"), access.Press, "production", "iam/rotate", read, false},
		{"rules do not mix effects", member("sre", "sre-junior"), access.Press, "production", "iam/rotate", change, false},
		{"an approver sees", member("sre-lead"), access.View, "production", "iam/rotate", "", true},
		{"an approver approves what destroys", member("sre-lead"), access.Approve, "production", "iam/rotate", destroy, true},
		{"an approver presses nothing", member("sre-lead"), access.Press, "production", "iam/rotate", read, false},
		{"a missing effect is read", ada, access.Press, "production", "iam/rotate", read, true},
		{"a missing effect is no change", ada, access.Press, "production", "iam/rotate", change, false},
		{"an address has no case", ada, access.Audit, "", "", "", true},
		{"about nothing in particular", member("sre-junior"), access.Press, "", "", "", true},
		{"about a list", member("sre-junior"), access.View, "staging", "", "", true},
		{"no group", member(), access.View, "staging", "scaling/out", "", false},
		{"a group by another case", member("SRE"), access.View, "staging", "scaling/out", "", false},
		{"a group that nobody vouches for", access.Person{Name: "x", Claimed: true, Issuer: access.IssuerSession, Subject: "s",
			Groups: []string{"sre"}}, access.View, "staging", "scaling/out", "", false},
		{"an address that nobody verified", access.Person{Name: "ada@example.com", Issuer: "https://idp.example.com", Subject: "8"},
			access.View, "staging", "scaling/out", "", false},
		{"a subject of another issuer that is an address", access.Person{Issuer: "https://idp.example.com", Subject: "ada@example.com"},
			access.View, "staging", "scaling/out", "", false},
		{"nobody", access.Person{}, access.View, "staging", "scaling/out", "", false},
		{"somebody called as the schedule", access.Person{Name: "the schedule"}, access.Press, "staging", "scaling/out", read, false},
		{"the schedule", access.Machine("the schedule"), access.Press, "staging", "scaling/out", read, true},
		{"an action that is none", ada, "everything", "staging", "scaling/out", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := access.NewRoles(team())
			r := access.Request{Person: c.person, Action: c.action, Environment: c.environment, Procedure: c.procedure, Effect: c.effect}
			for range 2 { // the second answer is remembered
				if err := p.May(t.Context(), r); (err == nil) != c.want || err != nil && procedures.CodeOf(err) != procedures.CodeRefused {
					t.Errorf("%v", err)
				}
			}
			if d := p.Explain(r); d.Allowed != c.want && c.name != "the schedule" {
				t.Errorf("it is explained as %+v", d)
			}
		})
	}
}

// TestWhy: a refusal says which roles there are and who may, an answer which rule and line.
func TestWhy(t *testing.T) {
	p := access.NewRoles(team())
	r := access.Request{
		Person: member("sre", "engineering"), Action: access.Press, Environment: "production", Procedure: "scaling/out",
		Effect: procedures.EffectDestroy,
	}
	want := "you may not run steps that destroy something in production: none of your roles reader, operator allows it. " +
		"No role allows it to anybody else"
	if err := p.May(t.Context(), r); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	r.Person, r.Effect = member("engineering"), procedures.EffectChange
	if err := p.May(t.Context(), r); err == nil || !strings.HasSuffix(err.Error(), "Who may: operator (group sre)") {
		t.Errorf("got %v", err)
	}
	r.Person = member("engineering", "sre")
	d := p.Explain(r)
	if d.By == nil || d.By.Name != "operator" || d.By.Line != 4 || len(d.Rules) != 2 || d.Rules[0].Why != "its may: has no press" {
		t.Errorf("got %+v", d)
	}
}

// TestPatterns: which identifiers a pattern is of.
func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		patterns string
		yes, no  string
	}{
		{"**", "a a/b a/b/c", ""},
		{"iam/**", "iam/a iam/a/b iam", "iamb/a a/iam/b"},
		{"iam", "iam iam/a iam/a/b", "iamb iamb/a a/iam"},
		{"iam/", "iam/a", "iamb/a"},
		{"iam/rotate", "iam/rotate iam/rotate/step", "iam/rotates iam"},
		{"*/rotate", "iam/rotate db/rotate", "rotate iam/x/rotate"},
		{"**/rotate", "rotate iam/rotate iam/x/rotate", "iam/rotate/x"},
		{"iam/*-keys", "iam/rotate-keys", "iam/keys iam/rotate-keys/x iam/rotate-key"},
		{"a*b*c", "abc aXbYc abbc", "ac ab acb"},
		{"!iam/**", "db/x a", "iam/a iam"},
		{"db/** !db/users", "db/x", "db/users db/users/a iam/a"},
		{"!db/users db/**", "db/x", "db/users"},
	} {
		p := access.NewRoles([]access.Role{
			{Name: "r", Groups: []string{"g"}, May: []access.Action{access.View}, Procedures: strings.Fields(c.patterns)},
		})
		for want, ids := range map[bool]string{true: c.yes, false: c.no} {
			for _, id := range strings.Fields(ids) {
				err := p.May(t.Context(), access.Request{Person: member("g"), Action: access.View, Environment: "e", Procedure: id})
				if (err == nil) != want {
					t.Errorf("%s of %s: %v", c.patterns, id, err)
				}
			}
		}
	}
}

// TestOnePersonByAddress: one address that was verified is one person, whatever account it came by.
func TestOnePersonByAddress(t *testing.T) {
	oidc := access.Person{Name: "Ada L.", Issuer: "https://idp", Subject: "1", Email: "ada@example.com"}
	for _, c := range []struct {
		name  string
		other access.Person
		want  bool
	}{
		{"another issuer", access.Person{Name: "x", Issuer: "https://other", Subject: "2", Email: "ADA@example.com"}, true},
		{"the proxy's account", access.Person{Name: "y", Issuer: access.IssuerProxy, Subject: "Ada@example.com"}, true},
		{"the proxy's account as stored", access.Stored("proxy ada@example.com", "y", ""), true},
		{"another address", access.Person{Name: "y", Issuer: "https://idp", Subject: "3", Email: "eve@example.com"}, false},
		{"an address that nobody verified", access.Person{Name: "y", Issuer: "https://idp", Subject: "ada@example.com"}, false},
		{"no address", access.Person{Name: "y", Issuer: "https://idp", Subject: "4"}, false},
	} {
		if oidc.Same(c.other) != c.want || c.other.Same(oidc) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

// BenchmarkAThousandRules asks about ten thousand runs of a hundred procedures, as a long page does.
func BenchmarkAThousandRules(b *testing.B) {
	var rules []access.Role
	for i := range 1000 {
		rules = append(rules, access.Role{
			Name: fmt.Sprint("r", i), Groups: []string{fmt.Sprint("g", i%500)}, May: []access.Action{access.View},
			Procedures: []string{fmt.Sprintf("p%d/**", i), "!p1/x"},
		})
	}
	p := access.NewRoles(rules)
	bob := member("g7", "g8", "g9")
	for b.Loop() {
		for i := range 10000 {
			id := fmt.Sprintf("p%d/x", i%100)
			_ = p.May(b.Context(), access.Request{Person: bob, Action: access.View, Environment: "e", Procedure: id})
		}
	}
}

// TestVerbsAreDocumented: the how-to's table is the policy's list.
func TestVerbsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/how-to/roles.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "| verb | who has it may |\n|---|---|\n"
	for _, a := range access.Actions {
		table += fmt.Sprintf("| `%s` | %s |\n", a.Action, a.Does)
	}
	if !strings.Contains(string(text), table+"\n") {
		t.Errorf("docs/how-to/roles.md has not this table:\n%s", table)
	}
}
