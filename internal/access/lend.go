package access

import (
	"slices"

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
