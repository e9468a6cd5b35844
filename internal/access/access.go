// Package access says who somebody is (Authenticator) and what they may do (Policy).
package access

import (
	"context"
	"net/http"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Authenticator says who sent a request.
type Authenticator interface {
	// Authenticate returns who sent r. Its error has the code refused, and its message is shown to the sender.
	Authenticate(r *http.Request) (Person, error)
	// Secure reports whether the browser speaks HTTPS, with this server or with a proxy that may be believed.
	Secure(r *http.Request) bool
	// Verified reports whether names are more than what people said of themselves.
	Verified() bool
}

// Namer is an Authenticator whose people name themselves.
type Namer interface {
	Authenticator
	// Begin makes sure that ctx has a person at all, who stays the same under every name.
	Begin(ctx context.Context)
	// SetName changes the name; an empty one takes it away.
	SetName(ctx context.Context, name string)
	// AsksName reports whether there is no name, and the person was never asked for one.
	AsksName(ctx context.Context) bool
	// Answer keeps the answer to that: a name, or none.
	Answer(ctx context.Context, name string)
}

// Action is something that may be allowed.
type Action string

// The actions.
const (
	View     Action = "view"     // see pages, runs and streams
	Press    Action = "press"    // execute steps; Request.Effect says what the step may do
	Approve  Action = "approve"  // approve or decline another person's plan
	Cancel   Action = "cancel"   // stop steps and runs
	Write    Action = "write"    // mark, note, finish, reopen
	Rehearse Action = "rehearse" // open a procedure on the sandbox, with the values of another environment
	Faults   Action = "faults"   // switch the sandbox's faults, and reset it
)

// Request is what somebody wants to do. Environment and Procedure are empty where the action is about all of them, such as a
// list of runbooks, or about none.
type Request struct {
	Person      Person
	Action      Action
	Environment string
	Procedure   string
	Effect      procedures.Effect // of the step that is pressed
}

// Policy decides about access requests. Its error says what to do, and has the code refused.
type Policy interface {
	May(ctx context.Context, r Request) error
}

// Loopback is the policy of a portal that only its own machine reaches, or whose proxy lets only the right people through:
// everybody may do everything. An action that it does not know is refused.
type Loopback struct{}

// May implements Policy.
func (Loopback) May(_ context.Context, r Request) error {
	switch r.Action {
	case View, Press, Approve, Cancel, Write, Rehearse, Faults:
		return nil
	}
	return procedures.Errorf(procedures.CodeRefused, "the action %q is not allowed here", r.Action)
}
