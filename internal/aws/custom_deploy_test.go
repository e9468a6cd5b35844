package aws_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // as CloudFront
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// inFolder gives a line the files of a folder.
func inFolder(t *testing.T, files map[string]string) func(*procedures.Invocation) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return func(inv *procedures.Invocation) { inv.Files = &interpret.Folder{Own: root} }
}

// client sends requests as a client of the sandbox: what a line names is not there only because it does.
type client struct{ to http.Handler }

func (c client) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	c.to.ServeHTTP(w, r)
	response := w.Result()
	response.Request, response.ContentLength = r, int64(w.Body.Len())
	return response, nil
}

// asClient is the command in a sandbox that has one stack, orders.
func asClient(t *testing.T) *aws.Command {
	t.Helper()
	c := aws.New(aws.Options{
		Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: client{sandbox.New(sandbox.Options{})},
	})
	if got := execute(t.Context(), c, "aws cloudformation create-stack --stack-name orders --template-body {}"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	return c
}

const otherTemplate = `
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub "${AWS::StackName}-topic"
`

// TestADeployIsPlannedByReading plans one of a stack that is there, and of one that is not: nothing is made.
func TestADeployIsPlannedByReading(t *testing.T) {
	t.Parallel()
	c := asClient(t)
	files := inFolder(t, map[string]string{"t.yaml": otherTemplate})
	planning := func(inv *procedures.Invocation) { inv.Planning = true }
	for stack, want := range map[string]string{
		"orders":   "Adds Topic (AWS::SNS::Topic). Removes Queue (AWS::SQS::Queue).",
		"new-here": "The stack is new, with Topic (AWS::SNS::Topic).",
	} {
		got := execute(context.Background(), c, "aws cloudformation deploy --template-file t.yaml --stack-name "+stack, files, planning)
		if got.status != 0 || len(got.calls) != 1 || got.calls[0].Planned == nil || got.out != "" {
			t.Fatalf("%s: %+v", stack, got)
		}
		planned := got.calls[0].Planned
		if !strings.HasSuffix(planned.Does, want) || planned.Effect.Changes() != true ||
			(planned.Effect == procedures.EffectDestroy) != (stack == "orders") {
			t.Errorf("%s is planned as %s %q, want %q", stack, planned.Effect, planned.Does, want)
		}
	}
	got := execute(context.Background(), c, "aws cloudformation list-change-sets --stack-name orders")
	if strings.Contains(got.out, "awscli") {
		t.Errorf("a plan made a change set: %s", got.out)
	}
}

// TestADeploymentIsBoundToTheStack deploys once, and finds that what an approval is bound to is not the same for another stack.
func TestADeploymentIsBoundToTheStack(t *testing.T) {
	t.Parallel()
	c := asClient(t)
	bound := func(stack string) string {
		inv := &procedures.Invocation{Args: strings.Fields("aws cloudformation deploy --template-file t.yaml --stack-name " + stack)}
		members, err := c.Bound(context.Background(), inv)
		if err != nil || len(members) == 0 {
			t.Fatalf("%v %v", members, err)
		}
		last := members[len(members)-1]
		return last.Name + " " + last.Value
	}
	there, none := bound("orders"), bound("new-here")
	if !strings.HasPrefix(there, "the stack's template ") || none != "the stack is not there" {
		t.Errorf("bound to %q and %q", there, none)
	}
}

// TestADistributionsAddressIsSigned signs with a canned and with a custom policy, and verifies both with the public key.
func TestADistributionsAddressIsSigned(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	files := inFolder(t, map[string]string{"key.pem": string(text)})
	decode := func(text string) []byte {
		data, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(text))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const canned = `{"Statement":[{"Resource":"https://d.example.com/a?b=c","Condition":{"DateLessThan":{"AWS:EpochTime":1767225600}}}]}`
	for more, policy := range map[string]string{
		"": canned,
		"--ip-address 10.0.0.1 --date-greater-than 1767139200": strings.Replace(canned, `1767225600}}`,
			`1767225600},"IpAddress":{"AWS:SourceIp":"10.0.0.1/32"},"DateGreaterThan":{"AWS:EpochTime":1767139200}}`, 1),
	} {
		var secrets []string
		got := execute(context.Background(), onSandbox(t), "aws cloudfront sign --url https://d.example.com/a?b=c --key-pair-id K1 "+
			"--private-key file://key.pem --date-less-than 2026-01-01 "+more, files, func(inv *procedures.Invocation) {
			inv.Secret = func(value string, _ ...procedures.SecretKind) { secrets = append(secrets, value) }
		})
		at, err := url.Parse(got.out)
		if err != nil || got.status != 0 || len(secrets) != 1 || secrets[0] != got.out {
			t.Fatalf("%+v %q %v", got, secrets, err)
		}
		q := at.Query()
		whole := q.Get("Expires") == "1767225600"
		if more != "" {
			whole = string(decode(q.Get("Policy"))) == policy
		}
		if !whole || q.Get("Key-Pair-Id") != "K1" {
			t.Errorf("signed as %s", got.out)
		}
		sum := sha1.Sum([]byte(policy)) // as CloudFront
		if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA1, sum[:], decode(q.Get("Signature"))); err != nil {
			t.Errorf("%s: %v", more, err)
		}
	}
	got := execute(context.Background(), onSandbox(t),
		"aws cloudfront sign --url u --key-pair-id K1 --private-key key.pem --date-less-than 0", files)
	if got.status != 255 {
		t.Errorf("a key that is none: %+v", got)
	}
}
