package runs

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
)

// snapshot reads what a run keeps between its steps, by name, decrypted. tx may be nil.
func (s *Service) snapshot(ctx context.Context, tx procedures.Tx, run string) (map[string][]byte, error) {
	kept, err := s.Store.Snapshot(ctx, tx, run)
	if err != nil {
		return nil, err
	}
	for name, sealed := range kept {
		if kept[name], err = s.unseal(run, name, sealed); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// openSnapshot lays out what a run keeps. The caller closes it.
func (s *Service) openSnapshot(ctx context.Context, run string) (*engine.Snapshot, error) {
	kept, err := s.snapshot(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	return engine.OpenSnapshot(kept)
}

// keepSnapshot keeps what a step changed of the run's snapshot, encrypted; nil data is removed.
func (s *Service) keepSnapshot(ctx context.Context, tx procedures.Tx, run string, changed map[string][]byte) error {
	out := make(map[string][]byte, len(changed))
	for name, data := range changed {
		if data == nil {
			out[name] = nil
			continue
		}
		var err error
		if out[name], err = s.seal(run, name, data); err != nil {
			return err
		}
	}
	return s.Store.KeepSnapshot(ctx, tx, run, out)
}

// File returns a file that the run's steps wrote, with its secrets masked where it is text.
func (s *Service) File(ctx context.Context, run, name string) ([]byte, error) {
	kept, err := s.snapshot(ctx, nil, run)
	if err != nil {
		return nil, err
	}
	data, ok, err := engine.SnapshotFile(kept, name)
	if err == nil && !ok {
		return nil, procedures.Errorf(procedures.CodeNotFound, "the run has no file %s; files are deleted when a run is finished", name)
	}
	return data, err
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
