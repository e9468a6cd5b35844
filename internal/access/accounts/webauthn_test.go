package accounts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// authenticator makes and uses passkeys as one does, with what a test changes of it.
type authenticator struct {
	key                 crypto.Signer
	id                  []byte
	host, origin, typed string
	challenge           string
	flags               byte
	counter             uint32
	cross               bool
	public, user        string // in place of its own
}

func newAuthenticator(key crypto.Signer) *authenticator {
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{
		key: key, id: id, host: "ops.example.com", origin: "https://ops.example.com", challenge: "challenge",
		flags: flagPresent | flagVerified, counter: 1,
	}
}

func encoded(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func (a *authenticator) client(kind string) []byte {
	if a.typed != "" {
		kind = a.typed
	}
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":%t,"extra":{"x":[1]}}`, kind, a.challenge, a.origin,
		a.cross)
}

func (a *authenticator) data(attested bool) []byte {
	host := sha256.Sum256([]byte(a.host))
	flags := a.flags
	if attested {
		flags |= flagAttested
	}
	out := binary.BigEndian.AppendUint32(append(host[:], flags), a.counter)
	if !attested {
		return out
	}
	out = binary.BigEndian.AppendUint16(append(out, make([]byte, 16)...), uint16(len(a.id)))
	out = append(append(out, a.id...), 0xa5, 1, 2) // the beginning of a map of CBOR
	for _, n := range numbers(a.key.Public()) {
		out = append(append(out, 0x58, 0x20), n...)
	}
	return out
}

func (a *authenticator) make() Credential {
	der, _ := x509.MarshalPKIXPublicKey(a.key.Public())
	c := Credential{ID: encoded(a.id), Client: encoded(a.client("webauthn.create")), Data: encoded(a.data(true)), Key: encoded(der)}
	if a.public != "" {
		c.Key = a.public
	}
	return c
}

func (a *authenticator) sign() Credential {
	client, data := a.client("webauthn.get"), a.data(false)
	sum := sha256.Sum256(client)
	message := append(append([]byte{}, data...), sum[:]...)
	options, digest := crypto.SignerOpts(crypto.SHA256), sha256.Sum256(message)
	signed := digest[:]
	if _, ok := a.key.(ed25519.PrivateKey); ok {
		options, signed = crypto.Hash(0), message
	}
	signature, _ := a.key.Sign(rand.Reader, signed, options)
	return Credential{
		ID: encoded(a.id), Client: encoded(client), Data: encoded(data), Signature: encoded(signature), User: encoded([]byte(a.user)),
	}
}

// TestPasskeysOfEveryKind: keys of the three kinds that are asked for are kept and verified; others are not.
func TestPasskeysOfEveryKind(t *testing.T) {
	at, _ := url.Parse("https://ops.example.com")
	es, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rs, _ := rsa.GenerateKey(rand.Reader, 2048)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for name, key := range map[string]crypto.Signer{"ES256": es, "RS256": rs, "EdDSA": ed} {
		a := newAuthenticator(key)
		der, counter, err := a.make().registered("challenge", at)
		if err != nil || counter != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		p := &procedures.Passkey{ID: encoded(a.id), Account: "ada", Key: der, Counter: counter}
		a.counter, a.user = 2, "ada"
		if counter, err := a.sign().signed("challenge", at, p); err != nil || counter != 2 {
			t.Errorf("%s: %d, %v", name, counter, err)
		}
		other := newAuthenticator(es)
		other.id, other.counter = a.id, 2
		if name != "ES256" {
			if _, err := other.sign().signed("challenge", at, p); err == nil {
				t.Errorf("%s: another key counts", name)
			}
		}
	}
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	large, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	for _, key := range []crypto.Signer{weak, large} {
		if der, err := x509.MarshalPKIXPublicKey(key.Public()); err == nil {
			if _, err := publicKey(der); err == nil {
				t.Errorf("a key of the kind %T counts", key)
			}
		}
	}
}

// TestAnswersOfAuthenticators: what does not fit makes no passkey and signs nobody in.
func TestAnswersOfAuthenticators(t *testing.T) {
	at, _ := url.Parse("https://ops.example.com")
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	foreign, _ := x509.MarshalPKIXPublicKey(other.Public())
	base := newAuthenticator(key)
	der, _ := x509.MarshalPKIXPublicKey(key.Public())
	p := &procedures.Passkey{ID: encoded(base.id), Account: "ada", Key: der, Counter: 1}
	for _, c := range []struct {
		name   string
		change func(a *authenticator)
		makes  bool // a passkey, all the same
		signs  bool
	}{
		{name: "as it should be", change: func(*authenticator) {}, makes: true, signs: true},
		{name: "of another host", change: func(a *authenticator) { a.host = "evil.example" }},
		{name: "of a host below", change: func(a *authenticator) { a.host = "example.com" }},
		{name: "of another origin", change: func(a *authenticator) { a.origin = "https://evil.example" }},
		{name: "over HTTP", change: func(a *authenticator) { a.origin = "http://ops.example.com" }},
		{name: "of another port", change: func(a *authenticator) { a.origin = "https://ops.example.com:8443" }},
		{name: "in a frame of others", change: func(a *authenticator) { a.cross = true }},
		{name: "of another challenge", change: func(a *authenticator) { a.challenge = "another" }},
		{name: "of no challenge", change: func(a *authenticator) { a.challenge = "" }},
		{name: "without a look at the person", change: func(a *authenticator) { a.flags = flagPresent }},
		{name: "without the person", change: func(a *authenticator) { a.flags = flagVerified }},
		{name: "of a copy", change: func(a *authenticator) { a.counter = 1 }, makes: true},
		{name: "that counts back", change: func(a *authenticator) { a.counter = 0 }, makes: true},
		{name: "of somebody else", change: func(a *authenticator) { a.user = "eve" }, makes: true},
		{name: "of the person", change: func(a *authenticator) { a.user = "ada" }, makes: true, signs: true},
		{name: "of another key", change: func(a *authenticator) { a.key = other }, makes: true},
		{name: "with a key of another", change: func(a *authenticator) { a.public = encoded(foreign) }, signs: true},
		{name: "with a key that is none", change: func(a *authenticator) { a.public = "AAAA" }, signs: true},
		{name: "for something else", change: func(a *authenticator) { a.typed = "payment.get" }},
		{name: "a short name", change: func(a *authenticator) { a.id = []byte("short") }, signs: true},
	} {
		a := *base
		a.counter = 2
		c.change(&a)
		if _, _, err := a.make().registered("challenge", at); (err == nil) != c.makes {
			t.Errorf("%s: makes one: %v", c.name, err)
		}
		if _, err := a.sign().signed("challenge", at, p); (err == nil) != c.signs {
			t.Errorf("%s: signs in: %v", c.name, err)
		}
	}
	a := *base
	a.counter = 2
	if _, err := a.make().signed("challenge", at, p); err == nil {
		t.Error("what makes a passkey signs in")
	}
	if _, _, err := a.sign().registered("challenge", at); err == nil {
		t.Error("what signs in makes a passkey")
	}
}

// FuzzAnswersOfAuthenticators: no bytes panic, and none that the key has not signed count.
func FuzzAnswersOfAuthenticators(f *testing.F) {
	at, _ := url.Parse("https://ops.example.com")
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a := newAuthenticator(key)
	der, _ := x509.MarshalPKIXPublicKey(key.Public())
	made := a.make()
	f.Add([]byte(`{"type":"webauthn.get","challenge":"challenge","origin":"https://ops.example.com"}`), a.data(false), []byte("x"))
	f.Add([]byte(`{"type":"webauthn.create"`), a.data(true), []byte{})
	f.Add([]byte{}, a.data(true)[:54], []byte{0x30})
	f.Fuzz(func(t *testing.T, client, data, signature []byte) {
		c := Credential{ID: made.ID, Client: encoded(client), Data: encoded(data), Signature: encoded(signature), Key: made.Key}
		if _, err := c.signed("challenge", at, &procedures.Passkey{Key: der}); err == nil {
			t.Error("it signs in")
		}
		_, _, _ = c.registered("another challenge", at)
		c.Client = encoded([]byte(`{"type":"webauthn.create","challenge":"c","origin":"https://ops.example.com"}`))
		_, _, _ = c.registered("c", at)
	})
}
