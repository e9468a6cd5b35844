package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/limits"
)

// Caller is who calls are made by, as AWS says it.
type Caller struct {
	Account string // twelve digits
	ARN     string // of the user, or of the assumed role's session
}

// AccountError says that credentials are of another account than the environment's.
type AccountError struct{ Have, Want, Environment string }

func (e *AccountError) Error() string {
	return fmt.Sprintf("these credentials are of account %s, the environment %s is account %s: nothing was sent",
		e.Have, e.Environment, e.Want)
}

const (
	// callerTime bounds how long AWS may take to say who calls.
	callerTime = 20 * time.Second
)

// callers remembers who stands behind access keys: a key is of one identity for as long as it exists. A caller that asks while AWS is
// being asked waits for that answer; no lock is held meanwhile.
type callers struct {
	asking singleflight.Group

	mu    sync.Mutex
	known map[string]Caller // by access key and address
}

func (c *callers) get(key string) (Caller, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.known[key]
	return found, ok
}

func (c *callers) put(key string, caller Caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= limits.CallersKept.Size() { // roles have new keys every hour
		_ = limits.CallersKept.Reached() // it is counted, and nothing fails
		c.known = nil
	}
	if c.known == nil {
		c.known = map[string]Caller{}
	}
	c.known[key] = caller
}

// of returns who calls with a client, and asks AWS where that is not known. ctx ends the wait; the question goes on for the others.
func (c *callers) of(ctx context.Context, key string, client *wire.Client) (Caller, error) {
	if found, ok := c.get(key); ok {
		return found, nil
	}
	answer := c.asking.DoChan(key, func() (any, error) {
		asked, cancel := context.WithTimeout(context.WithoutCancel(ctx), callerTime)
		defer cancel()
		caller, err := ask(asked, client)
		if err == nil {
			c.put(key, caller)
		}
		return caller, err
	})
	select {
	case a := <-answer:
		caller, _ := a.Val.(Caller)
		return caller, a.Err
	case <-ctx.Done():
		return Caller{}, errors.New("AWS STS has not answered in time")
	}
}

// ask is one GetCallerIdentity.
func ask(ctx context.Context, client *wire.Client) (Caller, error) {
	sts, err := models.Load("sts")
	if err != nil {
		return Caller{}, err
	}
	response, err := client.Do(ctx, sts.Operation("GetCallerIdentity"), nil)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("AWS STS did not answer within %s", callerTime)
		}
		return Caller{}, err
	}
	return Caller{Account: response.Output.Text("Account"), ARN: response.Output.Text("Arn")}, nil
}

// Caller returns who the session's calls are made by, as the environment's own STS says it. AWS is asked once for each access key.
func (s *Session) Caller(ctx context.Context) (Caller, error) {
	sts, err := models.Load("sts")
	if err != nil {
		return Caller{}, err
	}
	transport := s.Transport
	if transport == nil {
		transport = s.Identity.Transport
	}
	// The client is not the line's: it may outlive it, and goes where the environment's calls go, whatever address the line names.
	client := &wire.Client{
		Pace: &s.Pace, Endpoints: s.Endpoints,
		Account: s.Environment.Account + " " + s.Identity.Profile, Credentials: s.Identity.Credentials,
		Region: s.Identity.Region, Endpoint: accounts.Endpoint(s.Environment, sts.ServiceID, accounts.Addresses(s.Environment), noVariable),
		HTTP: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	key := s.Identity.Profile
	if credentials, err := s.Identity.Credentials.Retrieve(ctx); err == nil { // a script may have assumed a role
		key = credentials.AccessKeyID
	}
	return s.callers.of(ctx, key+" "+client.Endpoint, client)
}

// Verified loads the session's identity, and returns who calls after comparing the account with the environment's.
func (s *Session) Verified(ctx context.Context) (Caller, error) {
	var err error
	if s.Identity, err = s.Load(ctx); err != nil {
		return Caller{}, err
	}
	caller, err := s.Caller(ctx)
	if err != nil {
		return Caller{}, err
	}
	return caller, s.compare(caller)
}

// verify compares the account of the credentials with the environment's, where that names one.
func (s *Session) verify(ctx context.Context) error {
	if len(s.Environment.Account) != 12 || s.Environment.Sandbox() {
		return nil
	}
	caller, err := s.Caller(ctx)
	if err != nil {
		return fmt.Errorf("find out which account these credentials are of: %w", err)
	}
	return s.compare(caller)
}

// compare reports as an error that the environment names another account.
func (s *Session) compare(caller Caller) error {
	if want := s.Environment.Account; len(want) == 12 && caller.Account != want {
		return &AccountError{Have: caller.Account, Want: want, Environment: s.Environment.Name}
	}
	return nil
}
