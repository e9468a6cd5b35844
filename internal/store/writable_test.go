//go:build unix

package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// asNobody runs the calling test again in a process that the permissions of files hold for, which they do not for root.
// It reports whether this is that process; its folder is then in folder.
func asNobody(t *testing.T) (folder string, here bool) {
	t.Helper()
	if folder := os.Getenv("OPSBOOK_TEST_FOLDER"); folder != "" {
		return folder, true
	}
	if os.Geteuid() != 0 {
		return t.TempDir(), true
	}
	folder, err := os.MkdirTemp("", "opsbook-nobody-*") //nolint:usetesting // its parents may be entered by others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, "test")
	err = os.WriteFile(copied, binary, 0o600)
	err = errors.Join(err, os.Chmod(copied, 0o755), os.Chmod(folder, 0o777))
	if err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), copied, "-test.run", "^"+t.Name()+"$", "-test.v")
	again.Dir, again.Env = folder, append(os.Environ(), "OPSBOOK_TEST_FOLDER="+folder, "TMPDIR="+folder)
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return "", false
}

// TestReadOnlyStartsLeaveNothing starts where something may not be written, reads it with the commands that only read, and
// starts again when it may: what is said names the file, nothing is left that stops a later start, and what an earlier version
// left does not either.
func TestReadOnlyStartsLeaveNothing(t *testing.T) {
	folder, here := asNobody(t)
	if !here {
		return
	}
	data := filepath.Join(folder, "data")
	file := filepath.Join(data, store.FileName)
	start := func() error {
		db, err := store.Open(t.Context(), data)
		if err != nil {
			return err
		}
		if err := db.Ready(t.Context()); err != nil {
			t.Errorf("it is not ready: %v", err)
		}
		return db.Close()
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	modes := func(files map[string]fs.FileMode) {
		for name, mode := range files {
			if err := os.Chmod(filepath.Join(data, name), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func() []string {
		entries, err := os.ReadDir(data)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	before := left()
	for _, c := range []struct {
		name          string
		closed, again map[string]fs.FileMode
		refused       string // what is named; empty where the start succeeds
		leftOver      bool
	}{
		{name: "the file", closed: map[string]fs.FileMode{store.FileName: 0o400}, refused: file},
		{name: "the folder", closed: map[string]fs.FileMode{".": 0o500}, refused: data},
		{name: "both", closed: map[string]fs.FileMode{store.FileName: 0o400, ".": 0o500}, refused: data},
		{name: "what an earlier version left", leftOver: true},
	} {
		if c.leftOver {
			for _, name := range []string{file + "-wal", file + "-shm"} {
				if err := os.WriteFile(name, nil, 0o400); err != nil {
					t.Fatal(err)
				}
			}
		}
		modes(c.closed)
		err := start()
		if (err != nil) != (c.refused != "") || err != nil &&
			(procedures.CodeOf(err) != procedures.CodeUnavailable || !strings.Contains(err.Error(), c.refused+" may not be written")) {
			t.Errorf("%s: the start says %v", c.name, err)
		}
		if problems, err := store.Check(t.Context(), data); err != nil || len(problems) > 0 {
			t.Errorf("%s: the check says %v, %v", c.name, problems, err)
		}
		if err := store.Backup(t.Context(), data, filepath.Join(folder, c.name+".db")); err != nil {
			t.Errorf("%s: the backup says %v", c.name, err)
		}
		if now := left(); !slices.Equal(now, before) {
			t.Errorf("%s: %v are left, there were %v", c.name, now, before)
		}
		modes(map[string]fs.FileMode{".": 0o700, store.FileName: 0o600})
		if err := start(); err != nil {
			t.Errorf("%s: afterwards the start says %v", c.name, err)
		}
	}
}

// TestDamageIsFoundAtTheStart damages a database in many places. It is refused before anything is written, with the commands
// that help, and opsbook check says what is wrong.
func TestDamageIsFoundAtTheStart(t *testing.T) {
	whole := t.TempDir()
	db, err := store.Open(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(whole, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func([]byte) []byte{
		"no database": func([]byte) []byte { return []byte(strings.Repeat("nonsense", 1000)) },
		"cut":         func(b []byte) []byte { return b[:len(b)/2] },
		"the header":  func(b []byte) []byte { return append([]byte("nonsense"), b[8:]...) },
		"a page": func(b []byte) []byte {
			copy(b[4096*3:], strings.Repeat("\xff", 4096))
			return b
		},
		"every third page": func(b []byte) []byte {
			for at := 4096 * 4; at < len(b); at += 3 * 4096 {
				copy(b[at:], strings.Repeat("\xff", 200))
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			harmed := harm(slices.Clone(text))
			if err := os.WriteFile(filepath.Join(data, store.FileName), harmed, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := store.Open(t.Context(), data)
			if err == nil {
				db.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "opsbook check") || !strings.Contains(err.Error(), "opsbook restore") {
				t.Errorf("the start says %v", err)
			}
			if now, err := os.ReadFile(filepath.Join(data, store.FileName)); err != nil || string(now) != string(harmed) {
				t.Errorf("the file was changed: %v", err)
			}
			if problems, err := store.Check(context.WithoutCancel(t.Context()), data); err == nil && len(problems) == 0 {
				t.Error("the check finds nothing")
			}
		})
	}
}
