package procedures

import "context"

// Acting is for whom calls are made: what AWS's own record says of them besides the role.
type Acting struct {
	Who       string // the person's name, or what stands for one: "the schedule"
	Run       string
	Procedure string
}

// actingKey is the key of Acting in a context.
type actingKey struct{}

// WithActing is a context in which calls are made for somebody.
func WithActing(ctx context.Context, a Acting) context.Context {
	return context.WithValue(ctx, actingKey{}, a)
}

// ActingOf is for whom calls in a context are made; the zero value where nobody has said it.
func ActingOf(ctx context.Context) Acting {
	a, _ := ctx.Value(actingKey{}).(Acting)
	return a
}
