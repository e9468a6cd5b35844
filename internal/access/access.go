// Package access says who somebody is and what they may do.
package access

import (
	"context"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Person is somebody who uses the portal.
type Person struct {
	// Name is what others see.
	Name string
	// Claimed reports that the name is only what the person said it is.
	Claimed bool
	// Identity tells people apart whatever they call themselves: the name that the proxy signed in, or the session's own random
	// id. Nobody sees it. Empty for the machine's own.
	Identity string
}

// Action is something that may be allowed.
type Action string

// The actions.
const (
	View     Action = "view"     // see pages, runs and streams
	Press    Action = "press"    // carry steps out; what effect they may have is asked too
	Approve  Action = "approve"  // say yes or no to what another one wants to change
	Cancel   Action = "cancel"   // stop steps and runs
	Write    Action = "write"    // tick, skip, remark, finish, reopen
	Rehearse Action = "rehearse" // switch the sandbox's faults
)

// Request is what somebody wants to do.
type Request struct {
	Person      Person
	Action      Action
	Environment string
	Procedure   string
	Effect      procedures.Effect // of what is pressed
}

// Policy decides about wishes. Its error says what to do, and has the code refused.
type Policy interface {
	May(ctx context.Context, w Request) error
}

// Loopback is the policy of a portal that only its own machine reaches: whoever is there may do everything
// that is known. An action that it has never heard of is refused.
type Loopback struct{}

// May implements Policy.
func (Loopback) May(_ context.Context, w Request) error {
	switch w.Action {
	case View, Press, Approve, Cancel, Write, Rehearse:
		return nil
	}
	return procedures.Errorf(procedures.CodeRefused, "nobody may %s here", w.Action)
}
