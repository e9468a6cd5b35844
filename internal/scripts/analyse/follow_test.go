package analyse

import (
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// service is a command whose operations are its second words: delete destroys, update changes, the others read.
type service struct{ procedures.Command }

func (service) Describe(words []procedures.Word) procedures.LineInfo {
	if len(words) < 2 {
		return procedures.LineInfo{Effect: procedures.EffectChange}
	}
	operation, effect := words[1], procedures.EffectRead
	switch {
	case !operation.Known:
		return procedures.LineInfo{Effect: procedures.EffectDestroy, Undecided: true}
	case strings.HasPrefix(operation.Text, "delete"):
		effect = procedures.EffectDestroy
	case strings.HasPrefix(operation.Text, "update"):
		effect = procedures.EffectChange
	}
	return procedures.LineInfo{Effect: effect, Call: &procedures.PlannedCall{Command: operation.Text, Effect: effect}}
}

// running is a command that runs its words.
type running struct{ service }

func (running) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectNone}
}

func (running) Inner(words []procedures.Word) [][]procedures.Word {
	return [][]procedures.Word{words[1:]}
}

func serviceAnalyser() *Analyser {
	return &Analyser{Command: func(name string) (procedures.Command, bool) {
		switch name {
		case "aws":
			return service{}, true
		case "xargs":
			return running{}, true
		}
		return nil, false
	}}
}

// TestWhatAScriptSetsIsFollowed holds what a script's calls are against what bash would call: the variables that it sets to texts, loops
// over texts, cases, arrays, and the arguments of functions.
func TestWhatAScriptSetsIsFollowed(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		// variables
		"X=delete; aws $X":                           "delete",
		"X=aws; $X delete":                           "delete",
		"X='aws delete'; $X":                         "delete",
		"A=del; B=ete; aws \"$A$B\"":                 "delete",
		"A=del; A+=ete; aws $A":                      "delete",
		"X=list; X=delete; aws $X":                   "delete",
		"X=delete; X=list; aws $X":                   "list",
		"X=list; if true; then X=delete; fi; aws $X": "delete,list",
		"X=list; true && X=delete; aws $X":           "delete,list",
		"X=list; (X=delete); aws $X":                 "list",
		"X=list; X=delete aws $X":                    "list",
		"aws $'del\\x65te'":                          "delete",
		"X=$(echo delete); aws $X":                   "delete",
		"X=; aws ${X:-delete}":                       "delete",
		"X=delete; Y=X; aws ${!Y}":                   "delete",
		"declare -n R=X; R=delete; aws $X":           "delete",
		"export X=delete; aws $X":                    "delete",
		// loops and cases
		"for x in list delete; do aws $x; done":                         "delete,list",
		"for x in {list,delete}; do aws $x; done":                       "delete,list",
		"for x in 'list delete'; do for y in $x; do aws $y; done; done": "delete,list",
		"X=list; for i in 1 2; do aws $X; X=delete; done":               "delete,list",
		"X=list; while true; do aws $X; Y=delete; X=$Y; done":           "?",
		"case $1 in a) X=list ;; *) X=delete ;; esac; aws $X":           "delete,list",
		"X=list; case $1 in a) X=delete ;; esac; aws $X":                "delete,list",
		"case $1 in a) X=delete ;& b) aws ${X:-list} ;; esac":           "?",
		"select x in list delete; do aws $x; done":                      "delete,list",
		"X=(list delete); for x in \"${X[@]}\"; do aws $x; done":        "delete,list",
		"X=(aws delete a); \"${X[@]}\"":                                 "delete",
		"X=(aws); X+=(delete); \"${X[@]}\"":                             "delete",
		"X=(list delete); aws ${X[1]}":                                  "delete",
		"X=(list delete); aws ${X[$i]}":                                 "delete,list",
		"set -- delete a; aws \"$@\"":                                   "delete",
		"set -- list delete; shift; aws $1":                             "delete",
		"set -- list delete; for x; do aws $x; done":                    "delete,list",
		// functions
		"aws() { command aws \"$@\"; }; aws delete":                "delete",
		"f() { aws $1; }; f delete":                                "delete",
		"f() { aws \"$@\"; }; f list; f delete":                    "delete,list",
		"f() { local x=$1; shift; aws $x \"$@\"; }; f list delete": "list",
		"f() { g $1; }; g() { aws $1; }; f delete":                 "delete",
		"f() { \"$@\"; }; f aws delete":                            "delete",
		"f() { aws \"${@:2}\"; }; f a delete":                      "delete",
		"f() { local X=list; }; X=delete; f; aws $X":               "delete",
		"f() { X=delete; echo $1; }; X=list; f a; aws $X":          "delete",
		"f() { aws ${1:-delete}; }; f":                             "delete",
		"f=g; g() { aws $1; }; $f delete":                          "delete",
		"for x in list delete; do f() { aws $1; }; f $x; done":     "delete,list",
		"echo delete | xargs aws list":                             "list",
		"X=delete; echo | xargs aws $X":                            "delete",
		// what only running tells
		"if true; then X=list; fi; aws $X":           "?",
		"f() { X=list; }; aws $X":                    "?",
		"X='aws list'; f() { $X; }":                  "list",
		"aws $X":                                     "?",
		"$X delete":                                  "?",
		"X=$(cat f); aws $X":                         "?",
		"read X; aws $X":                             "?",
		"X=list; read X; aws $X":                     "?",
		"X=list; printf -v X %s delete; aws $X":      "?",
		"X=list; source ./x.sh; aws $X":              "?",
		"X=list; mapfile -t X < f; aws $X":           "?",
		"X=list; while read X; do aws $X; done":      "?",
		"f() { aws $1; }":                            "?",
		"f() { aws $1; }; f \"$X\"":                  "?",
		"f() { shift; aws $1; }; f a \"$X\"":         "?",
		"X=list; declare -n R=X; R=$(cat f); aws $X": "?",
		"f() { f $1$1; aws $1; }; f delete":          "?",
		"trap 'aws $X' EXIT; X=delete; X=$(cat f)":   "?",
	} {
		a := serviceAnalyser().Analyse(procedures.Script{Text: script + "\n", Line: 1})
		calls := slices.Clone(a.Calls)
		slices.Sort(calls)
		got := strings.Join(slices.Compact(calls), ",")
		if len(a.Undecided) > 0 {
			got = "?"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
		if destroys := strings.Contains(want, "delete") || want == "?"; destroys != (a.Effect == procedures.EffectDestroy) {
			t.Errorf("%s: %s", script, a.Effect)
		}
	}
}

// TestEveryCommandIsRead puts a command wherever a script can have one.
func TestEveryCommandIsRead(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"§", "a[§]=1", "a=([§]=1)", "a=(§)", "a+=(x §)", "declare -a a=([§]=1)", "local x=§", "export X=§", "X=§ ls", "ls > §", "ls < §",
		"cat <<E\n§\nE", "cat <<< §", "echo ${a[§]}", "echo ${x:-§}", "echo ${x/§/y}", "echo ${x/y/§}",
		"echo ${x:§:1}", "echo ${x#\"§\"}",
		"echo $((§))", "((x = §))", "((a[§] = 1))", "let x=§", "for ((i = §; i < 1; i++)); do :; done", "for x in §; do :; done",
		"for x in 1; do §; done", "while §; do :; done", "until :; do §; done",
		"if §; then :; fi", "if :; then :; elif §; then :; else :; fi",
		"if :; then :; else §; fi", "case § in a) ;; esac", "case a in §) ;; esac", "case a in a) § ;; esac",
		"[[ § == a ]]", "[[ a == § ]]",
		"[[ -n § ]]",
		"test -n \"§\"", "f() { §; }", "f() { §; }; f", "(§)", "{ §; }", "! §", "time §", ": && §", ": || §", ": | §", "§ | :",
		"§ &", "ls <(§)", "tee >(§) < a",
		"select x in §; do :; done", "x=\"a §\"", "echo \"$(echo \"§\")\"", "trap '§' EXIT", "`§`",
		"command §", "xargs §", "sudo §", "sh -c '§'", "ssh host '§'", "§ ${x}", "/usr/bin/§", "coproc { §; }", "ls 2> §",
	} {
		const line = "aws delete"
		found := false
		for _, script := range []string{strings.ReplaceAll(script, "§", line), strings.ReplaceAll(script, "§", "$("+line+")")} {
			file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script+"\n"), "")
			if err != nil || !callsService(file) && !strings.Contains(script, "'") {
				continue
			}
			found = true
			a := serviceAnalyser().Analyse(procedures.Script{Text: script + "\n", Line: 1})
			if a.Effect != procedures.EffectDestroy && len(a.ByHand) == 0 {
				t.Errorf("%s: %s, %v", script, a.Effect, a.Calls)
			}
		}
		if !found {
			t.Errorf("%s is no script", script)
		}
	}
}

// callsService reports whether the tree has a call of the service.
func callsService(file *syntax.File) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		c, ok := n.(*syntax.CallExpr)
		found = found || ok && slices.ContainsFunc(c.Args, func(w *syntax.Word) bool { return strings.HasSuffix(w.Lit(), "aws") })
		return !found
	})
	return found
}

// TestFollowingIsBounded reads scripts that would be followed without an end, or in more ways than there is memory.
func TestFollowingIsBounded(t *testing.T) {
	t.Parallel()
	var deep, wide strings.Builder
	for i := range 30 {
		name, next := string(rune('a'+i%26))+strings.Repeat("x", i/26), string(rune('a'+(i+1)%26))+strings.Repeat("x", (i+1)/26)
		deep.WriteString("f" + name + "() { f" + next + " $1; f" + next + " $1; aws $1; }\n")
		wide.WriteString("x" + name + "=1; if true; then x" + name + "=2; fi\n")
	}
	deep.WriteString("fa list\n")
	wide.WriteString("aws ")
	for i := range 26 {
		wide.WriteString("$x" + string(rune('a'+i)))
	}
	for _, script := range []string{
		deep.String(), wide.String(), "f() { f $1$1; aws $1; }\nf list", "X=a\nwhile true; do X=$X$X; aws $X; done",
		"set -- " + strings.Repeat("a ", 5000) + "\naws \"$@\"", "for x in {1..100000}; do aws $x; done",
	} {
		if a := serviceAnalyser().Analyse(procedures.Script{Text: script + "\n", Line: 1}); !a.Effect.Changes() && len(a.Calls) == 0 {
			t.Errorf("%.60s: %s", script, a.Effect)
		}
	}
}
