package procedures

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
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
	Code ErrorCode
	// Message is for everybody. It has nothing that only those who run the server may read.
	Message string
	Err     error // the cause, for the log; may be nil
	// Value is what was given and is wrong: the name of a parameter, or of a field of the press; empty for nothing of it.
	Value string

	full string // with what Message leaves out; empty where that is nothing
}

// Error is for the log and for the terminal of whoever runs the server: it contains the cause. What others are shown
// is [Said].
func (e *Error) Error() string {
	if e.full != "" {
		return e.full
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error. Like fmt.Errorf it keeps what %w wraps. What errors among those keep from people is kept from
// them by the new one as well.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	e := &Error{Code: code, Message: Said(err), Err: errors.Unwrap(err)}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		e.Err = errors.Join(many.Unwrap()...)
	}
	if full := err.Error(); full != e.Message {
		e.full = full
	}
	return e
}

// Of says which of the given values is wrong.
func (e *Error) Of(value string) *Error {
	e.Value = value
	return e
}

// Undisclosed makes an Error with a cause that is for the log and for terminals alone: the text of a driver, with names
// of users, hosts and files. attempt says what was tried: "keep the run".
func Undisclosed(code ErrorCode, message, attempt string, cause error) *Error {
	return &Error{Code: code, Message: message, Err: cause, full: attempt + ": " + message + ": " + cause.Error()}
}

// Afterwards is the error of what follows something that is done and kept: where the database does not answer, that "nothing was
// changed" is true of what follows alone, and would have people do it again. done is the sentence that says what is done: "the press
// is recorded". Other errors, and nil, are returned as they are.
func Afterwards(done string, err error) error {
	if CodeOf(err) != CodeUnavailable {
		return err
	}
	return Undisclosed(CodeUnavailable, done+", and what follows cannot be read at the moment. Load the page again", "after it", err)
}

// Said is an error's text without what its causes keep from people who only see pages.
func Said(err error) string { return said(err, err.Error()) }

func said(err error, text string) string {
	if e, ok := err.(*Error); ok { //nolint:errorlint // each error of the chain by itself
		if e.full == "" {
			return text // its causes have had theirs when it was made
		}
		return strings.ReplaceAll(text, e.full, e.Message)
	}
	switch wraps := err.(type) { //nolint:errorlint // the same
	case interface{ Unwrap() error }:
		if inner := wraps.Unwrap(); inner != nil {
			return said(inner, text)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wraps.Unwrap() {
			text = said(inner, text)
		}
	}
	return text
}

// Capital is a text with a capital first letter, as a sentence begins.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// CodeOf returns the code of the first Error in err's chain, or "".
func CodeOf(err error) ErrorCode {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
