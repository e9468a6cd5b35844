package commands_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// certificate makes a self-signed one, whose name has what is written in a way of its own.
func certificate(t *testing.T, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := url.Parse("https://example.com/x")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x0a1b2c3d4e5f), NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: until,
		Subject: pkix.Name{
			Country: []string{"US"}, Organization: []string{`Amazon.com, "Inc."`}, OrganizationalUnit: []string{"a+b", " x "},
			CommonName: "exämple.com", ExtraNames: []pkix.AttributeTypeAndValue{
				{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "a@b.c"},
				{Type: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Value: "own"},
				{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "#1"},
			},
		},
		DNSNames: []string{"example.com", "*.example.com"}, EmailAddresses: []string{"a@b.c"},
		IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1), net.ParseIP("2001:db8::1")}, URIs: []*url.URL{at},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// native runs a line with files and a guard.
func native(t *testing.T, guard commands.Guard, texts map[string]string, stdin, line string) (out, errs string, status int) {
	t.Helper()
	args := strings.Fields(line)
	command := commands.Table(commands.Options{Guard: guard})[args[0]]
	folder := fstest.MapFS{}
	for name, text := range texts {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	var stdout, stderr bytes.Buffer
	status = command.Run(t.Context(), &procedures.Invocation{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Files: &files{MapFS: folder},
		Report: func(procedures.Call) {},
	})
	return stdout.String(), stderr.String(), status
}

// TestCertificatesAsOpenSSL prints what is asked for of certificates as the machine's openssl 3.0 does, byte for byte.
func TestCertificatesAsOpenSSL(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl on this machine to compare with")
	}
	version, err := exec.CommandContext(t.Context(), path, "version").Output()
	if err != nil || !bytes.HasPrefix(version, []byte("OpenSSL 3.0")) {
		t.Skipf("openssl of this machine is another one: %s", version)
	}
	dir := t.TempDir()
	files := map[string]string{"none.pem": "nothing\n"}
	for name, until := range map[string]time.Time{"c.pem": time.Now().Add(40 * 24 * time.Hour), "old.pem": time.Now().Add(-time.Hour)} {
		cert := certificate(t, until)
		files[name] = "text before\n" + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
		files[strings.TrimSuffix(name, ".pem")+".der"] = string(cert.Certificate[0])
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, words := range []string{
		"-in c.pem -noout -dates", "-in c.pem -noout -subject -issuer -serial", "-noout -enddate -in c.pem", "-in c.pem -noout -startdate",
		"-in c.pem -noout -fingerprint", "-in c.pem -noout -fingerprint -sha256", "-in c.pem -noout -sha1 -fingerprint",
		"-in c.pem -noout -md5 -fingerprint", "-in c.pem -noout -sha512 -fingerprint -dates -subject", "-in c.pem -noout -checkend 86400",
		"-in c.pem -noout -checkend 8640000", "-in old.pem -noout -checkend 0 -enddate", "-in c.pem -checkend 0", "-in c.pem",
		"-in c.pem -subject", "-in c.der -inform DER -noout -subject", "-in c.pem -noout -ext subjectAltName", "-in c.pem -noout -pubkey",
		"-in c.pem -noout -startdate -subject -dates -email", "-noout -subject", "-noout -dates -checkend 1", "--in c.pem --noout --serial",
		"-in none.pem -noout -dates", "-in missing.pem -noout -dates", "-in c.pem -noout -checkend abc", "-in c.pem -noout -checkend",
		"-in c.pem -noout -ext subjectAltName -serial",
	} {
		stdin := ""
		if !strings.Contains(words, "-in ") {
			stdin = files["c.pem"]
		}
		theirs := exec.CommandContext(t.Context(), path, append([]string{"x509"}, strings.Fields(words)...)...)
		theirs.Dir, theirs.Stdin = dir, strings.NewReader(stdin)
		var errs bytes.Buffer
		theirs.Stderr = &errs
		want, _ := theirs.Output() // its status is compared
		got, said, status := native(t, commands.Guard{}, files, stdin, "openssl x509 "+words)
		if got != string(want) || status != theirs.ProcessState.ExitCode() {
			t.Errorf("openssl x509 %s printed %d\n%s%s, openssl's %d\n%s%s", words, status, got, said,
				theirs.ProcessState.ExitCode(), want, errs.String())
		}
	}
}

// TestAServersCertificateIsRead connects to one on loopback, as a runbook pipes it, and finds that no other host is reached.
func TestAServersCertificateIsRead(t *testing.T) {
	t.Parallel()
	cert := certificate(t, time.Now().Add(40*24*time.Hour))
	asked := make(chan string, 8)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			asked <- hello.ServerName
			return &cert, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.(*tls.Conn).HandshakeContext(context.Background()) // the client's end says it
				_, _ = conn.Read(make([]byte, 1))
			}()
		}
	}()
	at := listener.Addr().String()
	guard := commands.Guard{Allowed: []string{at}}
	out, said, status := native(t, guard, nil, "", "openssl s_client -connect "+at+" -servername example.com")
	if status != 0 || <-asked != "example.com" || !strings.HasPrefix(out, "CONNECTED(00000003)\n---\nCertificate chain\n 0 s:C = US, ") ||
		!strings.Contains(out, "Verify return code: 18 (self-signed certificate)\n") || !strings.HasSuffix(said, "DONE\n") {
		t.Fatalf("%d\n%s%s", status, out, said)
	}
	piped, _, status := native(t, commands.Guard{}, nil, out, "openssl x509 -noout -subject")
	if status != 0 || !strings.HasPrefix(piped, `subject=C = US, O = "Amazon.com, \"Inc.\"", OU = `) {
		t.Errorf("piped in: %d %s", status, piped)
	}
	for line, want := range map[string]string{
		"openssl s_client -connect " + at:                  "refused: no runbook names the host 127.0.0.1",
		"openssl s_client -connect metadata.internal:443":  "refused: no runbook names the host metadata.internal",
		"openssl s_client -connect " + at + " -starttls x": "not carried out here",
		"openssl s_client -connect 127.0.0.1:1":            "refused: ",
	} {
		open := commands.Guard{}
		out, said, status := native(t, open, nil, "", line)
		if status == 0 || !strings.Contains(said, want) || strings.Contains(out, "BEGIN") {
			t.Errorf("%s: %d %s%s", line, status, out, said)
		}
	}
	// a name that leads into the server's own network
	named := commands.Guard{Named: func(string) bool { return true }}
	_, said, status = native(t, named, nil, "", "openssl s_client -connect localhost:443")
	if status == 0 || !strings.Contains(said, "not a public") {
		t.Errorf("localhost: %d %s", status, said)
	}
	if _, said, status := native(t, named, nil, "", "nc -z 169.254.169.254 80"); status == 0 || !strings.Contains(said, "not a public") {
		t.Errorf("the metadata service: %d %s", status, said)
	}
}

// TestWhichLinesAreCarriedOut tells lines of ours from a program's, and finds what is not carried out before anything runs.
func TestWhichLinesAreCarriedOut(t *testing.T) {
	t.Parallel()
	for _, sandbox := range []bool{false, true} {
		options := commands.Options{}
		if sandbox {
			options.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("nothing") })
		}
		table := commands.Table(options)
		for line, want := range map[string]struct{ ours, onSandbox, whole bool }{
			"openssl x509 -noout -dates":                     {true, true, true},
			"openssl x509 -noout -text":                      {false, false, false},
			"openssl s_client -connect example.com:443":      {true, false, true},
			"openssl rand -hex 16":                           {false, false, true},
			"dig +short example.com":                         {true, false, true},
			"dig +trace example.com":                         {false, false, false},
			"dig example.com ANY":                            {false, false, false},
			"host example.com":                               {true, false, true},
			"nslookup example.com":                           {true, false, true},
			"nc -z example.com 443":                          {true, false, true},
			"nc -l 8080":                                     {false, false, false},
			"nc example.com 443":                             {false, false, false},
			"openssl s_client -connect example.com -tls1":    {false, false, false},
			"openssl x509 -noout -ext keyUsage -in cert.pem": {false, false, false},
		} {
			var words []procedures.Word
			for _, text := range strings.Fields(line) {
				words = append(words, procedures.Word{Text: text, Source: text, Known: true})
			}
			command := table[words[0].Text]
			ours := command.(procedures.Chooser).Carries(words)
			if expected := want.ours && (!sandbox || want.onSandbox); ours != expected {
				t.Errorf("%s (sandbox %v) is ours: %v", line, sandbox, ours)
			}
			if !want.ours {
				continue
			}
			if info := command.Describe(words); (len(info.Findings) == 0) != want.whole || info.Effect.Changes() {
				t.Errorf("%s is described as %+v", line, info)
			}
		}
	}
}
