package access

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// MayLend is why somebody may not make a token with a grant: it would do what they may not do themselves. It is nil where they may. What
// they have raised by breaking glass is not theirs to lend.
func (p *Roles) MayLend(by Person, g *Grant) error {
	for _, action := range g.bounds.May {
		lent := &Role{May: []Action{View}} // the numbers are of everything
		if action != Metrics {
			i := slices.IndexFunc(p.rules, func(r *Role) bool { return r.Name == g.Role })
			if i < 0 || !p.rules[i].grants(action) {
				continue // the token does not get it from its role
			}
			lent = p.rules[i]
		}
		does := action
		if action == Metrics {
			does = View
		}
		if slices.ContainsFunc(p.rules, func(own *Role) bool { return own.has(by) && own.covers(lent, g.bounds, does) }) {
			continue
		}
		if action == Metrics {
			return procedures.Errorf(procedures.CodeRefused,
				"the numbers are of everything, and you may not view everything: whoever may can make this token")
		}
		return procedures.Errorf(procedures.CodeRefused, "a token with the role %s could %s more than you may yourself: "+
			"bound it to what is yours, or let somebody make it who may", g.Role, action)
	}
	return nil
}

// Lends says why one person may not give another what the other's groups and address would give: whoever lets somebody in lends what they
// have themselves and nothing else: all that a role of the other lets do is let do by one of theirs too. Nil where they may.
func (p *Roles) Lends(by, to Person) error {
	own := p.of(by).rules
	var beyond []string
	for _, rule := range p.rules {
		if rule.has(to) && !rule.within(own) {
			beyond = append(beyond, rule.Name+" ("+rule.Whose()+")")
		}
	}
	if len(beyond) == 0 {
		return nil
	}
	return procedures.Errorf(procedures.CodeRefused,
		"you may not do that: it is about the role %s, which is more than yours. Nothing was done", strings.Join(beyond, ", "))
}

// within reports whether all that a rule lets do is let do by others, each action by one of them.
func (r *Role) within(others []*Role) bool {
	unbounded := &Role{Effects: procedures.EffectDestroy}
	return !slices.ContainsFunc(Actions, func(a struct {
		Action Action
		Does   string
	}) bool {
		return r.grants(a.Action) && !slices.ContainsFunc(others, func(own *Role) bool {
			return own == r || own.covers(r, unbounded, a.Action)
		})
	})
}

// Lendable are the groups that a person may put others into: those whose roles are no more than theirs.
func (p *Roles) Lendable(by Person) []string {
	var out []string
	for _, g := range p.Groups() {
		if p.Lends(by, Person{Issuer: IssuerLocal, Subject: "somebody", Groups: []string{g}}) == nil {
			out = append(out, g)
		}
	}
	return out
}

// Groups are those that roles name, sorted.
func (p *Roles) Groups() []string {
	var out []string
	for _, rule := range p.rules {
		out = append(out, rule.Groups...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covers reports whether a rule allows an action wherever another does within bounds. Patterns are compared as they are written.
func (r *Role) covers(lent, bounds *Role, action Action) bool {
	if !r.grants(action) || len(r.Procedures) > 0 && !slices.Equal(r.Procedures, lent.Procedures) &&
		!slices.Equal(r.Procedures, bounds.Procedures) {
		return false
	}
	places := []string{""} // all of them
	switch {
	case bounds.Environments != nil:
		places = places[:0]
		for name := range bounds.Environments {
			places = append(places, name)
		}
	case lent.Environments != nil:
		places = places[:0]
		for name := range lent.Environments {
			places = append(places, name)
		}
	case r.Environments != nil:
		return false
	}
	return !slices.ContainsFunc(places, func(place string) bool {
		worst, said, is := lent.where(place)
		if !is {
			return false // nothing is done there
		}
		if action == Approve && !said { // approvals are bounded only where it is said
			worst = procedures.EffectDestroy
		}
		if most, _, _ := bounds.where(place); most.Worse(worst) == worst { // the lesser one
			worst = most
		}
		own, said, is := r.where(place)
		if action == Approve && !said {
			own = procedures.EffectDestroy
		}
		return !is || (action == Press || action == Approve) && own.Worse(worst) != own
	})
}
