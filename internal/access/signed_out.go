package access

import (
	"context"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ErrSignedOut is the error of an Authenticator whose people sign in here: nobody has, or their session has ended.
var ErrSignedOut error = procedures.Errorf(procedures.CodeRefused, "you are signed out; nothing was done")

// unattended is where Unattended leaves its mark in a context.
type unattended struct{}

// Unattended marks the context of a request that a page sends by itself: it does not show that somebody is there.
func Unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattended{}, true)
}

// IsUnattended reports whether a context is so marked.
func IsUnattended(ctx context.Context) bool { return ctx.Value(unattended{}) != nil }
