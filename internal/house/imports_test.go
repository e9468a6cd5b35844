// Package house holds the tests of the house itself: who may import whom.
package house_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/opsbook/opsbook/"

// arrows are the imports that rooms may have of other rooms (docs/architecture.md). Packages of one room may import
// each other, and all may import document, limits, lazy and tracing.
var arrows = map[string][]string{
	"cmd/server": {"web", "web/templates", "runbooks", anyInternal},
	"web": {"web/templates", "internal/journal", "internal/runs", "internal/access", "internal/runbook", "internal/audit", "internal/cards",
		"internal/procedures"},
	"web/templates": {"internal/journal", "internal/procedures"},
	"runbooks":      {},
	"bench":         {"web", "web/templates", "runbooks", anyInternal},

	"internal/runs": {"internal/engine", "internal/journal", "internal/mask", "internal/access", "internal/runbook", "internal/procedures"},
	// The bake folds its samples as the journal does.
	"internal/engine":  {"internal/scripts", "internal/journal", "internal/mask", "internal/procedures", "internal/confined"},
	"internal/scripts": {"internal/scripts/shell", "internal/mask", "internal/procedures", "internal/confined", "internal/hosts"},
	// Shell is the language of scripts, without what runs them: the rooms that quote a line need it.
	"internal/scripts/shell": {"internal/procedures"},
	"internal/journal":       {"internal/scripts/shell", "internal/procedures"},
	"internal/runbook":       {"internal/procedures", "internal/confined"},
	"internal/aws":           {"internal/mask", "internal/procedures"},
	"internal/mask":          {"internal/procedures"}, // all that leaves an execution passes it
	"internal/access":        {"internal/procedures"},
	"internal/audit":         {"internal/procedures"},
	"internal/store":         {"internal/procedures", "internal/audit", "internal/testenv"}, // storetest asks testenv for a database
	// only main knows of it: rooms tell observers of their own
	"internal/metrics":    {"internal/procedures"},
	"internal/notify":     {"internal/procedures", "internal/hosts"},
	"internal/procedures": {},
	"internal/cards":      {}, // pictures of links: a leaf
	"internal/hosts":      {}, // which addresses are connected to: a leaf
	"internal/confined":   {}, // files of a folder and of nothing outside: a leaf
	"internal/document":   {},
	"internal/lazy":       {},
	"internal/limits":     {},
	"internal/tracing":    {},
	// What sends spans is main's: others tell of them through the leaf.
	"internal/tracing/otlp": {},
	"internal/testenv":      {}, // what a test needs of the machine
	"internal/house":        {},
}

// anyInternal stands for every room below internal, but for house.
const anyInternal = "internal/..."

// leaves are rooms that all may import.
var leaves = []string{"internal/document", "internal/limits", "internal/lazy", "internal/tracing"}

// allowed reports whether one room may import another.
func allowed(from, to string) bool {
	if slices.Contains(arrows[from], anyInternal) && strings.HasPrefix(to, "internal/") && to != "internal/house" {
		return true
	}
	return to == from || slices.Contains(leaves, to) || slices.Contains(arrows[from], to)
}

// room is the room that a package of the module belongs to: the longest name in arrows that it begins with.
func room(path string) string {
	best := ""
	for name := range arrows {
		if (path == name || strings.HasPrefix(path, name+"/")) && len(name) > len(best) {
			best = name
		}
	}
	return best
}

func TestArrows(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	seen := map[string]bool{}
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := room(strings.TrimPrefix(p.ImportPath, module))
		if from == "" {
			t.Errorf("%s is in no room: say in arrows which one", p.ImportPath)
			continue
		}
		seen[from] = true
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			to := room(name)
			if !allowed(from, to) {
				t.Errorf("%s imports %s: %s may not import %s", p.ImportPath, imported, from, to)
			}
		}
	}
	for _, name := range []string{"cmd/server", "web", "internal/runs", "internal/aws", "internal/procedures"} {
		if !seen[name] {
			t.Errorf("the room %s was not looked at: %d rooms were", name, len(seen))
		}
	}
}
