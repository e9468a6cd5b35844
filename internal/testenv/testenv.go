// Package testenv decides what a test does when something of the machine is missing.
package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Missing ends the test: it skips with the reason, or fails when OPSBOOK_REQUIRE
// (names separated by commas: chromium, postgres, awscli, document, tmpfs) lists name.
func Missing(t testing.TB, name, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("OPSBOOK_REQUIRE"), ","), name) {
		t.Fatalf("%s is required: %s", name, reason)
	}
	t.Skipf("%s: %s", name, reason)
}

// Chromium returns the path of a Chromium.
func Chromium(t testing.TB) string {
	return program(t, "chromium", "chromium", "chromium-browser", "google-chrome")
}

// AWSCLI returns the path of the AWS CLI.
func AWSCLI(t testing.TB) string { return program(t, "awscli", "/usr/bin/aws", "aws") }

// program returns the first candidate that is there, by path or in PATH.
func program(t testing.TB, name string, candidates ...string) string {
	t.Helper()
	for _, c := range candidates {
		if path, err := exec.LookPath(c); err == nil {
			return path
		}
	}
	Missing(t, name, fmt.Sprintf("no %s on this machine", candidates[0]))
	return ""
}

// Postgres returns the connection string of a PostgreSQL server that tests may
// make databases on: OPSBOOK_TEST_POSTGRES.
func Postgres(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("OPSBOOK_TEST_POSTGRES")
	if dsn == "" {
		Missing(t, "postgres", "OPSBOOK_TEST_POSTGRES names no server")
	}
	return dsn
}

// Tmpfs returns a folder that is a disk of its own, of size bytes, until the test's end. Only root may mount one, on Linux.
func Tmpfs(t testing.TB, size int64) string {
	t.Helper()
	dir := t.TempDir()
	mount := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=700", size), "opsbook", dir)
	if out, err := mount.CombinedOutput(); err != nil {
		Missing(t, "tmpfs", fmt.Sprintf("mount: %v: %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil { //nolint:noctx // the test's context has ended
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// Document returns the text of the unedited document that OPSBOOK_DOCUMENT names: a runbook
// that was written for people.
func Document(t testing.TB) []byte {
	t.Helper()
	name := os.Getenv("OPSBOOK_DOCUMENT")
	if name == "" {
		Missing(t, "document", "OPSBOOK_DOCUMENT names no file")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("read the document that OPSBOOK_DOCUMENT names: %v", err)
	}
	return text
}
