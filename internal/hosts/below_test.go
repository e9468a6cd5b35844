package hosts_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/hosts"
)

// TestBelow has names that are of a host's owner, and names that only look like it.
func TestBelow(t *testing.T) {
	for _, c := range []struct {
		name, host string
		want       bool
	}{
		{"api.example.com", "api.example.com", true}, {"API.Example.COM", "api.example.com", true},
		{"eu.api.example.com", "api.example.com", true}, {"a.b.api.example.com", "api.example.com", true},
		{"shop.example.co.uk", "example.co.uk", true}, {"status.team.github.io", "team.github.io", true},
		{"_acme.example.com", "example.com", true}, {"a.corp.internal", "corp.internal", true},
		// at a dot, and not above
		{"evilexample.com", "example.com", false}, {"example.com.evil.com", "example.com", false},
		{"com", "example.com", false},
		{"example.com", "api.example.com", false}, {"", "example.com", false}, {"example.com", "", false}, {"a.", "", false},
		// a public suffix, or one in between
		{"evil.com", "com", false}, {"evil.co.uk", "co.uk", false}, {"evil.github.io", "github.io", false},
		{"evil.s3.amazonaws.com", "s3.amazonaws.com", false}, {"evil.s3.amazonaws.com", "amazonaws.com", false},
		{"evil.cloudfront.net", "cloudfront.net", false}, {"evil.internal", "internal", false}, {"a.localhost", "localhost", false},
		{"x.execute-api.eu-west-1.amazonaws.com", "amazonaws.com", false},
		// written otherwise
		{"eu.api.example.com.", "api.example.com", false}, {".api.example.com", "api.example.com", false},
		{"a..api.example.com", "api.example.com", false}, {"evil.com#.example.com", "example.com", false},
		{`evil.com\.example.com`, "example.com", false}, {"evil.com/.example.com", "example.com", false},
		{"evil.com?.example.com", "example.com", false}, {"me@eu.example.com", "example.com", false},
		{"evil.com%2f.example.com", "example.com", false}, {"eu.example.com:8443", "example.com", false},
		{"evil.com\u3002example.com", "example.com", false}, {"ex\u00e4.example.com", "example.com", false},
		{"\u212aood.example.com", "example.com", false},
		{"evil.com\uff0f.example.com", "example.com", false}, {"a b.example.com", "example.com", false},
		{"a\n.example.com", "example.com", false}, {"a\x00.example.com", "example.com", false}, {"-a.example.com", "example.com", false},
		// addresses have nothing below them
		{"1.10.0.0.1", "10.0.0.1", false}, {"127.0.0.1", "0.0.1", false}, {"::1", "1", false},
	} {
		if got := hosts.Below(c.name, c.host); got != c.want {
			t.Errorf("%q below %q: %v", c.name, c.host, got)
		}
	}
}
