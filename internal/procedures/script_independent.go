package procedures

import (
	"slices"
	"strings"
)

// Independent reports whether two scripts may run at the same time: both only read, neither sets what the other uses, writes files,
// changes the folder or a setting, asks how the one before it ended, or exits. Which files a script reads is known of few commands,
// so one that writes any runs alone.
func Independent(a, b Analysis) bool {
	return !a.alone() && !b.alone() && !slices.ContainsFunc(a.Sets, b.mayUse) && !slices.ContainsFunc(b.Sets, a.mayUse) &&
		!slices.ContainsFunc(a.Sets, func(name string) bool { return slices.Contains(b.Sets, name) })
}

// alone reports whether a script runs at the same time as no other.
func (a Analysis) alone() bool {
	return a.Effect.Changes() || a.WritesFiles || a.Folder || a.Settings || a.AsksStatus || a.Exits || a.Refused != "" ||
		slices.ContainsFunc(a.Sets, isSetting) || slices.ContainsFunc(shellSets, a.names)
}

// shellSets are variables that the shell sets without a word for them: a script that names one wants what was run before it.
var shellSets = []string{"REPLY", "BASH_REMATCH", "OPTIND", "OPTARG", "OLDPWD", "PIPESTATUS", "MAPFILE", "COPROC"}

// isSetting reports a variable that changes what commands do that do not name it: IFS, TZ, LC_ALL, AWS_REGION.
func isSetting(name string) bool {
	switch name {
	case "IFS", "TZ", "LANG", "HOME", "CDPATH", "TMPDIR", "PATH", "PS4", "GLOBIGNORE", "POSIXLY_CORRECT", "COLUMNS":
		return true
	}
	before, _, ok := strings.Cut(name, "_")
	return ok && slices.Contains([]string{"AWS", "LC", "BC", "GREP", "BASH", "JQ", "GIT"}, before)
}

// wholeEnvironment are words of scripts that may read any variable: env and $ENV of jq, ENVIRON of awk.
var wholeEnvironment = []string{"env", "ENV", "ENVIRON", "environ", "printenv", "compgen"}

// names reports whether a word of the script is a name.
func (a Analysis) names(name string) bool {
	_, found := slices.BinarySearch(a.Names, name)
	return found
}

// mayUse reports whether a script may use a variable that was set before it. Whatever its text has as a word may be its name, as some
// uses have no sign for it; it may also be used in a function of before, which stands among the programs, or as a part of all.
func (a Analysis) mayUse(name string) bool {
	return a.UsesAny || len(a.Programs) > 0 || len(a.Scripts) > 0 || a.names(name) || slices.Contains(a.Uses, name) ||
		slices.ContainsFunc(wholeEnvironment, a.names)
}
