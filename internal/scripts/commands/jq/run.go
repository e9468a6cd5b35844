package jq

import (
	"context"
	"errors"
)

// Run evaluates the filter on an input and calls each with its results, one after the other. values are those of the variables that
// Compile was given.
//
// The error is a *ValueError of the filter, a *HaltError, a *limits.Error of a bound, that of each, or the cause why ctx has ended: see
// [context.Cause].
func (p *Program) Run(ctx context.Context, input any, values []any, world Runtime, each func(any) error) error {
	m := &machine{ctx: ctx, Runtime: world}
	defer m.close()
	m.adopt()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	s := &scope{value: m.environment(), plain: true, kept: true}
	for _, v := range values {
		s = &scope{up: s, value: v, plain: true, kept: true}
	}
	err := m.eval(p.root, s, input, nil, func(v any, _ *path) error { return each(v) })
	if err == nil {
		err = m.work(workStep)
	}
	return plain(err)
}

// plain is an error without what try has put around it. A break that no label caught cannot be: names are resolved.
func plain(err error) error {
	var pass *passError
	for errors.As(err, &pass) {
		err = pass.err
	}
	return err
}

// Text returns a value's text, where it is one.
func Text(v any) (string, bool) {
	s, ok := v.(string)
	return s, ok
}

// Null reports whether a value is null or false, which -e makes a status of.
func Null(v any) bool { return !truthy(v) }

// Own turns a document of the project into a value of this package.
func Own(v any) any { return own(v) }
