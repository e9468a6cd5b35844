package knowledge

import (
	"regexp"
	"sync"
)

// lazy is a regular expression that is compiled when it is first used: a process that asks nothing of AWS does not wait for it.
func lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
