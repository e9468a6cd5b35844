package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
)

// Sealer encrypts what a browser carries for the server, and what is kept for later.
type Sealer struct {
	aead  cipher.AEAD
	other cipher.AEAD // opens what it has encrypted, while keys are exchanged; nil for none
}

// NewSealer derives keys of its own from the server's, for a purpose, so that nothing that another part has encrypted is taken for its
// own.
func NewSealer(purpose string, key [32]byte, other *[32]byte) (s Sealer, err error) {
	if s.aead, err = derived(purpose, key); err == nil && other != nil {
		s.other, err = derived(purpose, *other)
	}
	return s, err
}

// derived is the cipher of the key that is derived from one of the server's.
func derived(purpose string, key [32]byte) (cipher.AEAD, error) {
	own, err := hkdf.Key(sha256.New, key[:], nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal encrypts a value as JSON. what says what it is: it is opened as the same alone.
func (s Sealer) Seal(what string, value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, data, []byte(what)), nil
}

var errSealed = errors.New("it is not what this server has encrypted")

// Open decrypts what Seal has encrypted.
func (s Sealer) Open(what string, sealed []byte, into any) error {
	if len(sealed) < s.aead.NonceSize() {
		return errSealed
	}
	nonce, rest := sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():]
	data, err := s.aead.Open(nil, nonce, rest, []byte(what))
	if err != nil && s.other != nil {
		data, err = s.other.Open(nil, nonce, rest, []byte(what))
	}
	if err != nil {
		return errSealed
	}
	return json.Unmarshal(data, into)
}
