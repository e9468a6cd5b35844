package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/opsbook/opsbook/internal/access/signin/signintest"
)

// TestPortalBehindASigningProxy: whom the proxy's token names is in the portal, by its address; without one, or with another, nobody is.
func TestPortalBehindASigningProxy(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k"}}})
	}))
	defer keys.Close()
	o := &options{Data: t.TempDir(), policy: &groupPolicy{}, Config: configured(t, fmt.Sprintf(`url: https://ops.example.com
sign_in:
  proxy:
    header: X-Jwt
    jwks_url: %s
    issuer: https://proxy.example.com
    audience: ops
    groups_claim: roles.ops
`, keys.URL))}
	by, err := (&serveCommand{Addr: "0.0.0.0:0", BehindProxy: []string{"127.0.0.1/32"}}).reach(o)
	if err != nil {
		t.Fatal(err)
	}
	s := startReached(t, o, by)
	token := func(change func(map[string]any)) string {
		claims := map[string]any{
			"iss": "https://proxy.example.com", "aud": "ops", "sub": "u-1", "name": "Ada Lovelace",
			"exp": time.Now().Add(time.Minute).Unix(), "roles": map[string]any{"ops": []string{"engineering"}},
		}
		if change != nil {
			change(claims)
		}
		return signintest.Sign(key, "k", claims)
	}
	for _, c := range []struct {
		name, host, proto, token string
		status                   int
		says                     string
	}{
		{"as it should be", "ops.example.com", "https", token(nil), 200, "Ada Lovelace"},
		{"without a token", "ops.example.com", "https", "", 403, "exactly one header X-Jwt"},
		{"for another application", "ops.example.com", "https", token(func(c map[string]any) { c["aud"] = "x" }), 403, "not accepted"},
		{"in no group", "ops.example.com", "https", token(func(c map[string]any) { delete(c, "roles") }), 403, "Only people of"},
		{"by another name", "127.0.0.1", "https", token(nil), 421, "https://ops.example.com"},
		{"over HTTP", "ops.example.com", "http", token(nil), 421, "https://ops.example.com"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+"/runs", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("X-Forwarded-Proto", c.proto)
		if c.token != "" {
			r.Header.Set("X-Jwt", c.token)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != c.status || !strings.Contains(string(body), c.says) {
			t.Errorf("%s: %d %s, %v", c.name, response.StatusCode, body, err)
		}
	}
}
