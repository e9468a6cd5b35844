package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// logPattern compiles a filter pattern of terms: all must be in the message, ?a ?b one of them, -a not, %a% is a regular
// expression. A JSON pattern matches nothing here, because no message is JSON:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func logPattern(pattern string) (func(string) bool, error) {
	pattern = strings.TrimSpace(pattern)
	switch {
	case strings.HasPrefix(pattern, "{") && strings.HasSuffix(pattern, "}"):
		return func(string) bool { return false }, nil
	// A space-delimited pattern names fields, which needs messages of fixed columns.
	case strings.HasPrefix(pattern, "["):
		return nil, refuse(http.StatusNotImplemented, "SandboxNotImplemented",
			"the sandbox does not filter by space-delimited patterns; a term in brackets wants quotes: '\"[ERROR]\"'")
	case strings.Count(pattern, `"`)%2 == 1 || strings.HasPrefix(pattern, "{"):
		return nil, badPattern()
	}
	var all, none, some []func(string) bool
	for _, term := range logTerms(pattern) {
		into := &all
		if rest, ok := strings.CutPrefix(term, "?"); ok {
			into, term = &some, rest
		} else if rest, ok := strings.CutPrefix(term, "-"); ok {
			into, term = &none, rest
		}
		match, err := logTerm(term)
		if err != nil {
			return nil, err
		}
		*into = append(*into, match)
	}
	return func(message string) bool {
		has := func(m func(string) bool) bool { return m(message) }
		return !slices.ContainsFunc(none, has) && (len(some) == 0 || slices.ContainsFunc(some, has)) &&
			!slices.ContainsFunc(all, func(m func(string) bool) bool {
				return !m(message)
			})
	}, nil
}

// badPattern is the error of a pattern that cannot be read.
func badPattern() error {
	return refuse(http.StatusBadRequest, "InvalidParameterException", "Invalid filter pattern")
}

// logTerm matches one term: %a regular expression%, or a text.
func logTerm(term string) (func(string) bool, error) {
	if len(term) > 1 && strings.HasPrefix(term, "%") && strings.HasSuffix(term, "%") {
		r, err := regexp.Compile(term[1 : len(term)-1])
		if err != nil {
			return nil, badPattern()
		}
		return r.MatchString, nil
	}
	plain := strings.ReplaceAll(term, `"`, "")
	if plain == "" {
		return nil, badPattern()
	}
	return func(message string) bool { return strings.Contains(message, plain) }, nil
}

// logTerms splits at spaces outside quotes.
func logTerms(pattern string) []string {
	quoted := false
	return strings.FieldsFunc(pattern, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ' ' && !quoted
	})
}
