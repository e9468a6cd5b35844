package access_test

import (
	"math/rand/v2"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestNobodyLendsMoreThanTheyHave: of random roles and tokens, what may be made does nothing that its maker may not do; and whoever has
// a role may make a token with it.
func TestNobodyLendsMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	const rounds = 3000
	r := rand.New(rand.NewPCG(1, 2))
	effects := []procedures.Effect{"", procedures.EffectRead, procedures.EffectChange, procedures.EffectDestroy}
	places, books := []string{"production", "staging"}, []string{"a/one", "a/two", "b/one"}
	patterns := [][]string{nil, nil, {"a/**"}, {"**", "!a/two"}, {"b/one"}}
	verbs := func() (out []access.Action) {
		for _, a := range []access.Action{access.View, access.Press, access.Mark, access.Approve, access.Accounts} {
			if r.IntN(2) == 0 {
				out = append(out, a)
			}
		}
		return append(out, access.View)
	}
	lent := 0
	for range rounds {
		var rules []access.Role
		for _, name := range []string{"r", "s"} {
			rule := access.Role{
				Name: name, Groups: []string{name}, May: verbs(), Effects: effects[r.IntN(4)], Procedures: patterns[r.IntN(5)],
			}
			if r.IntN(2) == 0 {
				rule.Environments = map[string]procedures.Effect{places[r.IntN(2)]: effects[r.IntN(4)]}
			}
			rules = append(rules, rule)
		}
		roles := access.NewRoles(rules)
		maker := access.Person{Issuer: "x", Subject: "1", Groups: []string{[]string{"r", "s"}[r.IntN(2)]}}
		bounds := access.Bounds{Effects: effects[r.IntN(4)], Procedures: patterns[r.IntN(5)]}
		if r.IntN(2) == 0 {
			bounds.Environments = places[:1+r.IntN(2)]
		}
		if r.IntN(4) == 0 {
			bounds.May = []access.Action{access.View, access.Metrics}[r.IntN(2):]
		}
		grant := access.NewGrant("r", maker.Key(), bounds)
		if err := roles.MayLend(maker, grant); err != nil {
			if maker.Groups[0] == "r" && (len(bounds.May) == 0 || bounds.May[len(bounds.May)-1] != access.Metrics) {
				t.Errorf("who has the role may not lend it: %v", err)
			}
			continue
		}
		lent++
		token := access.Person{Name: "t", Issuer: access.IssuerToken, Subject: "1", Token: grant}
		for _, action := range access.TokenActions {
			for _, place := range places {
				for _, book := range books {
					for _, effect := range effects {
						q := access.Request{Person: token, Action: action, Environment: place, Procedure: book, Effect: effect}
						does := roles.May(t.Context(), q) == nil
						if q.Person = maker; action == access.Metrics {
							q.Action = access.View
						}
						if does && roles.May(t.Context(), q) != nil {
							t.Fatalf("%+v: a token of %+v may %s %s in %s (%s), and its maker of %s may not",
								rules, bounds, action, book, place, effect, maker.Groups[0])
						}
					}
				}
			}
		}
	}
	if lent < rounds/4 {
		t.Errorf("only %d of %d were lent", lent, rounds)
	}
}
