package runbook

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/fsnotify/fsnotify"

	"github.com/opsbook/opsbook/internal/confined"
)

// folderEvents are what the system tells of changes below a folder. Where it tells nothing, as where all its watches are
// taken, there are none, and the channels are nil.
type folderEvents struct {
	watcher *fsnotify.Watcher // nil for none
	changes <-chan fsnotify.Event
	lost    chan struct{} // events were lost
	dir     string        // absolute, its links as they are
	// armed are the paths that are watched, with what was there then: a path whose folder or file was replaced is watched anew.
	armed map[string]fs.FileInfo
	way   map[string]bool // the paths by which the folder is reached: its own, those above it, and those of links among them
}

// newFolderEvents watches nothing yet: see arm. Its goroutine ends with close.
func newFolderEvents(dir string) *folderEvents {
	e := &folderEvents{dir: dir, armed: map[string]fs.FileInfo{}}
	if absolute, err := filepath.Abs(dir); err == nil {
		e.dir = absolute
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return e
	}
	e.watcher, e.changes, e.lost = watcher, watcher.Events, make(chan struct{}, 1)
	// fsnotify sends some errors while it holds the lock that Add takes: they are received whatever else goes on.
	go func() {
		for range watcher.Errors { // until it is closed
			select {
			case e.lost <- struct{}{}:
			default:
			}
		}
	}()
	return e
}

// close ends the watches, and with them the channel of changes.
func (e *folderEvents) close() {
	if e.watcher != nil {
		_ = e.watcher.Close()
	}
}

// concerns reports whether an event may change the library: it is about the folder, what is in it, or a folder on the way to
// it. What is written into a file that is not read does not.
func (e *folderEvents) concerns(event fsnotify.Event) bool {
	if event.Op == fsnotify.Write && kindOf(event.Name) == kindOther {
		return false
	}
	return e.way[event.Name] || strings.HasPrefix(event.Name, strings.TrimSuffix(e.dir, "/")+"/")
}

// arm watches what is there now: the folders, those on the way to them, and files that are links, whose targets may change
// elsewhere. A folder is watched before it is listed, and after the one that it is in: whatever comes into it, or in its
// place, meanwhile is either found or told.
func (e *folderEvents) arm() {
	if e.watcher == nil {
		return
	}
	for name, before := range e.armed { // all of these first: two links to one file share the system's watch
		if now, err := os.Stat(name); err != nil || !os.SameFile(before, now) {
			_ = e.watcher.Remove(name) // an error says that the system has removed it already
			delete(e.armed, name)
		}
	}
	e.way = map[string]bool{}
	if runtime.GOOS == "linux" { // elsewhere each file of a watched folder is opened
		e.armWay(e.dir)
	}
	_ = filepath.WalkDir(e.dir+string(filepath.Separator), func(name string, entry fs.DirEntry, err error) error {
		name = filepath.Clean(name)
		switch {
		case err != nil:
		case name != e.dir && passedOver(filepath.ToSlash(name)):
			if entry.IsDir() {
				return filepath.SkipDir
			}
		case entry.IsDir():
			e.watch(name)
		case entry.Type()&fs.ModeSymlink != 0:
			below, _ := filepath.Rel(e.dir, name)
			info, err := confined.Dir(e.dir).Stat(filepath.ToSlash(below)) // one that leads outside is not read either
			if err == nil && info.Mode().IsRegular() {
				e.watch(name)
			}
		}
		return nil //nolint:nilerr // a folder that has gone meanwhile is no error
	})
}

// armWay watches the folders on the way to name, from the root on, and on the way to what links among them point at. Where
// something is missing, the last one is the folder in which it has to be made.
func (e *folderEvents) armWay(name string) {
	if e.way[name] || name == filepath.Dir(name) {
		return
	}
	folder := filepath.Dir(name)
	e.armWay(folder)
	e.way[name] = true
	e.watch(folder)
	if target, err := os.Readlink(name); err == nil {
		if !filepath.IsAbs(target) {
			target = filepath.Join(folder, target)
		}
		e.armWay(target)
	}
}

// watch changes nothing where name is watched already. Where it cannot be, the poll finds changes.
func (e *folderEvents) watch(name string) {
	info, err := os.Stat(name)
	if err == nil && e.watcher.Add(name) == nil {
		e.armed[name] = info
	}
}
