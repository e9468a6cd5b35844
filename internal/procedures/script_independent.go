package procedures

import "slices"

// Independent reports whether two scripts may run at the same time: both only read, neither sets what the other uses, writes
// files, changes the folder or exits. Which files a script reads is known of few commands, so one that writes any runs alone.
func Independent(a, b Analysis) bool {
	clash := func(x, y []string) bool {
		return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
	}
	for _, s := range []Analysis{a, b} {
		if s.Effect.Changes() || s.WritesFiles || s.Folder || s.Exits || s.Refused != "" {
			return false
		}
	}
	return !clash(a.Sets, b.Uses) && !clash(b.Sets, a.Uses) && !clash(a.Sets, b.Sets)
}
