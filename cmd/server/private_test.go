//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOnlyTheOwnerReadsWhatIsKept serves a portal, records a run and makes a backup where the umask forbids nothing: all files are
// their owner's alone, those that others could read before too.
func TestOnlyTheOwnerReadsWhatIsKept(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	book := runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Name\naws sts get-caller-identity > who.json; sleep 600\n```\n")
	old := t.TempDir()
	for _, name := range []string{"opsbook.db", "secret"} {
		if err := os.WriteFile(filepath.Join(old, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(old, "secret"), []byte(strings.Repeat("k", 40)), 0o666); err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), "data", "folder")
	backup := filepath.Join(t.TempDir(), "backup.db")
	for _, data := range []string{old, made} {
		var log bytes.Buffer
		s := startLogged(t, &options{Runbooks: book, Data: data}, &log)
		if status, body := post(t, s.address+"/press", map[string][]string{
			"procedure": {"book/look"}, "environment": {"sandbox"}, "step": {"name"}, "as": {"me"}, "back": {"/"},
		}); status != 200 {
			t.Fatalf("pressed: %d %s", status, body)
		}
		s.waitFor(t, "/procedures/book/look", "running")
		if tightened := strings.Count(log.String(), "tightened"); (data == old) != (tightened == 2) {
			t.Errorf("%d files were tightened: %s", tightened, log.String())
		}
	}
	if status, _, stderr := cli(t, "backup", "--data", made, backup); status != 0 {
		t.Fatal(stderr)
	}
	seen := map[string]int{}
	for _, folder := range []string{old, made, temporary, backup} {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			seen[filepath.Base(name)]++
			// What a script makes has the modes that it would have at a terminal, in a folder that nobody else enters.
			ofScript := strings.HasPrefix(filepath.Base(filepath.Dir(name)), "opsbook-run-")
			if mode := info.Mode().Perm(); mode&0o077 != 0 && name != old && name != temporary && !ofScript {
				t.Errorf("%s has the mode %04o", name, mode)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, n := range map[string]int{
		"opsbook.db": 2, "opsbook.db-wal": 2, "opsbook.db-shm": 2, "secret": 2, "backup.db": 1, "who.json": 1,
	} {
		if seen[name] < n {
			t.Errorf("%s was seen %d times: %v", name, seen[name], seen)
		}
	}
}
