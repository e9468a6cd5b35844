package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// reach is who may reach a portal, and by which names. It is settled before anything else of a server begins.
type reach struct {
	url   *url.URL // where browsers find the portal; nil where that is not said
	hosts []string
	proxy *access.Proxy // that signs people in; nil for none
	// signIn signs people in here, where it has providers; forwarded are the proxies before it.
	signIn    signInConfig
	forwarded access.Forwarded
	// metrics are networks that read /metrics without a person.
	metrics []netip.Prefix
	// certificate is that of HTTPS; nil for HTTP.
	certificate *certificate
}

// crowds are the networks whose addresses are those of many people.
func (r reach) crowds() []netip.Prefix {
	if r.proxy == nil {
		return r.forwarded.Networks
	}
	return r.proxy.Networks
}

// closed reports whether nobody comes in who is not signed in.
func (r reach) closed() bool { return r.proxy != nil || r.signIn.on() || r.signIn.Proxy != nil }

// reach reads who may reach the portal. All that is wrong is found before anything is opened.
func (c *serveCommand) reach(o *options) (reach, error) {
	public, err := o.publicURL()
	if err != nil {
		return reach{}, err
	}
	out := reach{url: public, hosts: c.Host}
	config, err := readConfiguration(o.Config)
	if err != nil {
		return reach{}, err
	}
	if out.signIn = config.SignIn; out.signIn.on() || out.signIn.Proxy != nil {
		out.forwarded, err = c.behind(public)
	} else {
		out.proxy, err = c.proxy(public)
	}
	if err != nil {
		return reach{}, err
	}
	out.metrics, err = networks("--metrics-from", c.MetricsFrom)
	return out, err
}

// behind reads the proxies of a portal that signs people in itself. What it needs is known before anything is opened: cookies and codes
// go over HTTPS, but on this machine.
func (c *serveCommand) behind(public *url.URL) (access.Forwarded, error) {
	wrong := func(format string, args ...any) (access.Forwarded, error) {
		return access.Forwarded{}, procedures.Errorf(procedures.CodeInvalid, format, args...)
	}
	switch {
	case c.UserHeader != "" || c.GroupsHeader != "":
		return wrong("--user-header and --groups-header are of a proxy that signs people in, and sign_in of opsbook.yaml is there too: " +
			"leave one of them out")
	case public == nil:
		return wrong("sign_in needs the address at which browsers find the portal: url: https://ops.example.com in opsbook.yaml, or --url")
	case public.Scheme != "https" && !loopbackName(public.Hostname()):
		return wrong("url is %s: who signs in over HTTP shows everybody on the way their session. Use https://%s", public, public.Host)
	case len(c.Host) > 0:
		return wrong("--host %s: with sign_in people come by the address that url names, and by no other", strings.Join(c.Host, ","))
	case public.Scheme == "https" && c.TLSCert == "" && len(c.BehindProxy) == 0:
		return wrong("url is %s, and nothing ends TLS: name the proxy that does with --behind-proxy CIDR, or give --tls-cert and --tls-key",
			public)
	}
	list, err := networks("--behind-proxy", c.BehindProxy)
	for _, network := range list {
		if network.Bits() == 0 {
			return wrong("--behind-proxy %s is everybody: all who reach the portal could say where they come from", network)
		}
	}
	return access.Forwarded{Networks: list}, err
}

// authenticator is how the portal knows people where sign_in does not say it: by the proxy, else by the name that they gave themselves.
func (r reach) authenticator(sessions access.Sessions) access.Authenticator {
	if r.proxy != nil {
		return r.proxy
	}
	return access.SessionName{Sessions: sessions}
}

// networks reads the networks of an option. Bits of the address beyond the prefix are dropped: 10.0.0.7/8 is
// 10.0.0.0/8.
func networks(option string, list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s %s: want a network, such as 10.0.0.0/8 or 192.0.2.7/32", option, text)
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

// claimable are headers that a client sends by itself or that mean something else: they cannot name a person.
var claimable = []string{
	"Host", "Cookie", "Authorization", "Origin", "Referer", "User-Agent", "Accept", "Forwarded", "X-Forwarded-For",
	"X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Last-Event-Id", "Hx-Request", "Opsbook-Live",
}

// proxy reads what is said of a trusted proxy: all of its options with the name that browsers use, or none. Nil is for none: then the
// portal listens on loopback only. A network of all addresses is refused, because the header could then come from anybody.
func (c *serveCommand) proxy(public *url.URL) (*access.Proxy, error) {
	if len(c.BehindProxy) == 0 && c.UserHeader == "" && c.GroupsHeader == "" {
		return nil, nil
	}
	switch {
	case len(c.BehindProxy) == 0:
		option, header := "--user-header", c.UserHeader
		if header == "" {
			option, header = "--groups-header", c.GroupsHeader
		}
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"%s %s is given without --behind-proxy CIDR: say which network the proxy connects from; "+
				"anybody could send that header", option, header)
	case c.UserHeader == "":
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"--behind-proxy is given without --user-header NAME: say in which header the proxy names the person")
	case len(c.Host) == 0 && public == nil:
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"--behind-proxy is given without --url https://ops.example.com: say by which address browsers find the proxy")
	}
	p := &access.Proxy{
		Header: textproto.CanonicalMIMEHeaderKey(c.UserHeader), Groups: textproto.CanonicalMIMEHeaderKey(c.GroupsHeader),
	}
	for _, h := range [][3]string{
		{"--user-header", c.UserHeader, "X-Remote-User"}, {"--groups-header", c.GroupsHeader, "X-Remote-Groups"},
	} {
		if slices.Contains(claimable, textproto.CanonicalMIMEHeaderKey(h[1])) {
			return nil, procedures.Errorf(procedures.CodeInvalid,
				"%s %s: browsers and proxies send this header for something else; choose one of your proxy's own, such as %s",
				h[0], h[1], h[2])
		}
	}
	if p.Groups == p.Header {
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"--groups-header %s is that of --user-header: a name is no list of groups; choose the header in which the proxy lists them",
			c.GroupsHeader)
	}
	var err error
	if p.Networks, err = networks("--behind-proxy", c.BehindProxy); err != nil {
		return nil, err
	}
	for _, network := range p.Networks {
		if network.Bits() == 0 {
			return nil, procedures.Errorf(procedures.CodeInvalid,
				"--behind-proxy %s is everybody: all who reach the portal could name themselves anybody", network)
		}
	}
	return p, nil
}

// listen refuses every address that another machine could reach, unless people sign in, here or at a proxy. It is the only
// thing that keeps others out where nobody signs in, so that it comes before the database and the runbooks are
// opened.
func listen(ctx context.Context, address string, closed bool) (net.Listener, error) {
	if !closed {
		if err := onlyLoopback(address); err != nil {
			return nil, procedures.Errorf(procedures.CodeInvalid, "%w%s", err, howToOpen)
		}
	}
	return bindTo(ctx, address)
}

// howToOpen are the lines that let others reach a portal.
const howToOpen = `. To reach it from elsewhere let people sign in, with these lines of opsbook.yaml:
  url: https://ops.example.com       # where browsers find it
  sign_in:                           # docs/how-to/sign-in.md
    providers: [{name: sso, issuer: "https://sso.example.com", client_id: opsbook, client_secret_env: OPSBOOK_SSO_SECRET}]
    local: true                      # in place of providers: accounts that are kept here
Or behind a proxy that signs people in:
  --url https://ops.example.com      where browsers find it
  --behind-proxy 10.0.0.10/32        the address of the proxy, and no other
  --user-header X-Remote-User        the header in which the proxy names the person`

// onlyLoopback reports as an error that another machine could reach an address. localhost counts without a look at
// the resolver; another name is refused, as it may lead anywhere.
func onlyLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return procedures.Errorf(procedures.CodeInvalid, "address %q: want HOST:PORT, such as 127.0.0.1:8080", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return procedures.Errorf(procedures.CodeInvalid,
			"address %s is not a loopback address, and nobody has to sign in: nothing was started", address)
	}
	return nil
}

// bindTo listens for TCP. Its error says which option names another address.
func bindTo(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w; name another address with --addr or OPSBOOK_ADDR", address, err)
	}
	return listener, nil
}
