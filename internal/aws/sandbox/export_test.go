package sandbox

import (
	"maps"
	"slices"
)

// Operations lists what has a handler of its own, as "service Operation", in order.
func Operations() []string { return slices.Sorted(maps.Keys(handlers())) }

// Simulated lists all that the sandbox answers with a resource: Operations, and those of the services that are described.
func Simulated() []string {
	all := Operations()
	for service := range livingServices() {
		for operation := range livingOf(service).acts {
			all = append(all, service+" "+operation)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
