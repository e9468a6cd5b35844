package access

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/procedures"
)

// maxName bounds a display name, in letters.
const maxName = 60

// Proxy is the Authenticator of a portal behind a reverse proxy that signs people in. The proxy has to set the header itself,
// and to remove one that the client sent.
type Proxy struct {
	Networks []netip.Prefix // that it connects from
	Header   string         // that names the person
	// Groups is the header that lists the person's groups, separated by commas; empty for none.
	Groups string
}

// Authenticate implements Authenticator.
func (p *Proxy) Authenticate(r *http.Request) (Person, error) {
	if !p.Trusts(r) {
		return Person{}, procedures.Errorf(procedures.CodeRefused,
			"this request did not come through the proxy that signs people in; nothing was done")
	}
	values := r.Header.Values(p.Header)
	if len(values) != 1 {
		return Person{}, procedures.Errorf(procedures.CodeRefused,
			"the proxy did not say who this is: it has to send exactly one header %s; nothing was done", p.Header)
	}
	name := CleanName(values[0])
	if name == "" {
		return Person{}, procedures.Errorf(procedures.CodeRefused, "the proxy's header %s is empty; nothing was done", p.Header)
	}
	return Person{Name: name, Issuer: IssuerProxy, Subject: values[0], Groups: p.groups(r)}, nil
}

// groups are those that the proxy lists, each once and in its order, over all headers of the name. A request without the header
// has none.
func (p *Proxy) groups(r *http.Request) []string {
	if p.Groups == "" {
		return nil
	}
	var out []string
	for _, g := range strings.Split(strings.Join(r.Header.Values(p.Groups), ","), ",") {
		if g = strings.TrimSpace(g); g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// Secure implements Authenticator: the proxy says how the browser reached it.
func (p *Proxy) Secure(r *http.Request) bool { return p.forwarded().Secure(r) }

// Trusts reports whether the request's connection comes from the proxy.
func (p *Proxy) Trusts(r *http.Request) bool { return p.forwarded().Trusts(r) }

// Address is where a request comes from, as the proxy says.
func (p *Proxy) Address(r *http.Request) string { return p.forwarded().Address(r) }

// forwarded is what is believed of the proxy besides who somebody is.
func (p *Proxy) forwarded() Forwarded { return Forwarded{p.Networks} }

// PeerOf is the address of a request's connection, without its port; empty where it has none.
func PeerOf(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return from.Addr().Unmap().WithZone("").String()
}

// Verified implements Authenticator.
func (*Proxy) Verified() bool { return true }

// From reports whether a request's connection comes from one of the networks. An IPv4 address on an IPv6 socket counts as IPv4.
func From(r *http.Request, networks []netip.Prefix) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address := from.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
}

// CleanName keeps of a name what can stand in a line: no control characters, nothing that changes the text's direction, at most 60
// letters.
func CleanName(name string) string {
	out := []rune{}
	for _, c := range strings.TrimSpace(strings.ToValidUTF8(name, "")) {
		control := c < ' ' || c >= 0x7f && c < 0xa0
		turns := c >= 0x200b && c <= 0x200f || c >= 0x2028 && c <= 0x202e || c >= 0x2060 && c <= 0x2069 || c == 0xfeff
		if !control && !turns && !invisible(c) && len(out) < maxName {
			out = append(out, c)
		}
	}
	return strings.TrimSpace(string(out))
}

// invisible reports whether a letter is not drawn: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
func invisible(c rune) bool {
	return unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
