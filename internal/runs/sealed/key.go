// Package sealed keeps what may hold secrets encrypted in the database and its backups: the values and calls of executions, and
// the snapshots of runs.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ErrKey is why data cannot be decrypted that another key encrypted: trying again does not help.
var ErrKey = errors.New("another key encrypted it")

// Key is the server's key, OPSBOOK_SECRET.
type Key [32]byte

// Keys are the server's key, and another one that opens what it has encrypted while the two are exchanged: nil for none.
type Keys struct {
	Key
	Other *Key
}

// Open decrypts what one of the keys has encrypted. Its error is that of the server's own.
func (k Keys) Open(run, name string, data []byte) ([]byte, error) {
	open, err := k.Key.Open(run, name, data)
	if errors.Is(err, ErrKey) && k.Other != nil {
		if open, other := k.Other.Open(run, name, data); other == nil {
			return open, nil
		}
	}
	return open, err
}

// Seal encrypts with AES-256-GCM. The run and the name are authenticated with the data, so that nothing can be exchanged.
func (k Key) Seal(run, name string, data []byte) ([]byte, error) {
	gcm, err := k.gcm()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, data, []byte(run+"\x00"+name)), nil
}

// Open decrypts what Seal has encrypted under the same run and name.
func (k Key) Open(run, name string, data []byte) ([]byte, error) {
	gcm, err := k.gcm()
	if err != nil {
		return nil, err
	}
	if len(data) < gcm.NonceSize() {
		return nil, fmt.Errorf("what run %s keeps as %s is damaged", run, name)
	}
	open, err := gcm.Open(nil, data[:gcm.NonceSize()], data[gcm.NonceSize():], []byte(run+"\x00"+name))
	if err != nil {
		return nil, &procedures.Error{
			Code: procedures.CodeUnavailable, Err: ErrKey,
			Message: fmt.Sprintf("the data of run %s cannot be decrypted: the server's key is not the one it was "+
				"encrypted with (OPSBOOK_SECRET, or the file secret in the data folder). Finish the run and begin another: %v", run, err),
		}
	}
	return open, nil
}

func (k Key) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
