package interpret

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// probe is a command that remembers its lines. Behind --opt it takes a value.
type probe struct {
	mu    sync.Mutex
	lines [][]string
}

func (*probe) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead}
}

func (*probe) TakesValue(words []string, i int) bool { return i > 1 && words[i-1] == "--opt" }

func (p *probe) Run(_ context.Context, inv *procedures.Invocation) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, slices.Clone(inv.Args))
	return 0
}

// typed runs a script with the value of the field V, and of the placeholder SENTINEL.
type typed struct {
	probe   *probe
	outcome Outcome
	err     error
	out     string
	errs    string
	foreign []string // commands that neither the script nor the table has
	files   []string
}

// runFolders are the folders of tests: one for each, with the run's own in it.
var runFolders sync.Map

func runFolder(t testing.TB) string {
	if folder, ok := runFolders.Load(t); ok {
		return folder.(string)
	}
	folder := t.TempDir()
	if err := os.Mkdir(folder+"/run", 0o700); err != nil {
		t.Fatal(err)
	}
	runFolders.Store(t, folder)
	t.Cleanup(func() { runFolders.Delete(t) })
	return folder
}

func runTyped(t testing.TB, text, value string, with ...func(*Execution)) typed {
	t.Helper()
	folder := runFolder(t)
	root, err := os.OpenRoot(folder + "/run")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got := typed{probe: &probe{}}
	table := commands.Table(commands.Options{})
	var out, errs bytes.Buffer
	e := &Execution{
		Script:     procedures.Script{Text: text + "\n", Line: 1, Placeholders: map[string]string{"SENTINEL": "V"}},
		Parameters: map[string]string{"V": value}, Files: &Folder{Own: root}, Now: time.Now, Stdout: &out, Stderr: &errs,
		Commands: func(name string) (procedures.Command, bool) {
			if name == "aws" {
				return got.probe, true
			}
			c, ok := table[name]
			return c, ok
		},
		Emit: func(e procedures.Event) {
			left := e.Call != nil && e.Call.RuleVerdict != nil && strings.Contains(e.Call.RuleVerdict.Reason, " is not run here: ")
			if e.Call != nil && e.Call.Program != "aws" && !left {
				got.foreign = append(got.foreign, e.Call.Program)
			}
		},
	}
	for _, f := range with {
		f(e)
	}
	got.outcome, got.err = Run(context.Background(), e)
	got.out, got.errs = out.String(), errs.String()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		got.files = append(got.files, entry.Name())
	}
	return got
}

// said is why the script was not run, or ended.
func (r typed) said() string {
	return fmt.Sprint(r.err) + " " + r.outcome.Refused + r.outcome.Unavailable
}

// words are places of a value that make one word of it: the word is want of the value.
var words = []struct {
	script string
	want   func(string) string
}{
	{"aws $V end", same}, {`aws "$V" end`, same}, {"aws ${V} end", same}, {"aws pre$V end", before("pre")},
	{"aws pre-${V}-post end", around},
	{"aws SENTINEL end", same}, {"aws 'SENTINEL' end", same}, {`aws "pre-SENTINEL-post" end`, around}, {"aws a=$V end", before("a=")},
	{"aws ${V:-other} end", same}, {"aws ${V:?missing} end", same}, {"aws ${NONE:-$V} end", same}, {"aws ${V+$V} end", same},
	{"aws ${V:0} end", same}, {"aws ${V#nothing-of-this} end", same}, {"aws ${V/nothing-of-this/x} end", same},
	{"x=$V; aws $x end", same}, {`x="$V"; y=$x; aws $y end`, same}, {"export x=$V; aws $x end", same}, {`export "x=$V"; aws $x end`, same},
	{"declare x=$V; aws $x end", same}, {"readonly x=$V; aws $x end", same}, {"x=pre; x+=$V; aws $x end", before("pre")},
	{"f() { local z=$1; aws $z end; }; f $V", same}, {`f() { aws $@ end; }; f "$V"`, same}, {`f() { aws "$*" end; }; f $V`, same},
	{"f() { shift; aws $1 end; }; f a $V", same}, {"set -- $V; aws $1 end", same}, {"set -- a $V; shift; aws \"$@\" end", same},
	{"a=($V); aws ${a[0]} end", same}, {`a=("$V"); aws "${a[@]}" end`, same}, {"a=(x); a+=($V); aws ${a[1]} end", same},
	{"a[3]=$V; aws ${a[3]} end", same}, {"a=($V); for x in ${a[@]}; do aws $x end; done", same},
	{"declare -A m; m[k]=$V; aws ${m[k]} end", same}, {`declare -A m; m[$V]=1; for k in "${!m[@]}"; do aws $k end; done`, same},
	{"for x in $V; do aws $x end; done", same}, {"IFS=,; aws $V end", same}, {"set -f; aws $V end", same}, {"V=$V; aws $V end", same},
	{"(aws $V end)", same}, {"true && aws $V end", same}, {"if [ x = x ]; then aws $V end; fi", same},
	{"x=$V cat </dev/null; aws $V end", same},
	{"aws $V end | cat", same}, {"command aws $V end", same}, {"c=aws; $c $V end", same},
	{"getit() { command aws $1 end; }; getit $V", same},
	{"printf -v x %s \"$V\"; aws \"$x\" end", same}, {"x=$(echo \"$V\"); aws \"$x\" end", trimmed},
	{"read -r x <<< $V; aws \"$x\" end", line},
	{"x=$(cat <<X\n$V\nX\n); aws \"$x\" end", trimmed}, {"mapfile -t a <<< \"$V\"; aws \"${a[0]}\" end", firstLine},
	{"f() { for a; do aws $a end; done; }; f \"$V\"", same}, {"select x in $V; do aws $x end; break; done <<< 1", same},
	{"aws ${NONE:=$V} end", same}, {"x=V; aws ${!x} end", same}, {"declare -A m=([k]=$V); aws ${m[@]} end", same},
	{"readonly V; aws $V end", same}, {"export V; aws $V end", same}, {"A=$V; B=$A; C=${B}; aws $C end", same},
	{"f() { local V=$V; aws $V end; }; f", same}, {"case x in x) aws $V end;; esac", same}, {"! aws $V end", same},
	{"time aws $V end", same}, {"aws ~$V end", before("~")}, {"aws x:~$V end", before("x:~")},
	{"a=(x \"$V\"); aws ${a[@]:1} end", same}, {"set -- $V; aws ${@:1} end", same},
	{"x=(aws \"$V\"); \"${x[@]}\" end", same}, {"c=\"aws $V\"; $c end", same}, {"V+=; aws $V end", same},
	{"echo \"$V\" > f; x=$(cat f); aws \"$x\" end", trimmed}, {"aws {x,y} $V end", func(v string) string { return "x\x00y\x00" + v }},
}

func same(v string) string                { return v }
func around(v string) string              { return "pre-" + v + "-post" }
func before(s string) func(string) string { return func(v string) string { return s + v } }
func trimmed(v string) string             { return strings.TrimRight(v, "\n") }
func firstLine(v string) string           { first, _, _ := strings.Cut(v, "\n"); return first }
func line(v string) string                { return strings.Trim(firstLine(v), " \t") }
func fuzzable(v string) bool {
	return v != "" && len(v) < 1<<12 && !strings.ContainsAny(v, "\x00\r") && utf8.ValidString(v)
}

// hostile are values that would be more than one word, an option, a command, a pattern or a name.
var hostile = []string{
	"plain", "a b", "E1 --endpoint-url http://h/ --profile admin", "--no-index SECRET /dev/null",
	"command eval touch x", "$(touch x)", "`id`",
	"*", "?", "[a-z]*", "~", "~root", "~/x", "{a,b}", "{1..9}", "$HOME", "${V}", "-n", "-", "--", "-e", "+e", "--opt",
	"a\nb", "\n", " ", "\t",
	"  a  ", "a[$(touch x)]", "x[0]", "PATH", "V", "IFS", "1+1", "08", "0x1f", "=", "x=y", "!", "(", ")", "]", "-a",
	"-eq", "\\", "\\*", "'", "\"",
	"; touch x", "| cat", "& touch x", "> x", "#", "eval", "exit 3", "aws", "aws x", "..", "../out", "/etc/passwd",
	"/dev/null", "file:///etc/passwd",
	"é\u202e", "opsbook-printf", "opsbook-test-error", "/dev/opsbook-guard/-9/-9/0", "KNOWN", "@", "$@", ",", "a,b",
	"%s%n", strings.Repeat("x ", 900),
}

// FuzzAFieldIsOneWord puts a value into every position of a line: it is one word, no new option and no new command; or the line is not
// run, by name of the field.
func FuzzAFieldIsOneWord(f *testing.F) {
	for _, v := range hostile {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		if !fuzzable(v) {
			t.Skip()
		}
		for _, w := range words {
			got := runTyped(t, w.script, v)
			wantWords := strings.Split(w.want(v), "\x00")
			want := append(append([]string{"aws"}, wantWords...), "end")
			switch {
			case len(got.foreign) > 0 || len(got.files) != 1:
				t.Errorf("%q in %s: ran %q, files %q", v, w.script, got.foreign, got.files)
			case len(got.probe.lines) == 0:
				if last := wantWords[len(wantWords)-1]; !strings.HasPrefix(last, "-") &&
					!strings.HasPrefix(last, "+") || !strings.Contains(got.said(), "field V") {
					t.Errorf("%q in %s was not run: %s %s", v, w.script, got.said(), got.errs)
				}
			case len(got.probe.lines) > 1 || !slices.Equal(got.probe.lines[0], want) || strings.HasPrefix(wantWords[len(wantWords)-1], "-"):
				t.Errorf("%q in %s: called %q, want %q", v, w.script, got.probe.lines, want)
			}
		}
		for script, want := range map[string]string{ // a value is a value, whatever it looks like
			"aws --opt $V end": v, "aws -- $V end": v, "aws --x=$V end": "--x=" + v,
		} {
			got := runTyped(t, script, v)
			if len(got.probe.lines) != 1 || !slices.Contains(got.probe.lines[0], want) || len(got.probe.lines[0]) > 4 {
				t.Errorf("%q in %s: called %q: %s", v, script, got.probe.lines, got.said())
			}
		}
		for script, want := range map[string]bool{ // in patterns and tests it stands for itself
			"[[ some-text == $V ]]": v == "some-text", "[[ $V == $V ]]": true, "[[ -n $V ]]": true, "[ -n \"$V\" ]": true, "[ $V ]": true,
			"[ \"$V\" = some-text ]": v == "some-text", "[ \"$V\" = \"$V\" ]": true, "[[ some-text =~ ^$V$ ]]": v == "some-text",
			"case some-text in $V) true ;; *) false ;; esac": v == "some-text", "case $V in $V) true ;; *) false ;; esac": true,
			"[ some-text != $V ]": v != "some-text", "! [ ! \"$V\" ]": true,
		} {
			got := runTyped(t, script, v)
			if got.err != nil || got.outcome.Status != map[bool]int{true: 0, false: 1}[want] {
				t.Errorf("%q in %s: status %d, want %v: %s %s", v, script, got.outcome.Status, want, got.said(), got.errs)
			}
		}
		for script, want := range map[string]string{ // as text it is printed as it is
			"echo $V": v + "\n", "echo \"$V\"": v + "\n", "echo -e '' > g; echo x$V": "x" + v + "\n",
			"printf '%s|' $V": v + "|", "printf '%s|' \"$V\"": v + "|",
			"cat <<X\n$V\nX": v + "\n", "cat <<< \"$V\"": v + "\n", "echo SENTINEL": v + "\n", "echo ${#V}": fmt.Sprintln(len([]rune(v))),
		} {
			if got := runTyped(t, script, v); got.err != nil || got.out != want {
				t.Errorf("%q in %s: printed %q, want %q: %s", v, script, got.out, want, got.said())
			}
		}
		for _, script := range []string{ // it is no command and no name
			"$V", "\"$V\" a", "SENTINEL a", "x=$V; $x", "command $V", "f() { \"$1\"; }; f \"$V\"", "./$V", "$V.sh",
			"true | $V", "x=$($V)", "eval $V",
			"eval \"$V\"", "c=eval; $c $V", "command eval \"$V\"", "builtin $V", "exec $V", "trap \"$V\" EXIT",
			"source $V", ". \"$V\"", "alias \"$V\"",
			"export $V", "declare \"$V\"", "read $V <<< x", "mapfile $V <<< x", "unset $V", "unset \"a[$V]\"",
			"[[ -v $V ]]", "[ -v $V ]", "x=${!V}", "getopts a $V a",
			"x=$(echo \"$V\"); $x", "read -r c <<< \"x$V\"; $c", "env $V", "xargs $V", "timeout 5 $V", "bash -c \"$V\"",
			"sh -c \"echo $V\"", "sudo -u me $V", "bash -o pipefail -c \"$V\"", "bash <<< \"$V\"", "echo \"$V\" | sh",
			"env -S \"$V\"",
			"docker exec c $V", "kubectl exec p -- \"$V\"", "git -c \"$V\" log", "ssh h \"$V\"", "sed -e 1d -e \"$V\"",
			"find . -exec $V \\;", "xargs --max-procs 4 sh -c \"$V\"", "echo \"$V\" | xargs rm", "sh <<X\n$V\nX",
		} {
			if strings.TrimSpace(v) == "" && strings.Contains(script, "x=$(echo") {
				continue // nothing is left of it
			}
			got := runTyped(t, script+"\naws after", v)
			if strings.Contains(got.outcome.Unavailable, "is not run here") { // and takes no other statement with it
				after := func(line []string) bool { return slices.Equal(line, []string{"aws", "after"}) }
				got.probe.lines = slices.DeleteFunc(got.probe.lines, after)
				got.foreign = nil // as it is reported, so that a person runs it
			}
			if !strings.Contains(got.said(), "field V") && !strings.Contains(got.said(), "eval") &&
				!strings.Contains(got.said(), "not supported") &&
				!strings.Contains(got.said(), "would replace") && !strings.Contains(got.said(), "of a trap") &&
				!strings.Contains(got.said(), "outside the runbooks") &&
				!strings.Contains(got.said(), "not carried out here") &&
				!strings.Contains(got.said(), "computed") && !strings.Contains(got.said(), "not computed") ||
				len(got.probe.lines) > 0 || len(got.files) != 1 || slices.Contains(got.foreign, v) {
				t.Errorf("%q in %s: %s, ran %q %q", v, script, got.said(), got.foreign, got.probe.lines)
			}
		}
		for _, script := range []string{ // it is a number, or nothing
			"echo $((V + 1))", "echo $(($V))", "((V > 1))", "let x=V", "a[$V]=1", "echo ${a[$V]}", "[[ $V -gt 1 ]]",
			"x=$V; ((x++))", "for ((i=0; i<V%3; i++)); do :; done",
			"echo ${HOME:$V}",
		} {
			if got := runTyped(t, script, v); len(got.files) != 1 || len(got.foreign) > 0 ||
				got.err != nil && !strings.Contains(got.said(), "the field V") && !strings.Contains(got.said(), "limit") {
				t.Errorf("%q in %s: %s", v, script, got.said())
			}
		}
		// it names a file of the run
		for _, script := range []string{"echo x > $V", "echo x >> \"$V\"", "cat < $V", "echo x 2> d/$V", "x=$(<$V)"} {
			if got := runTyped(t, script, v); len(got.files) != 1 || len(got.foreign) > 0 || strings.Contains(got.out, "root:") {
				t.Errorf("%q in %s: files %q, printed %q", v, script, got.files, got.out)
			}
		}
	})
}

// A value is no part of an option's name, whoever wrote its dash.
func TestAValueIsNoPartOfAnOption(t *testing.T) {
	t.Parallel()
	for script, sent := range map[string]bool{
		"aws --$V": false, "aws --$V=x": false, "aws -$V": false, "aws -x$V": false, "aws --pro$V x": false,
		"aws --x=$V": true, "aws -x=$V": true,
		"aws \"--$V\"": false, "o=--$V; aws $o": false, "o=--x=$V; aws $o": true, "command -$V aws": false, "set -$V; aws": false,
		"head -n$V </dev/null; aws": true, "head -q$V </dev/null; aws": false, "printf -$V x; aws": false, "env A$V=x ls; aws": false,
		"[[ $V =~ (.*) ]]; aws ${BASH_REMATCH[1]}": true, "cd $V; aws a": true,
	} {
		got := runTyped(t, script, "v", func(e *Execution) { e.Rehearse = true })
		if sent != (len(got.probe.lines) == 1) || !sent && !strings.Contains(got.said(), "the field V") {
			t.Errorf("%s: called %q: %s", script, got.probe.lines, got.said())
		}
	}
	if got := runTyped(t, "echo -$V; echo -$V x", "n"); got.out != "-n\n-n x\n" {
		t.Errorf("echo printed %q", got.out)
	}
	if got := runTyped(t, "[[ $V =~ (.*) ]]; aws ${BASH_REMATCH[1]}", "a b"); len(got.probe.lines) != 1 || len(got.probe.lines[0]) != 2 {
		t.Errorf("a match called %q", got.probe.lines)
	}
	// Calls that are made before the script comes to them are decided alike.
	got := runTyped(t, "for n in a b; do aws lambda get-function --name $n --x $V; done", "--profile")
	if len(got.probe.lines) > 0 || !strings.Contains(got.said(), "the field V") {
		t.Errorf("a loop called %q: %s", got.probe.lines, got.said())
	}
}

// What a script makes of a value splits as in bash.
func TestWhatAScriptMakesOfAValueSplits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script, value string
		lists         bool
		want          [][]string
		why           string
	}{
		{"aws ${V//,/ }", "a,b", false, [][]string{{"aws", "a", "b"}}, ""},
		{"for x in ${V//,/ }; do aws $x; done", "a,b", false, [][]string{{"aws", "a"}, {"aws", "b"}}, ""},
		{"read -r x y <<< \"$V\"; aws $y $x", "a b", false, [][]string{{"aws", "b", "a"}}, ""},
		{"aws $(echo \"$V\" | tr , ' ')", "a,b", false, [][]string{{"aws", "a", "b"}}, ""},
		{"IFS=, read -ra a <<< \"$V\"; aws \"${a[@]}\"", "a,b", false, [][]string{{"aws", "a", "b"}}, ""},
		{"aws ${V//,/ }", "a,--profile,x", false, nil, "begins with \"-\""},
		{"aws $(echo \"$V\" | tr , ' ')", "a,--profile,x", false, nil, "begins with \"-\""},
		{"read -r x y <<< \"$V\"; aws $y", "a --profile", false, nil, "begins with \"-\""},
		{"echo \"$V\" > f; while read -r x; do aws $x; done < f", "--profile", false, nil, "begins with \"-\""},
		{"$(echo \"$V\")", "touch x", false, nil, "name of a command"},
		{"echo \"aws $V\" > s.sh; source s.sh", "x", false, nil, "the field V"},
		{"echo \"aws $V\" > s.sh; . ./s.sh", "x", false, nil, "the field V"},
		{"echo \"aws $V\" > s.sh; bash s.sh", "x", false, nil, "the field V"},
		{"echo \"aws $V\" > s.sh; chmod +x s.sh; ./s.sh", "x", false, nil, "the field V"},
		{"bash -c \"aws $V\"", "x", false, nil, "the field V"},
		{"echo 'aws x' > s.sh; bash s.sh; aws \"$V\"", "y", false, [][]string{{"aws", "x"}, {"aws", "y"}}, ""},
		{"echo 'aws \"$1\"' > s.sh; bash s.sh \"$V\"", "y z", false, [][]string{{"aws", "y z"}}, ""},
		{"echo \"aws $V\" > f; cp f s.sh; bash s.sh", "x", false, nil, "the field V"},
		{"echo \"aws $V\" | tee s.sh; source s.sh", "x", false, nil, "the field V"},
		{"echo 'aws a' > s.sh; echo \"aws $V\" >> s.sh; bash s.sh", "x", false, nil, "the field V"},
		{"echo \"$V\"; echo 'aws a' > s.sh; bash s.sh", "x", false, nil, "the field V"},
		{"echo 'aws a' > s.sh; : \"$V\"; echo 'aws b' >> s.sh; bash s.sh", "x", false, nil, "the field V"},
		{"bash -c 'aws \"$1\"' x \"$V\"", "y z", false, [][]string{{"aws", "y z"}}, ""},
		{"echo aws x > s.sh; source s.sh", "x", false, [][]string{{"aws", "x"}}, ""},
		{"o=$(echo --flag); aws $o \"$V\"", "x", false, [][]string{{"aws", "--flag", "x"}}, ""},
		{"while read -r o; do aws $o \"$V\"; done <<< --flag", "x", false, [][]string{{"aws", "--flag", "x"}}, ""},
		{"aws $V", "a b", true, [][]string{{"aws", "a", "b"}}, ""},
		{"for x in $V; do aws $x; done", "a\nb*", true, [][]string{{"aws", "a"}, {"aws", "b*"}}, ""},
		{"a=($V); aws \"${a[1]}\"", "a b", true, [][]string{{"aws", "b"}}, ""},
		{"aws \"$V\"", "a b", true, [][]string{{"aws", "a b"}}, ""},
		{"x=$V; aws $x", "a b", true, [][]string{{"aws", "a", "b"}}, ""},
		{"aws $V", "a --profile", true, nil, "begins with \"-\""},
		{"for x in $V; do aws $x; done", "-a", true, nil, "begins with \"-\""},
	} {
		got := runTyped(t, test.script, test.value, func(e *Execution) {
			if test.lists {
				e.Lists = []string{"V"}
			}
		})
		if !slices.EqualFunc(got.probe.lines, test.want, slices.Equal) || test.why != "" && !strings.Contains(got.said(), test.why) ||
			test.why == "" && got.err != nil {
			t.Errorf("%s of %q: called %q, want %q: %s", test.script, test.value, got.probe.lines, test.want, got.said())
		}
	}
}

// A value keeps its mark from step to step, and in the scripts that a script calls.
func TestMarksGoFromStepToStep(t *testing.T) {
	t.Parallel()
	first := runTyped(t, "x=$V; a=(1 $V); declare -A m; m[k]=$V; y=pre-$V; echo \"$V\" > f", "a b --profile")
	if first.err != nil {
		t.Fatal(first.err)
	}
	data, err := first.outcome.State.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	state := &procedures.ScriptState{}
	if err := state.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	later := func(e *Execution) { e.State, e.Parameters = state, nil }
	got := runTyped(t, `aws $x "${a[1]}" ${m[k]} $y`, "", later)
	want := []string{"aws", "a b --profile", "a b --profile", "a b --profile", "pre-a b --profile"}
	if len(got.probe.lines) != 1 || !slices.Equal(got.probe.lines[0], want) {
		t.Errorf("the next step called %q, want %q: %s", got.probe.lines, want, got.said())
	}
	if got := runTyped(t, "$x", "", later); !strings.Contains(got.said(), "field V") {
		t.Errorf("the next step ran a value: %s", got.said())
	}
	child := func(text string) func(*Execution) {
		return func(e *Execution) {
			e.Scripts = func(string) (procedures.Script, bool) { return procedures.Script{Text: text + "\n", Line: 1}, true }
		}
	}
	if got := runTyped(t, "./s.sh $V", "a b", child("aws $1 $V")); len(got.probe.lines) != 1 || len(got.probe.lines[0]) != 3 {
		t.Errorf("a script called %q: %s", got.probe.lines, got.said())
	}
	if got := runTyped(t, "./s.sh $V", "touch x", child("$1")); !strings.Contains(got.said()+got.errs, "field V") {
		t.Errorf("a script ran a value: %s", got.said())
	}
}

// Variables that decide where calls go hold nothing that a person typed.
func TestValuesSteerNoCalls(t *testing.T) {
	t.Parallel()
	for script, why := range map[string]string{
		"export AWS_PROFILE=$V; aws a": "AWS_PROFILE", "AWS_ENDPOINT_URL=http://$V aws a": "AWS_ENDPOINT_URL",
		"export AWS_ENDPOINT_URL_S3=$(echo $V); aws a": "AWS_ENDPOINT_URL_S3", "export \"AWS_CA_BUNDLE=$V\"; aws a": "AWS_CA_BUNDLE",
		"HTTPS_PROXY=$V aws a": "HTTPS_PROXY", "AWS_CONFIG_FILE=$V; aws a": "AWS_CONFIG_FILE",
		"export AWS_REGION=$V; aws a": "", "export AWS_PROFILE=team; aws $V": "", "AWS_PROFILE=$V; AWS_PROFILE=team; aws a": "",
	} {
		got := runTyped(t, script, "admin")
		if (why == "") != (len(got.probe.lines) == 1) || why != "" && !strings.Contains(got.said(), why) {
			t.Errorf("%s: called %q: %s", script, got.probe.lines, got.said())
		}
	}
}

// What a script can ask about files, users and commands tells nothing of the host.
func TestScriptsLearnNothingOfTheHost(t *testing.T) {
	t.Parallel()
	for _, rehearse := range []bool{false, true} {
		for _, script := range []string{
			"[ -e /etc/passwd ]", "[ -r /etc/shadow ]", "[ -f /etc/hostname ]", "[[ -d /etc ]]", "[[ -s /etc/passwd ]]",
			"[ -x /bin/sh ]", "test -L /bin",
			"[ -w /tmp/../etc/passwd ]", "[ /etc/passwd -nt /nothing ]", "[ -O /etc ]", "command -v less",
			"command -v sh", "type less", "type -P sh", "type -p sh",
			"source /etc/profile", ". /etc/hostname", "cat < /etc/passwd", "x=$(</etc/passwd) && [ -n \"$x\" ]",
			"[ ~root != '~root' ]", "[[ $(echo /etc/*) != '/etc/*' ]]",
			"[[ $(echo /home/*/.ssh/*) != '/home/*/.ssh/*' ]]", "[ -r ~root/.bashrc ]", "command -v /bin/sh", "hash sh && false",
		} {
			got := runTyped(t, script, "x", func(e *Execution) { e.Rehearse = rehearse })
			if got.err == nil && got.outcome.Status == 0 && got.outcome.Refused == "" || strings.Contains(got.out, "/") {
				t.Errorf("%s (sandbox: %v): status %d, printed %q", script, rehearse, got.outcome.Status, got.out)
			}
		}
	}
	if got := runTyped(t, "command -v aws >/dev/null && type -t jq && type -t echo",
		"x"); got.out != "file\nbuiltin\n" || got.outcome.Status != 0 {
		t.Errorf("what there is was not found: %q, status %d", got.out, got.outcome.Status)
	}
}
