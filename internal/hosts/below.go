package hosts

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Below reports whether a name is that of a host, or lies below it at a dot, and whoever owns the one owns the other: no public suffix
// (https://publicsuffix.org) stands between them, as below github.io or amazonaws.com every name is somebody else's.
// Names are compared without regard to case. One that is not written in the letters of DNS lies below nothing: a port, a path, an
// address, another alphabet, a dot at its end.
func Below(name, host string) bool {
	for _, text := range []string{name, host} {
		if strings.ContainsFunc(text, func(c rune) bool { return c > '~' }) { // a letter that becomes one of DNS in lower case
			return name == host
		}
	}
	name, host = strings.ToLower(name), strings.ToLower(host)
	if name == host {
		return true
	}
	if !isName(name) || !isName(host) || !strings.HasSuffix(name, "."+host) {
		return false
	}
	suffix, _ := publicsuffix.PublicSuffix(name)
	return len(suffix) < len(host)
}

// isName reports a name of DNS that is no address: labels of letters, digits, hyphens and underscores.
func isName(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil || len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
