package runs_test

import (
	"context"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
)

// hold answers changing calls when they are released, and says that one has begun.
func hold(began chan<- struct{}, release <-chan struct{}) func(context.Context, []string) (document.Value, int) {
	return func(ctx context.Context, args []string) (document.Value, int) {
		if enginetest.Planned(args).Effect.Changes() {
			began <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil, 0
	}
}

// answering lets the calls for some names fail.
func answering(statuses map[string]int) func(context.Context, []string) (document.Value, int) {
	return func(_ context.Context, args []string) (document.Value, int) {
		return nil, statuses[enginetest.Planned(args).Resource]
	}
}
