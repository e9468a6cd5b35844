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
		{"an address alone does not either", serveCommand{Addr: "0.0.0.0:0", addressed: addressed{ops}}, "--user-header X-Remote-User"},
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
				listener, failed := listen(t.Context(), c.command.Addr, r.proxy)
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
