package interpret

import (
	"path"
	"strings"
	"testing"
)

// TestWhatComesOfAValueIsNoOption has values come back by other ways than their variable: as a file's name, as what a builtin says of a
// variable, in an error's text, and by what splits a text that the author wrote.
func TestWhatComesOfAValueIsNoOption(t *testing.T) {
	t.Parallel()
	for script, value := range map[string]string{
		`echo > "./$V"; aws [-]*`: "--x", `echo > "./$V"; for f in *; do aws $f; done`: "--x",
		`echo > "d$V"; for f in d*; do aws ${f#d}; done`: "--x",
		`echo > "./$V"; x=(*); aws ${x[0]}`:              "--x", `echo > "$V"; x=$(echo *); aws $x`: "a --x",
		`echo > $V; set -- *; aws "$@"`:    "--x",
		`echo > "/tmp/$V"; cd /tmp; aws *`: "--x", `tee "./$V" </dev/null; aws [-]*`: "--x",
		`echo > "./$V"; read -r x <<< "$(echo *)"; aws $x`:            "--x",
		`declare -p V | while read -r x; do y=${x#*\"}; aws $y; done`: "--x", `x=$(declare -p V); y=${x#*\"}; aws ${y%\"}`: "--x",
		`a=("$V"); x=$(declare -p a); y=${x#*\"}; aws ${y%%\"*}`:              "--x",
		`declare -A m=(["$V"]=1); x=$(declare -p m); y=${x#*[}; aws ${y%%]*}`: "--x",
		`x=$(typeset -p V); y=${x#*\"}; aws $y`:                               "--x", `x=$( { set -x; : $V; } 2>&1); aws ${x##*: }`: "--x",
		`x=$( ( : ${NO?$V} ) 2>&1); aws ${x#*: }`: "--x", `x=$( [ 1 -eq $V ] 2>&1 ); aws ${x#*: [: }`: "--x",
		`cat "./no$V" 2> f; x=$(<f); aws ${x#*./no}`: "--x",
		`IFS=$V; x="xa--y"; aws $x`:                  "a", `IFS=$V read -r x y <<< "xa--y"; aws $y`: "a",
		`IFS=$V; read -ra x <<< "xa--y"; aws "${x[1]}"`:   "a",
		`mapfile -t -d "$V" x <<< "xa--y"; aws "${x[1]}"`: "a", `f() { local IFS=$V; set -- $1; aws $2; }; f xa--y`: "a",
		`IFS=$V; aws $(echo 1a--y)`: "a", `IFS=$V; set -- "" -profile; aws "$*"`: "-", `IFS=$V; a=("" -x); aws "${a[*]}"`: "-",
	} {
		got := runTyped(t, script, value)
		if len(got.probe.lines) > 0 || !strings.Contains(got.said(), "the field V") {
			t.Errorf("%s of %q called %q: %s", script, value, got.probe.lines, got.said())
		}
		// the same of the author's own texts is as in bash
		written := strings.ReplaceAll(strings.ReplaceAll(script, "declare -p V", "V='"+value+"'; declare -p V"), "$V", value)
		if got := runTyped(t, strings.ReplaceAll(written, "typeset -p V", "V=--x; typeset -p V"), "x"); got.err != nil {
			t.Errorf("%s: %s", written, got.said())
		}
	}
}

// TestHostPathsAreAllAlike asks for what is on the host and for what is not, in every way: what a script is told is the same.
func TestHostPathsAreAllAlike(t *testing.T) {
	t.Parallel()
	var scripts []string
	for op := range strings.FieldsSeq("a b c d e f g h k p r s u w x G L N O S") {
		scripts = append(scripts, "[ -"+op+" % ]; echo $?", "[[ -"+op+" % ]]; echo $?")
	}
	scripts = append(scripts, strings.Split(`[ % -nt /x ]; echo $?|[ % -ot /x ]; echo $?|[ % -ef % ]; echo $?
[[ /x -nt % ]]; echo $?|cd %; echo $?; pwd
cd %; [ -e . ]; echo $? *|source %; echo $?|. %; echo $?|cat %; echo $?|cat < %; echo $?|x=$(<%); echo $?$x
echo x > %; echo $?|cat 2> %; echo $?
echo %* %/* %/../*|type %; echo $?|command -v %; echo $?|%; echo $?|command %; echo $?|grep -r x %; echo $?|jq . %; echo $?|jq -f %; echo $?
jq -L % -n 'import "x" as x; 1'; echo $?|jq -n --slurpfile x % 1; echo $?|tee % </dev/null; echo $?|date -r %; echo $?|TZ=:% date -d @0
curl file://%; echo $?|curl -d @% http://127.0.0.1:1; echo $?|sort -o % </dev/null; echo $?|sort -T % </dev/null
grep -f % x; echo $?|echo ~%
CDPATH=%; cd x; echo $?|HOME=%; cd; echo $?; [ -e ~ ]; echo $?|PWD=%; [ -e . ]; echo $?; echo *|OLDPWD=%; cd -; echo $?|bash %; echo $?
shopt -s globstar dotglob; echo %/**|mapfile x < %; echo $? ${#x[@]}|[ -e %/. ]; echo $?|read -r x < %; echo $?$x|wc %; echo $?`, "|")...)
	for _, rehearse := range []bool{false, true} {
		for _, p := range [][2]string{
			{"/etc/passwd", "/etc/passwq"}, {"/proc/self/environ", "/proc/self/enviroq"}, {"../../../usr/bin/awk", "../../../usr/bin/awq"},
		} {
			for _, line := range strings.Split(strings.Join(scripts, "\n"), "\n") {
				say := func(name string) string {
					runFolders.Delete(t) // a new one
					got := runTyped(t, strings.ReplaceAll(line, "%", name), "x", func(e *Execution) { e.Rehearse = rehearse })
					return strings.ReplaceAll(got.out+"|"+got.errs+"|"+got.said(), path.Base(name), "NAME")
				}
				if there, none := say(p[0]), say(p[1]); there != none {
					t.Errorf("%s of %s (sandbox: %v):\nthere: %q\nnot:   %q", line, p[0], rehearse, there, none)
				}
			}
		}
	}
}
