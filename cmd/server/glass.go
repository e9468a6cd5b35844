package main

import (
	"context"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// glassStore keeps who has broken glass, and tells people of it.
type glassStore struct {
	*store.DB
	alert func(context.Context, procedures.Tx, procedures.Alert) error // nil for nobody
}

// Raise implements access.GlassStore.
func (g glassStore) Raise(ctx context.Context, r procedures.Raised) error {
	return g.DB.Raise(ctx, r, func(tx procedures.Tx) error {
		if g.alert == nil {
			return nil
		}
		return g.alert(ctx, tx, procedures.Alert{
			Kind: procedures.AlertGlassBroken, At: r.Begun, By: r.Name, Reason: r.Reason, Until: r.Until,
		})
	})
}

// buildGlass lets people break glass where there are roles.
func (p *portal) buildGlass(ctx context.Context, o *options, policy access.Policy) error {
	roles, ok := policy.(*access.Roles)
	if !ok {
		return nil
	}
	p.glass = &access.Glass{Store: glassStore{p.db, p.alert()}, Now: now(o), Note: p.db.Announce, Logger: p.logger}
	roles.Raised = p.glass.Of
	return p.glass.Load(ctx)
}
