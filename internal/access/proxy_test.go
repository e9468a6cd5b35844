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

// TestGroupsAreTheProxys: nobody has a group by a request that went past the proxy, or by a header of another name.
func TestGroupsAreTheProxys(t *testing.T) {
	p := &access.Proxy{
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: "X-User", Groups: "X-Groups",
	}
	for _, c := range []struct {
		name, header string
		values       []string
		want         string
	}{
		{"none", "X-Groups", nil, ""},
		{"one", "X-Groups", []string{"sre"}, "sre"},
		{"a list", "X-Groups", []string{"sre, sre-lead ,,engineering"}, "sre|sre-lead|engineering"},
		{"two headers", "X-Groups", []string{"sre", "engineering,sre"}, "sre|engineering"},
		{"a group with a blank", "X-Groups", []string{"Site reliability,/team/ops"}, "Site reliability|/team/ops"},
		{"another header", "X-Remote-Groups", []string{"sre"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-User"], r.Header[c.header] = "10.1.2.3:1000", []string{"ada"}, c.values
			got, err := p.Authenticate(r)
			if err != nil || strings.Join(got.Groups, "|") != c.want {
				t.Errorf("got %q, %v; want %q", got.Groups, err, c.want)
			}
			r.RemoteAddr = "192.0.2.1:1000"
			if got, err = p.Authenticate(r); err == nil || len(got.Groups) > 0 {
				t.Errorf("past the proxy: %q, %v", got.Groups, err)
			}
		})
	}
	plain := &access.Proxy{Networks: p.Networks, Header: "X-User"}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.RemoteAddr, r.Header = "10.1.2.3:1000", http.Header{"X-User": {"ada"}, "": {"sre"}, "X-Groups": {"sre"}}
	if got, err := plain.Authenticate(r); err != nil || got.Groups != nil {
		t.Errorf("without a header: %q, %v", got.Groups, err)
	}
}
