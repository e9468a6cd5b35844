package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runbook/lint"
)

// gamedayCommand is a game day in a terminal: an account of its own on loopback.
type gamedayCommand struct {
	Listen string
	Within time.Duration

	stretch float64 // of the account's times, in tests
}

// flags implements flagged.
func (c *gamedayCommand) flags(f *pflag.FlagSet) {
	f.StringVar(&c.Listen, "listen", "127.0.0.1:4599", "`ADDR` Address, on loopback.")
	f.DurationVar(&c.Within, "within", sandbox.MaxWithin, "`TIME` The fault begins within that time, at most ten minutes.")
}

// run begins a game and follows it until it is mitigated, or the context ends: then it is given up.
func (c *gamedayCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	lib, _, err := o.library()
	if err != nil {
		return err
	}
	procedure := ""
	switch {
	case len(words) > 1:
		return procedures.Errorf(procedures.CodeInvalid, "gameday wants one procedure, or none")
	case len(words) == 1:
		p, _, err := o.find(ctx, lib, words[0])
		if err != nil {
			return err
		}
		procedure = p.ID
	}
	s := sandbox.New(sandbox.Options{Grows: true, Stretch: c.stretch, Named: namedIn(func() *runbook.Library { return lib })})
	if err := s.BeginGame(ctx, procedure, "", c.Within); err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- serveSandbox(serving, s, c.Listen, t) }()
	game, err := followGame(ctx, s, t, ended)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.err, "The fault was %s: %s. It began at %s.\nSHA-256 of %q is the seal.\n", game.Fault, game.Title,
		game.Starts.Format("15:04:05 UTC"), game.Salt+" "+game.Fault)
	if game.Mitigated.IsZero() {
		fmt.Fprintln(t.err, "Given up.")
		return exitError(1)
	}
	fmt.Fprintf(t.err, "Mitigated after %s by %s, with %s and %s.\n",
		game.Mitigated.Sub(game.Starts).Round(time.Second), game.Helped, lint.Plural(len(game.Tried), "change"),
		lint.Plural(game.Reads, "reading"))
	return nil
}

// followGame says what happens until the game ends, which it does with the context at the latest. ended is of the account's server.
func followGame(ctx context.Context, s *sandbox.Sandbox, t terminal, ended <-chan error) (sandbox.Game, error) {
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	always := context.WithoutCancel(ctx)
	sealed, red := false, false
	for {
		on, past, err := s.Games(always)
		switch {
		case err != nil:
			return sandbox.Game{}, err
		case on == nil:
			return past[0], nil
		case !sealed:
			fmt.Fprintf(t.err, "A game day has begun. Seal: %s\n", on.Hash)
			sealed = true
		case !red && !on.Red.IsZero():
			fmt.Fprintf(t.err, "First red: %s, at %s.\n", on.Saw, on.Red.Format("15:04:05 UTC"))
			red = true
		}
		select {
		case <-ticks.C:
		case err := <-ended:
			if ctx.Err() == nil { // it could not be served
				return sandbox.Game{}, err
			}
			if err := s.EndGame(always); err != nil {
				return sandbox.Game{}, err
			}
		case <-ctx.Done():
			if err := s.EndGame(always); err != nil {
				return sandbox.Game{}, err
			}
		}
	}
}
