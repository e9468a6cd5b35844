package runbook

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func watch(t *testing.T, dir string, options WatchOptions) (*Watcher, chan *Library) {
	t.Helper()
	changed := make(chan *Library, 10)
	options.Analyser = fakeAnalyser{}
	options.Changed = func(lib *Library) { changed <- lib }
	options.Settle = 5 * time.Millisecond
	w, err := Watch(t.Context(), dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, changed
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// await returns the first library that holds what is asked for. A change may need
// several reloads, because writing a file is several events.
func await(t *testing.T, changed chan *Library, what string, holds func(*Library) bool) *Library {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case lib := <-changed:
			if holds(lib) {
				return lib
			}
		case <-deadline:
			t.Fatalf("no library came that has %s", what)
		}
	}
}

func has(id string) func(*Library) bool {
	return func(lib *Library) bool { _, _, err := lib.Find(id); return err == nil }
}

const page = "# P\n## Work\n```bash\naws s3 ls\n```\n"

func TestWatch(t *testing.T) {
	for _, tt := range []struct {
		name string
		poll time.Duration
	}{{"events", time.Hour}, {"events and poll", 10 * time.Millisecond}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.md"), page)
			w, changed := watch(t, dir, WatchOptions{Poll: tt.poll})
			first := w.Current()
			if !has("a/work")(first) {
				t.Fatal("the first library is empty")
			}
			write(t, filepath.Join(dir, "b.md"), page)
			await(t, changed, "the new file", has("b/work"))
			write(t, filepath.Join(dir, "sub", "c.md"), page)
			await(t, changed, "the new folder", has("sub/c/work"))
			write(t, filepath.Join(dir, "sub", "c.md"), strings.Replace(page, "Work", "Other work", 1))
			lib := await(t, changed, "the changed file", has("sub/c/other-work"))
			if has("sub/c/work")(lib) || w.Current() != lib && !has("sub/c/other-work")(w.Current()) {
				t.Error("the old text is still there")
			}
			if err := os.Remove(filepath.Join(dir, "b.md")); err != nil {
				t.Fatal(err)
			}
			await(t, changed, "one file less", func(lib *Library) bool { return !has("b/work")(lib) })
			if !has("a/work")(first) || has("b/work")(first) {
				t.Error("a library that was handed out has changed")
			}
		})
	}
}

// TestWatchKeepsWhatCannotBeRead replaces a file by a link to nothing: at once, and after a while without any.
func TestWatchKeepsWhatCannotBeRead(t *testing.T) {
	for _, tt := range []struct {
		name string
		gone bool
	}{{"replaced", false}, {"gone meanwhile", true}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, "a.md")
			write(t, name, page)
			_, changed := watch(t, dir, WatchOptions{Poll: time.Hour})
			if tt.gone {
				remove(t, name)
				await(t, changed, "no page", func(lib *Library) bool { return !has("a/work")(lib) })
			}
			link(t, filepath.Join(dir, "nowhere"), name)
			// The link has another name for a moment, which may be found too.
			lib := await(t, changed, "the finding", func(lib *Library) bool {
				return len(lib.Findings) == 1 && lib.Findings[0].File == "a.md"
			})
			if has("a/work")(lib) == tt.gone || strings.Contains(lib.Findings[0].Message, "the version read before is used") == tt.gone {
				t.Errorf("findings are %v", lib.Findings)
			}
		})
	}
}

func TestWatchLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.md"), page)
	before := runtime.NumGoroutine()
	for range 5 {
		w, _ := watch(t, dir, WatchOptions{})
		w.Close()
		w.Close()
		if !has("a/work")(w.Current()) {
			t.Error("a closed watcher lost its library")
		}
	}
	late := time.After(time.Minute)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for runtime.NumGoroutine() > before { // fsnotify's own goroutine ends soon after Close
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

func TestWatchWants(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.md")
	write(t, file, page)
	if _, err := Watch(t.Context(), file, WatchOptions{}); err == nil || !strings.Contains(err.Error(), "name the folder") {
		t.Errorf("a file: %v", err)
	}
	if _, err := Watch(t.Context(), file+"x", WatchOptions{}); err == nil {
		t.Error("a folder that is not there is watched")
	}
}

// TestWatchFindsNamesOfBefore when it begins and after each change, without keeping the runbooks waiting for long.
func TestWatchFindsNamesOfBefore(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.md"), page)
	slow := make(chan struct{})
	w, changed := watch(t, dir, WatchOptions{Renamed: func(ctx context.Context, texts map[string]string) map[string]string {
		if _, ok := texts["c.md"]; !ok {
			return map[string]string{"a": "b"}
		}
		select {
		case <-slow:
		case <-ctx.Done():
		}
		return map[string]string{"a": "c", "b": "c"}
	}})
	if p, _, err := w.Current().Find("a"); err != nil || p.ID != "b" {
		t.Fatalf("the first library has %v, %v", p, err)
	}
	if err := os.Rename(filepath.Join(dir, "b.md"), filepath.Join(dir, "c.md")); err != nil {
		t.Fatal(err)
	}
	await(t, changed, "the renamed runbook", has("c")) // before its names are known
	close(slow)
	lib := await(t, changed, "its names of before", has("b"))
	if p, _, err := lib.Find("a"); err != nil || p.ID != "c" {
		t.Errorf("a is %v, %v", p, err)
	}
}
