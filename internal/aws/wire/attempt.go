package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// call is one call with its attempts.
// It belongs to one Do and is not safe for concurrent use. The request is encoded once, and signed anew for each
// attempt.
type call struct {
	*Client
	op       *models.Operation
	protocol string
	endpoint endpoints.Endpoint
	encoded  *protocol.Request
	address  *url.URL
	input    *document.Object // as it was written
	skew     time.Duration    // the service's clock less ours
	urlKeys  bool             // the keys of a listing were asked for encoded
}

// throttled are codes for "too many requests" that the SDK's rules do not know.
var throttled = []string{
	"SlowDown", "TransactionInProgressException", "PriorRequestNotComplete", "EC2ThrottledException", "BandwidthLimitExceeded",
}

// attempts is the SDK's standard retry mode: exponential delays with jitter, for throttling, server errors and lost
// connections. A body that streams is sent once, since it cannot be read again. A change may therefore reach the
// service twice where the first answer was lost; idempotency tokens stay the same.
func (c *call) attempts(ctx context.Context) (*Response, error) {
	attempts := c.Attempts
	if attempts <= 0 {
		attempts = 3
	}
	rules := retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = attempts; o.RateLimiter = nothing{} })
	for attempt := 1; ; attempt++ {
		if err := c.turn(ctx); err != nil {
			return nil, err
		}
		response, err := c.once(ctx)
		c.pace(err)
		if err == nil {
			response.Retries = attempt - 1
			return response, nil
		}
		var service *ServiceError
		if errors.As(err, &service) {
			service.Retries = attempt - 1
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// Another attempt with the right clock needs no delay.
		if c.correctClock(service) && attempt < attempts {
			continue
		}
		again := c.encoded.Stream == nil &&
			(rules.IsErrorRetryable(err) || service != nil && c.retryable(service.Code) || isConnect(err))
		if !again || attempt >= attempts {
			if service != nil {
				service.Exhausted = attempt >= attempts // botocore says so of a refusal too
			}
			return nil, err
		}
		wait, delayErr := rules.RetryDelay(attempt, err)
		if delayErr != nil {
			return nil, err
		}
		if c.Retrying != nil {
			c.Retrying(c.op, attempt, wait, err)
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// limit is what the service counts the call by.
// The pace keeps one spacing for each.
func (c *call) limit() Limit { return Limit{c.Account, c.Region, c.op.Service.Name} }

// turn waits until the pace lets the call go.
// Every attempt takes a turn, the repeated ones too.
func (c *call) turn(ctx context.Context) error {
	if c.Pace == nil {
		return nil
	}
	wait := c.Pace.turn(c.limit(), time.Now())
	if wait >= noticed && c.Pacing != nil {
		c.Pacing(c.op, wait)
	}
	return sleep(ctx, wait)
}

// pace tells the pace what came of an attempt.
// Any answer but a refusal for too many calls shows that the service takes calls. A lost connection shows neither.
func (c *call) pace(err error) {
	if c.Pace == nil {
		return
	}
	var service *ServiceError
	switch {
	case errors.As(err, &service) && isThrottle(service):
		c.Pace.refused(c.limit(), time.Now())
	case err == nil || service != nil:
		c.Pace.answered(c.limit())
	}
}

// isThrottle reports whether the service counted too many calls: HTTP status 429, a code that the SDK knows, or one of
// throttled.
func isThrottle(e *ServiceError) bool {
	_, known := retry.DefaultThrottleErrorCodes[e.Code]
	return known || slices.Contains(throttled, e.Code) || e.Status == http.StatusTooManyRequests
}

// retryable reports whether a call may be tried again after an error: one for too many calls, or one of which the model says so.
func (c *call) retryable(code string) bool {
	return slices.Contains(throttled, code) || slices.ContainsFunc(c.op.Errors, func(s *models.Shape) bool {
		return s.Retryable && (s.ErrorCode == code || s.ErrorCode == "" && s.Name == code)
	})
}

func isConnect(err error) bool {
	var c *ConnectError
	return errors.As(err, &c)
}

// nothing is a rate limiter that does not limit: the number of attempts does.
type nothing struct{}

func (nothing) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (nothing) AddTokens(uint) error { return nil }

// correctClock takes the service's clock over after it refused ours, once.
// A smaller difference cannot be why: AWS accepts signatures that are five minutes off.
func (c *call) correctClock(e *ServiceError) bool {
	if e == nil || c.skew != 0 || !slices.Contains([]string{
		"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
	}, e.Code) {
		return false
	}
	at := e.Date
	if at.IsZero() || at.Sub(c.clock()).Abs() < 4*time.Minute {
		return false
	}
	c.skew = at.Sub(c.clock())
	return true
}
