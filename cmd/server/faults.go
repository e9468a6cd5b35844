package main

import (
	"context"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/web/templates"
)

// faultsOf is the sandbox as the pages see it. Its other methods are the sandbox’s own.
type faultsOf struct{ *sandbox.Sandbox }

// Faults implements web.Sandbox.
func (f faultsOf) Faults(ctx context.Context) ([]templates.Fault, error) {
	all, err := f.Sandbox.Faults(ctx)
	var out []templates.Fault
	for _, x := range all {
		out = append(out, templates.Fault{Name: x.Name, Title: x.Title, On: x.On})
	}
	return out, err
}

// Games implements web.Sandbox.
func (f faultsOf) Games(ctx context.Context) (*templates.Game, []templates.Game, error) {
	on, past, err := f.Sandbox.Games(ctx)
	var out []templates.Game
	for _, g := range past {
		out = append(out, gameOf(g))
	}
	if on == nil {
		return nil, out, err
	}
	shown := gameOf(*on)
	return &shown, out, err
}

// BeginGame implements web.Sandbox.
func (f faultsOf) BeginGame(ctx context.Context, procedure, by string) error {
	return f.Sandbox.BeginGame(ctx, procedure, by, sandbox.MaxWithin)
}

// gameOf is a game as the pages have it.
func gameOf(g sandbox.Game) templates.Game {
	return templates.Game{
		ID: g.ID, Procedure: g.Procedure, By: g.By, Fault: g.Fault, Title: g.Title, Salt: g.Salt, Hash: g.Hash, Saw: g.Saw,
		Helped: g.Helped, Begun: g.Begun, Starts: g.Starts, Red: g.Red, Mitigated: g.Mitigated, Ended: g.Ended, Reads: g.Reads,
		Tried: g.Tried, Verified: g.Verified(),
	}
}
