package access

import (
	"context"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Renamed asks a policy about a procedure by the name that a request gives, and by what that is called today. A run keeps the name
// that it began with, and may hold what its procedure is not to show under either: who may not under one of the two may not.
type Renamed struct {
	Policy
	// Today is the identifier today of a procedure that has or had a name; the name itself where there is none.
	Today func(name string) string
}

// May implements Policy. That a procedure has another name today is not told to those who may not view it.
func (p Renamed) May(ctx context.Context, r Request) error {
	if err := p.Policy.May(ctx, r); err != nil || r.Procedure == "" {
		return err
	}
	today := p.Today(r.Procedure)
	if today == r.Procedure {
		return nil
	}
	r.Procedure = today
	if p.Policy.May(ctx, r) != nil {
		return procedures.Errorf(procedures.CodeRefused, "this procedure has another name today, under which you may not %s it", r.Action)
	}
	return nil
}
