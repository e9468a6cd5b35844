package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/audit/streams"
	"github.com/opsbook/opsbook/internal/lazy"
)

// auditConfig is audit as the file has it.
type auditConfig struct {
	Streams []auditStream `yaml:"streams"`
}

// auditStream is an entry of its streams: one of file, syslog and bucket says where to.
type auditStream struct {
	Name string `yaml:"name"`

	File string `yaml:"file"`

	Syslog string `yaml:"syslog"`
	CAFile string `yaml:"ca_file"`

	Bucket      string `yaml:"bucket"`
	Prefix      string `yaml:"prefix"`
	Environment string `yaml:"environment"`
	Lock        string `yaml:"lock"`
	Days        int    `yaml:"days"`

	lines map[string]int // of its keys, and of itself under ""
}

// UnmarshalYAML reads an entry, and keeps where its keys are.
func (s *auditStream) UnmarshalYAML(node *yaml.Node) error {
	s.lines = linesOf(node)
	type plain auditStream // without this method
	return node.Decode((*plain)(s))
}

// bucketName is a name that S3 takes for a bucket.
var bucketName = lazy.Regexp(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// checkAudit says what is wrong with the streams of the audit log.
func (c *configuration) checkAudit(r *configurationReader) {
	names := map[string]bool{}
	for i := range c.Audit.Streams {
		s := &c.Audit.Streams[i]
		wrong := func(key, format string, args ...any) {
			r.add(cmp.Or(s.lines[key], s.lines[""]), "audit stream %s: %s", cmp.Or(s.Name, fmt.Sprint(i+1)), fmt.Sprintf(format, args...))
		}
		switch {
		case !notificationName().MatchString(s.Name):
			wrong("name", "name is %q; give it one of letters, digits and any of _.-, such as siem: how far it is is kept by it", s.Name)
		case names[s.Name]:
			wrong("name", "there are two of this name")
		}
		names[s.Name] = true
		if given := count(s.File, s.Syslog, s.Bucket); given != 1 {
			wrong("", "one of file, syslog and bucket says where it is sent; there are %d", given)
		}
		if s.File != "" && !filepath.IsAbs(s.File) {
			wrong("file", "file is %q; it must be a whole path, beginning with /", s.File)
		}
		if s.Syslog != "" {
			if _, err := s.syslog(); err != nil {
				wrong("syslog", "%v", err)
			}
		} else if s.CAFile != "" {
			wrong("ca_file", "ca_file is of syslog over TLS")
		}
		s.checkBucket(c, wrong)
	}
}

func (s *auditStream) checkBucket(c *configuration, wrong func(key, format string, args ...any)) {
	known := []string{"sandbox", "aws"}
	for name := range c.Environments {
		known = append(known, name)
	}
	slices.Sort(known)
	switch {
	case s.Bucket == "":
		for key, value := range map[string]string{"prefix": s.Prefix, "environment": s.Environment, "lock": s.Lock} {
			if value != "" {
				wrong(key, "%s is of a bucket", key)
			}
		}
		return
	case !bucketName().MatchString(s.Bucket):
		wrong("bucket", "bucket is %q; it must be the name of a bucket of S3, without a prefix", s.Bucket)
	}
	if !slices.Contains(known, s.Environment) {
		wrong("environment", "there is no environment %q%s; the bucket is written with the credentials of one of %s", s.Environment,
			didYouMean("", s.Environment, known), strings.Join(slices.Compact(known), ", "))
	}
	locks := []string{"", "governance", "compliance"}
	if !slices.Contains(locks, s.Lock) {
		wrong("lock", "lock is %q; it must be governance or compliance, or be left out for what the bucket itself says", s.Lock)
	}
	if (s.Lock == "") != (s.Days == 0) || s.Days < 0 {
		wrong("days", "days says for how long lock holds each object: name both, or none")
	}
}

// syslog is the receiver, without its certificates.
func (s *auditStream) syslog() (*streams.Syslog, error) {
	u, err := url.Parse(s.Syslog)
	if err != nil || u.Host == "" || !slices.Contains([]string{"tcp", "udp", "tls"}, u.Scheme) || u.Path != "" {
		return nil, fmt.Errorf("syslog is %q; it must be tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT", s.Syslog)
	}
	if s.CAFile != "" && u.Scheme != "tls" {
		return nil, fmt.Errorf("ca_file is of syslog over TLS, and this is %s", u.Scheme)
	}
	address := u.Host
	if u.Port() == "" { // RFC 5425, 4.1; RFC 5426, 3.3; RFC 6587 has none of its own
		address = net.JoinHostPort(u.Hostname(), map[string]string{"tls": "6514", "udp": "514", "tcp": "601"}[u.Scheme])
	}
	return &streams.Syslog{Network: u.Scheme, Address: address, Host: hostName()}, nil
}

// hostName is this machine in messages of syslog: a name without blanks, or that there is none (RFC 5424, 6.2.4).
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || len(name) > 255 || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "-"
	}
	return name
}

// certificates are those that a receiver is believed by; nil for those of the system.
func (s *auditStream) certificates() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return out, nil
	}
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificates of the audit stream %s: %w", s.Name, err)
	}
	out.RootCAs = x509.NewCertPool()
	if !out.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the certificates of the audit stream %s: %s has none in PEM", s.Name, s.CAFile)
	}
	return out, nil
}
