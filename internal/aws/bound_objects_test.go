package aws_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/s3"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// beforeEach calls do before a request is sent.
type beforeEach struct {
	http.RoundTripper
	do func(*http.Request)
}

// RoundTrip implements http.RoundTripper.
func (b *beforeEach) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.do != nil {
		b.do(r)
	}
	return b.RoundTripper.RoundTrip(r)
}

// objects is a sandbox with objects whose content is their key, and a folder.
type objects struct {
	t    *testing.T
	sent *beforeEach
	*aws.Command
	own *aws.Command // whose requests are not seen
}

func newObjects(t *testing.T, keys ...string) *objects {
	t.Helper()
	environment := procedures.Environment{Name: "sandbox", Account: "sandbox"}
	account := sandbox.New(sandbox.Options{}).Transport()
	o := &objects{t: t, sent: &beforeEach{RoundTripper: account}}
	o.Command = aws.New(aws.Options{Environment: environment, Transport: o.sent})
	o.own = aws.New(aws.Options{Environment: environment, Transport: account})
	for _, bucket := range []string{"one-a", "two-b"} {
		o.must("aws s3 mb s3://"+bucket, "")
	}
	for _, key := range keys {
		o.put(key, key)
	}
	return o
}

func (o *objects) must(line, stdin string) string {
	o.t.Helper()
	got := execute(o.t.Context(), o.own, line, func(inv *procedures.Invocation) { inv.Stdin = strings.NewReader(stdin) })
	if got.status > 1 || got.failed != "" {
		o.t.Fatalf("%s: %+v", line, got)
	}
	return got.out
}

func (o *objects) put(key, content string) { o.must("aws s3 cp - s3://"+key, content) }

// all are the objects of both buckets, with their ETags.
func (o *objects) all() string {
	list := func(bucket string) string {
		return execute(o.t.Context(), o.own, "aws s3api list-objects-v2 --query Contents[].[Key,ETag] --output text --bucket "+bucket).out
	}
	return list("one-a") + "\n" + list("two-b")
}

func (o *objects) bound(line string) []procedures.BoundMember {
	o.t.Helper()
	members, err := o.Bound(o.t.Context(), &procedures.Invocation{Args: strings.Fields(line), Env: func(string) (string, bool) {
		return "", false
	}})
	if err != nil {
		o.t.Fatal(err)
	}
	return members
}

// TestObjectsOfALineAreBound lets objects come, go and become others between the plan and the press, and between the last comparison and
// the call: what nobody approved is not touched.
func TestObjectsOfALineAreBound(t *testing.T) {
	const added, other = "one-a/p/new", "one-a/p/x"
	lines := map[string][]string{ // and what of them counts
		"aws s3 sync s3://one-a/p s3://two-b/q":           {added, other},
		"aws s3 sync s3://one-a/p s3://two-b/q --delete":  {added, other, "two-b/q/gone"},
		"aws s3 cp s3://one-a/p s3://two-b/q --recursive": {added, other},
		"aws s3 cp s3://one-a/p/x s3://two-b/x":           {other},
		"aws s3 mv s3://one-a/p/x s3://two-b/x":           {other},
		"aws s3 mv s3://one-a/p s3://two-b/q --recursive": {added, other},
		"aws s3 rm s3://one-a/p --recursive":              {added, other},
		"aws s3 rb s3://one-a --force":                    {added, other, "one-a/elsewhere"},
	}
	for line, counts := range lines {
		o := newObjects(t, "one-a/p/x", "one-a/p/y", "two-b/q/old")
		before := o.bound(line)
		call := procedures.PlannedCall{Bound: before}
		if differs := call.Deviations(procedures.PlannedCall{Bound: o.bound(line)}); len(differs) > 0 {
			t.Errorf("%s: it is another line each time: %q", line, differs)
		}
		for _, key := range counts {
			o.put(key, "another content")
			now := o.bound(line)
			if differs := strings.Join(call.Deviations(procedures.PlannedCall{Bound: now}), "; "); !strings.Contains(differs, key) {
				t.Errorf("%s: %s may be another: %q", line, key, differs)
			}
			call.Bound = now
		}
		o.put("two-b/unrelated", "x")
		if differs := call.Deviations(procedures.PlannedCall{Bound: o.bound(line)}); len(differs) > 0 {
			t.Errorf("%s: what it has nothing to do with counts: %q", line, differs)
		}
		// sent as it was bound first
		was := o.all()
		got := execute(t.Context(), o.Command, line, func(inv *procedures.Invocation) { inv.Bound = before })
		if got.status == 0 || o.all() != was || !strings.Contains(got.failed, "nothing was sent: ") {
			t.Errorf("%s: ended with %d: %s, and there is\n%s, was\n%s", line, got.status, got.failed, o.all(), was)
		}
		got = execute(t.Context(), o.Command, line, func(inv *procedures.Invocation) { inv.Bound = call.Bound })
		if got.status != 0 || o.all() == was {
			t.Errorf("%s: as it was approved it ended with %d: %s", line, got.status, got.failed)
		}
	}
}

// TestObjectsThatComeInTheLastMoment come while the line is being sent, before any of its requests: they are left alone.
func TestObjectsThatComeInTheLastMoment(t *testing.T) {
	for _, line := range []string{
		"aws s3 sync s3://one-a/p s3://two-b/q", "aws s3 mv s3://one-a/p s3://two-b/q --recursive", "aws s3 rm s3://one-a/p --recursive",
		"aws s3 cp s3://one-a/p/x s3://two-b/q/x",
	} {
		for at, count := 1, 1; count >= at; at++ { // before which request of the line
			o := newObjects(t, "one-a/p/x", "one-a/p/y")
			bound := o.bound(line)
			count = 0
			o.sent.do = func(*http.Request) {
				if count++; count == at {
					o.put("one-a/p/late", "late")
					o.put("one-a/p/x", "late")
				}
			}
			execute(t.Context(), o.Command, line, func(inv *procedures.Invocation) { inv.Bound = bound })
			there := o.must("aws s3 ls s3://two-b/ --recursive", "")
			if strings.Contains(there, "late") {
				t.Errorf("%s: before request %d: there is %s", line, at, there)
			}
			if strings.Contains(there, "q/x") {
				if got := o.must("aws s3 cp s3://two-b/q/x -", ""); got != "one-a/p/x" {
					t.Errorf("%s: before request %d: q/x is %q", line, at, got)
				}
			}
			if here := o.must("aws s3 ls s3://one-a/ --recursive", ""); count >= at && !strings.Contains(here, "p/late") {
				t.Errorf("%s: before request %d: what came late is gone, there is %s", line, at, here)
			}
		}
	}
}

// TestObjectsThatAreNotComparedAreSaid has more objects than a plan compares, and a bucket that cannot be listed.
func TestObjectsThatAreNotComparedAreSaid(t *testing.T) {
	o := newObjects(t)
	const line = "aws s3 sync s3://no-such-bucket-xxxx s3://two-b"
	bound := o.bound(line)
	got := execute(t.Context(), o.Command, line, func(inv *procedures.Invocation) { inv.Bound, inv.Planning = bound, true })
	const says = "Which objects these are is not compared when it is sent, as they could not be listed: "
	if len(got.calls) != 1 || got.calls[0].Planned == nil || !strings.Contains(got.calls[0].Planned.Does, says) {
		t.Errorf("it is planned as %+v", got.calls)
	}
	o.must("aws s3 mb s3://no-such-bucket-xxxx", "")
	o.put("no-such-bucket-xxxx/x", "x")
	if len((procedures.PlannedCall{Bound: bound}).Deviations(procedures.PlannedCall{Bound: o.bound(line)})) == 0 {
		t.Error("it can be listed now, which nobody approved")
	}
	compared, why := s3.Approved(s3.NotListed(limits.PlanObjects.Reached()))
	if compared || why != "there are more than 100,000" {
		t.Errorf("of too many objects it says %v, %q", compared, why)
	}
}
