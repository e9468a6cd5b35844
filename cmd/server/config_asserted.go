package main

import (
	"log/slog"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/lazy"
)

// assertedConfig is sign_in.proxy: a proxy that signs who somebody is.
type assertedConfig struct {
	Header         string   `yaml:"header"`
	JWKSURL        string   `yaml:"jwks_url"`
	Balancer       string   `yaml:"balancer"`
	Issuer         string   `yaml:"issuer"`
	Audience       string   `yaml:"audience"`
	GroupsClaim    string   `yaml:"groups_claim"`
	AllowedDomains []string `yaml:"allowed_domains"`
	TrustsEmail    bool     `yaml:"trusts_email"`
}

// balancerARN is an application load balancer, with its partition and region.
var balancerARN = lazy.Regexp(`^arn:(aws|aws-us-gov):elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:loadbalancer/app/[\w-]+/[0-9a-f]+$`)

// balancerHeader is where load balancers say who somebody is.
const balancerHeader = "X-Amzn-Oidc-Data"

// check says what is wrong with it.
func (c *assertedConfig) check(providers bool, wrong func(key, format string, args ...any)) {
	if providers {
		wrong("", "people sign in here by providers, and at a proxy by this: leave one of them out")
	}
	if count(c.JWKSURL, c.Balancer) != 1 {
		wrong("", "one of jwks_url and balancer says where the keys of the proxy are")
	}
	if u, err := url.Parse(c.JWKSURL); c.JWKSURL != "" &&
		(err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopbackName(u.Hostname()))) {
		wrong("jwks_url", "jwks_url is %q; it is the https address of the proxy's keys", c.JWKSURL)
	}
	if c.Balancer != "" && !balancerARN().MatchString(c.Balancer) {
		wrong("balancer", "balancer is %q; it is the ARN of an application load balancer", c.Balancer)
	}
	if c.Header == "" && c.Balancer == "" {
		wrong("header", "header is missing; it is the one in which the proxy sends its token, such as Cf-Access-Jwt-Assertion")
	}
	if name := textproto.CanonicalMIMEHeaderKey(c.Header); name != "Authorization" && slices.Contains(claimable, name) {
		wrong("header", "header is %q, which browsers and proxies send for something else", c.Header)
	}
	if c.Issuer == "" {
		wrong("issuer", "issuer is missing; it is what the proxy's tokens say of themselves (iss)")
	}
	if c.Audience == "" {
		wrong("audience", "audience is missing; without it a token for another application would be taken (aud; client of a balancer)")
	}
	for _, domain := range c.AllowedDomains {
		if !allowedDomain().MatchString(domain) {
			wrong("allowed_domains", "allowed_domains: %q is no domain, such as example.com", domain)
		}
	}
}

// authenticator is what reads the proxy's tokens. No key is fetched yet.
func (c *assertedConfig) authenticator(reach reach, now func() time.Time, logger *slog.Logger) access.Authenticator {
	a := &signin.Asserted{
		Header: c.Header, Issuer: c.Issuer, Audience: c.Audience, GroupsClaim: c.GroupsClaim, AllowedDomains: c.AllowedDomains,
		TrustsEmail: c.TrustsEmail, Forwarded: reach.forwarded, Now: now, Logger: logger,
		Keys: &signin.Keys{URL: c.JWKSURL, Client: signin.NewClient()},
	}
	if c.Balancer != "" {
		if a.Header == "" {
			a.Header = balancerHeader
		}
		a.Keys = &signin.BalancerKeys{Address: balancerKeys(c.Balancer), Signer: c.Balancer, Client: signin.NewClient()}
	}
	return a
}

// balancerKeys is where the keys of a balancer are:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#user-claims-encoding
func balancerKeys(arn string) string {
	part := strings.Split(arn, ":")
	if part[1] == "aws-us-gov" {
		return "https://s3-" + part[3] + ".amazonaws.com/aws-elb-public-keys-prod-" + part[3]
	}
	return "https://public-keys.auth.elb." + part[3] + ".amazonaws.com"
}
