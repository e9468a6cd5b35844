package signin

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Asserted is the Authenticator of a portal behind a proxy that signs who somebody is: a JWT in a header, such as those of Cloudflare
// Access, Google's IAP, oauth2-proxy and AWS's load balancers. The signature proves it, wherever the request came from; the networks
// say whose X-Forwarded headers are believed.
type Asserted struct {
	Header string
	// Issuer and Audience are compared with the token's, letter by letter.
	Issuer, Audience string
	GroupsClaim      string
	AllowedDomains   []string
	// TrustsEmail takes an address for verified of which the token does not say whether it is.
	TrustsEmail bool
	Forwarded   access.Forwarded
	Keys        oidc.KeySet
	Now         func() time.Time
	Logger      *slog.Logger
}

// Authenticate implements access.Authenticator. Why a token is refused is for the log.
func (a *Asserted) Authenticate(r *http.Request) (access.Person, error) {
	values := r.Header.Values(a.Header)
	if len(values) != 1 {
		return access.Person{}, procedures.Errorf(procedures.CodeRefused,
			"the proxy did not say who this is: it has to send exactly one header %s; nothing was done", a.Header)
	}
	token := values[0]
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = rest
	}
	c, err := a.verify(r.Context(), token)
	if err != nil {
		a.Logger.WarnContext(r.Context(), "a proxy's token was refused", "header", a.Header, "error", err)
		return access.Person{}, procedures.Undisclosed(procedures.CodeRefused,
			"the token in the proxy's header "+a.Header+" is not accepted; nothing was done. The reason is in the server's log",
			"verify the proxy's token", err)
	}
	if _, said := c["email_verified"]; !said && a.TrustsEmail {
		c["email_verified"] = true
	}
	who, err := (&Provider{Label: "the proxy", Issuer: a.Issuer, GroupsClaim: a.GroupsClaim, AllowedDomains: a.AllowedDomains}).person(c)
	return who, err
}

// verify checks a token's signature, issuer, audience and times.
func (a *Asserted) verify(ctx context.Context, token string) (claims, error) {
	if balancer, ok := a.Keys.(*BalancerKeys); ok {
		return balancer.verify(ctx, token, a.Issuer, a.Audience, a.Now())
	}
	list := make([]string, len(signatures))
	for i, s := range signatures {
		list[i] = string(s)
	}
	verified, err := oidc.NewVerifier(a.Issuer, a.Keys, &oidc.Config{
		ClientID: a.Audience, SupportedSigningAlgs: list, Now: func() time.Time { return a.Now().Add(-skew) },
	}).Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	c := claims{}
	if err := verified.Claims(&c); err != nil {
		return nil, err
	}
	return c, timely(c, a.Now())
}

// timely is an error for a token that begins later than now.
func timely(c claims, now time.Time) error {
	for _, name := range []string{"iat", "nbf"} {
		if at, ok := c[name].(float64); ok && time.Unix(int64(at), 0).After(now.Add(skew)) {
			return fmt.Errorf("the token is of the future (%s)", name)
		}
	}
	return nil
}

// Secure implements access.Authenticator.
func (a *Asserted) Secure(r *http.Request) bool { return a.Forwarded.Secure(r) }

// Trusts reports whether a request comes from a proxy that may be believed.
func (a *Asserted) Trusts(r *http.Request) bool { return a.Forwarded.Trusts(r) }

// Address is where a request comes from.
func (a *Asserted) Address(r *http.Request) string { return a.Forwarded.Address(r) }

// Verified implements access.Authenticator.
func (*Asserted) Verified() bool { return true }

// BalancerKeys are the keys of an Application Load Balancer, one address a key:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#user-claims-encoding
type BalancerKeys struct {
	// Address is where they are, without the key's identifier.
	Address string
	// Signer is the balancer's ARN, which each token names: other balancers have keys at the same address.
	Signer string
	Client *http.Client

	mu    sync.Mutex
	known map[string]*ecdsa.PublicKey
	tried time.Time
}

var balancerKey = lazy.Regexp(`^[0-9A-Za-z-]{8,64}$`)

// VerifySignature implements oidc.KeySet, for the type's sake: a balancer's tokens are no JWS of RFC 7515, see verify.
func (*BalancerKeys) VerifySignature(context.Context, string) ([]byte, error) {
	return nil, errors.New("a balancer's tokens are verified as a whole")
}

// verify checks a token of the balancer. Its parts are padded, which the signature is over too, and what other tokens say of
// issuer, audience and end stands in its header.
func (k *BalancerKeys) verify(ctx context.Context, token, issuer, client string, now time.Time) (claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("the token has not three parts")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(part, "=")); err != nil {
			return nil, errors.New("the token cannot be read")
		}
	}
	var head struct {
		Algorithm string  `json:"alg"`
		Key       string  `json:"kid"`
		Signer    string  `json:"signer"`
		Issuer    string  `json:"iss"`
		Client    string  `json:"client"`
		Expires   float64 `json:"exp"`
	}
	if err := json.Unmarshal(decoded[0], &head); err != nil {
		return nil, errors.New("the token's header cannot be read")
	}
	switch {
	case head.Algorithm != string(jose.ES256):
		return nil, fmt.Errorf("the token is signed with %q, not with ES256", head.Algorithm)
	case head.Signer != k.Signer:
		return nil, fmt.Errorf("the token is of the balancer %q", head.Signer)
	case head.Issuer != issuer:
		return nil, fmt.Errorf("the token is of the issuer %q", head.Issuer)
	case head.Client != client:
		return nil, fmt.Errorf("the token is for the client %q", head.Client)
	case time.Unix(int64(head.Expires), 0).Add(skew).Before(now):
		return nil, errors.New("the token is expired")
	}
	key, err := k.key(ctx, head.Key)
	if err != nil {
		return nil, err
	}
	if !signedBy(key, parts[0]+"."+parts[1], decoded[2]) {
		return nil, errNoKey
	}
	c := claims{}
	if err := json.Unmarshal(decoded[1], &c); err != nil {
		return nil, errors.New("the token's claims cannot be read")
	}
	return c, nil
}

// mostBalancerKeys bounds the keys that are kept.
const mostBalancerKeys = 16

// key is a key of the balancer. One that is not known is asked for, not more often than keysPause.
func (k *BalancerKeys) key(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	if !balancerKey().MatchString(id) {
		return nil, errors.New("the token names no key")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.known[id]; key != nil {
		return key, nil
	}
	if time.Since(k.tried) < keysPause {
		return nil, errNoKey
	}
	k.tried = time.Now()
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, k.Address+"/"+id, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("the balancer's key: %s", response.Status), err)
	}
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil {
		return nil, errors.New("the balancer's key is no PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("the balancer's key is of another kind")
	}
	if k.known == nil || len(k.known) >= mostBalancerKeys {
		k.known = map[string]*ecdsa.PublicKey{}
	}
	k.known[id] = key
	return key, nil
}

// signedBy reports whether a key has signed a text with ES256: two numbers of 32 bytes (RFC 7518, 3.4).
func signedBy(key *ecdsa.PublicKey, text string, signature []byte) bool {
	if len(signature) != 64 || key.Curve != elliptic.P256() {
		return false
	}
	sum := sha256.Sum256([]byte(text))
	return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}
