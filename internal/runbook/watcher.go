package runbook

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/confined"
)

// Watcher holds the current library of a folder. Its methods are safe for concurrent use.
type Watcher struct {
	current atomic.Pointer[Library]
	mu      sync.Mutex
	next    chan struct{} // closed, and replaced, when current is another one; nil while nobody waits
	cancel  context.CancelFunc
	done    sync.WaitGroup
	ask     chan struct{}          // the runbooks have changed: what they were called before may have
	found   chan map[string]string // what was found then
}

// WatchOptions say how a folder is watched.
type WatchOptions struct {
	Options
	// Changed, if not nil, is called after each reload that found something new, from the watcher's goroutine.
	Changed func(*Library)
	// Failed, if not nil, is called when the folder cannot be read, once for the same reason; the library stays as it was.
	Failed func(error)
	// Renamed, if not nil, finds what addresses were called before, for texts by their files: see [Options]. It may take long, and is
	// called from a goroutine of its own.
	Renamed func(ctx context.Context, texts map[string]string) map[string]string
	// Settle is how long a folder must be quiet before it is read again (an editor writes in several steps); 0 is 50 ms.
	// A folder that is never quiet is read after maxSettles of it.
	Settle time.Duration
	// Poll is how often the names, sizes and times of the files are compared, for folders whose
	// changes the system does not tell (network shares, mounted volumes); 0 is 2 s.
	Poll time.Duration
}

// maxSettles bounds the wait for a folder that is written to all the time, in Settle.
const maxSettles = 20

// renamedAtFirst is how long the first library waits for what its runbooks were called before.
const renamedAtFirst = 2 * time.Second

// Watch opens the folder dir and keeps its library current until ctx ends or Close is called.
// Of a file that cannot be read the version before stays. Links are followed inside of the folder only.
// The first library is read before it returns. The caller has to call Close, or end ctx.
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
	fsys := confined.Dir(dir)
	lib, err := Open(fsys, options.Options)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{cancel: cancel, ask: make(chan struct{}, 1), found: make(chan map[string]string)}
	w.current.Store(lib)
	if options.Renamed != nil {
		soon, end := context.WithTimeout(ctx, renamedAtFirst)
		options.Options.Renamed = options.Renamed(soon, lib.texts())
		end()
		if len(options.Options.Renamed) > 0 {
			if _, err := w.reload(fsys, options, true); err != nil {
				cancel()
				return nil, err
			}
		}
		if soon.Err() != nil {
			w.ask <- struct{}{}
		}
		known := options.Options.Renamed
		w.done.Go(func() { w.findRenamed(ctx, options.Renamed, known) })
	}
	w.done.Go(func() { w.follow(ctx, dir, fsys, options) })
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

// Next returns a channel that is closed when Current returns another library than before this call.
func (w *Watcher) Next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == nil {
		w.next = make(chan struct{})
	}
	return w.next
}

// set lets Current return a library, and tells those who wait for it.
func (w *Watcher) set(lib *Library) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current.Store(lib)
	if w.next != nil {
		close(w.next)
		w.next = nil
	}
}

// Close stops watching and waits until the watcher's goroutine has ended. The library stays.
func (w *Watcher) Close() {
	w.cancel()
	w.done.Wait()
}

// findRenamed finds what the runbooks were called before, each time that they have changed, and hands on what is not known.
func (w *Watcher) findRenamed(
	ctx context.Context, find func(context.Context, map[string]string) map[string]string, known map[string]string,
) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.ask:
		}
		found := find(ctx, w.Current().texts())
		if maps.Equal(found, known) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case w.found <- found:
			known = found
		}
	}
}

// follow reads the folder again after each event, and when a glance at it tells of a change. The order in each round is what
// makes it see the last state: what is there is armed, then glanced at, then read. A change after arming is an event, which
// is kept until this round is over and starts another one; a change that has no event differs from the glance.
func (w *Watcher) follow(ctx context.Context, dir string, fsys fs.FS, options WatchOptions) {
	events := newFolderEvents(dir)
	defer events.close()
	poll := time.NewTicker(options.Poll)
	defer poll.Stop()
	settle := time.NewTimer(0) // the first round finds what changed before anything was armed
	defer settle.Stop()
	var seen glance
	var first time.Time // when the folder began to change; zero while nothing waits
	again := func() {
		now := time.Now()
		if first.IsZero() {
			first = now
		}
		settle.Reset(min(options.Settle, first.Add(maxSettles*options.Settle).Sub(now)))
	}
	reason, renamed := "", false
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-events.changes:
			if !ok {
				events.changes = nil // the poll goes on
			} else if events.concerns(event) {
				again()
			}
		case <-events.lost:
			again()
		case options.Options.Renamed = <-w.found:
			renamed = true
			again()
		case <-poll.C:
			if !seen.sure || glanceAt(fsys).sum != seen.sum {
				again()
			}
		case <-settle.C:
			first = time.Time{}
			events.arm()
			seen = glanceAt(fsys)
			whole, err := w.reload(fsys, options, renamed)
			renamed = renamed && err != nil
			seen.sure = seen.sure && whole
			if err != nil && err.Error() != reason && options.Failed != nil {
				options.Failed(fmt.Errorf("reload runbooks: %w", err))
			}
			if reason = ""; err != nil {
				reason = err.Error()
			}
			if glanceAt(fsys).sum != seen.sum {
				again()
			}
		}
	}
}

// reload reads the folder again, taking over what did not change. whole reports that all of it could be read.
// Nothing is announced where the folder's contents are what they were, and their names of before.
func (w *Watcher) reload(fsys fs.FS, options WatchOptions, renamed bool) (whole bool, err error) {
	from, err := readFolder(fsys)
	if err != nil {
		return false, err
	}
	o := options.Options
	o.previous = w.Current()
	if from.sum == o.previous.sum && !renamed {
		return from.whole, nil
	}
	lib := openFolder(fsys, from, o)
	changed := from.sum != o.previous.sum
	w.set(lib)
	if changed && w.ask != nil {
		select {
		case w.ask <- struct{}{}:
		default: // it is asked already
		}
	}
	if options.Changed != nil {
		options.Changed(lib)
	}
	return from.whole, nil
}
