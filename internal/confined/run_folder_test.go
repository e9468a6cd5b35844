package confined

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOnlyFoldersOfKilledProcessesAreRemoved(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Skip(err)
	}
	living := startOf(sleeper.Process.Pid)
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}
	own, err := NewRunFolder()
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	stay := []string{
		filepath.Base(own), fmt.Sprintf("opsbook-run-%d-%s-1", sleeper.Process.Pid, living), "opsbook-run-99", "opsbook-other-1-1-1",
		"opsbook-run-x-1-1",
	}
	gone := []string{
		fmt.Sprintf("opsbook-run-%d-1-1", dead.Process.Pid), fmt.Sprintf("opsbook-run-%d-%s0-1", sleeper.Process.Pid, living),
		"opsbook-run-98",
	}
	for _, name := range append(stay[1:], gone...) {
		if err := os.MkdirAll(filepath.Join(temporary, name, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(temporary, name, "link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Dir(outside), filepath.Join(temporary, name, "sub", "folder")); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * formerAge)
	if err := os.Chtimes(filepath.Join(temporary, "opsbook-run-98"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(temporary, fmt.Sprintf("opsbook-run-%d-1-2", dead.Process.Pid))); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	RemoveLeft(slog.New(slog.NewTextHandler(&log, nil)))
	for _, name := range stay {
		if _, err := os.Stat(filepath.Join(temporary, name)); err != nil {
			t.Errorf("%s was removed: %v", name, err)
		}
	}
	for _, name := range gone {
		if _, err := os.Lstat(filepath.Join(temporary, name)); err == nil {
			t.Errorf("%s stayed", name)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error("what a link led to was removed")
	}
	if n := strings.Count(log.String(), "was removed"); n != len(gone) {
		t.Errorf("%d lines of the log say so:\n%s", n, log.String())
	}
	if sleeper.Process.Kill() == nil { // then its folder is one that was left
		_ = sleeper.Wait()
		RemoveLeft(slog.New(slog.DiscardHandler))
		if _, err := os.Lstat(filepath.Join(temporary, stay[1])); err == nil {
			t.Error("the folder of the killed process stayed")
		}
	}
}

func TestPrivateFilesAreTightened(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	folder := t.TempDir()
	file := filepath.Join(folder, "opsbook.db")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for name, want := range map[string]os.FileMode{file: 0o600, folder: 0o700} {
		for range 2 {
			if err := Private(logger, name); err != nil {
				t.Fatal(err)
			}
		}
		if info, _ := os.Stat(name); info.Mode().Perm() != want {
			t.Errorf("%s has %04o", name, info.Mode().Perm())
		}
	}
	if n := strings.Count(log.String(), "tightened"); n != 2 {
		t.Errorf("%d lines of the log say so", n)
	}
	if err := Private(logger, filepath.Join(folder, "none")); err != nil {
		t.Error(err)
	}
}
