package procedures

import (
	"errors"
	"fmt"
)

// ErrorCode says which kind of thing went wrong, for the mapping to a page and to an exit status.
type ErrorCode string

// The codes.
const (
	CodeInvalid     ErrorCode = "invalid"     // the request is wrong: a missing parameter, a bad value
	CodeNotFound    ErrorCode = "not-found"   // no such procedure, step or run
	CodeRefused     ErrorCode = "refused"     // not allowed, or not confirmed
	CodeConflict    ErrorCode = "conflict"    // already running, already finished, locked by another
	CodeUnavailable ErrorCode = "unavailable" // the database, or an account, does not answer
)

// Error is an error that a person is shown. Its message says what happened, what
// was not done, and what to do next.
type Error struct {
	Code    ErrorCode
	Message string
	Err     error // the cause, for the log; may be nil
}

// Error returns the message. It already contains the cause where Errorf wrapped one.
func (e *Error) Error() string {
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error. Like fmt.Errorf it keeps what %w wraps.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// CodeOf returns the code of the first Error in err's chain, or "".
func CodeOf(err error) ErrorCode {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
