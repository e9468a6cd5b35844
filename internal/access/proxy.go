package access

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/procedures"
)

// maxName bounds a display name, in letters.
const maxName = 60

// Proxy is a reverse proxy that is trusted to say who somebody is. It has to set the header itself, and to take away
// one that the client sent.
type Proxy struct {
	Networks []netip.Prefix // that it connects from
	Header   string         // that names the person
}

// Trusts reports whether a connection comes from the proxy.
func (p *Proxy) Trusts(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(from) })
}

// Identify returns the person that the proxy names. values are those of the header.
func (p *Proxy) Identify(from netip.Addr, values []string) (Person, error) {
	if !p.Trusts(from) {
		return Person{}, procedures.Errorf(procedures.CodeRefused, "this did not come through the proxy that is trusted to name people; nothing was done")
	}
	if len(values) != 1 {
		return Person{}, procedures.Errorf(procedures.CodeRefused, "the proxy did not say who this is: it has to send one header %s; nothing was done", p.Header)
	}
	name := CleanName(values[0])
	if name == "" {
		return Person{}, procedures.Errorf(procedures.CodeRefused, "the proxy's header %s is empty; nothing was done", p.Header)
	}
	return Person{Name: name, Identity: "proxy " + values[0]}, nil
}

// CleanName leaves of a name what can stand in a line: no control characters, nothing that turns text around, 60 letters.
func CleanName(name string) string {
	out := []rune{}
	for _, c := range strings.TrimSpace(strings.ToValidUTF8(name, "")) {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0x200b && c <= 0x200f || c >= 0x2028 && c <= 0x202e || c >= 0x2060 && c <= 0x2069 || c == 0xfeff || unseen(c) || len(out) == maxName {
			continue
		}
		out = append(out, c)
	}
	return strings.TrimSpace(string(out))
}

// unseen reports whether nobody sees a letter: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
func unseen(c rune) bool {
	return unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
