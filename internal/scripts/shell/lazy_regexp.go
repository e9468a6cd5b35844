package shell

import (
	"regexp"
	"strings"
	"sync"
)

// LazyRegexp is a regular expression, joined from its parts, that is compiled when it is first used: what a program never uses
// costs its start nothing. It panics then where the expression is wrong.
func LazyRegexp(parts ...string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Join(parts, "")) })
}
