package main

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// addressed is what commands take that make links to pages.
type addressed struct{ URL string }

// flags implements flagged.
func (a *addressed) flags(f *pflag.FlagSet) {
	f.StringVar(&a.URL, "url", "", "`URL` Where browsers find the portal: https://ops.example.com")
	variables(f, "url")
}

// publicURL is where browsers find the portal: what the command line says, else the configuration; nil where neither does.
func (o *options) publicURL() (*url.URL, error) {
	if o.url != "" {
		u := readAddress(o.url)
		if u == nil {
			return nil, procedures.Errorf(procedures.CodeInvalid,
				"--url %s: want a scheme and a host, such as https://ops.example.com", o.url)
		}
		return u, nil
	}
	c, err := readConfiguration(o.Config)
	if err != nil || c.address() == "" {
		return nil, err
	}
	return readAddress(c.address()), nil
}

// readAddress reads the address of a portal: a scheme and a host, in small letters and without the scheme's own port. Nil is for what
// is none. Pages lie at the root of their host: there is no path.
func readAddress(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.ForceQuery ||
		u.Fragment != "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return &url.URL{Scheme: u.Scheme, Host: host}
}

// address is where the configuration says that browsers find the portal. public_url is the key of before.
func (c *configuration) address() string { return cmp.Or(c.URL, c.PublicURL) }

// checkAddress says what is wrong with url, or with public_url.
func (c *configuration) checkAddress(r *configurationReader, root *yaml.Node) {
	key := "url"
	if c.URL == "" {
		key = "public_url"
	}
	line := under(root, key).Line
	if text := c.address(); text != "" && readAddress(text) == nil {
		r.add(line, "%s is %q; it is where browsers find the portal: https://ops.example.com", key, text)
	}
	if c.URL != "" && c.PublicURL != "" {
		r.add(under(root, "public_url").Line, "public_url is the earlier name of url, and both are there; leave public_url out")
	}
}
