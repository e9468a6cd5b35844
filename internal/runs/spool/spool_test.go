package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/sealed"
	"github.com/opsbook/opsbook/internal/runs/spool"
)

var owner = spool.Owner{Run: "run", Step: "step", Execution: "execution", Replica: "replica"}

// events makes some, the first of which has a number.
func events(first, n int) []procedures.Event {
	out := make([]procedures.Event, n)
	for i := range out {
		out[i] = procedures.Event{
			Kind: procedures.EventOutput, At: time.Date(2026, 11, 23, 8, 0, 0, first+i, time.UTC), Text: fmt.Sprintf("line %d\n", first+i),
		}
	}
	return out
}

// create makes a file with some events in it.
func create(t *testing.T, f *spool.Folder, n int) *spool.File {
	t.Helper()
	file, err := f.Create(owner)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Append(events(0, n)...); err != nil {
		t.Fatal(err)
	}
	return file
}

// read reads all that is left of a file.
func read(t *testing.T, f *spool.File) (texts []string) {
	t.Helper()
	for {
		some, err := f.Next(2)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return texts
		}
		for _, e := range some {
			texts = append(texts, e.Text)
		}
	}
}

// left opens the one file that a process left.
func left(t *testing.T, path string) *spool.File {
	t.Helper()
	files, err := (&spool.Folder{Path: path}).Left()
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files are left, %v", len(files), err)
	}
	return files[0]
}

// name is that of the one file in a folder.
func name(t *testing.T, path string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(path, "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	return names[0]
}

func TestEventsComeInTheirOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unwritten")
	f := create(t, &spool.Folder{Path: path}, 3)
	f.Skip() // who appended them has them
	if err := f.Append(events(3, 3)...); err != nil {
		t.Fatal(err)
	}
	if got := read(t, f); len(got) != 3 || got[0] != "line 3\n" || got[2] != "line 5\n" {
		t.Errorf("%q", got)
	}
	if err := f.Append(events(6, 1)...); err != nil {
		t.Fatal(err)
	}
	if got := read(t, f); len(got) != 1 || got[0] != "line 6\n" {
		t.Errorf("%q", got)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	if names, err := os.ReadDir(path); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

// TestUnwrittenEventsAreKeptSealed looks at the disk: nobody else reads it, and it does not say what happened.
func TestUnwrittenEventsAreKeptSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unwritten")
	f := create(t, &spool.Folder{Path: path}, 3)
	for file, want := range map[string]os.FileMode{path: 0o700, name(t, path): 0o600} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	data, err := os.ReadFile(name(t, path))
	if err != nil || bytes.Contains(data, []byte("line")) || bytes.Contains(data, []byte("execution")) {
		t.Errorf("it is open: %q, %v", data, err)
	}
	if files, err := (&spool.Folder{Path: path}).Left(); err != nil || len(files) != 0 {
		t.Errorf("a file of a process that lives is taken: %v, %v", files, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	other := &spool.Folder{Path: path, Key: sealed.Keys{Key: sealed.Key{2}}}
	if files, err := other.Left(); !errors.Is(err, sealed.ErrKey) || len(files) != 0 {
		t.Errorf("with another key: %v, %v", files, err)
	}
	again := left(t, path)
	if again.Owner != owner {
		t.Errorf("it is of %+v", again.Owner)
	}
	if got := read(t, again); len(got) != 3 {
		t.Errorf("%q", got)
	}
	// A record of one place, or of one file, is none of another.
	half := len(data) / 2
	for i := range data {
		if i%7 != 0 && i != half {
			continue
		}
		changed := bytes.Clone(data)
		changed[i] ^= 1
		other := t.TempDir()
		if err := os.WriteFile(filepath.Join(other, filepath.Base(name(t, path))), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := (&spool.Folder{Path: other}).Left()
		if err == nil && len(files) == 1 {
			if some, err := files[0].Next(100); err == nil && len(some) == 3 {
				t.Errorf("byte %d may be changed", i)
			}
			_ = files[0].Close()
		}
	}
}

// TestTornRecordIsLeftOut cuts a file at every byte, as a kill may: what was written whole before is read.
func TestTornRecordIsLeftOut(t *testing.T) {
	path := t.TempDir()
	f := create(t, &spool.Folder{Path: path}, 3)
	data, err := os.ReadFile(name(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	most := 0
	for size := range len(data) + 1 {
		if err := os.WriteFile(name(t, path), data[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := (&spool.Folder{Path: path}).Left()
		if err != nil {
			t.Fatalf("cut at %d: %v", size, err)
		}
		if len(files) == 0 { // nothing whole is in it, and it is gone
			if err := os.WriteFile(filepath.Join(path, f.Name()), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got := len(read(t, files[0]))
		if got < most || got > most+1 {
			t.Errorf("cut at %d it has %d events, and %d before", size, got, most)
		}
		most = got
		if err := files[0].Close(); err != nil {
			t.Error(err)
		}
	}
	if most != 3 {
		t.Errorf("the whole file has %d events", most)
	}
}

// TestUnwrittenEventsAreBounded fills the disk's share of all files, and makes room again.
func TestUnwrittenEventsAreBounded(t *testing.T) {
	folder := &spool.Folder{Path: t.TempDir()}
	one, other := create(t, folder, 1), create(t, folder, 1)
	large := procedures.Event{Kind: procedures.EventOutput, Text: string(bytes.Repeat([]byte("x"), 16<<20))}
	var met *limits.Error
	n := 0
	for ; n < 100; n++ {
		if err := one.Append(large); errors.As(err, &met) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if met == nil || met.Row != limits.UnwrittenBytes || n < 10 {
		t.Fatalf("after %d: %v", n, met)
	}
	if err := other.Append(large); !errors.As(err, &met) {
		t.Errorf("another file takes more: %v", err)
	}
	if err := one.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := other.Append(large); err != nil {
		t.Errorf("there is no room after all was written: %v", err)
	}
	if got := len(read(t, other)); got != 2 {
		t.Errorf("%d events", got)
	}
	if err := other.Remove(); err != nil {
		t.Error(err)
	}
}
