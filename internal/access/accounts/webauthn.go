package accounts

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Credential is what a browser sends of an authenticator's answer, each as base64 for addresses
// (https://www.w3.org/TR/webauthn-3/#iface-authenticatorresponse).
type Credential struct {
	ID string
	// Client is the client data, Data the authenticator data.
	Client, Data string
	// Key is the public key of one that is new, as SubjectPublicKeyInfo: attestations are not asked for, so that the browser's word counts
	// for it as much as the authenticator's own, and no CBOR has to be read.
	Key string
	// Signature is of data and client, and User whom the authenticator says that the passkey is of.
	Signature, User string
}

// maxPart bounds a part of an answer, in bytes.
const maxPart = 8 << 10

// part decodes a part of an answer.
func part(text string) ([]byte, error) {
	if len(text) > maxPart {
		return nil, errors.New("a part of the answer is too long")
	}
	return base64.RawURLEncoding.DecodeString(text)
}

// clientData is what the browser says of the ceremony (https://www.w3.org/TR/webauthn-3/#dictionary-client-data).
type clientData struct {
	Type        string `json:"type"`
	Challenge   string `json:"challenge"`
	Origin      string `json:"origin"`
	CrossOrigin bool   `json:"crossOrigin"`
}

// client checks the client data: what was done, for which challenge, at which address, and in no frame of another.
func (c Credential) client(kind, challenge string, at *url.URL) ([]byte, error) {
	raw, err := part(c.Client)
	if err != nil {
		return nil, err
	}
	var d clientData
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	switch {
	case d.Type != kind:
		return nil, fmt.Errorf("it is %q", d.Type)
	case subtle.ConstantTimeCompare([]byte(d.Challenge), []byte(challenge)) != 1:
		return nil, errors.New("it is of another challenge")
	case d.Origin != at.Scheme+"://"+at.Host:
		return nil, fmt.Errorf("it is of the origin %q", d.Origin)
	case d.CrossOrigin:
		return nil, errors.New("it was made in a frame of another origin")
	}
	return raw, nil
}

// Flags of authenticator data, and where its parts begin (https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data).
const (
	flagPresent, flagVerified, flagAttested = 1, 4, 64

	atFlags, atCounter, atLength, atID = 32, 33, 53, 55
)

// data checks the authenticator data: that it is for this host, and that the authenticator has verified the person.
func (c Credential) data(at *url.URL) (raw []byte, counter uint32, err error) {
	raw, err = part(c.Data)
	if err != nil {
		return nil, 0, err
	}
	if len(raw) < atCounter+4 {
		return nil, 0, errors.New("the authenticator data is cut off")
	}
	host := sha256.Sum256([]byte(at.Hostname()))
	if !bytes.Equal(raw[:atFlags], host[:]) {
		return nil, 0, errors.New("it is for another host")
	}
	if flags := raw[atFlags]; flags&flagPresent == 0 || flags&flagVerified == 0 {
		return nil, 0, errors.New("the authenticator has not verified the person")
	}
	return raw, binary.BigEndian.Uint32(raw[atCounter:]), nil
}

// registered checks the answer of an authenticator that has made a passkey
// (https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential).
func (c Credential) registered(challenge string, at *url.URL) (key []byte, counter uint32, err error) {
	if _, err = c.client("webauthn.create", challenge, at); err != nil {
		return nil, 0, err
	}
	raw, counter, err := c.data(at)
	if err != nil {
		return nil, 0, err
	}
	id, err := part(c.ID)
	if err != nil {
		return nil, 0, err
	}
	if raw[atFlags]&flagAttested == 0 || len(raw) < atID || len(id) < 16 || len(id) > 1023 {
		return nil, 0, errors.New("there is no passkey in it")
	}
	rest := raw[atID:]
	if n := int(binary.BigEndian.Uint16(raw[atLength:])); n != len(id) || len(rest) < n || !bytes.Equal(rest[:n], id) {
		return nil, 0, errors.New("it is of another passkey")
	}
	if key, err = part(c.Key); err != nil {
		return nil, 0, err
	}
	public, err := publicKey(key)
	if err != nil {
		return nil, 0, err
	}
	for _, n := range numbers(public) { // what the browser says is what the authenticator said
		if !bytes.Contains(rest[len(id):], n) {
			return nil, 0, errors.New("the key is another one than the authenticator's")
		}
	}
	return key, counter, nil
}

// signed checks what an authenticator has signed with a passkey (https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion).
func (c Credential) signed(challenge string, at *url.URL, p *procedures.Passkey) (counter uint32, err error) {
	client, err := c.client("webauthn.get", challenge, at)
	if err != nil {
		return 0, err
	}
	data, counter, err := c.data(at)
	if err != nil {
		return 0, err
	}
	user, err := part(c.User)
	if err != nil || len(user) > 0 && string(user) != p.Account {
		return 0, errors.New("it is of somebody else")
	}
	signature, err := part(c.Signature)
	if err != nil {
		return 0, err
	}
	public, err := publicKey(p.Key)
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(client)
	message := append(bytes.Clone(data), sum[:]...)
	if !verifies(public, message, signature) {
		return 0, errors.New("the signature is wrong")
	}
	if (counter > 0 || p.Counter > 0) && counter <= p.Counter {
		return 0, errors.New("the authenticator counted less than before: it may be a copy")
	}
	return counter, nil
}

// publicKey reads a key of one of the kinds that are asked for: ES256, EdDSA and RS256.
func publicKey(der []byte) (any, error) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return k, nil
		}
	case ed25519.PublicKey:
		return k, nil
	case *rsa.PublicKey:
		if k.N.BitLen() >= 2048 && k.N.BitLen() <= 4096 {
			return k, nil
		}
	}
	return nil, errors.New("its key is of a kind that was not asked for")
}

// numbers are what of a key stands in the authenticator's own encoding of it as well (RFC 9053, 7).
func numbers(key any) [][]byte {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, X and Y
		if err != nil {
			return [][]byte{nil}
		}
		return [][]byte{point[1:33], point[33:]}
	case ed25519.PublicKey:
		return [][]byte{k}
	case *rsa.PublicKey:
		return [][]byte{k.N.Bytes()}
	}
	return nil
}

// verifies reports whether a signature is of a message by a key.
func verifies(key any, message, signature []byte) bool {
	sum := sha256.Sum256(message)
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, sum[:], signature)
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}
