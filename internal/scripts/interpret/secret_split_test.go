package interpret

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

const password = `p4ss"wörd/+&x`

func TestSecretsAreMasked(t *testing.T) {
	s := newSecrets(password)
	tests := []struct{ name, text, want string }{
		{"as it is", "is " + password + "!", "is " + Masked + "!"},
		{"in a URL", "https://h/?a=" + url.QueryEscape(password) + "&b=1", "https://h/?a=" + Masked + "&b=1"},
		{"in JSON", `{"k": "p4ss\"wörd/+\u0026x"}`, `{"k": "` + Masked + `"}`},
		{"in hexadecimal", hex.EncodeToString([]byte(password)), Masked},
		{"a secret access key", `"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"`, `"SecretAccessKey": "` + Masked + `"`},
		{"in the environment", "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENG", "export AWS_SECRET_ACCESS_KEY=" + Masked},
		{
			"an address that is signed", "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=abcdef01&x=1",
			"https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=" + Masked + "&x=1",
		},
		{"a header", "Authorization: Bearer abcdefgh12345678", "Authorization: Bearer " + Masked},
		{"a token of GitHub's", "use ghp_0123456789abcdefghijABCDEFGHIJ012345 now", "use " + Masked + " now"},
		{"a web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w", Masked},
		{
			"a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nrest",
			"-----BEGIN RSA PRIVATE KEY-----" + Masked + "-----END RSA PRIVATE KEY-----\nrest",
		},
		{"a password in a log line", "db: password=hunter2hunter2 host=db", "db: password=" + Masked + " host=db"},
		{"a page's token is none", `"NextToken": "eyJub3QiOiJhIHNlY3JldCJ9"`, `"NextToken": "eyJub3QiOiJhIHNlY3JldCJ9"`},
		{
			"what is said of secrets is none",
			`"PasswordLastUsed": "2026-11-01T00:00:00Z", "SecretArn": "arn:aws:x", ` +
				`"password": "arn:aws:secretsmanager:x", "KeyId": "1234-abcd"`,
			`"PasswordLastUsed": "2026-11-01T00:00:00Z", "SecretArn": "arn:aws:x", ` +
				`"password": "arn:aws:secretsmanager:x", "KeyId": "1234-abcd"`,
		},
		{"text", "The secret of a good token is its key", "The secret of a good token is its key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := s.text(test.text); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	for prefix := range 6 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", prefix) + password + "suffix"))
		if got := s.text(text); !strings.Contains(got, Masked) {
			t.Errorf("base64 after %d bytes: %s", prefix, got)
		}
	}
}

// FuzzSecretsSplitAcrossPieces writes an output with a secret in pieces of any size: no event holds it, and nothing else is lost.
func FuzzSecretsSplitAcrossPieces(f *testing.F) {
	for _, size := range []int{1, 2, 3, 7, 64} {
		f.Add("before "+password+" after\npassword: hunter2hunter2\n", size)
		f.Add("x"+password+password+"\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"+password, size)
		f.Add("X-Amz-Signature=0123456789 {\"token\": \"abcdefghijk\"} ünïcödé", size)
	}
	f.Fuzz(func(t *testing.T, output string, size int) {
		if size < 1 || size > len(output)+1 || len(output) > 4<<10 {
			t.Skip()
		}
		mask := newSecrets(password)
		var events strings.Builder
		g := newGatherer(func(e procedures.Event) {
			events.WriteString(e.Text)
		}, mask, "stdout", nil, new(counter), 1<<30, func(string, ...any) {})
		for rest := output; rest != ""; {
			n := min(size, len(rest))
			g.mu.Lock()
			g.buffer = append(g.buffer, rest[:n]...)
			g.send(mask.showable(g.buffer))
			g.mu.Unlock()
			rest = rest[n:]
		}
		g.end()
		if strings.Contains(events.String(), password) {
			t.Errorf("in pieces of %d bytes the secret came through: %q", size, events.String())
		}
		if whole := mask.text(output); !strings.Contains(output, "-----BEGIN") && !hint().MatchString(output) && events.String() != whole {
			t.Errorf("in pieces of %d bytes: %q, at once: %q", size, events.String(), whole)
		}
	})
}

func TestScriptsSecretsStayOutOfEvents(t *testing.T) {
	const found = "correct-horse-battery"
	aws := &revealing{value: found}
	var terminal, events strings.Builder
	e := &Execution{
		Script: procedures.Script{
			Text: "P=$(aws secretsmanager get-secret-value --secret-id x)\necho \"$P $GIVEN\"\nprintf '%s' \"$P\" | tr a-z A-Z\n", Line: 1,
		},
		Parameters: map[string]string{"GIVEN": "given-secret"}, Secrets: []string{"given-secret"}, Files: noFiles{}, Stdout: &terminal,
		Commands: func(name string) (procedures.Command, bool) { return commandNamed(name, aws) },
		Emit:     func(e procedures.Event) { fmt.Fprintf(&events, "%+v %+v\n", e, e.Call) },
	}
	outcome, err := Run(t.Context(), e)
	if err != nil || outcome.Status != 0 {
		t.Fatal(outcome, err)
	}
	if !strings.Contains(terminal.String(), found+" given-secret") {
		t.Errorf("a terminal sees %q", terminal.String())
	}
	if text := events.String(); strings.Contains(text, found) || strings.Contains(text, "given-secret") || !strings.Contains(text, Masked) {
		t.Errorf("the events hold %s", text)
	}
	// The next step of the run does not show it either.
	events.Reset()
	e.Script.Text, e.State = "echo \"again: $P\"\n", outcome.State
	if _, err := Run(t.Context(), e); err != nil || strings.Contains(events.String(), found) {
		t.Errorf("%v; the next step's events hold %s", err, events.String())
	}
}

// revealing is a command whose answer is a secret.
type revealing struct {
	meeting
	value string
}

// Run implements procedures.Command.
func (r *revealing) Run(_ context.Context, inv *procedures.Invocation) int {
	inv.Secret(r.value)
	fmt.Fprintln(inv.Stdout, r.value)
	inv.Report(procedures.Call{
		Command:  "secretsmanager get-secret-value",
		Document: document.NewObject(document.Member{Name: "SecretString", Value: r.value}, document.Member{Name: "Copy", Value: r.value}),
	})
	return 0
}
