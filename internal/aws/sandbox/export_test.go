package sandbox

import (
	"maps"
	"slices"
)

// Operations lists what the sandbox has, as "service Operation", in order.
func Operations() []string { return slices.Sorted(maps.Keys(handlers())) } // without those that are described: see acts
