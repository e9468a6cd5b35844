package runbook

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// link lets name point at target, in place of whatever file or link it is, at once.
func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name+"~"); err != nil {
		t.Fatal(err)
	}
	rename(t, name+"~", name)
}

// versionPage is a page whose only procedure says which version it is; all are of the same size.
func versionPage(n int) string {
	return strings.Replace(page, "Work", fmt.Sprintf("Version %04d", n), 1)
}

// disturbed reads scripts as fakeAnalyser does, and calls disturb before: while the library is loading.
type disturbed struct {
	fakeAnalyser
	disturb func()
}

func (d disturbed) Analyse(s procedures.Script) procedures.Analysis {
	d.disturb()
	return d.fakeAnalyser.Analyse(s)
}

// disturber changes a folder in all the ways in which files are replaced, and knows what it holds in the end.
type disturber struct {
	t        *testing.T
	dir      string // a.md, sub/b.md, c.md -> ..data/c.md -> ..N/c.md, and d.md -> .beside/d.md
	mu       sync.Mutex
	random   *rand.Rand
	version  int
	left     int            // how often it may still disturb
	versions map[string]int // of each file, -1 where it is a link to nothing
}

func newDisturber(t *testing.T, seed uint64) *disturber {
	top := t.TempDir()
	d := &disturber{
		t: t, dir: filepath.Join(top, "runbooks"), random: rand.New(rand.NewPCG(seed, 0)), left: 12,
		versions: map[string]int{"a": 0, "sub/b": 0, "c": 0, "d": 0},
	}
	write(t, d.path("a.md"), versionPage(0))
	write(t, d.path("sub/b.md"), versionPage(0))
	write(t, d.path("..0/c.md"), versionPage(0))
	write(t, d.path(".beside/d.md"), versionPage(0))
	link(t, "..0", d.path("..data"))
	link(t, "..data/c.md", d.path("c.md"))
	link(t, ".beside/d.md", d.path("d.md"))
	return d
}

func (d *disturber) path(name string) string { return filepath.Join(d.dir, name) }

// maybe disturbs at about every other call, as long as there are disturbances left.
func (d *disturber) maybe() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left > 0 && d.random.IntN(2) == 0 {
		d.disturb()
	}
}

// rest makes the disturbances that are left.
func (d *disturber) rest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.left > 0 {
		d.disturb()
	}
}

func (d *disturber) disturb() {
	d.left--
	d.version++
	n := d.version
	text := versionPage(n)
	switch d.random.IntN(7) {
	case 0: // written over, with the same size
		remove(d.t, d.path("a.md")+"~")
		if d.versions["a"] < 0 {
			remove(d.t, d.path("a.md"))
		}
		write(d.t, d.path("a.md"), text)
		d.versions["a"] = n
	case 1: // replaced at once
		write(d.t, d.path("a.md~"), text)
		rename(d.t, d.path("a.md~"), d.path("a.md"))
		d.versions["a"] = n
	case 2: // taken away and made again
		remove(d.t, d.path("a.md"))
		write(d.t, d.path("a.md"), text)
		d.versions["a"] = n
	case 3: // a link to nothing
		link(d.t, "nowhere", d.path("a.md"))
		d.versions["a"] = -1
	case 4: // the folder is another one
		write(d.t, d.path(".new/b.md"), text)
		rename(d.t, d.path("sub"), d.path(".old"))
		rename(d.t, d.path(".new"), d.path("sub"))
		remove(d.t, d.path(".old"))
		d.versions["sub/b"] = n
	case 5: // as Kubernetes updates a mounted ConfigMap
		before, _ := os.Readlink(d.path("..data"))
		write(d.t, d.path(fmt.Sprintf("..%d/c.md", n)), text)
		link(d.t, fmt.Sprintf("..%d", n), d.path("..data"))
		remove(d.t, d.path(before))
		d.versions["c"] = n
	case 6: // what a link points at, in a folder that is not watched
		beside := d.path(".beside/d.md")
		write(d.t, beside+"~", text)
		rename(d.t, beside+"~", beside)
		d.versions["d"] = n
	}
}

// shown says what is wrong with a library as the last state of the folder; empty when nothing is.
func (d *disturber) shown(lib *Library) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for file, version := range d.versions {
		unreadable := slices.ContainsFunc(lib.Findings, func(m procedures.Finding) bool {
			return m.File == file+".md" && m.Rule == "file-unreadable"
		})
		if unreadable != (version < 0) || version >= 0 && !has(fmt.Sprintf("%s/version-%04d", file, version))(lib) {
			return fmt.Sprintf("%s.md has version %d, and the library has\n%s%v", file, version, stepsOf(lib), lib.Findings)
		}
	}
	return ""
}

// TestWatchSeesTheLastState replaces files, folders and links while the library is being read, at random moments. The poll is
// an hour away: what an event or the reading itself does not tell is never seen.
func TestWatchSeesTheLastState(t *testing.T) {
	t.Parallel()
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := newDisturber(t, seed)
			changed := make(chan struct{}, 1)
			w, err := Watch(t.Context(), d.dir,
				WatchOptions{Options: Options{Analyser: disturbed{disturb: d.maybe}}, Poll: time.Hour, Settle: time.Millisecond,
					Changed: func(*Library) {
						select {
						case changed <- struct{}{}:
						default:
						}
					}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(w.Close)
			d.rest()
			deadline := time.After(time.Minute)
			for {
				wrong := d.shown(w.Current())
				if wrong == "" {
					return
				}
				select {
				case <-changed:
				case <-deadline:
					t.Fatal(wrong)
				}
			}
		})
	}
}

// TestWatchFollowsItsFolder replaces the watched folder itself, by name and by a link on the way to it.
func TestWatchFollowsItsFolder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(top string)
	}{
		{"its link is swapped", func(top string) { link(t, "releases/2", filepath.Join(top, "current")) }},
		{"it is moved away, and another one comes", func(top string) {
			rename(t, filepath.Join(top, "releases", "1"), filepath.Join(top, "old"))
			rename(t, filepath.Join(top, "releases", "2"), filepath.Join(top, "releases", "1"))
		}},
		{"it is removed and made again", func(top string) {
			remove(t, filepath.Join(top, "releases", "1"))
			write(t, filepath.Join(top, "releases", "1", "books", "deep", "a.md"), versionPage(2))
		}},
	} {
		for _, at := range []string{"current/books", "releases/1/books", "releases/1"} {
			if strings.HasPrefix(at, "releases") && strings.Contains(tt.name, "link") {
				continue
			}
			t.Run(tt.name+" "+at, func(t *testing.T) {
				top := t.TempDir()
				write(t, filepath.Join(top, "releases", "1", "books", "deep", "a.md"), versionPage(1))
				write(t, filepath.Join(top, "releases", "2", "books", "deep", "a.md"), versionPage(2))
				link(t, "releases/1", filepath.Join(top, "current"))
				_, changed := watch(t, filepath.Join(top, at), WatchOptions{Poll: time.Hour})
				tt.change(top)
				await(t, changed, "the other folder's page", has("deep/a/version-0002"))
				page, folder := "releases/1/books/deep/a.md", strings.Replace(at, "current", "releases/1", 1)
				rest := strings.TrimPrefix(page, folder)
				write(t, filepath.Join(top, at, rest), versionPage(3))
				await(t, changed, "its next version", has("deep/a/version-0003"))
			})
		}
	}
}

// TestWatchWaitsForItsFolder takes the folder away until that was noticed, with the folder that it is in.
func TestWatchWaitsForItsFolder(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "releases", "1")
	write(t, filepath.Join(dir, "a.md"), versionPage(1))
	failed := make(chan error, 10)
	w, changed := watch(t, dir, WatchOptions{Poll: time.Hour, Failed: func(err error) { failed <- err }})
	rename(t, filepath.Join(top, "releases"), filepath.Join(top, "old"))
	select {
	case err := <-failed:
		if !strings.Contains(err.Error(), "read the folder of runbooks") || !has("a/version-0001")(w.Current()) {
			t.Errorf("%v, and the library has %s", err, stepsOf(w.Current()))
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing is said of a folder that is gone")
	}
	write(t, filepath.Join(dir, "a.md"), versionPage(2))
	await(t, changed, "the folder's new page", has("a/version-0002"))
}

// TestWatcherOfARelativeFolder says where the folder is, whatever the program's own folder becomes.
func TestWatcherOfARelativeFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	e := newFolderEvents("books")
	defer e.close()
	if want := filepath.Join(dir, "books"); e.dir != want {
		t.Errorf("it watches %s, want %s", e.dir, want)
	}
}
