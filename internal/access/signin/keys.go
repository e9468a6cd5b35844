package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Times of keys. An issuer that rotates shows a new key before it signs with it, and a token of a key that is not known asks for
// the keys again: not more often than keysPause, whoever sends such tokens.
const (
	keysAge   = time.Hour
	keysPause = 5 * time.Second
)

// Keys are the public keys of an issuer, from its JWKS (RFC 7517). They are fetched when they are needed, again where a token names
// one that is not known, and after an hour, so that one that was taken back does not stay. It is safe for several goroutines.
type Keys struct {
	URL    string
	Client *http.Client

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time // with success
	tried   time.Time
}

// signatures are the algorithms that keys may be used with: those of public keys (RFC 7518, 3.1; RFC 8037).
var signatures = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

var errNoKey = errors.New("no key of the issuer fits the signature")

// VerifySignature returns what a token says whose signature is one of the issuer's. It implements oidc.KeySet.
func (k *Keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSigned(token, signatures)
	if err != nil {
		return nil, fmt.Errorf("the token cannot be read: %w", err)
	}
	if len(signed.Signatures) != 1 {
		return nil, errors.New("the token has not one signature")
	}
	k.mu.Lock()
	defer k.mu.Unlock() // those who wait for keys wait for the same
	now := time.Now()
	if now.Sub(k.fetched) < keysAge {
		if payload := verified(signed, k.keys); payload != nil {
			return payload, nil
		}
	}
	if now.Sub(k.tried) >= keysPause {
		k.tried = now
		keys, err := k.fetch(ctx)
		if err != nil && k.keys == nil {
			return nil, err
		}
		if err == nil {
			k.keys, k.fetched = keys, now
		}
	}
	if payload := verified(signed, k.keys); payload != nil {
		return payload, nil
	}
	return nil, errNoKey
}

// verified is what a token says where one of the keys has signed it; nil for none.
func verified(signed *jose.JSONWebSignature, keys []jose.JSONWebKey) []byte {
	header := signed.Signatures[0].Header
	for i := range keys {
		key := &keys[i]
		if header.KeyID != "" && key.KeyID != header.KeyID || key.Use != "" && key.Use != "sig" ||
			key.Algorithm != "" && key.Algorithm != header.Algorithm || !key.IsPublic() {
			continue
		}
		if payload, err := signed.Verify(key); err == nil {
			return payload
		}
	}
	return nil
}

// fetch asks the issuer. Keys of a kind that is not known are left out.
func (k *Keys) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	var list struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := getJSON(ctx, k.Client, k.URL, &list); err != nil {
		return nil, fmt.Errorf("get the keys of the issuer: %w", err)
	}
	var out []jose.JSONWebKey
	for _, raw := range list.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && key.Valid() {
			out = append(out, key)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the issuer has no keys")
	}
	return out, nil
}

// getJSON gets a document.
func getJSON(ctx context.Context, client *http.Client, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
