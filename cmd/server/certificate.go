package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// certificateAge is how long the files of a certificate are taken to be as they were.
const certificateAge = time.Second

// certificate is that of the portal, read from two files and again when one of them has changed. It is safe for
// concurrent use. Files that do not fit leave the certificate as it was: whoever renews it writes one after the other.
type certificate struct {
	certFile, keyFile string
	logger            *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]fileState // of the files when they were read last, whether they fitted or not
	looked  time.Time
}

// fileState is what tells whether a file has changed.
type fileState struct {
	changed time.Time
	size    int64
}

// newCertificate reads a certificate with its key; nil for no files. Both are PEM; the certificate's file may hold
// those that lead to its root.
func newCertificate(certFile, keyFile string, logger *slog.Logger) (*certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case keyFile == "":
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"--tls-cert %s is given without --tls-key FILE: name the file of its key", certFile)
	case certFile == "":
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"--tls-key %s is given without --tls-cert FILE: name the file of its certificate", keyFile)
	}
	c := &certificate{certFile: certFile, keyFile: keyFile, logger: logger, looked: time.Now()}
	c.seen = c.state()
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, procedures.Errorf(procedures.CodeInvalid,
			"the certificate %s with the key %s cannot be used: "+
				"%w. Both are PEM files, as certbot and openssl write them", certFile, keyFile, err)
	}
	c.current = &pair
	return c, nil
}

// get is for tls.Config. It looks at the files at most once in certificateAge.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < certificateAge {
		return c.current, nil
	}
	c.looked = time.Now()
	now := c.state()
	if now == c.seen {
		return c.current, nil
	}
	c.seen = now
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.logger.Warn("the certificate has changed and cannot be read; the one before it stays in use", "file", c.certFile, "error", err)
		return c.current, nil
	}
	c.current = &pair
	c.logger.Info("the certificate was read again", "file", c.certFile)
	return c.current, nil
}

// state is that of both files; the zero one for a file that is not there.
func (c *certificate) state() [2]fileState {
	var out [2]fileState
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil { // of what a link leads to, as in a mounted Secret
			out[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return out
}
