package access_test

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestLending: nobody gives what they have not, by a group or by an address that a role names; who may do all of what another role lets
// do may give that.
func TestLending(t *testing.T) {
	var all []access.Action
	for _, a := range access.Actions {
		all = append(all, a.Action)
	}
	roles := access.NewRoles([]access.Role{
		{Name: "reader", Groups: []string{"engineering"}, May: []access.Action{access.View}},
		{Name: "junior", Groups: []string{"junior"}, May: []access.Action{access.View, access.Press, access.Invite},
			Environments: map[string]procedures.Effect{"production": procedures.EffectRead, "staging": procedures.EffectChange}},
		{Name: "operator", Groups: []string{"sre"}, May: []access.Action{access.View, access.Press}, Effects: procedures.EffectChange},
		{Name: "narrow", Groups: []string{"narrow"}, May: []access.Action{access.View, access.Press}, Procedures: []string{"a/**"}},
		{Name: "approver", Groups: []string{"lead"}, May: []access.Action{access.Approve, access.Invite}},
		{Name: "small", Groups: []string{"small"}, May: []access.Action{access.Approve}, Effects: procedures.EffectChange},
		{Name: "owner", Groups: []string{"owners"}, People: []string{"ada@example.com"}, May: all, Effects: procedures.EffectDestroy},
	})
	in := func(groups ...string) access.Person {
		return access.Person{Issuer: access.IssuerLocal, Subject: "x", Email: "x@example.com", Groups: groups}
	}
	every := []string{"engineering", "junior", "lead", "narrow", "owners", "small", "sre"}
	for _, c := range []struct {
		by   access.Person
		want []string
	}{
		{in("owners"), every},
		{access.Person{Issuer: "https://sso", Subject: "u", Email: "Ada@example.com"}, every},
		{in("junior"), []string{"junior"}}, // a reader of all environments sees more
		{in("junior", "engineering"), []string{"engineering", "junior"}},
		{in("sre"), []string{"engineering", "narrow", "sre"}},
		{in("lead"), []string{"engineering", "lead", "small"}},
		{in("small"), []string{"engineering", "small"}},
		{in(), nil},
		{access.Person{Name: "somebody", Claimed: true}, nil},
	} {
		if got := roles.Lendable(c.by); !slices.Equal(got, c.want) {
			t.Errorf("%v may lend %v, want %v", c.by.Groups, got, c.want)
		}
	}
	if roles.Lends(in("junior"), in("junior", "owners")) == nil {
		t.Error("one group that may be lent lends another")
	}
	named := access.Person{Issuer: access.IssuerLocal, Subject: "y", Email: "ADA@example.com"}
	if roles.Lends(in("sre"), named) == nil {
		t.Error("an address that a role names is lent")
	}
	if err := roles.Lends(in("owners"), named); err != nil {
		t.Error(err)
	}
	if err := roles.Lends(in(), in("unknown")); err != nil { // it gives nothing
		t.Error(err)
	}
}
