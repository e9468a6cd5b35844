package interpret

import (
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// quota is what the own files of a run hold. It is counted along with the writing, and read from the disk at the beginning and
// where the bound seems to be met: a file that is written twice at the same time is counted twice until then.
type quota struct {
	mu    sync.Mutex
	known bool
	read  time.Time // when it was read from the disk last
	bytes int64
	files int64
}

// readAgain is how old what is known has to be for another look at the disk.
const readAgain = time.Second

// counted brings the quota up to date where that is needed; its lock is held.
func (f *Folder) counted(full func() bool) error {
	q := &f.quota
	if q.known && (!full() || time.Since(q.read) < readAgain) {
		return nil
	}
	bytes, files := int64(0), int64(0)
	err := fs.WalkDir(f.Own.FS(), ".", func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it has gone meanwhile
		}
		files++
		if info, err := entry.Info(); err == nil && entry.Type().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	if err != nil {
		return err
	}
	q.known, q.read, q.bytes, q.files = true, time.Now(), bytes, files-1 // without the folder itself
	return nil
}

// room counts files that will be made; its error says that there are too many.
func (f *Folder) room(n int) error {
	q := &f.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	full := func() bool { return q.files+int64(n) > limits.RunFiles.Value }
	if err := f.counted(full); err != nil {
		return err
	}
	if full() {
		return limits.RunFiles.Reached()
	}
	q.files += int64(n)
	return nil
}

// write counts bytes that will be written; its error says that there are too many.
func (f *Folder) write(n int) error {
	q := &f.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	full := func() bool { return q.bytes+int64(n) > limits.RunBytes.Value }
	if err := f.counted(full); err != nil {
		return err
	}
	if full() {
		return limits.RunBytes.Reached()
	}
	q.bytes += int64(n)
	return nil
}

// freed counts bytes that are no longer held.
func (q *quota) freed(n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes = max(0, q.bytes-n)
}

// removed counts a file that is gone.
func (q *quota) removed(info fs.FileInfo) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.files = max(0, q.files-1)
	if info.Mode().IsRegular() {
		q.bytes = max(0, q.bytes-info.Size())
	}
}

// boundedFile is a file of a run that is written.
type boundedFile struct {
	io.WriteCloser
	folder *Folder
}

// Stat is that of the file on disk.
func (b *boundedFile) Stat() (fs.FileInfo, error) { return statOf(b.WriteCloser) }

// Write implements io.Writer. Nothing of p is written where the run's files would hold too much.
func (b *boundedFile) Write(p []byte) (int, error) {
	if err := b.folder.write(len(p)); err != nil {
		return 0, err
	}
	return b.WriteCloser.Write(p)
}
