package main

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/runbook/renames"
)

// renamed finds what runbooks of a folder were called before, where Git knows. What keeps it from doing so is logged, once for the
// same reason: nothing else needs the repository.
func (p *portal) renamed(dir string) func(context.Context, map[string]string) map[string]string {
	finder, reason := &renames.Finder{Dir: dir}, ""
	return func(ctx context.Context, texts map[string]string) map[string]string {
		began := time.Now()
		found, err := finder.Find(ctx, texts)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			reason = ""
			p.logger.DebugContext(ctx, "the names of before were read from Git", "names", len(found), "time", time.Since(began))
		case err.Error() != reason:
			reason = err.Error()
			p.logger.WarnContext(ctx, "renames cannot be read from Git: give renamed runbooks their aliases", "error", err)
		}
		return found
	}
}

// find is the procedure that a command names, by a name of today or, where there is none, by one that Git knows from before.
func (o *options) find(ctx context.Context, lib *runbook.Library, name string) (*procedures.Procedure, *procedures.Step, error) {
	p, step, err := lib.Find(name)
	if procedures.CodeOf(err) != procedures.CodeNotFound || o.Runbooks == "" {
		return p, step, err
	}
	finder := renames.Finder{Dir: o.Runbooks}
	lib.RenamedBy(func(texts map[string]string) map[string]string {
		found, _ := finder.Find(ctx, texts)
		return found
	})
	return lib.Find(name)
}
