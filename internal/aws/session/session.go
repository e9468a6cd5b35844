// Package session connects the calls of one line to AWS: as whom, in which region, at which address.
package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/reveal"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Connector makes the sessions of one environment. It is safe for concurrent use.
type Connector struct {
	Environment procedures.Environment
	// Transport answers instead of the network; the sandbox's in its environment. It may be nil.
	Transport http.RoundTripper
	// Addresses guards the addresses that lines and scripts name; nil allows all.
	Addresses Addresses
	Accounts  accounts.Accounts
	Pace      wire.Pace
	// Endpoints remembers where calls go. It may be nil.
	Endpoints *endpoints.Resolver

	callers callers
}

// Session is the connection of one line.
type Session struct {
	*Connector
	Invocation *procedures.Invocation
	Globals    bind.Globals
	// Identity is set by Client.
	Identity accounts.Identity
	// Call is what is reported of the line. Client fills in where the call goes; attempts are counted in Retries.
	Call procedures.Call

	mark atomic.Value // a string
}

// Session begins the session of one line.
func (c *Connector) Session(inv *procedures.Invocation, globals bind.Globals) *Session {
	return &Session{Connector: c, Invocation: inv, Globals: globals}
}

// Mark is what the sandbox says of its answers: see knowledge.Simulated. Empty for answers of a real account. An answer that is
// made up more than the others tells for all.
func (s *Session) Mark() string {
	mark, _ := s.mark.Load().(string)
	return mark
}

// Note tells the page something in passing.
func (s *Session) Note(format string, args ...any) {
	if s.Invocation.Note != nil {
		s.Invocation.Note(fmt.Sprintf(format, args...))
	}
}

// Hide tells that pages and records must not show a value.
func (s *Session) Hide(value string) {
	if s.Invocation.Secret != nil && strings.TrimSpace(value) != "" {
		s.Invocation.Secret(value)
	}
}

// Teller is told what is secret in what is sent and answered.
func (s *Session) Teller() reveal.Teller {
	return reveal.Teller{Secret: s.Invocation.Secret, Open: s.Invocation.Open}
}

// Variable looks one of the script up and, but on the sandbox, one of the machine.
func (s *Session) Variable(name string) (string, bool) {
	if s.Invocation.Env != nil {
		if v, ok := s.Invocation.Env(name); ok {
			return v, true
		}
	}
	if s.Environment.Sandbox() {
		return "", false
	}
	return os.LookupEnv(name)
}

// Format is --output, AWS_DEFAULT_OUTPUT, the profile's, or else JSON.
func (s *Session) Format() string {
	if s.Globals.Output != "" {
		return s.Globals.Output
	}
	if v, ok := s.Variable("AWS_DEFAULT_OUTPUT"); ok && v != "" {
		return v
	}
	if s.Identity.Output != "" {
		return s.Identity.Output
	}
	return "json"
}

// PlanOnly reports what the line would do, because it is only planned, and returns its exit status.
func (s *Session) PlanOnly(call procedures.PlannedCall) int {
	call.Args, call.Line = s.Invocation.Args[1:], s.Invocation.Line
	s.Call.Planned = &call
	return 0
}

// ClosedError says that nobody reads the output any more.
type ClosedError struct{ Err error }

func (e *ClosedError) Error() string { return e.Err.Error() }

// Load finds the identity of the line, without a call of AWS's.
func (s *Session) Load(ctx context.Context) (accounts.Identity, error) {
	return s.Accounts.Load(ctx, s.Environment, s.Globals.Profile, s.Globals.Region, s.Variable)
}

// Client makes the client of a service: its identity, its region, its endpoint. The account of the credentials is
// compared with the environment's first.
func (s *Session) Client(ctx context.Context, service *models.Service) (*wire.Client, error) {
	g := s.Globals
	if err := s.Located(ctx); err != nil {
		return nil, err
	}
	if s.Globals.NoRegion && service.GlobalEndpoint == "" && s.Globals.Endpoint == "" {
		return nil, &bind.Error{
			Message: "Invalid endpoint: https://" + service.EndpointPrefix + "..amazonaws.com", Status: bind.ExitGeneral,
		}
	}
	if service.Name == "cloudsearchdomain" && s.Globals.Endpoint == "" {
		return nil, &bind.Error{
			Message: "An error occurred (ParamValidation): --endpoint-url is required for cloudsearchdomain commands",
			Status:  bind.ExitUsage,
		}
	}
	s.Call.Region = s.Identity.Region
	s.Call.Account = s.Environment.Account
	endpoint, named := s.address(service)
	transport := s.Transport
	if transport == nil {
		transport = s.Identity.Transport
	}
	if named && s.Addresses != nil && s.Transport == nil {
		if err := s.Addresses.Named(endpoint); err != nil {
			return nil, &bind.Error{Message: fmt.Sprintf("--endpoint-url %s: %v", endpoint, err), Status: bind.ExitGeneral}
		}
		transport = s.Addresses.Transport()
	}
	client := &wire.Client{
		Pace: &s.Pace, Endpoints: s.Endpoints, Account: s.Environment.Account + " " + s.Identity.Profile,
		Credentials: s.Identity.Credentials, Region: s.Identity.Region, Endpoint: endpoint, Unsigned: g.Unsigned,
		HTTP: &http.Client{Transport: marking{s, transport}, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
		Retrying: func(op *models.Operation, attempt int, wait time.Duration, err error) {
			s.Call.Retries = attempt
			s.Note("%s: %s; trying again in %s", op.Name, reason(err), wait.Round(10*time.Millisecond))
		},
		Pacing: func(op *models.Operation, wait time.Duration) {
			s.Note("%s: %s had too many calls from this account in %s; this one's turn is in %s",
				op.Name, op.Service.ServiceID, s.Identity.Region, wait.Round(10*time.Millisecond))
		},
	}
	client.CheckAnswers = !strings.EqualFold(s.setting("AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation"), "when_required")
	if v, ok := s.Variable("AWS_MAX_ATTEMPTS"); ok {
		client.Attempts, _ = strconv.Atoi(v) // 0, the usual, where it is no number
	}
	if seconds, err := strconv.Atoi(g.ReadTimeout); err == nil {
		client.Silence = time.Duration(seconds) * time.Second
		if seconds == 0 {
			client.Silence = -1
		}
	}
	return client, s.verify(ctx)
}

// Located loads the identity of the line, and refuses a region that is none.
func (s *Session) Located(ctx context.Context) (err error) {
	if s.Identity, err = s.Load(ctx); err != nil {
		return err
	}
	if !isRegion(s.Identity.Region) {
		return &bind.Error{
			Message: fmt.Sprintf("Provided region_name '%s' doesn't match a supported format.", s.Identity.Region),
			Status:  bind.ExitGeneral,
		}
	}
	return nil
}

// isRegion reports whether a region's name may stand in a host's: validate_region_name of botocore/utils.py. None is no fault.
func isRegion(name string) bool {
	if name == "" {
		return true
	}
	label := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == "" && len(name) <= 63
	return label && !strings.HasPrefix(name, "-") && !strings.HasSuffix(name, "-") && strings.Trim(name, "0123456789") != ""
}

// setting is a variable, or what the profile says in the AWS CLI's file; "" where neither does.
func (s *Session) setting(variable, name string) string {
	if v, ok := s.Variable(variable); ok && v != "" {
		return v
	}
	if s.Environment.Sandbox() {
		return ""
	}
	value, _ := accounts.Setting(s.Identity.Profile, name)
	return value
}

// reason is a service's code, or what else went wrong.
func reason(err error) string {
	var e *wire.ServiceError
	if errors.As(err, &e) {
		return e.Code
	}
	return err.Error()
}
