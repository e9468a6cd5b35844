package runs_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// TestOnlyPeopleWhoAreSignedInApprove: where the environment does not say otherwise, a second browser of the server's
// machine is not a second person, neither when it answers nor when answers are counted.
func TestOnlyPeopleWhoAreSignedInApprove(t *testing.T) {
	const says = "another browser of this machine is not another person"
	proxied := func(name string) access.Person {
		return access.Person{Name: name, Issuer: access.IssuerProxy, Subject: name}
	}
	t.Run("a request", func(t *testing.T) {
		p := guardedWeb(t, 1)
		p.environment.ApprovalsWithoutSignIn = false
		err := p.says(p.RequestApproval, p.planned(ada), ada, "")
		p.refused(err, says)
		p.refused(err, "approvals_without_sign_in: true for the environment test")
	})
	t.Run("an approval", func(t *testing.T) {
		p := guardedWeb(t, 1)
		p.environment.ApprovalsWithoutSignIn = false
		plan := p.planned(proxied("eve"))
		p.must(p.says(p.RequestApproval, plan, proxied("eve"), ""))
		p.refused(p.says(p.Approve, plan, bert, ""), says)
		p.refused(p.confirmAs(plan, proxied("eve")), "waiting for 1 approval")
		p.must(p.says(p.Approve, plan, proxied("mallory"), ""), p.confirmAs(plan, proxied("eve")))
	})
	t.Run("one that was given before", func(t *testing.T) {
		p := guardedWeb(t, 1)
		plan := p.planned(ada)
		p.must(p.says(p.RequestApproval, plan, ada, ""), p.says(p.Approve, plan, bert, ""))
		p.environment.ApprovalsWithoutSignIn = false
		p.refused(p.confirmAs(plan, ada), "waiting for 1 approval")
		p.must(p.says(p.Withdraw, plan, ada, "")) // what ends a request needs nobody else
	})
}

// TestSignInBegins: requests for approval in which somebody only said a name are withdrawn, and the record says why; those of people who
// are known stay.
func TestSignInBegins(t *testing.T) {
	proxied := func(name string) access.Person {
		return access.Person{Name: name, Issuer: access.IssuerProxy, Subject: name}
	}
	for _, c := range []struct {
		name         string
		planner, yes access.Person
		withdrawn    int
		stays        bool
	}{
		{"a request of before", ada, access.Person{}, 1, false},
		{"an approval of before", proxied("eve"), bert, 1, false},
		{"of people who are known", proxied("eve"), proxied("mallory"), 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := guardedWeb(t, 1)
			plan := p.planned(c.planner)
			p.must(p.says(p.RequestApproval, plan, c.planner, ""))
			if c.yes.Name != "" {
				p.must(p.says(p.Approve, plan, c.yes, ""))
			}
			p.environment.ApprovalsWithoutSignIn = false
			if n, err := p.WithdrawUnvouched(t.Context()); err != nil || n != c.withdrawn {
				t.Errorf("%d are withdrawn, %v", n, err)
			}
			if n, err := p.WithdrawUnvouched(t.Context()); err != nil || n != 0 {
				t.Errorf("once more: %d, %v", n, err)
			}
			waiting, err := p.AwaitingApproval(t.Context())
			if err != nil || (len(waiting) == 1) != c.stays {
				t.Errorf("%d wait, %v", len(waiting), err)
			}
			if c.withdrawn == 0 {
				p.must(p.confirmAs(plan, c.planner))
				return
			}
			p.refused(p.says(p.Approve, plan, proxied("mallory"), ""), "withdrew this request")
		})
	}
}

// TestOneAddressIsOnePerson: nobody approves their own by another account, whether they planned it, requested the approval, press, or
// have approved already: one verified address is one person.
func TestOneAddressIsOnePerson(t *testing.T) {
	account := func(n, email string) access.Person {
		return access.Person{Name: "person " + n, Issuer: "https://idp-" + n, Subject: n, Email: email}
	}
	ada, ada2, ada3 := account("1", "ada@example.com"), account("2", "Ada@example.com"), account("3", "ADA@EXAMPLE.COM")
	eve, eve2, lee := account("4", "eve@example.com"), account("5", "eve@example.com"), account("6", "lee@example.com")
	p := guardedWeb(t, 2)
	plan := p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, eve, ""))
	p.refused(p.says(p.Approve, plan, ada2, ""), "you cannot approve your own change") // they planned it
	p.refused(p.says(p.Approve, plan, eve2, ""), "you cannot approve your own change") // they requested it
	p.must(p.says(p.Withdraw, plan, ada3, ""))
	plan = p.planned(ada)
	p.must(p.says(p.RequestApproval, plan, ada2, ""), p.says(p.Approve, plan, eve, ""))
	p.refused(p.says(p.Approve, plan, eve2, ""), "a person's approval counts once")
	p.must(p.says(p.Approve, plan, lee, ""))
	p.refused(p.confirmAs(plan, eve2), "an approver cannot also execute the change")
	p.must(p.confirmAs(plan, ada3))
}

// TestVouchedFor: who is known by more than their own word, as they are and as they are stored.
func TestVouchedFor(t *testing.T) {
	for _, c := range []struct {
		who  access.Person
		want bool
	}{
		{access.Person{}, false}, {access.Person{Name: "ada"}, false}, {access.Person{Name: "ada", Claimed: true}, false},
		{access.Person{Name: "proxy ada"}, false},
		{access.Person{Name: "ada", Issuer: access.IssuerSession, Subject: "ABCDEF"}, false},
		{access.Person{Name: "ada", Issuer: access.IssuerProxy, Subject: "ada"}, true},
	} {
		if stored := access.Stored(c.who.Key(), c.who.Name, ""); c.who.Vouched() != c.want || stored.Vouched() != c.want {
			t.Errorf("%+v: %t, stored %t", c.who, c.who.Vouched(), stored.Vouched())
		}
	}
}
