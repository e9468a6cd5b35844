package access_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestOnlyTheProxyNamesPeople(t *testing.T) {
	p := &access.Proxy{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, Header: "X-User"}
	for _, c := range []struct {
		name, from string
		values     []string
		want       string // empty for refused
	}{
		{"the proxy", "10.1.2.3", []string{"ada"}, "ada"},
		{"the proxy by IPv6", "fd00::1", []string{"ada"}, "ada"},
		{"the proxy on a socket for both", "::ffff:10.1.2.3", []string{"ada"}, "ada"},
		{"somebody else", "192.0.2.1", []string{"ada"}, ""},
		{"loopback", "127.0.0.1", []string{"ada"}, ""},
		{"no name", "10.1.2.3", nil, ""},
		{"two names", "10.1.2.3", []string{"ada", "root"}, ""},
		{"an empty name", "10.1.2.3", []string{" \t"}, ""},
		{"only what is not shown", "10.1.2.3", []string{"\u202e\u200b"}, ""},
		{"a name with more in it", "10.1.2.3", []string{"ada\u202e\x1b[31m"}, "ada[31m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(c.from), 1000).String()
			r.Header["X-User"] = c.values
			got, err := p.Authenticate(r)
			if (err != nil) != (c.want == "") || got.Name != c.want || got.Claimed {
				t.Errorf("got %+v, %v; want %q", got, err, c.want)
			}
			if err != nil && procedures.CodeOf(err) != procedures.CodeRefused {
				t.Errorf("the error has the code %q", procedures.CodeOf(err))
			}
		})
	}
}

func TestNamesAreCleaned(t *testing.T) {
	for given, want := range map[string]string{
		"\tAda ": "Ada", //nolint:gocritic // the white space is what it is about
		"a\r\nb": "ab", "x\u202ey": "xy", "\x1b[31mred": "[31mred", "a\u2028b": "ab", "a\xffb": "ab",
		strings.Repeat("é", 80): strings.Repeat("é", 60), "": "",
	} {
		if got := access.CleanName(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}
