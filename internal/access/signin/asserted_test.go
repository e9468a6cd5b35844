package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/access/signin/signintest"
	"github.com/opsbook/opsbook/internal/procedures"
)

// claimed are the claims of a proxy's token, with a change.
func claimed(change func(map[string]any)) map[string]any {
	now := time.Now()
	c := map[string]any{
		"iss": "https://proxy.example.com", "aud": []string{"opsbook-aud"}, "sub": "u-1", "email": "ada@example.com",
		"groups": []string{"sre", "engineering"}, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	if change != nil {
		change(c)
	}
	return c
}

// asked is what an authenticator says of a request with values of a header.
func asked(t *testing.T, a *signin.Asserted, values ...string) (string, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, v := range values {
		r.Header.Add(a.Header, v)
	}
	who, err := a.Authenticate(r)
	if err != nil && procedures.CodeOf(err) != procedures.CodeRefused {
		t.Errorf("the error has the code %q: %v", procedures.CodeOf(err), err)
	}
	groups := []string{"engineering", "sre"}
	if err == nil && (who.Issuer != a.Issuer || who.Email != "ada@example.com" || !slices.Equal(who.Groups, groups)) {
		t.Errorf("it is %+v", who)
	}
	return who.Subject, err
}

// TestProxysTokens: a token with a wrong key, audience, issuer or time names nobody, nor does one that is not signed or there twice.
func TestProxysTokens(t *testing.T) {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	fetched := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetched++
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k1", Use: "sig"}}})
	}))
	defer server.Close()
	a := &signin.Asserted{
		Header: "Cf-Access-Jwt-Assertion", Issuer: "https://proxy.example.com", Audience: "opsbook-aud", GroupsClaim: "groups",
		TrustsEmail: true, Keys: &signin.Keys{URL: server.URL, Client: signin.NewClient()}, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler),
	}
	part := func(v any) string {
		data, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(data)
	}
	sign := func(change func(map[string]any)) string { return signintest.Sign(key, "k1", claimed(change)) }
	good := sign(nil)
	public, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	symmetric, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(claimed(nil))
	confused, _ := symmetric.Sign(payload)
	confusedToken, _ := confused.CompactSerialize()
	for _, c := range []struct {
		name   string
		values []string
		ok     bool
	}{
		{"as it should be", []string{good}, true},
		{"as a bearer", []string{"Bearer " + good}, true},
		{"none", nil, false}, {"empty", []string{""}, false}, {"twice", []string{good, good}, false}, {"no token", []string{"ada"}, false},
		{"another key", []string{signintest.Sign(other, "k1", claimed(nil))}, false},
		{"a key that is not known", []string{signintest.Sign(other, "k2", claimed(nil))}, false},
		{"another audience", []string{sign(func(c map[string]any) { c["aud"] = "other" })}, false},
		{"no audience", []string{sign(func(c map[string]any) { delete(c, "aud") })}, false},
		{"another issuer", []string{sign(func(c map[string]any) { c["iss"] = "https://proxy.example.com/" })}, false},
		{"expired", []string{sign(func(c map[string]any) { c["exp"] = time.Now().Unix() - 90 })}, false},
		{"expired by a slow clock", []string{sign(func(c map[string]any) { c["exp"] = time.Now().Unix() - 30 })}, true},
		{"without an end", []string{sign(func(c map[string]any) { delete(c, "exp") })}, false},
		{"of the future", []string{sign(func(c map[string]any) { c["iat"] = time.Now().Unix() + 90 })}, false},
		{"not before later", []string{sign(func(c map[string]any) { c["nbf"] = time.Now().Unix() + 90 })}, false},
		{"of nobody", []string{sign(func(c map[string]any) { delete(c, "sub") })}, false},
		{"not signed", []string{part(map[string]any{"alg": "none"}) + "." + part(claimed(nil)) + "."}, false},
		{"signed with the public key as a secret", []string{confusedToken}, false},
		{"another payload", []string{strings.Split(good, ".")[0] + "." + part(claimed(func(c map[string]any) { c["sub"] = "root" })) + "." +
			strings.Split(good, ".")[2]}, false},
	} {
		got, err := asked(t, a, c.values...)
		if (err == nil) != c.ok || c.ok && got != "u-1" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	if fetched > 2 {
		t.Errorf("keys were asked for %d times by tokens of keys that are not known", fetched)
	}
	a.AllowedDomains = []string{"example.com"}
	if _, err := asked(t, a, good); err != nil {
		t.Error(err)
	}
	a.TrustsEmail = false
	if _, err := asked(t, a, good); err == nil {
		t.Error("an address counts that nobody verified")
	}
}

// TestBalancersTokens: those of AWS's load balancers, with their padding, their key by its identifier, and their signer compared.
func TestBalancersTokens(t *testing.T) {
	const signer = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/ops/0123456789abcdef"
	const id = "0f1e2d3c-aaaa-bbbb-cccc-0123456789ab"
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		if r.URL.Path != "/"+id {
			http.NotFound(w, r)
			return
		}
		der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
		_ = pem.Encode(w, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}))
	defer server.Close()
	a := &signin.Asserted{
		Header: "X-Amzn-Oidc-Data", Issuer: "https://sso.example.com", Audience: "client-1", GroupsClaim: "groups", TrustsEmail: true,
		Keys: &signin.BalancerKeys{Address: server.URL, Signer: signer, Client: signin.NewClient()}, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler),
	}
	token := func(with *ecdsa.PrivateKey, change func(head, claims map[string]any)) string {
		head := map[string]any{
			"alg": "ES256", "typ": "JWT", "kid": id, "signer": signer, "iss": "https://sso.example.com", "client": "client-1",
			"exp": time.Now().Add(2 * time.Minute).Unix(),
		}
		claims := map[string]any{"sub": "u-1", "email": "ada@example.com", "groups": []string{"engineering", "sre"}}
		if change != nil {
			change(head, claims)
		}
		part := func(v any) string {
			data, _ := json.Marshal(v)
			return base64.URLEncoding.EncodeToString(data) // padded
		}
		text := part(head) + "." + part(claims)
		sum := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(rand.Reader, with, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return text + "." + base64.URLEncoding.EncodeToString(signature)
	}
	for _, c := range []struct {
		name  string
		token string
		ok    bool
	}{
		{"as it should be", token(key, nil), true},
		{"another length, so another padding", token(key, func(_, c map[string]any) { c["x"] = "y" }), true},
		{"another balancer of the region", token(key, func(h, _ map[string]any) { h["signer"] = signer[:len(signer)-1] + "0" }), false},
		{"no signer", token(key, func(h, _ map[string]any) { delete(h, "signer") }), false},
		{"another client", token(key, func(h, _ map[string]any) { h["client"] = "client-2" }), false},
		{"another issuer", token(key, func(h, _ map[string]any) { h["iss"] = "https://evil.example" }), false},
		{"expired", token(key, func(h, _ map[string]any) { h["exp"] = time.Now().Unix() - 90 }), false},
		{"another algorithm", token(key, func(h, _ map[string]any) { h["alg"] = "none" }), false},
		{"another key", token(other, nil), false},
		{"a key elsewhere", token(other, func(h, _ map[string]any) { h["kid"] = "../../evil.example/key" }), false},
		{"of nobody", token(key, func(_, c map[string]any) { delete(c, "sub") }), false},
		{"no token", "a.b", false},
	} {
		got, err := asked(t, a, c.token)
		if (err == nil) != c.ok || c.ok && got != "u-1" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	if len(paths) != 1 {
		t.Errorf("keys were asked for at %q", paths)
	}
}
