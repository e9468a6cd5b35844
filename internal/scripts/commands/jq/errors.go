package jq

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// ValueError is an error of the filter, which try catches: its value is any value, mostly a text.
type ValueError struct{ Value any }

// Error is the text, or the value as JSON behind jq's words for it.
func (e *ValueError) Error() string {
	if text, ok := e.Value.(string); ok {
		return text
	}
	return "(not a string): " + dump(e.Value)
}

// HaltError says that the filter ended the command, by halt or halt_error.
type HaltError struct {
	Value  any
	Silent bool // halt, which prints nothing
	Status int
}

// Error implements error.
func (e *HaltError) Error() string { return "halted" }

// SyntaxError is a filter that is not jq, or that this jq refuses.
type SyntaxError struct{ Message string }

// Error implements error.
func (e *SyntaxError) Error() string { return e.Message }

// fail makes a *ValueError of a text.
func fail(format string, args ...any) error {
	return &ValueError{fmt.Sprintf(format, args...)}
}

// wrong words an error about one value as jq does: `number (1) cannot be …`.
func wrong(v any, what string) error {
	return fail("%s (%s) %s", typeName(v), excerpt(v), what)
}

// wrongBoth words an error about two values.
func wrongBoth(a, b any, what string) error {
	return fail("%s (%s) and %s (%s) %s", typeName(a), excerpt(a), typeName(b), excerpt(b), what)
}

// excerptSize is how much of a value an error shows, in bytes.
const excerptSize = 29

// excerpt is the beginning of a value as JSON.
func excerpt(v any) string {
	if s, ok := v.(string); ok && len(s) > excerptSize+1 {
		cut := excerptSize + 1
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		v = s[:cut]
	}
	p := printer{most: 4 * excerptSize}
	text := string(p.compact(nil, v, 0))
	if len(text) <= excerptSize {
		return text
	}
	end := ""
	switch text[0] {
	case '"', '[', '{':
		end = map[byte]string{'"': `"`, '[': "]", '{': "}"}[text[0]]
	}
	cut := excerptSize - 3 - len(end)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..." + end
}

// breakError ends the evaluation up to the label with that number.
type breakError struct{ label int }

func (e *breakError) Error() string { return "break" }

// passError is an error from behind a try, which does not catch it.
type passError struct {
	err error
	by  *int // the try that it passes: a place of its own for each evaluation
}

func (e *passError) Error() string { return e.err.Error() }

// caught is the filter's error that try catches, if err is one.
func caught(err error) (*ValueError, bool) {
	var v *ValueError
	if p, ok := err.(*ValueError); ok { //nolint:errorlint // the usual case, without a search
		return p, true
	}
	var pass *passError
	if errors.As(err, &pass) {
		return nil, false
	}
	return v, errors.As(err, &v)
}
