// Copyright (c) 2026, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package internal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"mvdan.cc/sh/v3/pattern"
)

// ExtendedPatternMatcher returns a [regexp.Regexp.MatchString]-like function
// to support !(pattern-list) extended patterns where possible.
// It can be used instead of [pattern.Regexp] for narrow use cases.
//
// Opsbook: the meter is charged, and one that refuses makes nothing match; it ends what asked.
func ExtendedPatternMatcher(meter *limits.Meter, pat string, mode pattern.Mode) (func(string) bool, error) {
	if text, ok := literal(pat, mode); ok {
		return func(name string) bool { return name == text }, nil
	}
	if mode&pattern.ExtendedOperators != 0 && mode&pattern.EntireString == 0 {
		// In the future we could try to support !(pattern) without matching
		// the entire input, ensuring we add enough test cases.
		panic("ExtendedOperators is only supported with EntireString")
	}

	// Extended pattern matching operators are always on outside of pathname expansion.
	expr, err := pattern.Regexp(pat, mode)
	if err != nil {
		// Handle !(pattern-list) negation: when Regexp returns NegExtglobError,
		// match the inner pattern and negate the result.
		negErr, ok := errors.AsType[*pattern.NegExtGlobError](err)
		if !ok {
			return nil, err
		}
		return extNegatedMatcher(meter, pat, negErr.Groups)
	}
	rx, err := Compile(meter, expr)
	if err != nil {
		return nil, err
	}
	return rx.matches, nil
}

// matches is Match of what cannot fail but with its step.
func (re *Regexp) matches(s string) bool {
	found, err := re.Match(s)
	return found && err == nil
}

// literal is the one text that a pattern matches, where it has no operators: long ones are compared and not compiled.
func literal(pat string, mode pattern.Mode) (string, bool) {
	if mode&pattern.EntireString == 0 || mode&pattern.NoGlobCase != 0 || strings.ContainsAny(pat, "*?[(") {
		return "", false
	}
	if !strings.Contains(pat, "\\") {
		return pat, true
	}
	var b strings.Builder
	for i := 0; i < len(pat); i++ {
		if pat[i] == '\\' {
			if i++; i == len(pat) {
				return "", false
			}
		}
		b.WriteByte(pat[i])
	}
	return b.String(), true
}

// extNegatedMatcher handles !(pattern-list) extglob negation.
// Only a single !(...) group with fixed-string prefix and suffix is supported.
func extNegatedMatcher(meter *limits.Meter, pat string, groups []pattern.NegExtGlobGroup) (func(string) bool, error) {
	if len(groups) != 1 {
		return nil, fmt.Errorf("multiple extglob !(...) groups are not supported yet")
	}
	g := groups[0]
	prefix := pat[:g.Start]
	suffix := pat[g.End:]

	if pattern.HasMeta(prefix, 0) || pattern.HasMeta(suffix, 0) {
		return nil, fmt.Errorf("extglob !(...) is only supported with a fixed prefix and suffix")
	}

	// Use @(inner) to compile the pattern list, then negate the match.
	inner := pat[g.Start+len("!(") : g.End-len(")")]
	expr, err := pattern.Regexp("@("+inner+")", pattern.EntireString|pattern.ExtendedOperators)
	if err != nil {
		return nil, err
	}
	rx, err := Compile(meter, expr)
	if err != nil {
		return nil, err
	}

	return func(name string) bool {
		if !strings.HasPrefix(name, prefix) {
			return false
		}
		if !strings.HasSuffix(name, suffix) {
			return false
		}
		end := len(name) - len(suffix)
		if end < len(prefix) {
			return false // prefix and suffix overlap in name
		}
		middle := name[len(prefix):end]

		found, err := rx.Match(middle)
		return !found && err == nil
	}, nil
}
