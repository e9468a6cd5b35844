package runs_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestApprovedCallsByEveryWay changes what an approved call is made of on side ways: what the shell reads, what stands for
// the command's name, what AWS's own files and variables say.
func TestApprovedCallsByEveryWay(t *testing.T) {
	const put = "aws cloudwatch put-dashboard --name web"
	for _, c := range []struct{ name, first, change, other, want string }{
		{"a redirection", "echo one > f", put + " --body file:///dev/stdin < f", "echo two > f", "standard input: its content is not"},
		{"a pipe from a file", "echo one > f", "cat f | " + put + " --body file:///dev/stdin", "echo two > f", "standard input: its"},
		{"a here-string", "V=one", put + " --body file:///dev/stdin <<< $V", "V=two", "standard input: its content is not"},
		{"a file's content as a word", "echo one > f", put + " --body \"$(< f)\"", "echo two > f", "`--body`: one → two"},
		{"a word that is read", "echo one > f", "read -r V < f; " + put + " --body \"$V\"", "echo two > f", "`--body`: one → two"},
		{"the name of a file", "echo one > a; echo two > b; F=a", put + " --body file://$F", "F=b", "`--body`: file://a → file://b"},
		{"a file that is gone", "echo one > f", put + " --body file://f", "rm f", "f"},
		{"a file that is another", "echo one > f; echo two > g", put + " --body file://f", "mv g f", "f: its content is not"},
		{"a function of the command's name", "true", put, "aws() { command aws sts get-caller-identity; }", ""},
		{"a function in a function", "true", "put() { " + put + "; }; put", "aws() { command aws sts get-caller-identity; }", ""},
		{"AWS's configuration", "true", put, "export AWS_CONFIG_FILE=/tmp/c", "AWS_CONFIG_FILE"},
		{"AWS's credentials", "true", put, "export AWS_SHARED_CREDENTIALS_FILE=/tmp/c", "AWS_SHARED_CREDENTIALS_FILE"},
		{"an address of one service", "true", put, "export AWS_ENDPOINT_URL_CLOUDWATCH=http://x", "AWS_ENDPOINT_URL_CLOUDWATCH"},
		{"a default profile", "true", put, "export AWS_DEFAULT_PROFILE=b", "AWS_DEFAULT_PROFILE"},
		{"a session's token", "true", put, "export AWS_SESSION_TOKEN=tokentoken", "AWS_SESSION_TOKEN: it was not there"},
		{"a role by a token", "true", put, "export AWS_ROLE_ARN=arn:aws:iam::1:role/admin AWS_WEB_IDENTITY_TOKEN_FILE=t", "AWS_ROLE_ARN"},
		{"an element of an array", "A=(one two)", put + " --body \"${A[1]}\"", "A[1]=three", "`--body`: two → three"},
		{"a member of a map", "declare -A M=([k]=one)", put + " --body \"${M[k]}\"", "M[k]=two", "`--body`: one → two"},
		{"a default", "true", put + " --body \"${V:-one}\"", "V=two", "`--body`: one → two"},
		{
			"a script of the run", "echo 'V=one' > lib.sh", "V=; . ./lib.sh; " + put + " --body \"$V\"",
			"echo 'V=two' > lib.sh", "`--body`: one → two",
		},
		{"an option of the shell", "touch a1", put + " --body a?", "set -f", "`--body`: a1 → a?"},
		{"files of a pattern", "touch a1", put + " --body a?", "touch a2", ""},
		{
			"which of two calls", "V=one", "if [ $V = one ]; then " + put + "; else aws ecs update-cluster --name x; fi", "V=two",
			"word 2: cloudwatch → ecs",
		},
		{"how often", "V=1", "for i in $(seq $V); do " + put + " --body $i; done", "V=3", "call"},
		{"no call at all", "V=one", "[ $V = one ] && " + put, "V=two", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t, enginetest.Fence(fmt.Sprintf(boundBook, c.first, c.change, c.other)))
			p.options.Runbooks = fstest.MapFS{"site/a": {Data: []byte("a")}, "d/x": {}}
			p.again()
			p.pressed("first")
			pressed := p.press(p.request("change"))
			p.pressed("other")
			yes := p.request("change")
			yes.Confirmed = pressed.Plan.Execution
			p.press(yes)
			j := p.finished(pressed.Run, "change").Step("change").Judgement
			made := p.changing()
			if len(made) != 0 || j.Verdict != procedures.Errored || !strings.Contains(j.Reason, c.want) ||
				strings.Contains(j.Reason, "tokentoken") {
				t.Errorf("%q was made: %+v, want %q", made, j, c.want)
			}
		})
	}
}

// TestStandardInputIsBounded: what a changing line reads is a part of what is approved, and is held for that.
func TestStandardInputIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		fits   bool
	}{
		"a pipe":               {"seq 1 2500000 | aws ecs update-a --body file:///dev/stdin", false},
		"a file":               {"seq 1 2500000 > f; aws ecs update-a --body file:///dev/stdin < f", false},
		"a pipe that is small": {"seq 1 100000 | aws ecs update-a --body file:///dev/stdin", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t, enginetest.Fence("# Change\n"+c.change))
			before := limits.PlanInputBytes.Times()
			pressed, err := p.Press(t.Context(), p.request("change"))
			if c.fits {
				if err != nil || pressed.Plan == nil || limits.PlanInputBytes.Times() != before {
					t.Errorf("%+v %v", pressed, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), limits.PlanInputBytes.String()+", which is too much to approve") ||
				!strings.Contains(err.Error(), limits.PlanInputBytes.Advice) || limits.PlanInputBytes.Times() == before {
				t.Errorf("%+v %v", pressed, err)
			}
			if made := p.changing(); len(made) != 0 {
				t.Errorf("%q was made", made)
			}
		})
	}
}
