package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Every rule that a finding may have is in the table that documents rules, and every rule of the table is one that is reported.
func TestEveryRuleIsDocumented(t *testing.T) {
	used := map[string]string{}
	for _, room := range []string{"runbook", "scripts", "aws"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, e := range rulesOf(n) {
					if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						name, _ := strconv.Unquote(lit.Value)
						used[name] = path
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range used {
		if _, ok := procedures.RuleOf(name); !ok {
			t.Errorf("%s reports the rule %q, which the table of rules does not have", path, name)
		}
	}
	rules := procedures.Rules()
	for _, r := range rules {
		if used[r.Name] == "" {
			t.Errorf("the table has the rule %q, which nothing reports", r.Name)
		}
		if r.Why == "" || !strings.HasSuffix(r.Why, ".") {
			t.Errorf("the rule %s is not said in a sentence: %q", r.Name, r.Why)
		}
	}
	if !slices.IsSortedFunc(rules, func(a, b procedures.Rule) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the rules are not sorted by name")
	}
}

// rulesOf are the expressions of a node that name a rule: Rule: "x", .Rule = "x", and what stands behind a severity or an error.
func rulesOf(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "rule") {
			return []ast.Expr{n.Value}
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			f, member := left.(*ast.SelectorExpr)
			v, variable := left.(*ast.Ident)
			if (member && f.Sel.Name == "Rule" || variable && v.Name == "rule") && i < len(n.Rhs) {
				return []ast.Expr{n.Rhs[i]}
			}
		}
	case *ast.CallExpr:
		for i, arg := range n.Args[:max(0, len(n.Args)-1)] {
			if s, ok := arg.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Severity") {
				return []ast.Expr{n.Args[i+1]}
			}
		}
		f, worded := n.Fun.(*ast.SelectorExpr)
		found, placed := n.Fun.(*ast.Ident)
		if worded && f.Sel.Name == "say" && len(n.Args) > 2 || placed && found.Name == "findingAt" {
			return []ast.Expr{n.Args[1]}
		}
	}
	return nil
}
