package procedures

import (
	"fmt"
	"strings"
)

// Script is shell text (bash) with where it stands. Placeholders of the document were
// replaced by sentinel words before it was parsed; their values are filled into
// the parsed tree as literals and are never parsed.
type Script struct {
	File string
	Line int // the line of File that Text's first line stands on, from 1
	Text string
	// Placeholders maps a sentinel word in Text to the parameter that fills it.
	Placeholders map[string]string
	// Name is what $0 says; empty for "bash".
	Name string
}

// Analyser reads scripts without running them. The library takes one; analyse.Analyser is it.
type Analyser interface {
	// Analyse never fails: what cannot be parsed or is refused is in the Analysis.
	Analyse(Script) Analysis
}

// Analysis is what is known of a script before it runs.
type Analysis struct {
	Effect Effect // the worst of its calls, "none" without any
	// Calls are the aws calls in the order of the text, as "service operation"
	// ("lambda get-function", "s3 sync"); Detail has the rest.
	Calls  []string
	Detail []PlannedCall
	// Undecided are the lines of which it is only known when they run what they do, once each. They may destroy.
	Undecided []string
	// Programs are the commands that are not ours (terraform, gh), once each, in order.
	Programs []string
	// Scripts are the scripts that it calls by their path. An Analyser does not know them: the library adds what
	// they call, need and change to the Analysis of each step, and one that it does not have is a change and a program.
	Scripts    []string
	Hosts      []string    // host or host:port that curl and the like are pointed at
	Uses       []string    // variables that are read before this script sets them, positional ones as "1", "2"
	Optional   []string    // variables that it reads likewise, and that have another value where they are unset: ${NAME:-x}
	Names      []string    // every word of its text that could be a variable's name, sorted: X in $((X+1)), [[ -v X ]] and a program of jq
	UsesAny    bool        // it reads variables whose names are not those of Uses: ${!NAME}, a nameref, printenv
	Sets       []string    // variables and functions that it sets
	Thresholds []Threshold // of its calls' verdict rules, where it does not set them itself
	Reads      []string    // files that it reads, where the name is a literal
	Writes     []string    // files that it writes, where the name is a literal
	// WritesFiles reports that it may write or remove files of the run, whether or not their names are in Writes.
	WritesFiles bool
	// Folder reports that it changes the working folder for what follows it, Settings that it sets an option, IFS or the mask of the shell.
	Folder, Settings bool
	// AsksStatus reports that it begins with asking how what was run before it ended: $? or PIPESTATUS.
	AsksStatus bool
	// OnlyPrints reports that it does nothing but print (echo, printf) and set variables.
	OnlyPrints bool
	// Asserts reports that it ends with a comparison ([, test, [[, diff, cmp, grep -q), whose status says whether all is well.
	Asserts bool
	// Exits reports that it may end the whole script (`exit` outside a subshell).
	Exits    bool
	Findings []Finding // with the file's lines and columns
	// FieldUses are the places at which variables from outside, and placeholders, stand where the value of a field cannot, or is one word
	// where several are meant.
	FieldUses []FieldUse
	// Bake is set where the script is a bake and nothing else. Its other fields are those of what a sample runs.
	Bake *Bake
	// Refused says why the script is not run at all (it does not parse, a bake that would change something); empty otherwise.
	Refused string
	// ByHand are its statements that are not run here, in order: a person runs them. Effect, Calls and the like are those of the rest.
	ByHand []ByHand
	// Opens is what its last statement opens a session with ("ssh", "kubectl exec"): what is typed next is typed there. Empty otherwise.
	Opens string
}

// ByHand is a statement, or several lines, that a person runs.
type ByHand struct {
	Line, Last int    // of the file, from 1
	Text       string // as the document has it
	Why        string // "eval would run text that was not checked; write the command itself"
}

// String says that and why the statement is not run here.
func (h ByHand) String() string {
	return fmt.Sprintf("Line %d is not run here: %s.", h.Line, strings.TrimSuffix(h.Why, "."))
}

// Hindrance says why not all of a script is run; empty where it is.
func (a *Analysis) Hindrance() string {
	if a.Refused == "" && len(a.ByHand) > 0 {
		return a.ByHand[0].String()
	}
	return a.Refused
}

// Idle reports that nothing is left of it that reaches outside or leaves a file: its statements that are not run here are all that matters.
func (a *Analysis) Idle() bool {
	return (a.Effect == "" || a.Effect == EffectNone) && len(a.Calls)+len(a.Programs)+len(a.Scripts)+len(a.Writes)+len(a.Hosts) == 0
}
