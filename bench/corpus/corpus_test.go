package main

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/confined"
)

// update takes rows that are as expected by now out of the pending file. It adds none: what is pending is somebody's decision.
var update = flag.Bool("update", false, "take what is as expected out of pending.yaml")

const corpus = "../../internal/runbook/testdata/corpus"

// pendingRows are the rows that are not as expected yet, under the reason why.
type pendingRows struct {
	Reason string   `yaml:"reason"`
	Rows   []string `yaml:"rows"`
}

// TestCorpus holds every document of the corpus against what a person makes of it. A row that is not as expected has to be in
// pending.yaml, and one that is must not be there: `go test ./bench/corpus -update` takes those out.
func TestCorpus(t *testing.T) {
	rows := rowsOf(t)
	pending := readPending(t)
	reason := map[string]string{}
	for _, p := range pending {
		for _, name := range p.Rows {
			if reason[name] != "" {
				t.Errorf("pending.yaml has %q twice", name)
			}
			reason[name] = p.Reason
		}
	}
	done := map[string]bool{}
	for _, r := range rows {
		switch {
		case r.problem != "" && reason[r.name] == "":
			t.Errorf("%s: %s", r.name, r.problem)
		case r.problem == "" && reason[r.name] != "":
			done[r.name] = true
		}
		delete(reason, r.name)
	}
	if *update {
		for name := range reason {
			done[name] = true
		}
		writePending(t, pending, done)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(done)) {
		t.Errorf("%q is as expected by now: take it out of pending.yaml (go test ./bench/corpus -update)", name)
	}
	for _, name := range slices.Sorted(maps.Keys(reason)) {
		t.Errorf("pending.yaml has %q, which is no row of any document", name)
	}
}

// rowsOf are the rows of all documents. Every document has an expectation, and every expectation a document.
func rowsOf(t *testing.T) []row {
	t.Helper()
	folder := confined.Dir(corpus)
	lib, err := open(folder)
	if err != nil {
		t.Fatal(err)
	}
	byFile := map[string]*document{}
	for _, d := range documents(lib) {
		byFile[d.file] = d
	}
	var rows []row
	files, expectations := 0, 0
	err = filepath.WalkDir(corpus, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err = filepath.Rel(corpus, name)
		if err != nil {
			return err
		}
		switch name = filepath.ToSlash(name); filepath.Ext(name) {
		case ".yaml":
			if name != "pending.yaml" {
				expectations++
			}
		case ".md", ".mdx":
			files++
			e, err := expectationOf(folder, name)
			if err != nil {
				return err
			}
			if e == nil {
				t.Errorf("%s has no expectation beside it", name)
				return nil
			}
			d := byFile[name]
			if d == nil {
				d = &document{file: name}
			}
			rows = append(rows, compare(d, e)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != expectations {
		t.Errorf("there are %d documents and %d expectations", files, expectations)
	}
	return numbered(rows)
}

// numbered tells rows of one name apart: a document may have two steps of one title.
func numbered(rows []row) []row {
	seen := map[string]int{}
	for i, r := range rows {
		if seen[r.name]++; seen[r.name] > 1 {
			rows[i].name += strings.Repeat(" again", seen[r.name]-1)
		}
	}
	return rows
}

func readPending(t *testing.T) []pendingRows {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(corpus, "pending.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var pending []pendingRows
	if err := yaml.Unmarshal(text, &pending); err != nil {
		t.Fatal(err)
	}
	return pending
}

func writePending(t *testing.T, pending []pendingRows, done map[string]bool) {
	t.Helper()
	for i := range pending {
		pending[i].Rows = slices.DeleteFunc(pending[i].Rows, func(name string) bool { return done[name] })
	}
	pending = slices.DeleteFunc(pending, func(p pendingRows) bool { return len(p.Rows) == 0 })
	text, err := yaml.Marshal(pending)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(corpus, "pending.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}
