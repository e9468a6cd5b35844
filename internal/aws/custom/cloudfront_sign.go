package custom

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" // CloudFront takes no other
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// signedURL is `aws cloudfront sign`: an address that a distribution serves to whoever has it, until a moment. No call is made:
// awscli/customizations/cloudfront.py, and CloudFrontSigner of botocore/signers.py.
type signedURL struct{}

var signedURLCommand = &bind.Command{Options: []bind.CommandOption{
	{Name: "url", Required: true}, {Name: "key-pair-id", Required: true}, {Name: "private-key", Required: true},
	{Name: "date-less-than", Required: true}, {Name: "date-greater-than"}, {Name: "ip-address"},
}}

func readSignedURL(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return signedURLCommand.Read(without(without(args, "cloudfront"), "sign"), known)
}

// Describe implements Command.
func (signedURL) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readSignedURL(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(procedures.PlannedCall{
		Command: "cloudfront sign", Effect: procedures.EffectNone, Resource: l.Value("url"),
		Does: "Signs the address " + l.Value("url") + ", without a call.",
	})
	if name, ok := strings.CutPrefix(l.Value("private-key"), "file://"); ok && known(l.Value("private-key")) {
		line.Info.Reads = append(line.Info.Reads, name)
	}
	for _, option := range []string{"date-less-than", "date-greater-than"} {
		text := l.Value(option)
		if _, ok := bind.Moment(text); l.Has(option) && known(text) && !ok {
			line.Find(procedures.SeverityError, "aws-value", words[0], nil,
				"--%s wants a time such as 2026-01-31T12:00:00 or seconds since 1970, not %s.", option, text)
		}
	}
}

// Run implements Command. Whoever has the address may read what it names: it is told to be a secret before it is printed.
func (signedURL) Run(_ context.Context, s *session.Session, args []string) (int, error) {
	l, err := readSignedURL(args, nil)
	if err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "cloudfront sign", procedures.EffectNone
	content, err := loaded(s, "private-key", l.Value("private-key"))
	if err != nil {
		return 0, err
	}
	key, err := privateKey(content)
	if err != nil {
		return 0, err
	}
	until, ok := bind.Moment(l.Value("date-less-than"))
	if !ok {
		return 0, failed("Invalid timestamp \"%s\"", l.Value("date-less-than"))
	}
	condition := object("DateLessThan", object("AWS:EpochTime", until.Unix()))
	custom := l.Has("ip-address") || l.Has("date-greater-than")
	if address := l.Value("ip-address"); address != "" {
		if !strings.Contains(address, "/") {
			address += "/32"
		}
		condition.Set("IpAddress", object("AWS:SourceIp", address))
	}
	if text := l.Value("date-greater-than"); text != "" {
		from, ok := bind.Moment(text)
		if !ok {
			return 0, failed("Invalid timestamp \"%s\"", text)
		}
		condition.Set("DateGreaterThan", object("AWS:EpochTime", from.Unix()))
	}
	policy := object("Statement", document.List{object("Resource", l.Value("url"), "Condition", condition)})
	signed, err := signURL(key, l.Value("url"), l.Value("key-pair-id"), policy, until, custom)
	if err != nil {
		return 0, err
	}
	s.Hide(signed)
	fmt.Fprint(s.Invocation.Stdout, signed)
	s.Call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Info,
		Reason:  "An address of " + l.Value("url") + ", good until " + until.UTC().Format("2006-01-02 15:04 UTC") + ".",
	}
	return 0, nil
}

// signURL signs a policy, which goes with the address only where it says more than a moment.
func signURL(key *rsa.PrivateKey, address, pair string, policy *document.Object, until time.Time, custom bool) (string, error) {
	text, err := document.Marshal(policy)
	if err != nil {
		return "", err
	}
	sum := sha1.Sum(text) // CloudFront takes no other
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		return "", failed("%v", err)
	}
	encode := func(data []byte) string {
		return strings.NewReplacer("+", "-", "=", "_", "/", "~").Replace(base64.StdEncoding.EncodeToString(data))
	}
	first := fmt.Sprintf("Expires=%d", until.Unix())
	if custom {
		first = "Policy=" + encode(text)
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + strings.Join([]string{first, "Signature=" + encode(signature), "Key-Pair-Id=" + pair}, "&"), nil
}

// privateKey reads an RSA key in PEM, of either form that openssl writes.
func privateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, failed("--private-key is no key in PEM; a file is named as file://key.pem")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, failed("--private-key is no RSA key")
	}
	return key, nil
}
