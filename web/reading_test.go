package web

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestNothingIsReadPastThePolicy looks through the package for another way to a run than reading, for a method of it that
// takes no context, and for another way to the runbooks than those of shelf.go.
func TestNothingIsReadPastThePolicy(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if method.Sel.Name == "Library" && f.Name() != "shelf.go" {
				t.Errorf("%s: the runbooks are read past shelf", set.Position(n.Pos()))
			}
			of, ok := method.X.(*ast.SelectorExpr)
			if ok && of.Sel.Name == "Runs" {
				t.Errorf("%s: %s is called past reading", set.Position(n.Pos()), method.Sel.Name)
			}
			if ok && of.Sel.Name == "runs" && f.Name() != "reading.go" {
				t.Errorf("%s: %s is called past reading", set.Position(n.Pos()), method.Sel.Name)
			}
			if ok && of.Sel.Name == "reads" {
				seen++
			}
			return true
		})
	}
	if seen < 20 {
		t.Errorf("only %d calls of reading were found", seen)
	}
	asks := reflect.TypeFor[*reading]()
	for i := range asks.NumMethod() {
		m := asks.Method(i)
		if name := m.Name; name != "Now" && name != "Subscribe" && m.Type.In(1) != reflect.TypeFor[context.Context]() {
			t.Errorf("%s takes no context, and so knows of no person", name)
		}
	}
}

// TestReadingAsksForThePerson: without one, for one who may not, and for what is drawn for all.
func TestReadingAsksForThePerson(t *testing.T) {
	g := &reading{policy: onlyIn{"sandbox", "secret"}}
	known := context.WithValue(t.Context(), personKey{}, access.Person{Name: "ada"})
	for _, c := range []struct {
		name                   string
		ctx                    context.Context
		environment, procedure string
		want                   bool
	}{
		{"nobody", t.Context(), "sandbox", "open", false}, {"ada", known, "sandbox", "open", true},
		{"ada in another environment", known, "production", "open", false},
		{"ada, of another procedure", known, "sandbox", "secret", false},
		{"a hub", forAll(t.Context(), nil), "production", "secret", true},
	} {
		if err := g.may(c.ctx, c.environment, c.procedure); (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	list := []*procedures.Run{
		{Environment: "sandbox", Procedure: "open"}, {Environment: "sandbox", Procedure: "secret"},
		{Environment: "production", Procedure: "open"},
	}
	if left := g.viewable(known, list); len(left) != 1 || left[0].Procedure != "open" {
		t.Errorf("%d runs may be viewed", len(left))
	}
}

// TestWhatSomebodyMayNotViewIsThereForOthers has a person before a hub, which may view everything.
func TestWhatSomebodyMayNotViewIsThereForOthers(t *testing.T) {
	latest := map[string]*procedures.Run{}
	for _, id := range []string{"open", "other", "secret"} {
		latest[id] = &procedures.Run{Environment: "sandbox", Procedure: id}
	}
	g := &reading{policy: onlyIn{"sandbox", "secret"}}
	known := context.WithValue(t.Context(), personKey{}, access.Person{Name: "ada"})
	for _, c := range []struct {
		ctx  context.Context
		want int
	}{{known, 2}, {forAll(t.Context(), nil), 3}, {t.Context(), 0}, {known, 2}} {
		if got := g.viewableOf(c.ctx, latest); len(got) != c.want {
			t.Errorf("%d are read, not %d", len(got), c.want)
		}
	}
}
