package models_test

import (
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// TestEveryService loads every model and checks that it hangs together.
func TestEveryService(t *testing.T) {
	operations := 0
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := models.Rules(name)
		head := models.Heads()[name]
		if len(s.Protocols) == 0 || s.EndpointPrefix == "" || s.SigningName == "" || err != nil || len(rules) == 0 ||
			head == nil || head.ServiceID != s.ServiceID {
			t.Errorf("%s: protocols %v, endpoint prefix %q, signing name %q, %d bytes of rules, head %+v (%v)", name,
				s.Protocols, s.EndpointPrefix, s.SigningName, len(rules), head, err)
		}
		if !slices.IsSorted(s.OperationNames()) {
			t.Errorf("%s: operations are out of order", name)
		}
		seen := map[*models.Shape]bool{}
		for o := range s.Operations() {
			operations++
			if s.Operation(o.Name) != o || o.Service != s {
				t.Errorf("%s: operation %s is another one", name, o.Name)
			}
			for _, shape := range append([]*models.Shape{o.Input, o.Output}, o.Errors...) {
				checkShape(t, s, shape, seen)
			}
			if o.Method == "" || o.URI == "" || o.Input != nil && o.Input.Type != models.TypeStructure ||
				o.Output != nil && o.Output.Type != models.TypeStructure {
				t.Errorf("%s %s: method %q, URI %q", name, o.Name, o.Method, o.URI)
			}
		}
		for page, p := range s.Paginators {
			if s.Operation(page) == nil || len(p.InputToken) != len(p.OutputToken) || len(p.InputToken) == 0 {
				t.Errorf("%s: paginator %s", name, page)
			}
		}
		for _, w := range s.Waiters {
			if s.Operation(w.Operation) == nil || w.Delay <= 0 || w.MaxAttempts <= 0 || len(w.Acceptors) == 0 {
				t.Errorf("%s: waiter %+v", name, w)
			}
		}
	}
	if len(models.Services()) < 420 || operations < 18_000 {
		t.Errorf("%d services with %d operations; the models have shrunk", len(models.Services()), operations)
	}
}

// checkShape checks a shape and those that it leads to, each once.
func checkShape(t *testing.T, s *models.Service, shape *models.Shape, seen map[*models.Shape]bool) {
	t.Helper()
	if shape == nil || seen[shape] {
		return
	}
	seen[shape] = true
	switch {
	case shape.Type == models.TypeList && shape.Element == nil, shape.Type == models.TypeMap && (shape.Key == nil || shape.Value == nil):
		t.Errorf("%s: %s holds nothing", s.Name, shape.Name)
	}
	for _, r := range shape.Required {
		if shape.Member(r) == nil {
			t.Errorf("%s: %s requires %s, which it does not have", s.Name, shape.Name, r)
		}
	}
	if shape.Payload != "" && shape.Member(shape.Payload) == nil {
		t.Errorf("%s: the payload %s of %s is no member", s.Name, shape.Payload, shape.Name)
	}
	for _, m := range slices.Concat(shape.Members, shape.Refs) {
		if m.Shape == nil || m.Shape.Name != m.ShapeName {
			t.Errorf("%s: %s leads to %s, which is not there", s.Name, shape.Name, m.ShapeName)
		}
		checkShape(t, s, m.Shape, seen)
	}
}

func TestLoadTogether(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if s, err := models.Load("dynamodb"); err != nil || s.Operation("DescribeTable") == nil {
				t.Errorf("dynamodb: %v", err)
			}
		})
	}
	all.Wait()
	if _, err := models.Load("nothing"); err == nil {
		t.Error("a service that is not there was loaded")
	}
}

// TestArchiveIsFresh compares the archive with the folder that BOTOCORE_DATA names.
func TestArchiveIsFresh(t *testing.T) {
	dir := os.Getenv("BOTOCORE_DATA")
	if dir == "" {
		t.Skip("BOTOCORE_DATA names no botocore data folder to compare with")
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", "./generate", "--botocore", dir, "--out", "models.zip",
		"--check").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
