package procedures

import (
	"context"
	"time"
)

// A process that executes changes has to be sure that no other one has taken them over, and the others have to be sure that it
// sends nothing more. The database is asked for that: it knows which processes are there.
const (
	// AttendanceHolds is how long a process may send after the last moment at which the database knew that it was there.
	AttendanceHolds = 5 * time.Second
	// AttendanceMissed is how long a process has to be missed before others say what became of its changes. It is longer than
	// AttendanceHolds by the time that a request takes to be given up.
	AttendanceMissed = 6 * time.Second
)

// fenceKey is the key of a fence in a context.
type fenceKey struct{}

// WithFence is a context in which a change is sent. allowed is asked before each request, retries included, and says why no
// more may be sent; it returns at once and is safe for concurrent use.
func WithFence(ctx context.Context, allowed func() error) context.Context {
	return context.WithValue(ctx, fenceKey{}, allowed)
}

// MaySend is nil where a request may be sent, and else why not. Who sends something asks it right before that. Without a
// fence everything may be sent.
func MaySend(ctx context.Context) error {
	if allowed, ok := ctx.Value(fenceKey{}).(func() error); ok {
		return allowed()
	}
	return nil
}
