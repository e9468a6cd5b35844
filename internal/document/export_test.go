package document

import "slices"

// Functions returns the names of JMESPath's functions, sorted, for suggestions and for
// checks of a query that is not evaluated.
func Functions() []string {
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
