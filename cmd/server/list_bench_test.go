package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/testenv"
)

// BenchmarkReadDocument reads the unedited document with every line checked against the API models: what a saved file costs.
func BenchmarkReadDocument(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "operational-procedures.md"), testenv.Document(b), 0o600); err != nil {
		b.Fatal(err)
	}
	folder, read := os.DirFS(dir), analyser(procedures.Environment{Name: "sandbox", Account: "sandbox"})
	for b.Loop() {
		lib, err := runbook.Open(folder, runbook.Options{Analyser: read})
		if err != nil || len(lib.Procedures()) < 20 {
			b.Fatalf("%v", err)
		}
	}
}
