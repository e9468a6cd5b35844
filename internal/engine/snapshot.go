package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// stateName, modesName and filePrefix name what a snapshot keeps: its state, the modes of its files that have another one than they are
// laid out with, a line each, and its files.
const (
	stateName  = "state"
	modesName  = "modes"
	filePrefix = "file/"

	usualMode = interpret.FileMode
)

// Snapshot is what a run has at the beginning of a step: variables, functions, folder and files. The files are laid out in a
// temporary folder for each execution, so that any server may execute the step. Its owner closes it.
type Snapshot struct {
	State  *procedures.ScriptState
	dir    string
	root   *os.Root
	before map[string][]byte // the files at the beginning, by name
}

// OpenSnapshot lays out what a run keeps, by name.
func OpenSnapshot(kept map[string][]byte) (*Snapshot, error) {
	s := &Snapshot{State: &procedures.ScriptState{}, before: map[string][]byte{}}
	var err error
	if s.dir, err = confined.NewRunFolder(); err != nil {
		return nil, err
	}
	if s.root, err = os.OpenRoot(s.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open the run's folder: %w", err), os.RemoveAll(s.dir))
	}
	for name, data := range kept {
		if err := s.lay(name, data); err != nil {
			s.Close()
			return nil, err
		}
	}
	for line := range strings.Lines(string(kept[modesName])) {
		digits, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		mode, err := strconv.ParseUint(digits, 8, 9)
		if err == nil {
			err = s.root.Chmod(name, fs.FileMode(mode))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a step that ended meanwhile may have removed it
			s.Close()
			return nil, fmt.Errorf("lay the run's file %s out: %w", name, err)
		}
	}
	return s, nil
}

// lay writes one kept item: the state, or a file in its folder.
func (s *Snapshot) lay(name string, data []byte) error {
	file, ok := strings.CutPrefix(name, filePrefix)
	if name == modesName {
		return nil // it comes last
	}
	if !ok {
		return s.State.UnmarshalBinary(data)
	}
	s.before[file] = data
	if dir := path.Dir(file); dir != "." {
		if err := s.root.MkdirAll(dir, interpret.FolderMode); err != nil {
			return fmt.Errorf("lay the run's file %s out: %w", file, err)
		}
	}
	err := s.root.WriteFile(file, data, usualMode)
	if err == nil {
		err = s.root.Chmod(file, usualMode) // whatever the umask of the server
	}
	if err != nil {
		return fmt.Errorf("lay the run's file %s out: %w", file, err)
	}
	return nil
}

// Files are the run's files over those of the runbooks, which are only read.
func (s *Snapshot) Files(runbooks fs.FS) procedures.Files {
	return &interpret.Folder{Own: s.root, Over: runbooks}
}

// Close removes the files from this server.
func (s *Snapshot) Close() {
	_ = s.root.Close()
	_ = os.RemoveAll(s.dir)
}

// Changed returns what has to be kept after a step, by name: the state that the run has now, with what the step changed of it,
// and the files that are new, changed (their content) or gone (nil). now is what the run keeps at this moment, as other steps may
// have ended meanwhile. It is an error where that is too much.
// The caller writes the result in the transaction in which it read now, so that no step's values are lost.
func (s *Snapshot) Changed(now map[string][]byte, result *Result) (map[string][]byte, error) {
	out := map[string][]byte{}
	if result.State != nil {
		current := &procedures.ScriptState{}
		if data, ok := now[stateName]; ok {
			if err := current.UnmarshalBinary(data); err != nil {
				return nil, fmt.Errorf("read the run's variables: %w", err)
			}
		}
		current.Merge(s.State, result.State)
		data, err := current.MarshalBinary()
		if err != nil {
			return nil, err
		}
		out[stateName] = data
	}
	seen, modes := map[string]bool{}, ""
	total := int64(0)
	// Links, hard links and devices are left out: no command reads them, and another server could not lay them out.
	err := fs.WalkDir(s.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		total += info.Size()
		switch {
		case info.Size() > limits.KeptFileBytes.Value:
			return limits.KeptFileBytes.Reached().At(name)
		case total > limits.KeptFilesBytes.Value:
			return limits.KeptFilesBytes.Reached()
		}
		data, err := s.read(name)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) { // it is a hard link, or a program's and gone
			return nil
		}
		if err != nil {
			return err
		}
		seen[name] = true
		if mode := info.Mode().Perm(); mode != usualMode && !strings.Contains(name, "\n") {
			modes += fmt.Sprintf("%o %s\n", mode, name)
		}
		if old, ok := s.before[name]; !ok || !bytes.Equal(old, data) {
			out[filePrefix+name] = data
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep the run's files: %w", err)
	}
	for name := range s.before {
		if !seen[name] {
			out[filePrefix+name] = nil
		}
	}
	if modes != string(now[modesName]) {
		out[modesName] = []byte(modes)
	}
	return out, nil
}

// read reads a file of the run. One that grew meanwhile, as a program does it that was left behind, is cut at the bound.
func (s *Snapshot) read(name string) ([]byte, error) {
	file, err := confined.Open(s.root, name, false)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(file, limits.KeptFileBytes.Value))
}

// SnapshotFile returns a file of a snapshot, with its secrets masked where it is text. ok is false where there is none.
func SnapshotFile(kept map[string][]byte, name string) (data []byte, ok bool, err error) {
	data, ok = kept[filePrefix+name]
	if !ok || !utf8.Valid(data) {
		return data, ok, nil
	}
	state := &procedures.ScriptState{}
	if text, ok := kept[stateName]; ok {
		if err := state.UnmarshalBinary(text); err != nil {
			return nil, true, fmt.Errorf("read the run's variables: %w", err)
		}
	}
	return []byte(mask.Of(state).Text(string(data))), true, nil
}
