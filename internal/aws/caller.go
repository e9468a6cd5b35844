package aws

import (
	"context"
	"errors"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Caller is who calls are made by, as AWS says it.
type Caller = session.Caller

// Caller returns who calls of lines without options of their own are made by. An account that is not the environment's is an error
// of the code refused; everything else that is in the way is of the code unavailable, worded as the AWS CLI words it, with advice.
func (c *Command) Caller(ctx context.Context) (Caller, error) {
	// No option of a line counts here: profile and region are the environment's.
	s := c.connector.Session(&procedures.Invocation{}, bind.Globals{})
	caller, err := s.Verified(ctx)
	var other *session.AccountError
	switch {
	case err == nil:
		return caller, nil
	// Credentials of another account are a fault of the configuration, which trying again does not mend.
	case errors.As(err, &other):
		return Caller{}, procedures.Errorf(procedures.CodeRefused,
			"nothing was called: the environment %s is for the account %s, and the credentials are of %s",
			other.Environment, other.Want, other.Have)
	}
	text, _ := say(err)
	text = strings.TrimSpace(text)
	if advice := accounts.Advice(err, s.Identity.Profile, c.connector.Environment.Sandbox()); advice != "" {
		text += " " + advice
	}
	return Caller{}, procedures.Errorf(procedures.CodeUnavailable,
		"nothing was called: the account of the environment %s could not be verified: %s", c.connector.Environment.Name, text)
}
