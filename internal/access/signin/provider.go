package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Provider is an OpenID provider that signs people in: https://openid.net/specs/openid-connect-core-1_0.html
type Provider struct {
	Name  string // in addresses and in the configuration
	Label string // as people know it
	// Issuer is compared with what the provider says of itself, and with each token, letter by letter.
	Issuer                 string
	ClientID, ClientSecret string
	Scopes                 []string
	// GroupsClaim is where a token names the person's groups: a claim, or the way to one, with dots.
	GroupsClaim string
	// AllowedDomains are those of the addresses of people who may sign in, where the provider has verified the address; empty for all.
	AllowedDomains []string
	// Parameters are sent with the person to the provider, besides those that the protocol has.
	Parameters map[string]string

	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	found *discovered
	tried time.Time
	why   error // of the last try
}

// discovered is what a provider says of itself.
type discovered struct {
	*oidc.Provider
	at       time.Time
	keys     *Keys
	verifier *oidc.IDTokenVerifier
	more     metadata
}

// metadata is what go-oidc does not read of it: https://openid.net/specs/openid-connect-rpinitiated-1_0.html, RFC 9207.
type metadata struct {
	JWKS       string   `json:"jwks_uri"`
	EndSession string   `json:"end_session_endpoint"`
	SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
}

const (
	// skew is by how much the clocks of a provider and of this server may differ.
	skew = time.Minute
	// discoveryAge is when a provider is asked again what it says of itself, discoveryPause how soon after it did not answer.
	discoveryAge   = time.Hour
	discoveryPause = 3 * time.Second
)

// discover is what the provider says of itself. Where it does not answer, what it said before holds.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	switch {
	case p.found != nil && now.Sub(p.found.at) < discoveryAge:
		return p.found, nil
	case now.Sub(p.tried) < discoveryPause && p.found != nil:
		return p.found, nil
	case now.Sub(p.tried) < discoveryPause && p.why != nil:
		return nil, p.why
	}
	p.tried = now
	d, err := p.ask(ctx)
	if err != nil {
		p.why = p.down(err)
		if p.found != nil {
			return p.found, nil
		}
		return nil, p.why
	}
	if p.found != nil && p.found.more.JWKS == d.more.JWKS { // its keys are known
		d.keys, d.verifier = p.found.keys, p.found.verifier
	}
	p.found, p.why = d, nil
	return d, nil
}

// ask asks the provider. Its answer is kept for everybody, so that it does not end with one request.
func (p *Provider) ask(ctx context.Context) (*discovered, error) {
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	d := &discovered{Provider: found, at: time.Now()}
	if err := found.Claims(&d.more); err != nil {
		return nil, err
	}
	algorithms := slices.DeleteFunc(d.more.Algorithms, func(a string) bool {
		return !slices.ContainsFunc(signatures, func(s jose.SignatureAlgorithm) bool { return string(s) == a })
	})
	d.keys = &Keys{URL: d.more.JWKS, Client: p.client}
	d.verifier = oidc.NewVerifier(p.Issuer, d.keys, &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: algorithms,
		Now: func() time.Time { return p.now().Add(-skew) },
	})
	return d, nil
}

// down is the error of a provider that cannot be asked.
func (p *Provider) down(err error) error {
	return procedures.Undisclosed(procedures.CodeUnavailable,
		p.Label+" does not answer, so nobody can sign in with it now. People who are signed in stay signed in. Try again in a moment",
		"ask the provider "+p.Name, err)
}

// config is what the OAuth library needs.
func (p *Provider) config(d *discovered, back string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: d.Endpoint(), RedirectURL: back, Scopes: p.Scopes,
	}
}

// claims is what a provider says of a person.
type claims map[string]any

// text is a claim that is a text.
func (c claims) text(name string) string { s, _ := c[name].(string); return s }

// truth is a claim that is true; some providers send it as a text.
func (c claims) truth(name string) bool { return c[name] == true || c[name] == "true" }

// under finds a claim: of the whole name, else by the way that its parts name.
func (c claims) under(path string) (any, bool) {
	if v, ok := c[path]; ok {
		return v, true
	}
	var at any = map[string]any(c)
	for part := range strings.SplitSeq(path, ".") {
		members, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = members[part]; !ok {
			return nil, false
		}
	}
	return at, true
}

// Bounds of what a person belongs to.
const (
	maxGroups = 2000
	maxGroup  = 256 // bytes
)

// groups are the person's groups: a list of texts, or one text.
func (c claims) groups(path string) []string {
	v, _ := c.under(path)
	list, ok := v.([]any)
	if one, text := v.(string); text {
		list, ok = []any{one}, true
	}
	if !ok {
		return nil
	}
	var out []string
	for _, item := range list {
		if g, ok := item.(string); ok && g != "" && len(g) <= maxGroup && len(out) < maxGroups {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// overage reports whether the provider left the groups out because there are too many of them:
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
func (c claims) overage() bool {
	names, _ := c["_claim_names"].(map[string]any)
	return names["groups"] != nil || c.truth("hasgroups")
}

// person is whom claims name. Its error says why somebody may not sign in.
func (p *Provider) person(c claims) (access.Person, error) {
	email := ""
	if c.truth("email_verified") {
		email = c.text("email")
	}
	if len(p.AllowedDomains) > 0 {
		_, domain, _ := cutLast(email, "@")
		if email == "" {
			return access.Person{}, procedures.Errorf(procedures.CodeRefused,
				"%s did not verify an email address of yours, and only people of %s may sign in", p.Label,
				strings.Join(p.AllowedDomains, ", "))
		}
		if !slices.ContainsFunc(p.AllowedDomains, func(d string) bool { return strings.EqualFold(d, domain) }) {
			return access.Person{}, procedures.Errorf(procedures.CodeRefused, "only people of %s may sign in, and your address at %s is %s",
				strings.Join(p.AllowedDomains, ", "), p.Label, access.CleanName(email))
		}
	}
	out := access.Person{Issuer: p.Issuer, Subject: c.text("sub"), Email: email, Groups: c.groups(p.GroupsClaim)}
	for _, name := range []string{c.text("name"), c.text("preferred_username"), email, out.Subject} {
		if out.Name = access.CleanName(name); out.Name != "" {
			break
		}
	}
	if out.Subject == "" || out.Name == "" {
		return access.Person{}, procedures.Errorf(procedures.CodeRefused, "%s did not say who you are", p.Label)
	}
	return out, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// read checks a token of the person, and returns what it says. Package oidc has compared issuer, audience, signature and end.
func (p *Provider) read(ctx context.Context, d *discovered, raw, accessToken string) (*oidc.IDToken, claims, error) {
	token, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	c := claims{}
	if err := token.Claims(&c); err != nil {
		return nil, nil, err
	}
	c["iss"] = p.Issuer
	azp, named := c["azp"]
	switch {
	case named && azp != p.ClientID, !named && len(token.Audience) > 1:
		return nil, nil, fmt.Errorf("the token was issued for %v, not for %s (azp)", azp, p.ClientID)
	case token.IssuedAt.After(p.now().Add(skew)):
		return nil, nil, fmt.Errorf("the token was issued in the future, at %s", token.IssuedAt)
	case token.Subject == "":
		return nil, nil, errors.New("the token names nobody")
	}
	if token.AccessTokenHash != "" && accessToken != "" {
		if err := token.VerifyAccessToken(accessToken); err != nil {
			return nil, nil, err
		}
	}
	return token, c, nil
}

// complete adds what the provider tells of the person besides the token, where the token has not all: some providers keep it short.
func (p *Provider) complete(ctx context.Context, d *discovered, token *oauth2.Token, c claims) error {
	_, groups := c.under(p.GroupsClaim)
	if (groups || p.GroupsClaim == "") && c["email"] != nil || d.UserInfoEndpoint() == "" || token.AccessToken == "" {
		return nil
	}
	info, err := d.UserInfo(oidc.ClientContext(ctx, p.client), oauth2.StaticTokenSource(token))
	if err != nil {
		return err
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return err
	}
	if info.Subject != c.text("sub") { // core, 5.3.2
		return errors.New("the user info is of somebody else")
	}
	for name, value := range more {
		if _, ok := c[name]; !ok {
			c[name] = value
		}
	}
	return nil
}

// endSession is where the person's session at the provider is ended, and what leads back from there; "" where the provider has none.
func (d *discovered) endSession(clientID, idToken, back string) string {
	u, err := url.Parse(d.more.EndSession)
	if d.more.EndSession == "" || err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", clientID)
	q.Set("post_logout_redirect_uri", back)
	if idToken != "" {
		q.Set("id_token_hint", idToken)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// unverified are the claims of a token that nobody has checked: to find whose it is, and for nothing else.
func unverified(raw string) claims {
	c := claims{}
	if parts := strings.Split(raw, "."); len(parts) == 3 {
		if data, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(data, &c) // what cannot be read says nothing
		}
	}
	return c
}
