package ledger

import (
	"context"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Tell keeps, in the transaction of what it tells, that people have to know of something who look at no page.
func (l *Ledger) Tell(ctx context.Context, tx procedures.Tx, a procedures.Alert) error {
	if l.Alert == nil {
		return nil
	}
	a.At = l.Now()
	return l.Alert(ctx, tx, a)
}
