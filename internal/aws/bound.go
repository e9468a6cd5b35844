package aws

import (
	"context"
	"errors"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/custom"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Bound implements procedures.Binder: in which region, as whom and at which address a line would be sent. A line that is wrong is bound to
// nothing, as it is not sent.
func (c *Command) Bound(ctx context.Context, inv *procedures.Invocation) ([]procedures.BoundMember, error) {
	r := &run{command: c}
	b := r.bind(inv)
	if r.refusal != nil {
		return nil, nil //nolint:nilerr // running it says so
	}
	s := c.connector.Session(inv, b.globals)
	service := "S3" // of the commands that are not one call
	if b.line != nil {
		s.Globals, service = b.line.Globals, b.line.Service.ServiceID
	}
	id, err := s.Load(ctx)
	if err != nil {
		return nil, err
	}
	endpoint := s.Globals.Endpoint
	if endpoint == "" {
		endpoint = accounts.Endpoint(s.Environment, service, id.Addresses, s.Variable)
	}
	out := []procedures.BoundMember{
		{Name: "region", Value: id.Region}, {Name: "profile", Value: id.Profile}, {Name: "endpoint", Value: endpoint},
	}
	if own, ok := b.own.(custom.Binder); ok {
		s.Globals = b.globals
		more, err := own.Bound(ctx, s, bind.At(inv.Args[1:], b.places))
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if s.Environment.Sandbox() {
		return out, nil
	}
	caller, err := s.Verified(ctx)
	var other *session.AccountError
	switch {
	case errors.As(err, &other), ctx.Err() != nil:
		return nil, err
	case err != nil: // sending it says why; an approval of this is not one of a line that is verified
		caller = Caller{Account: "not verified", ARN: "not verified"}
	}
	return append(out, procedures.BoundMember{Name: "line's account", Value: caller.Account},
		procedures.BoundMember{Name: "line's identity", Value: withoutSession(caller.ARN)}), nil
}

// withoutSession is an ARN without the name of a role's session, which tells who pressed and not what may be done.
func withoutSession(arn string) string {
	if !strings.Contains(arn, ":assumed-role/") || strings.Count(arn, "/") < 2 {
		return arn
	}
	return arn[:strings.LastIndexByte(arn, '/')]
}

var _ interface {
	procedures.Binder
	procedures.Inspector
	procedures.Comparer
} = (*Command)(nil)
