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

// Action is something that may be allowed: a verb of the policy, as roles of the configuration name it.
type Action string

// The actions.
const (
	View     Action = "view"     // see pages, runs and streams
	Press    Action = "press"    // execute steps, and ask for approval; Request.Effect says what the step may do
	Mark     Action = "mark"     // mark manual steps as done, not done or skipped
	Note     Action = "note"     // write notes
	Cancel   Action = "cancel"   // stop steps and runs
	Finish   Action = "finish"   // finish, reopen and keep runs
	Rehearse Action = "rehearse" // open a procedure on the sandbox, with the values of another environment
	Approve  Action = "approve"  // approve or decline another person's plan
	Faults   Action = "faults"   // switch the sandbox's faults, and reset it
	Audit    Action = "audit"    // read the audit log
	Erase    Action = "erase"    // erase the text of entries of the audit log
	Accounts Action = "accounts" // make and end tokens for programs

	Invite Action = "invite" // invite people to accounts of the portal, reset and disable these

	BreakGlass Action = "break-glass" // raise one's effects for an hour, with a reason: see Glass
)

// Actions are all of them, with what they let somebody do. It is the one list: roles, the tables of the documentation and the
// pages go by it.
var Actions = []struct {
	Action Action
	Does   string // after "may": what somebody does who may
}{
	{View, "see pages, runs, streams and what is downloaded of them"},
	{Press, "run steps, up to the effects of the role, and request approval of a change"},
	{Mark, "mark manual steps as done, not done or skipped"},
	{Note, "write notes"},
	{Cancel, "cancel steps and runs, and end bakes early"},
	{Finish, "finish, reopen and keep runs"},
	{Rehearse, "open a procedure on the sandbox, with the values of another environment"},
	{Approve, "approve and decline other people's changes; includes view"},
	{Faults, "switch the faults of the sandbox, and reset it"},
	{Audit, "read the audit log"},
	{Erase, "erase the text of entries of the audit log, with a reason"},
	{Accounts, "make and end tokens for programs"},
	{Invite, "invite people to accounts of the portal, reset and disable these, where their roles are no more than one’s own"},
	{BreakGlass, "raise the effects of what they may run for an hour, with a reason that everybody sees"},
}

// Known reports whether there is such an action.
func (a Action) Known() bool {
	for _, known := range Actions {
		if known.Action == a {
			return true
		}
	}
	return false
}

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
	if err := r.Person.beyond(r); err != nil {
		return err
	}
	if t := r.Person.Token; t != nil && t.Role != "" && !r.reads() { // it was narrower than everything
		return procedures.Errorf(procedures.CodeRefused, "the token %s has the role %s, and the configuration has no roles any more",
			r.Person.Name, t.Role)
	}
	if r.Action.Known() || r.reads() {
		return nil
	}
	return procedures.Errorf(procedures.CodeRefused, "the action %q is not allowed here", r.Action)
}
