package interpret

import (
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// profiled notes with which profile each of its lines is run.
type profiled struct{ lines []string }

func (*profiled) Describe([]procedures.Word) procedures.LineInfo {
	return procedures.LineInfo{Effect: procedures.EffectRead}
}

func (p *profiled) Run(_ context.Context, inv *procedures.Invocation) int {
	profile, _ := inv.Env("AWS_PROFILE")
	p.lines = append(p.lines, profile+": "+strings.Join(inv.Args, " "))
	return 0
}

// A line with a wrapper is run as the command behind it, with the wrapper's profile, and nothing else is.
func TestLinesOfAWrapper(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"aws-vault exec prod -- aws s3 ls\naws s3 ls":             "prod: aws s3 ls|: aws s3 ls",
		"P=prod\naws-vault exec -d 1h \"$P\" -- aws s3 ls":        "prod: aws s3 ls",
		"X=$(saml2aws exec --exec-profile=prod -- aws s3 ls)":     "prod: aws s3 ls",
		"saml2aws exec -- aws s3 ls | true":                       "saml: aws s3 ls",
		"assume prod\naws s3 ls":                                  "prod: aws s3 ls",
		"chamber exec shop -- aws-vault exec prod -- aws s3 ls":   "prod: aws s3 ls",
		"if doppler run -- aws s3 ls; then op run -- aws a b; fi": ": aws s3 ls|: aws a b",
	} {
		aws := &profiled{}
		_, stderr, outcome, err := runScript(t, script+"\n", func(e *Execution) {
			e.Commands = func(name string) (procedures.Command, bool) { return aws, name == "aws" }
		})
		if got := strings.Join(aws.lines, "|"); got != want || err != nil || outcome.Status != 0 {
			t.Errorf("%s: %q, want %q: %+v, %v %s", script, got, want, outcome, err, stderr)
		}
	}
}
