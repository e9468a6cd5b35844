package runbook

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watcher holds the current library of a folder. Its methods are safe for concurrent use.
type Watcher struct {
	current atomic.Pointer[Library]
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// WatchOptions say how a folder is watched.
type WatchOptions struct {
	Options
	// Changed, if not nil, is called after each reload that found something new, from the watcher's goroutine.
	Changed func(*Library)
	// Failed, if not nil, is called when the folder cannot be read; the library stays as it was.
	Failed func(error)
	// Settle is how long a folder must be quiet before it is read again (an editor writes in several steps); 0 is 50 ms.
	Settle time.Duration
	// Poll is how often the names, sizes and times of the files are compared, for folders whose
	// changes the system does not tell (network shares, mounted volumes); 0 is 2 s.
	Poll time.Duration
}

// Watch opens the folder dir and keeps its library current until ctx ends or Close is called.
// A file that cannot be read keeps what it said last.
func Watch(ctx context.Context, dir string, options WatchOptions) (*Watcher, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("watch runbooks: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("watch runbooks: %s is a file: name the folder that it is in", dir)
	}
	if options.Settle == 0 {
		options.Settle = 50 * time.Millisecond
	}
	if options.Poll == 0 {
		options.Poll = 2 * time.Second
	}
	fsys := os.DirFS(dir)
	seen := fingerprint(fsys)
	lib, err := Open(fsys, options.Options)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{cancel: cancel}
	w.current.Store(lib)
	w.done.Go(func() { w.follow(ctx, dir, fsys, seen, options) })
	return w, nil
}

// Fixed holds a library that never changes, such as the shipped pack's.
func Fixed(lib *Library) *Watcher {
	w := &Watcher{cancel: func() {}}
	w.current.Store(lib)
	return w
}

// Current returns the newest library.
func (w *Watcher) Current() *Library { return w.current.Load() }

// Close stops watching and waits until the watcher's goroutine has ended. The library stays.
func (w *Watcher) Close() {
	w.cancel()
	w.done.Wait()
}

// follow reloads when the system reports changes or the fingerprint differs.
func (w *Watcher) follow(ctx context.Context, dir string, fsys fs.FS, seen uint64, options WatchOptions) {
	var events chan fsnotify.Event
	notify, err := fsnotify.NewWatcher()
	if err == nil {
		defer notify.Close()
		events = notify.Events
		watchFolders(notify, dir)
	}
	poll := time.NewTicker(options.Poll)
	defer poll.Stop()
	settle := time.NewTimer(options.Settle)
	defer settle.Stop() // what changed while the watch was being set up is found by this first look
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-events:
			if !ok {
				events = nil
			} else if event.Op != fsnotify.Chmod || isMarkdown(event.Name) {
				settle.Reset(options.Settle)
			}
		case <-poll.C:
			if fingerprint(fsys) != seen {
				settle.Reset(options.Settle)
			}
		case <-settle.C:
			if notify != nil {
				watchFolders(notify, dir) // before it is looked at: what changes in a new folder from here on is told
			}
			now := fingerprint(fsys)
			if now == seen {
				continue
			}
			if w.reload(fsys, options) {
				seen = now
			}
		}
	}
}

// reload reads the folder again, taking over what did not change.
func (w *Watcher) reload(fsys fs.FS, options WatchOptions) bool {
	o := options.Options
	o.previous = w.Current()
	lib, err := Open(fsys, o)
	if err != nil {
		if options.Failed != nil {
			options.Failed(fmt.Errorf("reload runbooks: %w", err))
		}
		return false
	}
	w.current.Store(lib)
	if options.Changed != nil {
		options.Changed(lib)
	}
	return true
}

// watchFolders watches each folder; folders that are watched already stay so.
func watchFolders(notify *fsnotify.Watcher, dir string) {
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil //nolint:nilerr // a folder that has gone meanwhile is no error
		}
		if base := filepath.Base(name); name != dir && (strings.HasPrefix(base, ".") || base == "node_modules") {
			return filepath.SkipDir
		}
		_ = notify.Add(name) // without it the poll finds changes
		return nil
	})
}

// fingerprint sums up the names, sizes, times and modes of the files that matter. It reads no file.
func fingerprint(fsys fs.FS) uint64 {
	sum := fnv.New64a()
	_ = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read is said when it is opened
		}
		if base := filepath.Base(name); name != "." && (strings.HasPrefix(base, ".") || base == "node_modules") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			fmt.Fprintf(sum, "%s/\n", name) // a folder may be named by a step
			return nil
		}
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return nil //nolint:nilerr // it has gone meanwhile
		}
		fmt.Fprintf(sum, "%s %o ", name, info.Mode())
		_ = binary.Write(sum, binary.LittleEndian, [2]int64{info.Size(), info.ModTime().UnixNano()})
		return nil
	})
	return sum.Sum64()
}
