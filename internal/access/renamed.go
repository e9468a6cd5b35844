package access

import (
	"context"

	"github.com/opsbook/opsbook/internal/procedures"
)

// UnderAllNames asks a policy about a procedure by the name that a request gives, and by what that is called today. A run keeps the
// name that it began with, and may hold what its procedure is not to show under either: who may not under one of the two may not.
// today is the identifier today of a procedure that has or had a name; the name itself where there is none.
func UnderAllNames(policy Policy, today func(name string) string) Policy {
	p := &renamed{policy, today}
	if roles, ok := policy.(*Roles); ok {
		return &renamedRoles{p, roles}
	}
	return p
}

type renamed struct {
	policy Policy
	today  func(name string) string
}

// May implements Policy. What a procedure is called today is not told to those who may not view it.
func (p *renamed) May(ctx context.Context, r Request) error {
	err := p.policy.May(ctx, r)
	if now, other := p.now(r); err == nil && other && p.policy.May(ctx, now) != nil {
		return procedures.Errorf(procedures.CodeRefused, "this procedure has another name today, under which you may not %s it", r.Action)
	}
	return err
}

// now is a request by what its procedure is called today; other reports that it is another name.
func (p *renamed) now(r Request) (now Request, other bool) {
	if r.Procedure == "" {
		return r, false
	}
	now = r
	now.Procedure = p.today(r.Procedure)
	return now, now.Procedure != r.Procedure
}

// renamedRoles says why, too.
type renamedRoles struct {
	*renamed
	roles *Roles
}

// Explain is [Roles.Explain] of the name that decides.
func (p *renamedRoles) Explain(r Request) Decision {
	d := p.roles.Explain(r)
	if now, other := p.now(r); d.Allowed && other {
		return p.roles.Explain(now)
	}
	return d
}
