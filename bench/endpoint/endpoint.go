// Package endpoint is what the benchmarks ask: the simulated account on loopback, and a
// host for curl.
package endpoint

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
)

// Host is the host that the document's check asks with curl.
const Host = "api.network-visualizer.com"

// Endpoint answers on loopback, both parts after the same time.
type Endpoint struct {
	Account string // URL of AWS's services
	Web     string // HOST:PORT of Host, with TLS
	Roots   string // file with Host's certificate

	delay   atomic.Int64
	asked   atomic.Int64
	servers []*httptest.Server
}

// Start starts both; the certificate goes to dir. The caller closes the endpoint.
func Start(dir string) (*Endpoint, error) {
	e := &Endpoint{Roots: filepath.Join(dir, "certificate.pem")}
	certificate, err := e.certificate()
	if err != nil {
		return nil, err
	}
	account := httptest.NewServer(e.late(sandbox.New(sandbox.Options{})))
	web := httptest.NewUnstartedServer(e.late(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `{"status":"healthy"}`)
	})))
	web.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	web.StartTLS()
	e.Account, e.Web, e.servers = account.URL, web.Listener.Addr().String(), []*httptest.Server{account, web}
	return e, nil
}

// Close ends both.
func (e *Endpoint) Close() {
	for _, s := range e.servers {
		s.Close()
	}
}

// Late lets every answer wait for a time from now on.
func (e *Endpoint) Late(d time.Duration) { e.delay.Store(int64(d)) }

// Asked is how many requests there were.
func (e *Endpoint) Asked() int64 { return e.asked.Load() }

// late answers after the delay.
func (e *Endpoint) late(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked.Add(1)
		if d := time.Duration(e.delay.Load()); d > 0 {
			time.Sleep(d)
		}
		next.ServeHTTP(w, r)
	})
}

// certificate makes one for Host, and writes it into the file for clients.
func (e *Endpoint) certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Host}, DNSNames: []string{Host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, os.WriteFile(e.Roots, text, 0o600)
}

// Isolate keeps the machine's own AWS configuration out of what is measured, here and in
// programs that are started.
func Isolate() error {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":     "AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SESSION_TOKEN": "",
		"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1",
		"AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		set := os.Setenv(name, value)
		if value == "" {
			set = os.Unsetenv(name)
		}
		if set != nil {
			return set
		}
	}
	return nil
}
