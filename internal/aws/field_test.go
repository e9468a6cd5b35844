package aws_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// typedLine is a line whose words from one on come from a field; the ones of before are the author's.
func typedLine(author string, typed ...string) func(*procedures.Invocation) {
	return func(inv *procedures.Invocation) {
		inv.Args = strings.Fields(author)
		inv.Fields, inv.FieldsFrom = make([]string, len(inv.Args)), make([]int, len(inv.Args)+len(typed))
		for _, word := range typed {
			inv.Args, inv.Fields = append(inv.Args, word), append(inv.Fields, "NAME")
		}
	}
}

// What decides where a call goes, or as whom, is no field's value: nothing is sent anywhere.
func TestFieldsSteerNoCalls(t *testing.T) {
	own, other := newSimulator(t), newSimulator(t)
	atHome(t, "[default]\nregion = eu-west-1\n", keys)
	c := aws.New(aws.Options{Environment: procedures.Environment{Endpoint: own.URL}})
	const list = "aws dynamodb list-tables "
	for _, test := range []struct {
		author string
		typed  []string
	}{
		{list + "--endpoint-url", []string{other.URL}}, {list + "--endpoint", []string{other.URL}},
		{list, []string{"--endpoint-url=" + other.URL}},
		{list, []string{"--endpoint-url", other.URL}}, {list + "--profile", []string{"staging"}}, {list, []string{"--prof=staging"}},
		{list, []string{"--no-sign-request"}}, {list, []string{"--no-verify-ssl"}}, {list + "--ca-bundle", []string{"x"}},
		{"aws s3 ls", []string{"--endpoint-url=" + other.URL}},
		{"aws dynamodb describe-table --table-name", []string{"file://x"}},
		{"aws dynamodb describe-table --table-name", []string{"fileb://x"}},
	} {
		got := execute(t.Context(), c, list, typedLine(test.author, test.typed...))
		if got.status != 252 || !strings.Contains(got.failed, "the field NAME") {
			t.Errorf("%s %q: status %d, %s", test.author, test.typed, got.status, got.failed)
		}
	}
	if len(own.asked)+len(other.asked) > 0 {
		t.Errorf("%d requests were sent", len(own.asked)+len(other.asked))
	}
	if got := execute(t.Context(), c, list,
		typedLine("aws dynamodb describe-table --table-name", "E1 --endpoint-url "+other.URL)); len(other.asked) > 0 {
		t.Errorf("the value was an option: %+v", got)
	}
}

// refusing allows no address.
type refusing struct{ asked []string }

func (r *refusing) Named(address string) error {
	r.asked = append(r.asked, address)
	return errors.New("no runbook names it")
}

func (*refusing) Transport() http.RoundTripper { return nil }

// An address that a line or its script names is asked for; that of the environment is not. The account is verified at the
// environment's own STS, whatever the line says.
func TestAddressesOfLinesAreGuarded(t *testing.T) {
	own, other := newSimulator(t), newSimulator(t)
	atHome(t, "[default]\nregion = eu-west-1\n", keys)
	own.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/sts/") {
			_, _ = w.Write([]byte("<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>" +
				"<Arn>arn:aws:iam::123456789012:user/x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"))
			return
		}
		_, _ = w.Write([]byte("{}"))
	}
	guard := &refusing{}
	c := aws.New(aws.Options{Environment: procedures.Environment{Endpoint: own.URL}, Addresses: guard})
	const list = "aws dynamodb list-tables"
	if got := execute(t.Context(), c, list); got.status != 0 || len(guard.asked) > 0 {
		t.Errorf("the environment's own address: status %d, %q: %s", got.status, guard.asked, got.failed)
	}
	if got := execute(t.Context(), c, list+" --endpoint-url "+other.URL); got.status == 0 ||
		!slices.Equal(guard.asked, []string{other.URL}) {
		t.Errorf("the line's address: status %d, %q: %s", got.status, guard.asked, got.failed)
	}
	if len(other.asked) > 0 {
		t.Errorf("%d requests were sent to it", len(other.asked))
	}
	t.Setenv("AWS_ENDPOINT_URL", own.URL)
	c = aws.New(aws.Options{Environment: procedures.Environment{Account: "123456789012"}})
	got := execute(t.Context(), c, list+" --endpoint-url "+other.URL, func(inv *procedures.Invocation) {
		inv.Env = func(name string) (string, bool) { return other.URL, strings.HasPrefix(name, "AWS_ENDPOINT_URL") }
	})
	sts := func(s *simulator) bool {
		return slices.ContainsFunc(s.asked, func(r *http.Request) bool { return strings.Contains(r.Header.Get("Authorization"), "/sts/") })
	}
	if got.status != 0 || !sts(own) || sts(other) {
		t.Errorf("the account was verified elsewhere: status %d, %s", got.status, got.failed)
	}
	if info := c.Describe(words(list + " --endpoint-url https://vpce-1.example.com")); !slices.Contains(info.Hosts, "vpce-1.example.com") {
		t.Errorf("the runbook names %q", info.Hosts)
	}
}
