package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBackupFromTheCommandLine makes a run's record in one folder, and restores it into another.
func TestBackupFromTheCommandLine(t *testing.T) {
	old, fresh, file := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	step := func(want int, says string, args ...string) {
		t.Helper()
		status, stdout, stderr := cli(t, args...)
		if status != want || !strings.Contains(stdout+stderr, says) {
			t.Errorf("opsbook %s: status %d, want %d; %q, %q", strings.Join(args, " "), status, want, stdout, stderr)
		}
	}
	step(exitUsage, "there is no database in", "check", "--data", old)
	for _, command := range []string{"check", "backup", "restore"} {
		args := append([]string{command, "--data", old, "--database", "mysql://host/x"}, map[string][]string{
			"backup": {file}, "restore": {file},
		}[command]...)
		step(exitUsage, "want postgres://", args...)
	}
	step(0, "", "run", "--record", "--data", old, "morning-health-check")
	step(0, "the database is whole", "check", "--data", old)
	step(0, file, "backup", "--data", old, file)
	step(exitRefused, "a backup overwrites nothing", "backup", "--data", old, file)
	step(0, "was restored into", "restore", "--data", fresh, file)
	step(exitRefused, "is not empty", "restore", "--data", fresh, file)
	step(0, "the database is whole", "check", "--data", fresh)
	data, err := os.ReadFile(filepath.Join(fresh, "opsbook.db"))
	if err != nil {
		t.Fatal(err)
	}
	clear(data[len(data)/2:])
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "opsbook.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	step(exitFailed, "The database is damaged", "check", "--data", damaged)
}
