package runbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// fakeAnalyser knows as much of scripts as the library's tests need: commands, variables, and a
// few enums of a few options.
type fakeAnalyser struct{}

var fakeReading = []string{"get-", "describe-", "list-", "lookup-", "filter-", "generate-", "ls", "tail"}

// fakeEnums are options whose values are fixed, with those values.
var fakeEnums = map[string][]string{
	"--billing-mode":    {"PAY_PER_REQUEST", "PROVISIONED"},
	"--lookback-period": {"THIRTY_DAYS"},
	"--status-name":     {"STACK_NAME", "FAILED_ROLE"}, // made to look like placeholders
}

func (fakeAnalyser) Analyse(s procedures.Script) procedures.Analysis {
	a := procedures.Analysis{Effect: procedures.EffectNone}
	file, err := parseShell(s.Text)
	if err != nil {
		a.Refused = err.Error()
		return a
	}
	set := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ForClause:
			if loop, ok := n.Loop.(*syntax.WordIter); ok {
				set[loop.Name.Value] = true
			}
		case *syntax.Assign:
			if n.Name != nil {
				set[n.Name.Value] = true
				a.Sets = append(a.Sets, n.Name.Value)
			}
		case *syntax.FuncDecl:
			a.Sets = append(a.Sets, n.Name.Value)
			set[n.Name.Value] = true
		case *syntax.CallExpr:
			fakeCall(&a, s, n, set)
		}
		uses(&a, n, set)
		return true
	})
	return a
}

// fakeSlow begin the operations that answer before they are done.
var fakeSlow = []string{"restore-", "update-table", "update-service", "create-snapshot", "create-backup", "start-backup-job", "reboot-"}

func uses(a *procedures.Analysis, n syntax.Node, set map[string]bool) {
	if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
		if name := p.Param.Value; !set[name] && !slices.Contains(a.Uses, name) {
			a.Uses = append(a.Uses, name)
		}
	}
}

func fakeCall(a *procedures.Analysis, s procedures.Script, n *syntax.CallExpr, set map[string]bool) {
	if len(n.Args) == 0 {
		return
	}
	words := make([]string, len(n.Args))
	for i, w := range n.Args {
		words[i] = wordText(w)
	}
	switch name := words[0]; {
	case name == "read" && len(words) > 1:
		set[words[1]] = true
		a.Sets = append(a.Sets, words[1])
	case name == "aws" && len(words) > 2:
		a.Calls = append(a.Calls, words[1]+" "+words[2])
		effect := procedures.EffectChange
		if strings.HasPrefix(words[2], "delete") {
			effect = procedures.EffectDestroy
		} else if slices.ContainsFunc(fakeReading, func(p string) bool { return strings.HasPrefix(words[2], p) }) {
			effect = procedures.EffectRead
		}
		a.Effect = a.Effect.Worse(effect)
		a.Detail = append(a.Detail, procedures.PlannedCall{
			Command: words[1] + " " + words[2], Args: words[1:], Effect: effect,
			Slow: slices.ContainsFunc(fakeSlow, func(p string) bool { return strings.HasPrefix(words[2], p) }),
		})
		for i, w := range words[:len(words)-1] {
			if enum, ok := fakeEnums[w]; ok && !slices.Contains(enum, words[i+1]) {
				a.Findings = append(a.Findings, procedures.Finding{Line: s.Line + int(n.Args[i+1].Pos().Line()) - 1,
					Column:   int(n.Args[i+1].Pos().Col()),
					Severity: procedures.SeverityError, Rule: "aws-enum",
					Message: words[i+1] + " is not a value of " + w, Corrected: "aws " + words[1]})
			}
		}
	case name == "curl" || name == "dig" || name == "kubectl" && len(words) > 1 && words[1] == "get":
		a.Effect = a.Effect.Worse(procedures.EffectRead)
	case slices.Contains([]string{
		"echo", "printf", "date", "cd", "sleep", "head", "base64", "grep", "jq", "[", "exit", "cat", "export", "test", "set", "true",
	}, name) || set[name]:
	case strings.Contains(name, "/"):
		a.Scripts = append(a.Scripts, name)
	case name != "":
		if !slices.Contains(a.Programs, name) {
			a.Programs = append(a.Programs, name)
		}
		a.Effect = a.Effect.Worse(procedures.EffectChange)
	}
}
