package procedures

import "slices"

// Independent reports whether two scripts may run at the same time: both only read, neither sets what the other uses, writes files,
// changes the folder or a setting, asks how the one before it ended, or exits. Which files a script reads is known of few commands,
// so one that writes any runs alone.
func Independent(a, b Analysis) bool {
	return !a.alone() && !b.alone() && !slices.ContainsFunc(a.Sets, b.mayUse) && !slices.ContainsFunc(b.Sets, a.mayUse) &&
		!slices.ContainsFunc(a.Sets, func(name string) bool { return slices.Contains(b.Sets, name) })
}

// alone reports whether a script runs at the same time as no other.
func (a Analysis) alone() bool {
	return a.Effect.Changes() || a.WritesFiles || a.Folder || a.Settings || slices.Contains(a.Sets, "IFS") ||
		a.AsksStatus || a.Exits || a.Refused != ""
}

// mayUse reports whether a script may use a variable that was set before it: by its name, by one that it computes, in a function of
// before, which stands among the programs, or where its calls find their region and credentials.
func (a Analysis) mayUse(name string) bool {
	return a.UsesAny || len(a.Programs) > 0 || len(a.Scripts) > 0 || configuresCalls(name) && len(a.Calls) > 0 ||
		slices.Contains(a.Uses, name) || slices.Contains(a.Optional, name)
}
