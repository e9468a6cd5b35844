package main

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
)

// signInConfig is sign_in as the file has it.
type signInConfig struct {
	Providers []providerConfig `yaml:"providers"`
	Idle      string           `yaml:"idle"`
	Lasts     string           `yaml:"lasts"`
	Refresh   string           `yaml:"refresh"`
	Proxy     *assertedConfig  `yaml:"proxy"`
	Local     *localConfig     `yaml:"local"`
}

// on reports whether people sign in here.
func (c signInConfig) on() bool { return len(c.Providers) > 0 || c.Local != nil }

// providerConfig is an entry of providers.
type providerConfig struct {
	Name             string            `yaml:"name"`
	Label            string            `yaml:"label"`
	Issuer           string            `yaml:"issuer"`
	ClientID         string            `yaml:"client_id"`
	ClientSecretEnv  string            `yaml:"client_secret_env"`
	ClientSecretFile string            `yaml:"client_secret_file"`
	Scopes           []string          `yaml:"scopes"`
	GroupsClaim      string            `yaml:"groups_claim"`
	AllowedDomains   []string          `yaml:"allowed_domains"`
	Parameters       map[string]string `yaml:"parameters"`

	lines map[string]int // of its keys, and of itself under ""
}

// UnmarshalYAML reads an entry, and keeps where its keys are.
func (p *providerConfig) UnmarshalYAML(node *yaml.Node) error {
	p.lines = linesOf(node)
	type plain providerConfig // without this method
	return node.Decode((*plain)(p))
}

// linesOf is where the keys of a mapping are, and it itself under "".
func linesOf(node *yaml.Node) map[string]int {
	lines := map[string]int{"": node.Line}
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		lines[node.Content[i].Value] = node.Content[i].Line
	}
	return lines
}

// line is where a key is; where the entry is that does not have it.
func (p *providerConfig) line(key string) int { return cmp.Or(p.lines[key], p.lines[""]) }

// usualScopes ask for who somebody is. offline_access lets the server ask again, so that changed groups count:
// https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess
var usualScopes = []string{"openid", "profile", "email", "offline_access"}

// own are the parameters of a sign-in that the protocol has, and that the configuration cannot say otherwise.
var own = []string{
	"client_id", "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"request", "request_uri",
}

// The bounds of times: a sign-in cannot last longer than the browser's session.
var signInTimes = []struct {
	key        string
	usual      time.Duration
	least, max time.Duration
}{
	{"idle", signin.UsualIdle, time.Minute, limits.SessionIdleTime.Time()},
	{"lasts", signin.UsualLasts, time.Minute, limits.SessionTime.Time()},
	{"refresh", signin.UsualRefresh, time.Second, 24 * time.Hour},
}

// times are idle, lasts and refresh; an error names one that is none.
func (c signInConfig) times() (out map[string]time.Duration, wrong map[string]string) {
	out, wrong = map[string]time.Duration{}, map[string]string{}
	for _, t := range signInTimes {
		text := map[string]string{"idle": c.Idle, "lasts": c.Lasts, "refresh": c.Refresh}[t.key]
		d, err := time.ParseDuration(cmp.Or(text, t.usual.String()))
		if err != nil || d < t.least || d > t.max {
			wrong[t.key] = fmt.Sprintf("%s is %q; it is a time such as %s, from %s to %s", t.key, text, t.usual, t.least, t.max)
		}
		out[t.key] = d
	}
	return out, wrong
}

// checkSignIn says what is wrong with sign_in. It reads no secret and asks no provider.
func (c *configuration) checkSignIn(r *configurationReader, root *yaml.Node) {
	_, wrongTimes := c.SignIn.times()
	for key, text := range wrongTimes {
		r.add(under(root, "sign_in", key).Line, "sign_in: %s", text)
	}
	names := map[string]bool{}
	for i := range c.SignIn.Providers {
		p := &c.SignIn.Providers[i]
		wrong := func(key, format string, args ...any) {
			r.add(p.line(key), "provider %s: %s", cmp.Or(p.Name, fmt.Sprint(i+1)), fmt.Sprintf(format, args...))
		}
		if names[p.Name] {
			wrong("name", "there are two of this name")
		}
		names[p.Name] = true
		p.check(wrong)
	}
	if c.SignIn.Local != nil {
		c.SignIn.Local.check(c.Roles, func(key, format string, args ...any) {
			r.add(under(root, "sign_in", "local", key).Line, "sign_in.local: "+format, args...)
		})
	}
	if c.SignIn.Proxy != nil {
		c.SignIn.Proxy.check(c.SignIn.on(), func(key, format string, args ...any) {
			r.add(under(root, "sign_in", "proxy", key).Line, "sign_in.proxy: "+format, args...)
		})
	}
}

var (
	providerName  = lazy.Regexp(`^[a-z0-9][a-z0-9-]{0,30}$`)
	allowedDomain = lazy.Regexp(`^(?i:[a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.(?i:[a-z0-9]([a-z0-9-]*[a-z0-9])?))+$`)
)

// check says what is wrong with an entry.
func (p *providerConfig) check(wrong func(key, format string, args ...any)) {
	if !providerName().MatchString(p.Name) {
		wrong("name", "name is %q; give it one of small letters, digits and -, such as sso: it stands in addresses", p.Name)
	}
	u, err := url.Parse(p.Issuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		wrong("issuer", "issuer is %q; it is the provider's address, as its discovery document has it: https://sso.example.com", p.Issuer)
	case u.Scheme == "http" && !loopbackName(u.Hostname()):
		wrong("issuer", "issuer is %q; a provider that is asked over HTTP can be anybody: use https", p.Issuer)
	}
	if p.ClientID == "" {
		wrong("client_id", "client_id is missing; it is the name that the provider has given this application")
	}
	if count(p.ClientSecretEnv, p.ClientSecretFile) > 1 {
		wrong("client_secret_file", "client_secret_env and client_secret_file are both named; name one")
	}
	if p.ClientSecretEnv != "" && !variableName().MatchString(p.ClientSecretEnv) {
		wrong("client_secret_env", "client_secret_env names a variable of the server, which %q is not", p.ClientSecretEnv)
	}
	if len(p.Scopes) > 0 && !slices.Contains(p.Scopes, "openid") {
		wrong("scopes", "scopes have to contain openid; without a list they are %s", strings.Join(usualScopes, ", "))
	}
	for _, scope := range p.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \"\\") {
			wrong("scopes", "scopes: %q is none", scope)
		}
	}
	for _, domain := range p.AllowedDomains {
		if !allowedDomain().MatchString(domain) {
			wrong("allowed_domains", "allowed_domains: %q is no domain, such as example.com", domain)
		}
	}
	for name := range p.Parameters {
		if slices.Contains(own, name) {
			wrong("parameters", "parameters: %s is the protocol's own and cannot be said here", name)
		}
	}
}

// loopbackName reports whether a host is this machine.
func loopbackName(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// provider reads the secret of an entry that was checked.
func (p *providerConfig) provider(r *configurationReader, t terminal) *signin.Provider {
	wrong := func(key, format string, args ...any) {
		r.add(p.line(key), "provider "+p.Name+": "+format, args...)
	}
	out := &signin.Provider{
		Name: p.Name, Label: cmp.Or(p.Label, p.Name), Issuer: p.Issuer, ClientID: p.ClientID, Scopes: p.Scopes, GroupsClaim: p.GroupsClaim,
		AllowedDomains: p.AllowedDomains, Parameters: p.Parameters,
	}
	if len(out.Scopes) == 0 {
		out.Scopes = usualScopes
	}
	if p.ClientSecretEnv != "" || p.ClientSecretFile != "" {
		out.ClientSecret, _, _ = secretOf(p.ClientSecretEnv, p.ClientSecretFile, "client_secret", t, wrong)
	}
	return out
}

// buildSignIn makes what says who people are.
func (p *portal) buildSignIn(o *options, t terminal, reach reach, key [32]byte, other *[32]byte, sessions *scs.SessionManager) error {
	if reach.signIn.Proxy != nil {
		p.authenticator = reach.signIn.Proxy.authenticator(reach, now(o), p.logger)
		return nil
	}
	if !reach.signIn.on() {
		p.authenticator = reach.authenticator(sessions)
		return nil
	}
	r := &configurationReader{name: configurationName(o.Config)}
	var providers []*signin.Provider
	for i := range reach.signIn.Providers {
		providers = append(providers, reach.signIn.Providers[i].provider(r, t))
	}
	if err := r.err(); err != nil {
		return err
	}
	times, _ := reach.signIn.times()
	var err error
	p.signIn, err = signin.New(signin.Options{
		URL: reach.url, Key: key, OtherKey: other, Providers: providers, Sessions: sessions, Store: p.db, Forwarded: reach.forwarded,
		Local: reach.signIn.Local != nil, LocalVersion: p.localVersion(reach),
		Idle: times["idle"], Lasts: times["lasts"], Refresh: times["refresh"], Announce: p.db.Announce, Now: o.now, Logger: p.logger,
	})
	p.authenticator = p.signIn
	return err
}
