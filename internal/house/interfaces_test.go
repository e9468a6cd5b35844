package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// maxMethods bounds the method set of an interface that a consumer declares, embedded ones counted: a larger one says
// that its consumer is more than one thing.
const maxMethods = 15

// built is what go list says of a package, with where the compiler left its types.
type built struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// build compiles the module's packages and lists them with everything that they import.
func build(t *testing.T) []built {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", module+"...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []built
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p built
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestInterfacesAreSmall(t *testing.T) {
	t.Parallel()
	packages := build(t)
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	compiled := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s was not compiled", path)
		}
		return os.Open(exports[path])
	})
	seen := 0
	for _, p := range packages {
		if !strings.HasPrefix(p.ImportPath, module) {
			continue
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		config := types.Config{Importer: compiled}
		checked, err := config.Check(p.ImportPath, fset, files, nil)
		if err != nil {
			t.Fatalf("%s: %v", p.ImportPath, err)
		}
		for _, name := range checked.Scope().Names() {
			declared, ok := checked.Scope().Lookup(name).(*types.TypeName)
			if !ok {
				continue
			}
			if i, ok := declared.Type().Underlying().(*types.Interface); ok {
				seen++
				if n := i.NumMethods(); n > maxMethods {
					t.Errorf("%s.%s has %d methods, the most is %d", p.ImportPath, name, n, maxMethods)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d interfaces were found", seen)
	}
}

// light is what the vocabulary may import besides the standard library.
var light = map[string]bool{
	module + "internal/document": true,
	module + "internal/lazy":     true,
	module + "internal/limits":   true,
	"github.com/robfig/cron/v3":  true,
	"go.yaml.in/yaml/v3":         true,
}

// heavy are packages of the standard library that the vocabulary does without: what it says is said in types.
var heavy = map[string]bool{
	"database/sql": true, "net/http": true, "os": true, "os/exec": true, "html/template": true, "text/template": true, "net": true,
}

func TestTheVocabularyImportsNothingHeavy(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=Imports", module+"internal/procedures")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var p struct{ Imports []string }
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		standard := !strings.Contains(strings.Split(path, "/")[0], ".")
		if standard && heavy[path] || !standard && !light[path] {
			t.Errorf("internal/procedures imports %s: it keeps types and words only", path)
		}
	}
}
