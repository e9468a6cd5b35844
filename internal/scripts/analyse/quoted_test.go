package analyse

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// TestSingleQuotes has lines with a dollar sign in single quotes, and the line that expands it; "" where the dollar sign is meant.
func TestSingleQuotes(t *testing.T) {
	t.Parallel()
	read := &Analyser{Command: func(name string) (procedures.Command, bool) { return strict{}, name == "aws" }}
	for script, want := range map[string]string{
		`aws ecs list-tasks --cluster '$CLUSTER'`:                 `aws ecs list-tasks --cluster "$CLUSTER"`,
		`aws ecs list-tasks --cluster '${CLUSTER}' --max-items 3`: `aws ecs list-tasks --cluster "${CLUSTER}" --max-items 3`,
		`aws s3 ls 's3://$BUCKET/logs/'`:                          `aws s3 ls "s3://$BUCKET/logs/"`,
		`aws sqs send-message --queue-url "$Q" --message-body '{"id": "$ID"}'`: `aws sqs send-message --queue-url "$Q" ` +
			`--message-body '{"id": "'"$ID"'"}'`,
		`aws ecs list-tasks --cluster "$CLUSTER"`:                                            "",
		`aws lambda get-function --function-name f --qualifier '$LATEST'`:                    "",
		`aws secretsmanager put-secret-value --secret-id a --secret-string 'pa$WORD'`:        "",
		`aws logs filter-log-events --log-group-name a --filter-pattern '{ $.LEVEL = "x" }'`: "",
		`aws ssm send-command --document-name a --parameters 'commands=["echo $HOME"]'`:      "",
		`aws ecs list-services --query 'serviceArns[?contains(@, "$NAME")]'`:                 "",
		`echo '$CLUSTER'`: "",
		`aws iam put-user-policy --user-name a --policy-name b --policy-document '{"Resource":"home/${aws:username}"}'`: "",
	} {
		study := read.Study(procedures.Script{Text: script + "\n", Line: 1})
		got := ""
		for _, m := range study.Analysis.Findings {
			if m.Rule == "single-quotes" {
				got = m.Corrected
				if at := strings.Index(script, "'"); m.Column != at+1 || m.Severity != procedures.SeverityWarning {
					t.Errorf("%s: %s in column %d, want a warning at the quote, %d", script, m.Severity, m.Column, at+1)
				}
			}
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", script, got, want)
		}
		if want != "" {
			if _, err := shell.Parse(procedures.Script{Text: got + "\n", Line: 1}); err != nil {
				t.Errorf("the correction %s: %v", got, err)
			}
		}
	}
}
