package sandbox

import (
	"regexp"
	"sync"
)

// lazy is a regular expression that is compiled when it is first used.
func lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
