package interpret

import (
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// under resolves a command's names against the script's current folder, and notes which files are used.
type under struct {
	files procedures.Files
	dir   string
	used  *usage
}

func (r *running) under(dir string) under { return under{r.Files, dir, r.used} }

// A name that leads out of the tree becomes "..", which every folder refuses.
func (u under) at(name string) string {
	if path.IsAbs(name) {
		return name
	}
	joined := path.Join(u.dir, name)
	if strings.HasPrefix(path.Clean(strings.TrimPrefix(u.dir, "/")+"/"+name), "..") {
		return ".." // leads outside
	}
	return joined
}

func (u under) read(name string) string {
	at := u.at(name)
	u.used.files.read(at)
	return at
}

func (u under) wrote(name string) string {
	at := u.at(name)
	u.used.files.wrote(at)
	return at
}

// Open, Create and the others implement procedures.Files. Writing to /dev/null makes no file.
func (u under) Open(name string) (fs.File, error) {
	if f := device(name, u.used.random); f != nil {
		return f, nil
	}
	return u.files.Open(u.read(name))
}
func (u under) Create(name string, appending bool) (io.WriteCloser, error) {
	if name == "/dev/null" {
		return nowhere{}, nil
	}
	return u.files.Create(u.wrote(name), appending)
}
func (u under) Stat(name string) (fs.FileInfo, error) {
	if f := device(name, u.used.random); f != nil {
		return f.Stat()
	}
	return u.files.Stat(u.read(name))
}
func (u under) ReadDir(name string) ([]fs.DirEntry, error) { return u.files.ReadDir(u.read(name)) }
func (u under) Remove(name string) error                   { return u.files.Remove(u.wrote(name)) }
func (u under) Mkdir(name string) error                    { return u.files.Mkdir(u.wrote(name)) }
func (u under) Chtimes(name string, at time.Time) error    { return u.files.Chtimes(u.wrote(name), at) }

// touches notes the files that a script uses. The zero value has none.
type touches struct {
	mu             sync.Mutex
	reads, written map[string]bool
}

func (t *touches) read(at string)  { t.note(&t.reads, at) }
func (t *touches) wrote(at string) { t.note(&t.written, at) }

func (t *touches) note(in *map[string]bool, at string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *in == nil {
		*in = map[string]bool{}
	}
	(*in)[path.Join("/", at)] = true
}

func (t *touches) touched() procedures.Touched {
	t.mu.Lock()
	defer t.mu.Unlock()
	return procedures.Touched{Read: slices.Sorted(maps.Keys(t.reads)), Wrote: slices.Sorted(maps.Keys(t.written))}
}

// nowhere is /dev/null.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }
func (nowhere) Read([]byte) (int, error)    { return 0, io.EOF }
