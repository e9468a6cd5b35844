package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// packageSyntax is what the files of one folder declare.
type packageSyntax struct {
	files  map[string]*ast.File // by path below the module's root
	values map[string]ast.Expr  // constants and variables of the package, by name
}

// syntaxOf parses the hand-written files that are no tests, by folder.
func syntaxOf(t *testing.T) (map[string]*packageSyntax, *token.FileSet) {
	t.Helper()
	set, out := token.NewFileSet(), map[string]*packageSyntax{}
	for _, f := range sources(t, ".go") {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, f.path, strings.Join(f.lines, "\n"), parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p := out[path.Dir(f.path)]
		if p == nil {
			p = &packageSyntax{map[string]*ast.File{}, map[string]ast.Expr{}}
			out[path.Dir(f.path)] = p
		}
		p.files[f.path] = file
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, spec := range g.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && len(v.Names) == len(v.Values) {
						for i, name := range v.Names {
							p.values[name.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	return out, set
}

// text is the value of a string expression, from literals and what the package declares.
func (p *packageSyntax) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, known := p.text(e.X)
		right, also := p.text(e.Y)
		return left + right, known && also && e.Op == token.ADD
	case *ast.ParenExpr:
		return p.text(e.X)
	case *ast.Ident:
		if value := p.values[e.Name]; value != nil {
			return p.text(value)
		}
	}
	return "", false
}

// TestRegexpsAreLazyAndRight compiles each expression that would panic at its first use, and sees that none is
// compiled by every start of the program.
func TestRegexpsAreLazyAndRight(t *testing.T) {
	t.Parallel()
	packages, set := syntaxOf(t)
	compiled := 0
	for _, p := range packages {
		for _, value := range p.values {
			ast.Inspect(value, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					_, function := n.(*ast.FuncLit) // runs later
					return !function
				}
				if called(call) == "regexp.MustCompile" {
					t.Errorf("%v: compiled at every start; use lazy.Regexp", set.Position(call.Pos()))
				}
				return true
			})
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || called(call) != "lazy.Regexp" {
					return true
				}
				expression := ""
				for _, part := range call.Args {
					text, known := p.text(part)
					if !known {
						t.Errorf("%v: lazy.Regexp of something else than constants", set.Position(part.Pos()))
						return true
					}
					expression += text
				}
				compiled++
				if _, err := regexp.Compile(expression); err != nil {
					t.Errorf("%v: %v", set.Position(call.Pos()), err)
				}
				return true
			})
		}
	}
	if compiled < 80 {
		t.Errorf("only %d expressions were compiled", compiled)
	}
}

// called is the package and function that a call names, "" for other calls.
func called(call *ast.CallExpr) string {
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}
