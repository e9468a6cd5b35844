package knowledge

import "slices"

// Declared lists the operations that are declared, "service Operation", for tests that walk them against the models.
func Declared() []string {
	var out []string
	for _, s := range services {
		for name := range serviceOf(s.name).operations {
			out = append(out, s.name+" "+name)
		}
	}
	slices.Sort(out)
	return out
}
