// Package lazy holds what is made when it is first used, so that what a program never uses costs its start nothing.
package lazy

import (
	"regexp"
	"strings"
	"sync"
)

// Regexp is a regular expression, joined from its parts. Where it is wrong, its first use panics; a test of
// internal/house compiles all of them.
func Regexp(parts ...string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Join(parts, "")) })
}
