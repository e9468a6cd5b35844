package commands

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

var (
	clientHave = opensslOptions("connect= servername= noservername showcerts tls1_2 tls1_3 verify_return_error 4 6 quiet no_ign_eof " +
		"ign_eof")
	clientElsewhere = opensslOptions("help host= port= bind= proxy= unix= starttls= xmpphost= CAfile= CApath= cert= key= brief alpn= " +
		"verify= verify_hostname= verify_ip= status msg debug state cipher= ciphersuites= ssl3 tls1 tls1_1 " +
		"dtls reconnect sess_out= sess_in= prexit crlf nbio trace security_debug name= noCAfile noCApath " +
		"verify_quiet verifyCAfile= cert_chain= pass= CAstore= curves= sigalgs= groups= no_tls1_3 no_tls1_2 " +
		"no_tls1_1 no_tls1 no_ssl3 legacy_renegotiation legacy_server_connect nameopt= keylogfile= " +
		"early_data= ct serverinfo= psk= psk_identity= max_send_frag= fallback_scsv adv purpose= x509_strict " +
		"partial_chain dane_tlsa_domain= ignore_critical")
)

// clientLine is what a line of openssl s_client asks for.
type clientLine struct {
	*opensslLine
	connect string // host:port
}

func readClientLine(args []string) (*clientLine, error) {
	l, err := readOpenSSL("s_client", args, clientHave, clientElsewhere)
	if err != nil {
		return nil, err
	}
	c := &clientLine{opensslLine: l, connect: l.values["connect"]}
	if c.connect == "" && len(l.operands) == 1 {
		c.connect, l.operands = l.operands[0], nil
	}
	if len(l.operands) > 0 {
		return nil, &opensslUsageError{"s_client: Use -help for summary."}
	}
	if c.connect == "" {
		c.connect = "localhost:4433"
	}
	if !strings.Contains(c.connect, ":") {
		c.connect += ":4433"
	}
	return c, nil
}

// has reports whether an option was given.
func (c *clientLine) has(name string) bool {
	for _, given := range c.given {
		if given == name {
			return true
		}
	}
	return false
}

// clientPatience bounds a connection with its handshake.
const clientPatience = 30 * time.Second

// runClient connects, prints the certificates as OpenSSL 3.0 does, and ends: what is piped in is read to its end and not sent.
func runClient(ctx context.Context, r *reach, args []string) int {
	c, err := readClientLine(args)
	if err != nil {
		return opensslWrong(r.inv, "s_client", err)
	}
	host, port, err := net.SplitHostPort(c.connect)
	if err != nil {
		fmt.Fprintf(r.inv.Stderr, "s_client: -connect argument or target parameter malformed or ambiguous\n")
		return 1
	}
	network := "ip"
	switch {
	case c.has("4"):
		network = "ip4"
	case c.has("6"):
		network = "ip6"
	}
	ctx, cancel := context.WithTimeout(ctx, clientPatience)
	defer cancel()
	found, err := r.addresses(ctx, host, port, network)
	switch {
	case errors.Is(err, errRefused):
		return r.refused(1, err)
	case err != nil:
		fmt.Fprint(r.inv.Stderr, "BIO_lookup_ex:system lib:Name or service not known\nconnect:errno=22\n")
		return r.report(1, procedures.Errored, "%s is not known to DNS.", host)
	}
	conn, err := firstOf(ctx, found, port)
	if err != nil {
		text, number := dialError(err)
		fmt.Fprintf(r.inv.Stderr, "BIO_connect:%s\nconnect:errno=%d\n", text, number)
		return r.report(1, procedures.Errored, "%s takes no connection: %s.", c.connect, text)
	}
	defer conn.Close() //nolint:errcheck // what was asked is answered, or not
	return c.handshake(ctx, r, conn, host)
}

// firstOf is a connection to the first address that takes one.
func firstOf(ctx context.Context, found []netip.Addr, port string) (conn net.Conn, err error) {
	for _, ip := range found {
		if conn, err = dialled(ctx, "tcp", ip, port, clientPatience); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// counted counts what goes over a connection.
type counted struct {
	net.Conn
	read, written int
}

// Read implements net.Conn.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read += n
	return n, err
}

// Write implements net.Conn.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written += n
	return n, err
}

// handshake makes the connection a secure one and prints what the server showed.
func (c *clientLine) handshake(ctx context.Context, r *reach, conn net.Conn, host string) int {
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // it is verified below, and said
	switch name, given := c.values["servername"]; {
	case given:
		config.ServerName = name
	case !c.has("noservername"):
		if _, err := netip.ParseAddr(host); err != nil {
			config.ServerName = host
		}
	}
	if c.has("tls1_2") {
		config.MaxVersion = tls.VersionTLS12
	}
	if c.has("tls1_3") {
		config.MinVersion = tls.VersionTLS13
	}
	line := &counted{Conn: conn}
	secure := tls.Client(line, config)
	if !c.has("quiet") {
		_ = write(r.inv.Stdout, []byte("CONNECTED(00000003)\n"))
	}
	if err := secure.HandshakeContext(ctx); err != nil {
		fmt.Fprintf(r.inv.Stderr, "SSL routines:%v\n", err)
		_ = write(r.inv.Stdout, []byte("---\nno peer certificate available\n---\n"))
		return r.report(1, procedures.Errored, "%s takes the connection, and no secure one: %v.", c.connect, err)
	}
	state := secure.ConnectionState()
	code, reason := c.verify(r, state, r.inv.Now())
	if c.has("verify_return_error") && code != 0 {
		return r.report(1, procedures.Failed, "The certificate of %s is not to be trusted: %s.", c.connect, reason)
	}
	if !c.has("quiet") {
		if write(r.inv.Stdout, []byte(c.text(state, line, code, reason))) != nil {
			return 1
		}
	}
	if r.inv.Stdin != nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.inv.Stdin, mostCertificate))
	}
	fmt.Fprintln(r.inv.Stderr, "DONE")
	leaf := state.PeerCertificates[0]
	verdict := procedures.Passed
	if code != 0 {
		verdict = procedures.Warned
	}
	return r.report(0, verdict, "The certificate of %s is good until %s; verification: %s.", c.connect,
		leaf.NotAfter.UTC().Format("2006-01-02 15:04 UTC"), reason)
}

// verify says to standard error what openssl says while it verifies: the code of X509_V_ERR_… and its words.
func (c *clientLine) verify(r *reach, state tls.ConnectionState, now time.Time) (code int, reason string) {
	leaf := state.PeerCertificates[0]
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	say := func(depth int, cert *x509.Certificate, codes ...int) {
		name, _ := distinguishedName(cert.RawSubject) // which was parsed
		for _, code := range codes {
			fmt.Fprintf(r.inv.Stderr, "depth=%d %s\nverify error:num=%d:%s\nverify return:1\n", depth, name, code, verifyWords[code])
		}
		fmt.Fprintf(r.inv.Stderr, "depth=%d %s\nverify return:1\n", depth, name)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	last := state.PeerCertificates[len(state.PeerCertificates)-1]
	selfSigned := string(last.RawSubject) == string(last.RawIssuer)
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		for depth := len(chains[0]) - 1; depth >= 0; depth-- {
			say(depth, chains[0][depth])
		}
		return 0, verifyWords[0]
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		code = 10
		if now.Before(leaf.NotBefore) {
			code = 9
		}
		say(0, leaf, code)
	case selfSigned && len(state.PeerCertificates) == 1:
		code = 18
		say(0, leaf, code)
	case selfSigned:
		code = 19
		say(len(state.PeerCertificates)-1, last, code)
	case len(state.PeerCertificates) == 1:
		code = 21
		say(0, leaf, 20, 21)
	default:
		code = 20
		say(len(state.PeerCertificates)-1, last, code)
	}
	return code, verifyWords[code]
}

// verifyWords are OpenSSL 3's words for what verification found: crypto/x509/x509_txt.c.
var verifyWords = map[int]string{
	0: "ok", 9: "certificate is not yet valid", 10: "certificate has expired", 18: "self-signed certificate",
	19: "self-signed certificate in certificate chain", 20: "unable to get local issuer certificate",
	21: "unable to verify the first certificate",
}

// text is what s_client prints of a connection; what openssl knows of the handshake and Go's library does not is left out.
func (c *clientLine) text(state tls.ConnectionState, line *counted, code int, reason string) string {
	var b strings.Builder
	b.WriteString("---\nCertificate chain\n")
	block := func(cert *x509.Certificate) {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}) // into memory
	}
	for i, cert := range state.PeerCertificates {
		subject, _ := distinguishedName(cert.RawSubject)
		issuer, _ := distinguishedName(cert.RawIssuer)
		kind, bits := keyKind(cert)
		fmt.Fprintf(&b, "%2d s:%s\n   i:%s\n   a:PKEY: %s, %d (bit); sigalg: %s\n   v:NotBefore: %s; NotAfter: %s\n",
			i, subject, issuer, kind, bits,
			opensslAlgorithm(cert.SignatureAlgorithm), cert.NotBefore.UTC().Format(opensslTime), cert.NotAfter.UTC().Format(opensslTime))
		if c.has("showcerts") {
			block(cert)
		}
	}
	leaf := state.PeerCertificates[0]
	b.WriteString("---\nServer certificate\n")
	if !c.has("showcerts") {
		block(leaf)
	}
	subject, _ := distinguishedName(leaf.RawSubject)
	issuer, _ := distinguishedName(leaf.RawIssuer)
	fmt.Fprintf(&b, "subject=%s\nissuer=%s\n---\nNo client certificate CA names sent\n---\n", subject, issuer)
	fmt.Fprintf(&b, "SSL handshake has read %d bytes and written %d bytes\n", line.read, line.written)
	if code == 0 {
		b.WriteString("Verification: OK\n")
	} else {
		fmt.Fprintf(&b, "Verification error: %s\n", reason)
	}
	_, bits := keyKind(leaf)
	fmt.Fprintf(&b, "---\nNew, %s, Cipher is %s\nServer public key is %d bit\n",
		strings.Replace(tls.VersionName(state.Version), "TLS ", "TLSv", 1), tls.CipherSuiteName(state.CipherSuite), bits)
	fmt.Fprintf(&b, "Compression: NONE\nExpansion: NONE\nNo ALPN negotiated\nVerify return code: %d (%s)\n---\n", code, reason)
	return b.String()
}

// keyKind is a public key's name, as openssl calls it, and its length in bits.
func keyKind(cert *x509.Certificate) (string, int) {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return "rsaEncryption", key.N.BitLen()
	case *ecdsa.PublicKey:
		return "id-ecPublicKey", key.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "ED25519", 256
	}
	return "unknown", 0
}

// opensslAlgorithm is a signature's algorithm, as openssl calls it.
func opensslAlgorithm(a x509.SignatureAlgorithm) string {
	text := a.String()
	if kind, hash, ok := strings.Cut(text, "-"); ok {
		switch kind {
		case "ECDSA":
			return "ecdsa-with-" + hash
		case "SHA256", "SHA384", "SHA512": // SHA256-RSAPSS
			return "RSASSA-PSS"
		}
		return kind + "-" + hash
	}
	return strings.ToUpper(text)
}
