package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// lent gives rows of limits other values until the test ends, so that what takes minutes takes moments. Tests that
// use it do not run in parallel.
func lent(t *testing.T, values map[*limits.Row]int64) {
	t.Helper()
	for row, value := range values {
		before := row.Value
		row.Value = value
		t.Cleanup(func() { row.Value = before })
	}
}

func dial(t *testing.T, s *started) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestHalfSentRequestsDoNotStay has many connections that send a part of a request, in every way in which a part can be
// sent. All of them are ended by the server, and what they hold is given back; a page is answered meanwhile.
func TestHalfSentRequestsDoNotStay(t *testing.T) {
	lent(t, map[*limits.Row]int64{
		limits.HTTPHeaderTime: int64(500 * time.Millisecond), limits.HTTPBodyTime: int64(500 * time.Millisecond),
		limits.HTTPIdleTime: int64(time.Second),
	})
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\necho one\n```\n"))
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	for name, part := range map[string]string{
		"nothing": "", "a line": "GET /runs HTTP/1.1\r\n", "a head": "GET /runs HTTP/1.1\r\nHost: localhost\r\nX: ",
		"a body":              "POST /press HTTP/1.1\r\nHost: localhost\r\n" + form + "Content-Length: 1000\r\n\r\nstep=",
		"a body in chunks":    "POST /press HTTP/1.1\r\nHost: localhost\r\n" + form + "Transfer-Encoding: chunked\r\n\r\n5\r\nstep=\r\n",
		"a body that waits":   "POST /press HTTP/1.1\r\nHost: localhost\r\n" + form + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
		"a page with a body":  "GET /runs HTTP/1.1\r\nHost: localhost\r\n" + form + "Content-Length: 1000\r\n\r\nx",
		"a probe with a body": "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx",
		"a stream with one":   "GET /stream?home=true HTTP/1.1\r\nHost: localhost\r\n" + form + "Content-Length: 1000\r\n\r\nx",
		"no page with a body": "POST /nowhere HTTP/1.1\r\nHost: localhost\r\n" + form + "Content-Length: 1000\r\n\r\nx",
		"another name":        "POST /press HTTP/1.1\r\nHost: evil.example\r\n" + form + "Content-Length: 1000\r\n\r\nx",
		"files": "POST /press HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; " +
			"boundary=x\r\nContent-Length: 1000\r\n\r\n--x\r\n",
		"one request of two": "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var all sync.WaitGroup
			for range 20 {
				c := dial(t, s)
				if _, err := io.WriteString(c, part); err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
					if answer, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
						t.Errorf("the connection stays: %v, answered %q", err, answer)
					}
				})
			}
			if status, _ := get(t, s.address+"/runs"); status != http.StatusOK {
				t.Errorf("a page is answered %d", status)
			}
			all.Wait()
		})
	}
}

// TestBodiesAreBounded sends what no body may be, and looks for files that are left.
func TestBodiesAreBounded(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\necho \"$NAME\"\n```\n"))
	large := strings.Repeat("x", 100<<10)
	for _, path := range []string{
		"/press", "/run-all", "/marks", "/preferences", "/cancel", "/nowhere", "/healthz", "/metrics", "/", "/say",
	} {
		for name, c := range map[string]struct {
			kind, body string
			status     map[int]bool
		}{
			"files": {
				"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" +
					strings.Repeat(large, 5) + "\r\n--x--\r\n", map[int]bool{405: true, 415: true},
			},
			"JSON":    {"application/json", "{}", map[int]bool{405: true, 415: true}},
			"no type": {"", "step=x", map[int]bool{405: true, 415: true}},
			"more than all": {
				"application/x-www-form-urlencoded", "step=" + strings.Repeat(large, 45), map[int]bool{405: true, 413: true},
			},
			"a large value": {
				"application/x-www-form-urlencoded", "text=" + large, map[int]bool{404: true, 405: true, 422: true, 308: true},
			},
			"another field": {"application/x-www-form-urlencoded", "nonsense=x", map[int]bool{404: true, 405: true, 422: true, 308: true}},
			"two of a field": {
				"application/x-www-form-urlencoded", "back=/&back=/runs", map[int]bool{404: true, 405: true, 422: true, 308: true},
			},
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", c.kind)
			request.Header.Set("HX-Request", "true")
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			response, err := client.Do(request)
			if err != nil {
				if name == "more than all" { // it was cut while it was sent
					continue
				}
				t.Errorf("%s of %s: %v", name, path, err)
				continue
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if !c.status[response.StatusCode] {
				t.Errorf("%s to %s is answered %d %s", name, path, response.StatusCode, body)
			}
			if response.StatusCode == http.StatusUnprocessableEntity {
				field := map[string]string{"a large value": "text", "another field": "nonsense", "two of a field": "back"}[name]
				if !strings.Contains(string(body), field) {
					t.Errorf("%s to %s does not name the field %s: %s", name, path, field, body)
				}
			}
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("there is left %v, %v", left, err)
	}
}

// TestBodiesOfAllAreBoundedTogether has many send half a megabyte and wait.
func TestBodiesOfAllAreBoundedTogether(t *testing.T) {
	lent(t, map[*limits.Row]int64{limits.HTTPBodyTime: int64(2 * time.Second)})
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\necho one\n```\n"))
	body := bytes.Repeat([]byte("x"), 500_000)
	statuses := make(chan int, 200)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.address, "http://"))
			if err != nil {
				return
			}
			defer c.Close()
			fmt.Fprintf(c,
				"POST /press HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n",
				len(body)+1)
			_, _ = c.Write(body) // it may be refused before it is whole
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if response, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
				response.Body.Close()
				statuses <- response.StatusCode
			}
		})
	}
	all.Wait()
	close(statuses)
	count := map[int]int{}
	for status := range statuses {
		count[status]++
	}
	if count[http.StatusTooManyRequests] < 100 || count[http.StatusRequestTimeout] == 0 || count[http.StatusRequestTimeout] > 20 {
		t.Errorf("they are answered %v", count)
	}
	if status, _ := post(t, s.address+"/preferences", url.Values{"name": {"ada"}, "back": {"/runs"}}); status != http.StatusOK {
		t.Errorf("afterwards a form is answered %d", status)
	}
}

// TestConnectionsAreBounded: in all, of one address, not of a proxy's, and streams apart.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, trusted []netip.Prefix, most, ofEach int) (net.Listener, *boundedListener, string) {
		inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { inner.Close() })
		l := bounded(inner, trusted, slog.New(slog.DiscardHandler))
		l.most, l.ofEach = most, ofEach
		return l, l, inner.Addr().String()
	}
	accepted := func(t *testing.T, l net.Listener, address string, n int) []net.Conn {
		got := make(chan net.Conn, n)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				got <- c
			}
		}()
		for range n {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
		}
		var out []net.Conn
		for {
			select {
			case c := <-got:
				out = append(out, c)
			case <-time.After(300 * time.Millisecond):
				return out
			}
		}
	}
	for _, c := range []struct {
		name         string
		trusted      []netip.Prefix
		most, ofEach int
		want         int
	}{
		{"of one address", nil, 100, 5, 5},
		{"in all", nil, 7, 100, 7},
		{"of a proxy", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, 100, 5, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			listener, counts, address := open(t, c.trusted, c.most, c.ofEach)
			conns := accepted(t, listener, address, 20)
			if len(conns) != c.want {
				t.Errorf("%d are accepted, want %d", len(conns), c.want)
			}
			ends := []func(){}
			for _, conn := range conns {
				ends = append(ends, streaming(withConnection(context.Background(), conn)))
			}
			if counts.open != 0 || counts.streams != len(conns) || len(counts.from) > 0 {
				t.Errorf("streams are counted as others: %d open, %d streams", counts.open, counts.streams)
			}
			for i, end := range ends {
				if i%2 == 0 {
					end()
				}
				conns[i].Close()
				conns[i].Close()
				if i%2 == 1 {
					end()
				}
			}
			if counts.open != 0 || counts.streams != 0 || len(counts.from) > 0 {
				t.Errorf("after all have gone: %d open, %d streams, %v", counts.open, counts.streams, counts.from)
			}
		})
	}
}

// certified writes a certificate for localhost with a serial number.
func certified(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestHTTPS serves over TLS: HTTP/2, a cookie with the prefix __Host-, a stream, and a certificate that is exchanged.
func TestHTTPS(t *testing.T) {
	dir := t.TempDir()
	logger := slog.New(slog.NewTextHandler(testLog{t}, nil))
	cert, key := certified(t, dir, 1)
	certificate, err := newCertificate(cert, key, logger)
	if err != nil {
		t.Fatal(err)
	}
	s := startReached(t, &options{Runbooks: runbookFolder(t, "# Book\n\n## Look\n\n- [ ] Look\n"), Data: t.TempDir()},
		reach{certificate: certificate})
	s.address = strings.Replace(s.address, "http:", "https:", 1)
	client := func() *http.Client {
		return &http.Client{Transport: &http.Transport{
			ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		}}
	}
	ask := func(c *http.Client, method, path, form string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), method, s.address+path, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("HX-Request", "true")
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	response := ask(client(), http.MethodPost, "/marks", "procedure=look&step=look&kind=done&as=ada")
	cookies := response.Cookies()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 || len(cookies) != 1 ||
		cookies[0].Name != "__Host-opsbook" || !cookies[0].Secure ||
		cookies[0].Path != "/" || cookies[0].Domain != "" || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("%s %d, cookies %v", response.Proto, response.StatusCode, cookies)
	}
	if response.Header.Get("Strict-Transport-Security") == "" || response.TLS.PeerCertificates[0].SerialNumber.Int64() != 1 {
		t.Errorf("headers %v", response.Header)
	}
	stream := ask(client(), http.MethodGet, "/stream?procedure=look", "")
	line, err := bufio.NewReader(stream.Body).ReadString('\n')
	if err != nil || line != "event: beat\n" {
		t.Errorf("the stream says %q, %v", line, err)
	}
	certified(t, dir, 2)
	certificate.mu.Lock()
	certificate.looked = time.Time{}
	certificate.mu.Unlock()
	if n := ask(client(), http.MethodGet, "/", "").TLS.PeerCertificates[0].SerialNumber.Int64(); n != 2 {
		t.Errorf("the certificate is number %d", n)
	}
	if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	certificate.mu.Lock()
	certificate.looked = time.Time{}
	certificate.mu.Unlock()
	if n := ask(client(), http.MethodGet, "/", "").TLS.PeerCertificates[0].SerialNumber.Int64(); n != 2 {
		t.Errorf("the certificate is number %d", n)
	}
	for _, c := range [][2]string{{cert, ""}, {"", key}, {cert, key}, {"/nowhere", key}} {
		if _, err := newCertificate(c[0], c[1], logger); procedures.CodeOf(err) != procedures.CodeInvalid {
			t.Errorf("%v: %v", c, err)
		}
	}
}
