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

// sealer encrypts what a browser carries for the server, and what the provider gave for later.
type sealer struct {
	cipher.AEAD
	other cipher.AEAD // opens what it has encrypted, while keys are exchanged; nil for none
}

// newSealer derives keys of its own from the server's, so that nothing that another part has encrypted is taken for its own.
func newSealer(key [32]byte, other *[32]byte) (s sealer, err error) {
	if s.AEAD, err = derived(key); err == nil && other != nil {
		s.other, err = derived(*other)
	}
	return s, err
}

// derived is the cipher of the key that is derived from one of the server's.
func derived(key [32]byte) (cipher.AEAD, error) {
	own, err := hkdf.Key(sha256.New, key[:], nil, "opsbook sign-in", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts a value as JSON. what says what it is: it is opened as the same alone.
func (s sealer) seal(what string, value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, s.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.Seal(nonce, nonce, data, []byte(what)), nil
}

var errSealed = errors.New("it is not what this server has encrypted")

// open decrypts what seal has encrypted.
func (s sealer) open(what string, sealed []byte, into any) error {
	if len(sealed) < s.NonceSize() {
		return errSealed
	}
	nonce, rest := sealed[:s.NonceSize()], sealed[s.NonceSize():]
	data, err := s.Open(nil, nonce, rest, []byte(what))
	if err != nil && s.other != nil {
		data, err = s.other.Open(nil, nonce, rest, []byte(what))
	}
	if err != nil {
		return errSealed
	}
	return json.Unmarshal(data, into)
}
