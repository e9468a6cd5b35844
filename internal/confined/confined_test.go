//go:build unix

package confined_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/confined"
)

// scene is a folder with everything that could lead outside of it, and a file outside.
func scene(t *testing.T) (dir, outside string) {
	t.Helper()
	base := t.TempDir()
	dir, outside = filepath.Join(base, "in"), filepath.Join(base, "out")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "folder", "deep"), 0o700))
	must(os.Mkdir(outside, 0o700))
	must(os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "file"), []byte("inside"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "folder", "deep", "file"), []byte("inside"), 0o600))
	for name, target := range map[string]string{
		"relative": "file", "through": "folder/deep/../deep/file", "chain": "relative", "folder/up": "../file", "data": "folder",
		"absolute": filepath.Join(dir, "file"), "out": outside, "outfile": "../out/secret", "outchain": "out", "folder/over": "../../out",
		"etc": "/etc", "self": "/proc/self", "zero": "/dev/zero", "loop": "loop", "nothing": "nowhere", "parent": "..", "dot": ".",
	} {
		must(os.Symlink(target, filepath.Join(dir, name)))
	}
	must(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	must(os.Link(filepath.Join(outside, "secret"), filepath.Join(dir, "hard")))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "socket"))
	must(err)
	t.Cleanup(func() { _ = listener.Close() })
	return dir, outside
}

// soon fails where something waits, as for a pipe's other end.
func soon(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s waits", what)
	}
}

var (
	stays = []string{"file", "relative", "through", "chain", "folder/up", "data/deep/file", "dot/file"}
	leads = map[string]error{
		"out/secret": confined.ErrOutside, "outfile": confined.ErrOutside, "outchain/secret": confined.ErrOutside,
		"folder/over/secret": confined.ErrOutside, "etc/passwd": confined.ErrOutside, "self/environ": confined.ErrOutside,
		"self/root/etc/passwd": confined.ErrOutside, "zero": confined.ErrOutside, "absolute": confined.ErrOutside,
		"parent/out/secret": confined.ErrOutside, "pipe": confined.ErrSpecial, "socket": confined.ErrSpecial,
		"loop": syscall.ELOOP, "nothing": fs.ErrNotExist, "file/x": syscall.ENOTDIR,
	}
)

func TestDirStaysInside(t *testing.T) {
	dir, _ := scene(t)
	d := confined.Dir(dir)
	for _, name := range append(stays, "hard") { // a checkout's files may have several names
		text, err := fs.ReadFile(d, name)
		if err != nil || name != "hard" && string(text) != "inside" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for name, want := range leads {
		soon(t, name, func() {
			if text, err := fs.ReadFile(d, name); !errors.Is(err, want) {
				t.Errorf("%s: %q, %v, want %v", name, text, err, want)
			}
			if errors.Is(want, confined.ErrSpecial) {
				return
			}
			if _, err := fs.Stat(d, name); !errors.Is(err, want) {
				t.Errorf("stat %s: %v, want %v", name, err, want)
			}
		})
	}
	for _, name := range []string{"../out/secret", "/etc/passwd", "folder/../../out/secret", "a\x00b", ""} {
		if _, err := d.Open(name); err == nil {
			t.Errorf("%q is opened", name)
		}
	}
	for _, name := range []string{"out", "etc", "parent", "self"} {
		if list, err := fs.ReadDir(d, name); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s is listed: %v, %v", name, list, err)
		}
	}
	walked := 0
	err := fs.WalkDir(d, ".", func(_ string, _ fs.DirEntry, err error) error { walked++; return err })
	if err != nil || walked < 20 {
		t.Errorf("walked %d, %v", walked, err)
	}
}

// TestDirFollowsASwap turns a link as Kubernetes does it for a ConfigMap, and the folder itself as git-sync does.
func TestDirFollowsASwap(t *testing.T) {
	base := t.TempDir()
	for _, version := range []string{"one", "two"} {
		if err := os.MkdirAll(filepath.Join(base, "mount", ".."+version), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(base, "mount", ".."+version, "a.md"), []byte(version), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	swap := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, name+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	swap("..one", filepath.Join(base, "mount", "..data"))
	swap("..data/a.md", filepath.Join(base, "mount", "a.md"))
	swap("mount", filepath.Join(base, "current"))
	d := confined.Dir(filepath.Join(base, "current"))
	read := func(want string) {
		t.Helper()
		if text, err := fs.ReadFile(d, "a.md"); err != nil || string(text) != want {
			t.Errorf("%q, %v, want %q", text, err, want)
		}
	}
	read("one")
	swap("..two", filepath.Join(base, "mount", "..data"))
	read("two")
	if err := os.MkdirAll(filepath.Join(base, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "other", "a.md"), []byte("three"), 0o600); err != nil {
		t.Fatal(err)
	}
	swap("other", filepath.Join(base, "current"))
	read("three")
}

func TestCreateStaysInside(t *testing.T) {
	dir, outside := scene(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, appending := range []bool{false, true} {
		for _, name := range []string{"file", "relative", "folder/up", "data/new"} {
			f, err := confined.Create(root, name, appending)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			_, _ = io.WriteString(f, "x")
			_ = f.Close()
		}
		for name, want := range map[string]error{
			"outfile": confined.ErrOutside, "out/new": confined.ErrOutside, "folder/over/new": confined.ErrOutside,
			"etc/new": confined.ErrOutside,
			"zero":    confined.ErrOutside, "pipe": confined.ErrSpecial, "socket": confined.ErrSpecial, "hard": confined.ErrShared,
			"folder": syscall.EISDIR, "data": syscall.EISDIR, "../out/new": confined.ErrOutside, "file/x": syscall.ENOTDIR,
			"none/x": fs.ErrNotExist, strings.Repeat("n", 300): syscall.ENAMETOOLONG,
		} {
			soon(t, name, func() {
				if f, err := confined.Create(root, name, appending); !errors.Is(err, want) {
					t.Errorf("%s: %v, %v, want %v", name, f, err, want)
				}
			})
		}
	}
	if text, err := os.ReadFile(filepath.Join(outside, "secret")); string(text) != "secret" {
		t.Errorf("outside: %q, %v", text, err)
	}
	if list, err := os.ReadDir(outside); len(list) != 1 {
		t.Errorf("outside: %v, %v", list, err)
	}
	if _, err := confined.Open(root, "hard", false); !errors.Is(err, confined.ErrShared) {
		t.Errorf("a hard link of a run: %v", err)
	}
}

// TestNothingComesBetween puts a link and a pipe in a file's place again and again while it is opened.
func TestNothingComesBetween(t *testing.T) {
	dir, outside := scene(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var over atomic.Bool
	swapped := make(chan struct{})
	go func() {
		defer close(swapped)
		at, next := filepath.Join(dir, "moving"), filepath.Join(dir, "next")
		for i := 0; !over.Load(); i++ {
			switch i % 3 {
			case 0:
				_ = os.WriteFile(next, []byte("inside"), 0o600)
			case 1:
				_ = os.Symlink(filepath.Join(outside, "secret"), next)
			default:
				_ = syscall.Mkfifo(next, 0o600)
			}
			_ = os.Rename(next, at)
		}
	}()
	soon(t, "opening", func() {
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
			if f, err := confined.Open(root, "moving", false); err == nil {
				if text, _ := io.ReadAll(f); string(text) == "secret" {
					t.Error("the file outside is read")
				}
				_ = f.Close()
			}
			if f, err := confined.Create(root, "moving", true); err == nil {
				_, _ = io.WriteString(f, "written")
				_ = f.Close()
			}
		}
	})
	over.Store(true)
	<-swapped
	if text, err := os.ReadFile(filepath.Join(outside, "secret")); string(text) != "secret" {
		t.Errorf("outside: %q, %v", text, err)
	}
}
