// Package signintest is an OpenID provider on loopback, for tests: zitadel's, with a storage of its own, and with what goes wrong.
package signintest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the provider calls the portal.
const (
	ClientID     = "opsbook"
	ClientSecret = "a secret of the client"
)

// User is somebody whom the provider knows.
type User struct {
	Subject, Name, Email string
	Verified             bool // the address
	Groups               []string
	More                 map[string]any // claims besides
}

// Ada is somebody who may sign in.
func Ada() *User {
	return &User{Subject: "u-1", Name: "Ada Lovelace", Email: "ada@example.com", Verified: true, Groups: []string{"engineering", "sre"}}
}

// Provider is the provider. Its members may be changed under Change while it serves.
type Provider struct {
	Issuer string

	server *httptest.Server
	mu     sync.Mutex
	// Who signs in without being asked; nil for whoever presses the button of the page.
	who *User
	// tamper changes the claims of ID tokens before they are signed once more; nil for not.
	tamper    func(claims map[string]any)
	forge     bool // with a key that nobody knows
	down      bool
	refuses   bool // refresh tokens
	short     bool // ID tokens name nobody's groups and address: the user info does
	asks      bool // a page with a button stands before the end
	keys      []*rsa.PrivateKey
	redirect  []string
	requests  map[string]*request // by id and by code
	tokens    map[string]*request // by refresh token
	sessions  int
	exchanges int // of codes and refresh tokens
}

// New starts a provider, which leads back to the portals at some addresses.
func New(t testing.TB, portals ...string) *Provider {
	t.Helper()
	p := &Provider{requests: map[string]*request{}, tokens: map[string]*request{}}
	p.Portals(portals...)
	p.Rotate()
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r) }))
	t.Cleanup(p.server.Close)
	p.Issuer = strings.Replace(p.server.URL, "127.0.0.1", "localhost", 1) // another site than that of the portal
	provider, err := op.NewProvider(&op.Config{
		CryptoKey: [32]byte{1}, CodeMethodS256: true, AuthMethodPost: true, GrantTypeRefreshToken: true,
	}, storage{Provider: p}, op.StaticIssuer(p.Issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	callback := op.AuthCallbackURL(provider)
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle("/login", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		p.mu.Lock()
		asks := p.asks && r.Method == http.MethodGet
		if q := p.requests[id]; q != nil && !asks {
			q.user = p.who
		}
		p.mu.Unlock()
		if asks {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>Provider</title><main id="main"><form method="post" action="/login?id=%s">`+
				`<button id="in">Sign in as the person</button></form></main>`, id)
			return
		}
		http.Redirect(w, r, callback(r.Context(), id), http.StatusFound)
	}))
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.through(w, r, mux) })
	return p
}

// serve stands until the provider is made.
func (p *Provider) serve(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

// through does to an answer of the provider what a test wants.
func (p *Provider) through(w http.ResponseWriter, r *http.Request, next http.Handler) {
	p.mu.Lock()
	down := p.down
	p.mu.Unlock()
	if down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if r.URL.Path != "/oauth/token" {
		next.ServeHTTP(w, r)
		return
	}
	held := httptest.NewRecorder()
	next.ServeHTTP(held, r)
	body := held.Body.Bytes()
	p.mu.Lock()
	p.exchanges++
	if answer := map[string]any{}; (p.tamper != nil || p.forge) && json.Unmarshal(body, &answer) == nil && answer["id_token"] != nil {
		claims := Claims(answer["id_token"].(string))
		if p.tamper != nil {
			p.tamper(claims)
		}
		answer["id_token"] = p.sign(claims)
		if packed, err := json.Marshal(answer); err == nil {
			body = packed
		}
	}
	p.mu.Unlock()
	maps.Copy(w.Header(), held.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(held.Code)
	_, _ = bytes.NewReader(body).WriteTo(w)
}

// sign signs claims with the newest key. The lock is held.
func (p *Provider) sign(claims map[string]any) string {
	key, name := p.keys[len(p.keys)-1], keyName(len(p.keys)-1)
	if p.forge {
		key, _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return Sign(key, name, claims)
}

// Sign signs claims with a key of a name.
func Sign(key *rsa.PrivateKey, name string, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: name}}, nil)
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// Claims are those of a token, unverified.
func Claims(token string) map[string]any {
	out := map[string]any{}
	if parts := strings.Split(token, "."); len(parts) == 3 {
		data, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(data, &out)
	}
	return out
}

// keyName names a key by its number.
func keyName(n int) string { return fmt.Sprintf("key-%d", n) }

// Portals are the portals that the provider leads back to.
func (p *Provider) Portals(addresses ...string) { p.change(func() { p.redirect = addresses }) }

// change changes something under the lock.
func (p *Provider) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// Be says who signs in.
func (p *Provider) Be(u *User) { p.change(func() { p.who = u }) }

// Tamper changes the claims of the tokens that follow; nil does no more.
func (p *Provider) Tamper(do func(claims map[string]any)) { p.change(func() { p.tamper = do }) }

// Forge signs the tokens that follow with a key that is not the provider's.
func (p *Provider) Forge(on bool) { p.change(func() { p.forge = on }) }

// Down has the provider answer nothing.
func (p *Provider) Down(on bool) { p.change(func() { p.down = on }) }

// Refuse has the provider take no refresh token.
func (p *Provider) Refuse(on bool) { p.change(func() { p.refuses = on }) }

// Short has ID tokens name neither groups nor address.
func (p *Provider) Short(on bool) { p.change(func() { p.short = on }) }

// Ask has the provider show a page with a button (#in) first.
func (p *Provider) Ask(on bool) { p.change(func() { p.asks = on }) }

// Rotate signs with a new key from now on, and forgets the others.
func (p *Provider) Rotate() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	p.change(func() { p.keys = append(p.keys, key) })
}

// Exchanges is how many codes and refresh tokens were brought.
func (p *Provider) Exchanges() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exchanges
}

// LogoutToken is what the provider sends when a session has ended, with what a test changes of it.
func (p *Provider) LogoutToken(subject, session string, change func(claims map[string]any)) string {
	now := time.Now()
	claims := map[string]any{
		"iss": p.Issuer, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if subject != "" {
		claims["sub"] = subject
	}
	if session != "" {
		claims["sid"] = session
	}
	if change != nil {
		change(claims)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sign(claims)
}

// Token signs claims, as an issuer of tokens for jobs does.
func (p *Provider) Token(claims map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sign(claims)
}
