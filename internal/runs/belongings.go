package runs

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// Bounds of the files that a run keeps between its steps, in bytes.
const (
	maxFile  = 16 << 20
	maxFiles = 64 << 20
)

// belongings are what a run has at the beginning of a step: variables, functions, folder and files. The files
// are laid out in a folder of their own for each execution, so that any server may carry the step out.
type belongings struct {
	run    string
	state  *procedures.ScriptState
	dir    string
	root   *os.Root
	before map[string][]byte // the files at the beginning, by name
}

// unpack lays out what a run keeps.
func (s *Service) unpack(ctx context.Context, run string) (*belongings, error) {
	kept, err := s.Store.Belongings(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	b := &belongings{run: run, state: &procedures.ScriptState{}, before: map[string][]byte{}}
	if b.dir, err = os.MkdirTemp("", "opsbook-run-"); err != nil {
		return nil, fmt.Errorf("make the run's folder: %w", err)
	}
	if b.root, err = os.OpenRoot(b.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open the run's folder: %w", err), os.RemoveAll(b.dir))
	}
	for name, sealed := range kept {
		if err := b.lay(s, run, name, sealed); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *belongings) lay(s *Service, run, name string, sealed []byte) error {
	data, err := s.unseal(run, name, sealed)
	if err != nil {
		return err
	}
	file, ok := strings.CutPrefix(name, "file/")
	if !ok {
		return b.state.UnmarshalBinary(data)
	}
	b.before[file] = data
	if dir := path.Dir(file); dir != "." {
		if err := b.root.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("lay the run's file %s out: %w", file, err)
		}
	}
	if err := b.root.WriteFile(file, data, 0o600); err != nil {
		return fmt.Errorf("lay the run's file %s out: %w", file, err)
	}
	return nil
}

func (b *belongings) files(runbooks fs.FS) procedures.Files {
	return &interpret.Folder{Own: b.root, Over: runbooks}
}

func (b *belongings) close() {
	_ = b.root.Close()
	_ = os.RemoveAll(b.dir)
}

// pack returns what has to be kept: the state with what other steps changed meanwhile, and the files that
// are new, changed (their content) or gone (nil).
func (b *belongings) pack(ctx context.Context, s *Service, tx procedures.Tx, after *procedures.ScriptState) (map[string][]byte, error) {
	out := map[string][]byte{}
	if after != nil {
		now, err := s.Store.Belongings(ctx, tx, b.run)
		if err != nil {
			return nil, err
		}
		current := &procedures.ScriptState{}
		if sealed, ok := now["state"]; ok {
			data, err := s.unseal(b.run, "state", sealed)
			if err != nil {
				return nil, err
			}
			if err := current.UnmarshalBinary(data); err != nil {
				return nil, fmt.Errorf("read the run's variables: %w", err)
			}
		}
		current.Merge(b.state, after)
		data, err := current.MarshalBinary()
		if err != nil {
			return nil, err
		}
		if out["state"], err = s.seal(b.run, "state", data); err != nil {
			return nil, err
		}
	}
	files, err := b.changed()
	if err != nil {
		return nil, err
	}
	for name, data := range files {
		if data == nil {
			out["file/"+name] = nil
			continue
		}
		if out["file/"+name], err = s.seal(b.run, "file/"+name, data); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// changed reads the files that differ from the beginning; nil for those that are gone.
func (b *belongings) changed() (map[string][]byte, error) {
	out := map[string][]byte{}
	seen := map[string]bool{}
	total := int64(0)
	err := fs.WalkDir(b.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		total += info.Size()
		switch {
		case info.Size() > maxFile:
			return fmt.Errorf("the file %s has %d MB; at most %d MB are kept", name, info.Size()>>20, maxFile>>20)
		case total > maxFiles:
			return fmt.Errorf("the run's files have more than %d MB together", maxFiles>>20)
		}
		data, err := b.root.ReadFile(name)
		if err != nil {
			return err
		}
		seen[name] = true
		if old, ok := b.before[name]; !ok || !bytes.Equal(old, data) {
			out[name] = data
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep the run's files: %w", err)
	}
	for name := range b.before {
		if !seen[name] {
			out[name] = nil
		}
	}
	return out, nil
}

// File returns a file that the run's steps wrote, with its secrets masked where it is text.
func (s *Service) File(ctx context.Context, run, name string) ([]byte, error) {
	kept, err := s.Store.Belongings(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	sealed, ok := kept["file/"+name]
	if !ok {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the run has no file %s; files go when a run is finished", name)
	}
	data, err := s.unseal(run, "file/"+name, sealed)
	if err != nil || !utf8.Valid(data) {
		return data, err
	}
	state := &procedures.ScriptState{}
	if sealed, ok := kept["state"]; ok {
		text, err := s.unseal(run, "state", sealed)
		if err != nil {
			return nil, err
		}
		if err := state.UnmarshalBinary(text); err != nil {
			return nil, fmt.Errorf("read the run's state: %w", err)
		}
	}
	return []byte(interpret.Mask(string(data), state.Secrets...)), nil
}

// seal encrypts with AES-256-GCM; the run and the name are authenticated with it, so that nothing can be exchanged.
func (s *Service) seal(run, name string, data []byte) ([]byte, error) {
	gcm, err := s.gcm()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, data, []byte(run+"\x00"+name)), nil
}

func (s *Service) unseal(run, name string, sealed []byte) ([]byte, error) {
	gcm, err := s.gcm()
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, fmt.Errorf("what run %s kept as %s is damaged", run, name)
	}
	data, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], []byte(run+"\x00"+name))
	if err != nil {
		return nil, procedures.Errorf(procedures.CodeUnavailable, "what run %s kept cannot be decrypted: the server's key is another one than before (OPSBOOK_SECRET, or the file secret in the data folder); finish the run and begin another: %w", run, err)
	}
	return data, nil
}

func (s *Service) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.Secret[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
