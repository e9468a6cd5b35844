package commands_test

import (
	"bytes"
	"io"
	"io/fs"
	"testing/fstest"
	"time"
)

// files keeps a run's files in memory.
type files struct{ fstest.MapFS }

func (f *files) Create(name string, appending bool) (io.WriteCloser, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrPermission}
	}
	w := &writer{files: f, name: name}
	if old, ok := f.MapFS[name]; ok && appending {
		w.Write(old.Data)
	}
	return w, nil
}

func (f *files) Remove(name string) error        { delete(f.MapFS, name); return nil }
func (f *files) Mkdir(string) error              { return nil }
func (f *files) Chtimes(string, time.Time) error { return nil }

type writer struct {
	bytes.Buffer
	files *files
	name  string
}

func (w *writer) Close() error {
	w.files.MapFS[w.name] = &fstest.MapFile{Data: bytes.Clone(w.Bytes())}
	return nil
}
