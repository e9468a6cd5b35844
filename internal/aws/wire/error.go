package wire

import (
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ServiceError is an error that the service answered with.
// The service received the call and refused it, or failed with it; the exit status is 254. Retries are the attempts
// after the first.
type ServiceError struct {
	Service, Operation string
	Code, Message      string
	Status             int // of HTTP
	RequestID          string
	Protocol           string // that the answer came in
	Retries            int
	Exhausted          bool             // all attempts were used up
	Document           *document.Object // the error's other members; nil where there are none
	Date               time.Time        // the service's clock, zero where it did not say
	BucketRegion       string           // where S3 says that the bucket is
}

// Error is worded as botocore words it.
func (e *ServiceError) Error() string {
	exhausted := ""
	if e.Exhausted {
		exhausted = fmt.Sprintf(" (reached max retries: %d)", e.Retries)
	}
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s", e.Code, e.Operation, exhausted, e.Message)
}

// ErrorCode is what the SDK's rules for trying again ask for.
// With HTTPStatusCode it lets retry.Standard judge the error as one of the SDK's own.
func (e *ServiceError) ErrorCode() string { return e.Code }

// HTTPStatusCode is what they ask for as well.
func (e *ServiceError) HTTPStatusCode() int { return e.Status }

// ConnectError says that no answer came.
// Whether the call was made is not known: the request may have arrived. A change must be checked before it is
// repeated.
type ConnectError struct {
	URL string
	Err error
}

// Error words it as botocore does: a read timeout is silence after the request was sent.
func (e *ConnectError) Error() string {
	if errors.Is(e.Err, errSilent) {
		return fmt.Sprintf("Read timeout on endpoint URL: %q", e.URL)
	}
	if isTimeout(e.Err) {
		return fmt.Sprintf("Connect timeout on endpoint URL: %q", e.URL)
	}
	return fmt.Sprintf("Could not connect to the endpoint URL: %q", e.URL)
}

// Unwrap returns the network's error, which the retry rules look at.
func (e *ConnectError) Unwrap() error { return e.Err }

// CredentialsError says that there are none, or that they cannot be had.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string {
	return "Unable to locate credentials. You can configure credentials by running \"aws login\"."
}
func (e *CredentialsError) Unwrap() error { return e.Err }

// RegionError says that the region is not known.
// Nothing was sent; the exit status is 253.
type RegionError struct{}

func (RegionError) Error() string {
	return "You must specify a region. You can also configure your region by running \"aws configure\"."
}

// isTimeout reports whether an error of the network says that it is one of time.
func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
