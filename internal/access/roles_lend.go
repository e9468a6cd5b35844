package access

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

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
