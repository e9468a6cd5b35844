package access

import (
	"net/http"
	"net/netip"
	"strings"
)

// Forwarded is what is believed of the proxies before a portal: how the browser reached them, and from where. The headers of
// others say nothing. The zero Forwarded believes nobody.
type Forwarded struct{ Networks []netip.Prefix }

// Trusts reports whether a request's connection comes from one of the proxies.
func (f Forwarded) Trusts(r *http.Request) bool { return From(r, f.Networks) }

// Secure reports whether the browser speaks HTTPS, with this server or with a proxy that may be believed.
func (f Forwarded) Secure(r *http.Request) bool {
	return r.TLS != nil || f.Trusts(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// Address is where a request comes from: the peer, or, where that is a proxy, the last one whom it names in
// X-Forwarded-For. What stands before that in the header is what the client sent.
func (f Forwarded) Address(r *http.Request) string {
	if f.Trusts(r) {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if a, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
			return a.Unmap().WithZone("").String()
		}
	}
	return PeerOf(r)
}
