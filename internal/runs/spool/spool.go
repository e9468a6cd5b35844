// Package spool keeps on disk what the database does not take at the moment: events of executions that go on while it does not
// answer. A file belongs to one execution in one process. It is append-only, encrypted as what runs keep in the database, on the
// disk when Append returns, and removed when the database has all of it. What a process leaves that is killed meanwhile is read at
// the next start.
package spool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/sealed"
)

// Folder holds the files of this process, and those of processes before it. Its methods are safe for concurrent use.
type Folder struct {
	// Path is made when it is needed, readable by its owner alone; empty where nothing is kept on disk.
	Path string
	Key  sealed.Keys

	bytes atomic.Int64 // in the files of this process
}

// Owner is the execution whose events a file holds, and the process that executed it.
type Owner struct {
	Run       string `json:"run"`
	Step      string `json:"step"`
	Execution string `json:"execution"`
	Replica   string `json:"replica"`
}

// File holds events in their order. It is used by one goroutine at a time.
type File struct {
	Owner Owner

	folder  *Folder
	file    *os.File
	name    string // without its folder: each record is sealed to it and to its place
	written place  // where the next record is written
	read    place  // where the next one is read
}

// place is between two records.
type place struct {
	record uint64
	offset int64
}

// suffix is that of the files' names.
const suffix = ".events"

// errNowhere says that nothing is kept on disk.
var errNowhere = errors.New("there is no folder for events that the database does not take")

// Create makes a file. It is locked as long as its process has it.
func (f *Folder) Create(o Owner) (*File, error) {
	if f == nil || f.Path == "" {
		return nil, errNowhere
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for events: %w", err)
	}
	file, err := os.CreateTemp(f.Path, "*"+suffix) // 0600
	if err != nil {
		return nil, fmt.Errorf("make a file for events: %w", err)
	}
	out := &File{Owner: o, folder: f, file: file, name: filepath.Base(file.Name())}
	if err := out.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("make a file for events: %w", err), out.Remove())
	}
	return out, nil
}

// begin locks a new file, writes whose it is, and lets the disk keep its name.
func (f *File) begin() error {
	if err := unix.Flock(int(f.file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return err
	}
	if err := f.append(f.Owner); err != nil {
		return err
	}
	f.read = f.written
	folder, err := os.Open(f.folder.Path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Append adds events. They are on the disk when it returns; with an error none of them is.
func (f *File) Append(events ...procedures.Event) error {
	records := make([]any, len(events))
	for i, e := range events {
		records[i] = e
	}
	return f.append(records...)
}

func (f *File) append(records ...any) error {
	var out []byte
	next := f.written
	for _, r := range records {
		data, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if data, err = f.folder.Key.Seal(f.name, strconv.FormatUint(next.record, 10), data); err != nil {
			return err
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(out, data...)
		next.record++
	}
	next.offset += int64(len(out))
	if all := f.folder.bytes.Add(int64(len(out))); all > limits.UnwrittenBytes.Value {
		f.folder.bytes.Add(-int64(len(out)))
		return limits.UnwrittenBytes.Reached()
	}
	_, err := f.file.WriteAt(out, f.written.offset)
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		f.folder.bytes.Add(-int64(len(out)))
		return errors.Join(err, f.file.Truncate(f.written.offset))
	}
	f.written = next
	return nil
}

// Skip goes on reading behind what was appended so far: who appended it has it, too.
func (f *File) Skip() { f.read = f.written }

// Next returns the next events, at most so many, and none at the end.
func (f *File) Next(most int) ([]procedures.Event, error) {
	var out []procedures.Event
	for len(out) < most && f.read.offset < f.written.offset {
		var e procedures.Event
		if err := f.next(&e); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// next reads one record.
func (f *File) next(into any) error {
	data, err := f.record(f.read.offset)
	if err != nil {
		return err
	}
	open, err := f.folder.Key.Open(f.name, strconv.FormatUint(f.read.record, 10), data)
	if err != nil {
		return err
	}
	f.read.offset += 4 + int64(len(data))
	f.read.record++
	return json.Unmarshal(open, into)
}

// record is one record as it is written.
func (f *File) record(at int64) ([]byte, error) {
	var size [4]byte
	if _, err := f.file.ReadAt(size[:], at); err != nil {
		return nil, err
	}
	data := make([]byte, min(binary.BigEndian.Uint32(size[:]), uint32(limits.UnwrittenBytes.Value)))
	_, err := f.file.ReadAt(data, at+4)
	return data, err
}

// Name is the file's name in its folder.
func (f *File) Name() string { return f.name }

// Close keeps the file for the next start.
func (f *File) Close() error { return f.file.Close() }

// Remove ends the use of the file, whose events are in the database.
func (f *File) Remove() error {
	f.folder.bytes.Add(-f.written.offset)
	return errors.Join(os.Remove(f.file.Name()), f.file.Close())
}

// Left opens the files of processes that are gone; the caller closes or removes each. A record that was not written to its end is
// left out. What cannot be read is told in the error, and stays.
func (f *Folder) Left() ([]*File, error) {
	if f == nil || f.Path == "" {
		return nil, nil
	}
	names, err := filepath.Glob(filepath.Join(f.Path, "*"+suffix))
	if err != nil {
		return nil, err
	}
	var out []*File
	var failed []error
	for _, name := range names {
		file, err := f.open(name)
		if err != nil {
			failed = append(failed, fmt.Errorf("read the events in %s: %w", name, err))
		} else if file != nil {
			out = append(out, file)
		}
	}
	return out, errors.Join(failed...)
}

// open opens a file that no process has; nil where one does, or has removed it, and where nothing was written yet.
func (f *Folder) open(name string) (*File, error) {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, err
	}
	out := &File{folder: f, file: file, name: filepath.Base(name)}
	for {
		data, err := out.record(out.written.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, errors.Join(err, file.Close())
		}
		if err != nil { // the end, or in the middle of a record
			break
		}
		out.written.offset += 4 + int64(len(data))
		out.written.record++
	}
	if out.written.record == 0 {
		return nil, errors.Join(os.Remove(name), file.Close())
	}
	f.bytes.Add(out.written.offset)
	if err := out.next(&out.Owner); err != nil {
		f.bytes.Add(-out.written.offset)
		return nil, errors.Join(err, file.Close())
	}
	return out, nil
}
