package scripts

import (
	"context"
)

// prefetch holds reading calls that were begun before the script came to them.
type prefetch struct{}

func (r *running) startPrefetch(context.Context) *prefetch { return nil }

func (p *prefetch) wait() {}

// fetched is one call's result.
type fetched struct{}

func (p *prefetch) take(context.Context, []string) (*fetched, bool) { return nil, false }
func (f *fetched) replay(any) int                                   { return 0 }
