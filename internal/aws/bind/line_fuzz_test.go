package bind

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// FuzzLine binds hostile lines: each is bound, or refused with a message and a status of the AWS CLI's.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"lambda get-function --function-name f",
		"ec2 describe-instances --filters Name=tag:Name,Values=a,b --query Reservations[].Instances[].{A:InstanceId}",
		"dynamodb update-table --table-name t --provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=2",
		"s3api list-objects-v2 --bucket b --max-items 5 --starting-token x",
		"ce get-cost-and-usage --time-period Start=2026-01-01,End=2026-02-01 --granularity MONTHLY --metrics " +
			"BlendedCost --group-by Type=DIMENSION,Key=SERVICE",
		"cloudwatch get-metric-statistics --namespace a --metric-name b --start-time 2026-01-01 --end-time x " +
			"--period 60 --statistics Average Maximum", "dynamodb wait table-exists --table-name t",
		`iam create-role --role-name r --assume-role-policy-document {"a":1}`,
		"ecs run-task --overrides {a=[b,c],d={e=f}}",
		"lambda invoke --function-name f out --cli-binary-format raw-in-base64-out --payload {}",
		"rds describe-db-instances --output", "ec2 run-instances --count 1:2 --no-dry-run",
		"--region=x --output text sts get-caller-identity", "sns publish --message @= --topic-arn [",
		"kms encrypt --plaintext fileb://x --key-id k",
		"--", "--=", "-", "a --b=c --d= =", "events put-rule --name \x00 --tags Key=a,Value=\xff",
	} {
		f.Add(strings.ReplaceAll(line, " ", "\n"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		l, err := Parse(strings.Split(line, "\n"), nil)
		sameProblems(t, line, err)
		var refused *Error
		switch {
		case err == nil:
			if l.Operation == nil || l.Input == nil {
				t.Fatalf("bound without an operation: %+v", l)
			}
		case !errors.As(err, &refused):
			t.Fatalf("an error of no kind: %v", err)
		case refused.Message == "" || refused.Status < ExitUsage || refused.Status > ExitGeneral ||
			!strings.Contains(refused.Text(), "aws: [ERROR]: "):
			t.Fatalf("refused as %+v", refused)
		}
	})
}

// sameProblems reads the line before it runs, which must find what is wrong with it, and nothing else that the CLI would refuse.
func sameProblems(t *testing.T, line string, refused error) {
	t.Helper()
	if strings.ContainsFunc(line, isUnknown) || strings.Contains(line, "file") || strings.Contains(line, "skeleton") {
		return
	}
	var words []Word
	for text := range strings.SplitSeq(line, "\n") {
		words = append(words, Word{Text: text})
	}
	found := slices.DeleteFunc(Read(words).Problems, func(e *Error) bool { return e.Kind == KindEnum || e.Kind == KindLong })
	switch {
	case refused == nil && len(found) > 0:
		t.Fatalf("found what is not wrong: %v", found[0])
	case refused != nil && len(found) == 0 && !strings.Contains(refused.Error(), "Blob values must be a path"):
		t.Fatalf("did not find %v", refused)
	}
}

// FuzzShorthand reads hostile shorthand: what is read can be written as JSON, and an error says where.
func FuzzShorthand(f *testing.F) {
	for _, text := range []string{
		"a=b", "a=b,c=d", "a=b,c", "a={b=c,d=[e,f]}", "a=[b,c],d=e", "a='b,c',d=\"e=f\"", "a@=file", "a=", "=b",
		"a=b,a=c", "{", "a={", "a=[", "a='", "a=b\\,c", "a.b=c", " a = b ", "a=b c", "é=ü", "a=[[b]]", "a={},b=[]",
		strings.Repeat("a={", 200), "\x00=\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := Shorthand(text)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		if _, err := document.Marshal(o); err != nil {
			t.Fatalf("%q is read as something that is no document: %v", text, err)
		}
	})
}

// FuzzCommand reads hostile lines of commands that stand in no model.
func FuzzCommand(f *testing.F) {
	c := &Command{
		Operands: []string{"paths"}, Least: 1, Most: 2,
		Options: []CommandOption{
			{Name: "flag", Flag: true}, {Name: "many", Many: true}, {Name: "number", Number: true},
			{Name: "sse", Choices: []string{"AES256"}, Alone: "AES256"}, {Name: "sse-c", NotHere: true},
		},
	}
	for _, line := range []string{
		"a b --flag", "a --many x y --number 3", "a --sse", "a --sse-c x", "--fl a", "a b c", "a --s", "--number", "-x",
		"a --number=1 --flag=2",
	} {
		f.Add(strings.ReplaceAll(line, " ", "\n"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		l, err := c.Read(strings.Split(line, "\n"), nil)
		if err == nil && (len(l.Operands) < c.Least || len(l.Operands) > c.Most) {
			t.Fatalf("%d operands", len(l.Operands))
		}
	})
}
