package commands

import (
	"bytes"
	"crypto/md5"  // a fingerprint that is asked for
	"crypto/sha1" // openssl's usual fingerprint
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

var (
	certificateHave = opensslOptions("in= inform= noout dates startdate enddate subject issuer serial fingerprint checkend= pubkey ext= " +
		"sha1 sha256 sha384 sha512 md5 email")
	certificateElsewhere = opensslOptions("help text hash subject_hash subject_hash_old issuer_hash issuer_hash_old purpose ocspid " +
		"ocsp_uri modulus alias checkhost= checkemail= checkip= nameopt= certopt= out= outform= dateopt= new " +
		"x509toreq req CA= CAkey= days= set_serial= force_pubkey= subj= addtrust= addreject= trustout " +
		"setalias= keyform= signkey= key= extfile= extensions= extensionclass= clrext clrtrust clrreject " +
		"next_serial nocert copy_extensions= vfyopt= passin= provider= provider-path= propquery= engine= " +
		"preserve_dates badsig sigopt= C CAcreateserial CAserial= CAform= CAkeyform= rand= writerand= " +
		"not_before= not_after= sha224 sha3-256 sha3-512 sha3-384 sha3-224 blake2b512 blake2s256 ripemd160 " +
		"sm3")
)

// certificateLine is what a line of openssl x509 asks for.
type certificateLine struct {
	*opensslLine
	order  []string // what is printed, in openssl's order: each where it stands last
	digest string   // "" for the usual one
	within time.Duration
}

// readCertificateLine reads the words behind `openssl x509`.
func readCertificateLine(args []string) (*certificateLine, error) {
	l, err := readOpenSSL("x509", args, certificateHave, certificateElsewhere)
	if err != nil {
		return nil, err
	}
	c := &certificateLine{opensslLine: l}
	add := func(name string) {
		c.order = append(slices.DeleteFunc(c.order, func(n string) bool { return n == name }), name)
	}
	for _, name := range l.given {
		switch name {
		case "dates":
			add("startdate")
			add("enddate")
		case "startdate", "enddate", "subject", "issuer", "serial", "fingerprint", "pubkey", "ext", "email":
			add(name)
		case "sha1", "sha256", "sha384", "sha512", "md5":
			c.digest = name
		}
	}
	if text, ok := l.values["checkend"]; ok && !strings.ContainsAny(text, "$<`") {
		n, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			return nil, &opensslUsageError{fmt.Sprintf("x509: Can't parse \"%s\" as a number", text)}
		}
		c.within = time.Duration(n) * time.Second
	}
	if form := strings.ToUpper(l.values["inform"]); form != "" && form != "PEM" && form != "DER" && !strings.ContainsAny(form, "$<`") {
		return nil, missing("x509 -inform "+l.values["inform"], "")
	}
	if name := l.values["ext"]; name != "" && name != "subjectAltName" && !strings.ContainsAny(name, "$<`") {
		return nil, missing("x509 -ext "+name, "of the extensions subjectAltName is")
	}
	if len(l.operands) > 0 {
		return nil, &opensslUsageError{"x509: Use -help for summary."}
	}
	return c, nil
}

// mostCertificate bounds what is read for a certificate, in bytes.
const mostCertificate = 4 << 20

// runCertificate prints what is asked for of a certificate.
func runCertificate(inv *procedures.Invocation, args []string) int {
	l, err := readCertificateLine(args)
	if err != nil {
		return opensslWrong(inv, "x509", err)
	}
	cert, err := l.load(inv)
	if err != nil {
		if isNotHere(err) {
			return complain(inv, 1, "%v", err)
		}
		fmt.Fprintf(inv.Stderr, "%v\nUnable to load certificate\n", err)
		return 1
	}
	var b bytes.Buffer
	for _, what := range l.order {
		if err := l.print(&b, cert, what); err != nil {
			return complain(inv, 1, "%v", err)
		}
	}
	status := 0
	if _, asks := l.values["checkend"]; asks {
		if cert.NotAfter.Before(inv.Now().Add(l.within)) {
			b.WriteString("Certificate will expire\n")
			status = 1
		} else {
			b.WriteString("Certificate will not expire\n")
		}
	} else if !slices.Contains(l.given, "noout") {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}) // into memory
	}
	if write(inv.Stdout, b.Bytes()) != nil {
		return 1
	}
	return status
}

// opensslWrong says a wrong line.
func opensslWrong(inv *procedures.Invocation, command string, err error) int {
	var usage *opensslUsageError
	if !errors.As(err, &usage) {
		return complain(inv, 1, "%v", err)
	}
	fmt.Fprintln(inv.Stderr, usage.text)
	if !strings.Contains(usage.text, "Use -help") {
		fmt.Fprintln(inv.Stderr, command+": Use -help for summary.")
	}
	return 1
}

// load reads the certificate, which is the first of what is read.
func (l *certificateLine) load(inv *procedures.Invocation) (*x509.Certificate, error) {
	from, named := "<stdin>", inv.Stdin
	if name := l.values["in"]; name != "" {
		f, err := inv.Files.Open(name)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("Could not open file or uri for loading certificate from %s: %s", name, fileError(err))
			}
			return nil, fmt.Errorf("Could not open file or uri for loading certificate from %s", name)
		}
		defer f.Close()
		from, named = name, f
	}
	data, err := io.ReadAll(io.LimitReader(named, mostCertificate))
	if err != nil {
		return nil, err
	}
	if err := inv.Meter.Charge(2 * int64(len(data))); err != nil {
		return nil, err
	}
	for rest := data; ; {
		block, more := pem.Decode(rest)
		if block == nil {
			break
		}
		if slices.Contains([]string{"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}, block.Type) {
			data = block.Bytes
			break
		}
		rest = more
	}
	cert, err := x509.ParseCertificate(data)
	if err != nil {
		return nil, fmt.Errorf("Could not read certificate from %s", from)
	}
	return cert, nil
}

// opensslTime is how OpenSSL writes a moment.
const opensslTime = "Jan _2 15:04:05 2006 GMT"

// print writes one of the things that are asked for.
func (l *certificateLine) print(b *bytes.Buffer, cert *x509.Certificate, what string) error {
	switch what {
	case "startdate":
		fmt.Fprintf(b, "notBefore=%s\n", cert.NotBefore.UTC().Format(opensslTime))
	case "enddate":
		fmt.Fprintf(b, "notAfter=%s\n", cert.NotAfter.UTC().Format(opensslTime))
	case "subject", "issuer":
		raw := cert.RawSubject
		if what == "issuer" {
			raw = cert.RawIssuer
		}
		name, err := distinguishedName(raw)
		fmt.Fprintf(b, "%s=%s\n", what, name)
		return err
	case "serial":
		fmt.Fprintf(b, "serial=%s\n", serialText(cert))
	case "fingerprint":
		name, sum := "SHA1", fingerprints[orSHA1(l.digest)]()
		if l.digest != "" {
			name = l.digest
		}
		sum.Write(cert.Raw)
		fmt.Fprintf(b, "%s Fingerprint=%s\n", name, strings.ToUpper(colons(sum.Sum(nil))))
	case "pubkey":
		return pem.Encode(b, &pem.Block{Type: "PUBLIC KEY", Bytes: cert.RawSubjectPublicKeyInfo})
	case "email":
		for _, address := range cert.EmailAddresses {
			fmt.Fprintln(b, address)
		}
	case "ext":
		return alternativeNames(b, cert)
	}
	return nil
}

func orSHA1(digest string) string {
	if digest == "" {
		return "sha1"
	}
	return digest
}

var fingerprints = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

// serialText is a serial number in whole bytes.
func serialText(cert *x509.Certificate) string {
	data := cert.SerialNumber.Bytes()
	if len(data) == 0 {
		return "00"
	}
	return strings.ToUpper(hex.EncodeToString(data))
}

func colons(data []byte) string {
	parts := make([]string, len(data))
	for i, c := range data {
		parts[i] = fmt.Sprintf("%02x", c)
	}
	return strings.Join(parts, ":")
}

// alternativeNames prints the names of the extension subjectAltName in their order.
func alternativeNames(b *bytes.Buffer, cert *x509.Certificate) error {
	for _, e := range cert.Extensions {
		if e.Id.String() != "2.5.29.17" {
			continue
		}
		b.WriteString("X509v3 Subject Alternative Name: ")
		if e.Critical {
			b.WriteString("critical")
		}
		var sequence asn1.RawValue
		if _, err := asn1.Unmarshal(e.Value, &sequence); err != nil {
			return err
		}
		var names []string
		for rest := sequence.Bytes; len(rest) > 0; {
			var v asn1.RawValue
			var err error
			if rest, err = asn1.Unmarshal(rest, &v); err != nil {
				return err
			}
			names = append(names, alternativeName(v))
		}
		fmt.Fprintf(b, "\n    %s\n", strings.Join(names, ", "))
		return nil
	}
	return nil
}

func alternativeName(v asn1.RawValue) string {
	switch v.Tag {
	case 1:
		return "email:" + string(v.Bytes)
	case 2:
		return "DNS:" + string(v.Bytes)
	case 4:
		if name, err := distinguishedName(v.Bytes); err == nil {
			return "DirName:" + name
		}
	case 6:
		return "URI:" + string(v.Bytes)
	case 7:
		if ip, ok := netip.AddrFromSlice(v.Bytes); ok && ip.Is6() {
			var groups []string
			for i := 0; i < 16; i += 2 {
				groups = append(groups, fmt.Sprintf("%X", uint16(v.Bytes[i])<<8|uint16(v.Bytes[i+1])))
			}
			return "IP Address:" + strings.Join(groups, ":")
		} else if ok {
			return "IP Address:" + ip.String()
		}
		return "IP Address:<invalid>"
	case 8:
		var id asn1.ObjectIdentifier
		if _, err := asn1.UnmarshalWithParams(v.FullBytes, &id, "tag:8"); err == nil {
			return "Registered ID:" + id.String()
		}
	case 0:
		return "othername:<unsupported>"
	}
	return "<unsupported>"
}
