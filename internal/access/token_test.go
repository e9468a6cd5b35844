package access_test

import (
	"context"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhoMadeATokenIsItsPerson: what a token did is its maker's, also where only the key was kept, so that nobody approves their own.
func TestWhoMadeATokenIsItsPerson(t *testing.T) {
	ada := access.Person{Name: "Ada", Issuer: "https://sso", Subject: "u-1"}
	proxied := access.Person{Name: "Ada", Issuer: access.IssuerProxy, Subject: "Ada@example.com"}
	token := func(id string, of access.Person) access.Person {
		return access.Person{
			Name: "token " + id, Issuer: access.IssuerToken, Subject: id, Token: access.NewGrant("r", of.Key(), access.Bounds{}),
		}
	}
	stored := func(p access.Person) access.Person { return access.Stored(p.Key(), p.Name, "") }
	byAddress := access.Person{Name: "A. L.", Issuer: "https://sso", Subject: "x", Email: "ada@example.com"}
	for _, c := range []struct {
		what string
		a, b access.Person
		same bool
	}{
		{"a token and its maker", token("1", ada), ada, true},
		{"as kept", stored(token("1", ada)), ada, true},
		{"both as kept", stored(token("1", ada)), stored(ada), true},
		{"two tokens of one maker", stored(token("1", ada)), token("2", ada), true},
		{"somebody else's", token("1", ada), access.Person{Name: "Bob", Issuer: "https://sso", Subject: "u-2"}, false},
		{"two of two makers", token("1", ada), token("2", proxied), false},
		{"by the address", stored(token("1", proxied)), byAddress, true},
		{"nobody's", token("1", access.Person{}), token("2", access.Person{}), false},
	} {
		if c.a.Same(c.b) != c.same || c.b.Same(c.a) != c.same {
			t.Errorf("%s: %t", c.what, !c.same)
		}
	}
	if !stored(token("1", ada)).Vouched() {
		t.Error("nobody vouches for a token")
	}
}

// TestATokenIsBoundedByEveryPolicy: whatever a policy allows, a token does no more than its bounds and nothing that takes a person; a
// role that is gone gives nothing.
func TestATokenIsBoundedByEveryPolicy(t *testing.T) {
	groups, may := []string{"g"}, []access.Action{access.View, access.Press, access.Approve}
	roles := access.NewRoles([]access.Role{{Name: "r", Groups: groups, May: may}})
	bounded := access.Bounds{Environments: []string{"staging"}}
	with := func(role string, b access.Bounds) access.Person {
		return access.Person{Name: "t", Issuer: access.IssuerToken, Subject: "1", Groups: groups, Token: access.NewGrant(role, "", b)}
	}
	for _, c := range []struct {
		what   string
		policy access.Policy
		who    access.Person
		action access.Action
		in     string
		may    bool
	}{
		{"its role", roles, with("r", bounded), access.View, "staging", true},
		{"beyond its bounds", roles, with("r", bounded), access.View, "production", false},
		{"a verb that its role has not", roles, with("r", bounded), access.Mark, "staging", false},
		{"approving", roles, with("r", bounded), access.Approve, "staging", false},
		{"a role by its groups", roles, with("", bounded), access.View, "staging", false},
		{"the numbers", roles, with("", access.Bounds{May: []access.Action{access.Metrics}}), access.Metrics, "", true},
		{"the numbers of a person", roles, access.Person{Issuer: "x", Groups: groups}, access.Metrics, "", false},
		{"without roles", access.Loopback{}, with("", bounded), access.Press, "staging", true},
		{"without roles, beyond", access.Loopback{}, with("", bounded), access.Press, "production", false},
		{"approving without roles", access.Loopback{}, with("", access.Bounds{}), access.Approve, "staging", false},
		{"making tokens", access.Loopback{}, with("", access.Bounds{}), access.Accounts, "", false},
		{"a role that is gone", access.Loopback{}, with("r", access.Bounds{}), access.View, "staging", false},
	} {
		err := c.policy.May(context.Background(), access.Request{
			Person: c.who, Action: c.action, Environment: c.in, Effect: procedures.EffectRead,
		})
		if (err == nil) != c.may {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
