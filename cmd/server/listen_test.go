package main

import (
	"strings"
	"testing"
)

func TestOnlyLoopbackUnlessAProxyNamesPeople(t *testing.T) {
	t.Chdir(t.TempDir()) // without a configuration
	const ops = "https://ops.example.com"
	for _, c := range []struct {
		name    string
		command serveCommand
		want    string // part of the refusal; empty where it may listen
	}{
		{"loopback", serveCommand{Addr: "127.0.0.1:0"}, ""},
		{"loopback by name", serveCommand{Addr: "localhost:0"}, ""},
		{"all addresses", serveCommand{Addr: "0.0.0.0:0"}, "nothing was started"},
		{"all addresses in short", serveCommand{Addr: ":0"}, "nothing was started"},
		{"all addresses of IPv6", serveCommand{Addr: "[::]:0"}, "nothing was started"},
		{"a name that may be anything", serveCommand{Addr: "ops.example.com:80"}, "nothing was started"},
		{"names alone do not open it", serveCommand{Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}}, "--behind-proxy"},
		{
			"an address alone does not either", serveCommand{Addr: "0.0.0.0:0", addressed: addressed{ops}},
			"--user-header X-Remote-User",
		},
		{"a proxy at an address", serveCommand{
			Addr: "0.0.0.0:0", addressed: addressed{ops}, BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "X-Remote-User",
		}, ""},
		{"an address that is none", serveCommand{Addr: "127.0.0.1:0", addressed: addressed{"ops.example.com"}}, "want a scheme"},
		{"an address with a path", serveCommand{Addr: "127.0.0.1:0", addressed: addressed{ops + "/opsbook"}}, "want a scheme"},
		{
			"behind a proxy", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "X-Remote-User",
			}, "",
		},
		{
			"a proxy without a header", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"10.0.0.0/8"},
			}, "--user-header",
		},
		{
			"a header without a proxy", serveCommand{
				Addr: "127.0.0.1:0", Host: []string{"ops.example.com"}, UserHeader: "X-Remote-User",
			}, "--behind-proxy",
		},
		{
			"a proxy without a name", serveCommand{
				Addr: "0.0.0.0:0", BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "X-Remote-User",
			}, "--url",
		},
		{
			"everybody is a proxy", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"0.0.0.0/0"}, UserHeader: "X-Remote-User",
			}, "is everybody",
		},
		{
			"not a network", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"10.0.0.1"}, UserHeader: "X-Remote-User",
			}, "want a network",
		},
		{
			"a header that browsers send", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "user-agent",
			}, "for something else",
		},
		{
			"groups without a proxy", serveCommand{Addr: "127.0.0.1:0", GroupsHeader: "X-Remote-Groups"},
			"--groups-header X-Remote-Groups is given without --behind-proxy",
		},
		{
			"groups that browsers send", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "X-Remote-User",
				GroupsHeader: "cookie",
			}, "--groups-header cookie",
		},
		{
			"groups by the name of the person", serveCommand{
				Addr: "0.0.0.0:0", Host: []string{"ops.example.com"}, BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "X-Remote-User",
				GroupsHeader: "x-remote-user",
			}, "is that of --user-header",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := c.command.reach(&options{url: c.command.URL})
			if err == nil {
				listener, failed := listen(t.Context(), c.command.Addr, r.closed())
				if err = failed; err == nil {
					listener.Close()
				}
			}
			switch {
			case err == nil && c.want != "":
				t.Error("it listens")
			case err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v", err)
			}
		})
	}
}

// TestWhatSignInNeeds: a portal that signs people in has an address, over HTTPS but on this machine, and says what ends TLS.
func TestWhatSignInNeeds(t *testing.T) {
	const provider = "sign_in: {providers: [{name: sso, issuer: \"https://sso.example.com\", client_id: x}]}\n"
	for _, c := range []struct {
		name, url string
		command   serveCommand
		want      string // part of the refusal; empty where it may listen
	}{
		{"no address", "", serveCommand{}, "url: https://ops.example.com"},
		{"HTTP", "http://ops.example.com", serveCommand{BehindProxy: []string{"10.0.0.0/8"}}, "Use https://ops.example.com"},
		{"HTTP on this machine", "http://localhost:8080", serveCommand{}, ""},
		{"nothing ends TLS", "https://ops.example.com", serveCommand{}, "--behind-proxy CIDR, or give --tls-cert"},
		{"a certificate", "https://ops.example.com", serveCommand{TLSCert: "c.pem", TLSKey: "k.pem"}, ""},
		{"a proxy", "https://ops.example.com", serveCommand{BehindProxy: []string{"10.0.0.0/8"}}, ""},
		{
			"a proxy that is everybody", "https://ops.example.com", serveCommand{BehindProxy: []string{"0.0.0.0/0"}},
			"is everybody",
		},
		{
			"a proxy that signs people in too", "https://ops.example.com",
			serveCommand{BehindProxy: []string{"10.0.0.0/8"}, UserHeader: "X-Remote-User"}, "leave one of them out",
		},
		{
			"another name", "https://ops.example.com",
			serveCommand{BehindProxy: []string{"10.0.0.0/8"}, Host: []string{"other.example.com"}}, "by no other",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.command.Addr = "0.0.0.0:0"
			text := provider
			if c.url != "" {
				text = "url: " + c.url + "\n" + provider
			}
			r, err := c.command.reach(&options{Config: configured(t, text)})
			if err == nil {
				listener, failed := listen(t.Context(), c.command.Addr, r.closed())
				if err = failed; err == nil {
					listener.Close()
				}
			}
			switch {
			case err == nil && c.want != "":
				t.Error("it listens")
			case err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v", err)
			}
		})
	}
}

// TestSignInConfigurationIsChecked: what is wrong is said with its line, before anything is opened, and without a secret.
func TestSignInConfigurationIsChecked(t *testing.T) {
	const head = "url: https://ops.example.com\nsign_in:\n  providers:\n    - name: sso\n      client_id: x\n"
	for _, c := range []struct{ name, text, want string }{
		{"accounts that are off", "url: https://ops.example.com\nsign_in:\n  local: false\n", ":3: sign_in.local is \"false\"; write true"},
		{"accounts of another key", "sign_in: {local: {owner: [a]}}\n", `the key "owner" is not known; did you mean "owners"?`},
		{"owners that are none", "sign_in: {local: {owners: [\"a,b\"]}}\n", `:1: sign_in.local: owners: "a,b" is no name of a group`},
		{
			"a first account that may invite nobody", "sign_in:\n  local: true\nroles:\n  r: {groups: [owners], may: [view]}\n",
			":2: sign_in.local: the first account is in owners, and no role lets that group invite anybody",
		},
		{
			"accounts and a proxy",
			"sign_in:\n  local: true\n  proxy: {header: X-A, jwks_url: \"https://x.example\", issuer: x, audience: x}\n",
			":3: sign_in.proxy: people sign in here by",
		},
		{"no issuer", head, ":4: provider sso: issuer is"},
		{"an issuer over HTTP", head + "      issuer: http://sso.example.com\n", ":6: provider sso: issuer is"},
		{
			"a name for no address", "sign_in: {providers: [{name: A b, issuer: \"https://x.example\", client_id: x}]}\n",
			":1: provider A b: name is",
		},
		{
			"no client", "sign_in: {providers: [{name: a, issuer: \"https://x.example\"}]}\n",
			":1: provider a: client_id is missing",
		},
		{
			"two secrets", head + "      issuer: https://x.example\n      client_secret_env: A\n      client_secret_file: b\n",
			":8: provider sso: client_secret_env and",
		},
		{
			"a secret itself", head + "      issuer: https://x.example\n      client_secret: s3cret\n",
			`"client_secret" is not known`,
		},
		{
			"scopes without openid", head + "      issuer: https://x.example\n      scopes: [email]\n",
			":7: provider sso: scopes have to contain openid",
		},
		{
			"a domain that is none", head + "      issuer: https://x.example\n      allowed_domains: [\"*\"]\n",
			":7: provider sso: allowed_domains",
		},
		{
			"the protocol's own", head + "      issuer: https://x.example\n      parameters: {state: x}\n",
			":7: provider sso: parameters: state",
		},
		{
			"two of a name", head + "      issuer: https://x.example\n    - {name: sso, issuer: \"https://x.example\", client_id: x}\n",
			":7: provider sso: there are two",
		},
		{
			"a proxy and providers", head + "      issuer: https://x.example\n  proxy: {header: X-Jwt}\n",
			":7: sign_in.proxy: people sign in here by",
		},
		{
			"a proxy without keys", "sign_in:\n  proxy: {header: X-Jwt, issuer: a, audience: b}\n",
			":2: sign_in.proxy: one of jwks_url and balancer",
		},
		{
			"a proxy's token for anybody", "sign_in:\n  proxy: {header: X-Jwt, issuer: a, jwks_url: \"https://x.example\"}\n",
			"audience is missing",
		},
		{"keys over HTTP", "sign_in:\n  proxy:\n    jwks_url: http://x.example\n", ":3: sign_in.proxy: jwks_url is"},
		{"a header of browsers", "sign_in:\n  proxy:\n    header: cookie\n", ":3: sign_in.proxy: header is"},
		{"no balancer", "sign_in:\n  proxy:\n    balancer: arn:aws:iam::123456789012:role/x\n", ":3: sign_in.proxy: balancer is"},
		{"a time that is none", "sign_in:\n  idle: soon\n", ":2: sign_in: idle is"},
		{"a time that is too long", "sign_in:\n  lasts: 2000h\n", ":2: sign_in: lasts is"},
	} {
		_, err := readConfiguration(configured(t, c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
