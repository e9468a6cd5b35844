package interpret

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path"
	"time"
)

// device opens one of the devices that a script sees for reading: /dev/null and /dev/tty hold nothing, /dev/zero no end of zeros, and
// /dev/random and /dev/urandom no end of random bytes. Nil for every other name. What is read of a planned change comes again when it is
// carried out.
func device(name string, r *random) fs.File {
	switch name {
	case "/dev/null", "/dev/tty":
		return deviceFile{name, eof{}}
	case "/dev/zero":
		return deviceFile{name, zeros{}}
	case "/dev/random", "/dev/urandom":
		return deviceFile{name, r.reader()}
	}
	return nil
}

// reader is an endless text of random bytes, another one each time.
func (r *random) reader() io.Reader {
	if r == nil {
		return rand.Reader
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers++
	return mathrand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "device %d %s", r.readers, r.salt)))
}

// eof holds nothing.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// deviceFile is a device that is open for reading.
type deviceFile struct {
	name string
	io.Reader
}

func (f deviceFile) Close() error               { return nil }
func (f deviceFile) Stat() (fs.FileInfo, error) { return deviceInfo{path.Base(f.name)}, nil }

// deviceInfo is what stat says of a device.
type deviceInfo struct{ name string }

func (d deviceInfo) Name() string     { return d.name }
func (deviceInfo) Size() int64        { return 0 }
func (deviceInfo) Mode() fs.FileMode  { return fs.ModeDevice | fs.ModeCharDevice | 0o666 }
func (deviceInfo) ModTime() time.Time { return time.Time{} }
func (deviceInfo) IsDir() bool        { return false }
func (deviceInfo) Sys() any           { return nil }

// openDevice opens a device for a redirection. What holds nothing is the null device, by which read knows that nobody types there.
func openDevice(name string, r *random) (*os.File, error) {
	switch name {
	case "/dev/null", "/dev/tty":
		return os.Open(os.DevNull)
	}
	return input(device(name, r))
}
