package knowledge

import (
	"net/url"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestConsolePages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line, region, account, want string
	}{
		{"lambda get-function --function-name api", "eu-central-1", "123456789012",
			"https://eu-central-1.console.aws.amazon.com/lambda/home?region=eu-central-1#/functions/api"},
		{"lambda list-functions", "eu-central-1", "123456789012",
			"https://eu-central-1.console.aws.amazon.com/lambda/home?region=eu-central-1#/functions"},
		{"logs tail --log-group-name=/aws/lambda/api", "us-east-1", "123456789012",
			"https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1" +
				"#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fapi"},
		{"sqs get-queue-attributes --queue-url https://sqs.us-east-1.amazonaws.com/1/q?x --attribute-names All", "us-east-1", "1",
			"https://us-east-1.console.aws.amazon.com/sqs/v3/home?region=us-east-1" +
				"#/queues/https:%2F%2Fsqs.us-east-1.amazonaws.com%2F1%2Fq%3Fx"},
		{"rds describe-db-clusters --db-cluster-identifier shop", "cn-north-1", "1",
			"https://cn-north-1.console.amazonaws.cn/rds/home?region=cn-north-1#database:id=shop;is-cluster=true"},
		{"iam get-role --role-name r", "us-gov-west-1", "1",
			"https://us-gov-west-1.console.amazonaws-us-gov.com/iam/home#/roles/details/r"},
		{"cloudwatch describe-alarms --alarm-names a b", "us-east-1", "1", // of several none is shown
			"https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:"},
		{"secretsmanager get-secret-value --secret-id ***", "us-east-1", "1",
			"https://us-east-1.console.aws.amazon.com/secretsmanager/listsecrets?region=us-east-1"},
		{"lambda get-function --function-name api", "eu-central-1", "sandbox", ""},
		{"lambda get-function --function-name api", "evil.example/", "1", ""},
		{"sts get-caller-identity", "us-east-1", "1", ""}, {"curl https://a.example", "us-east-1", "1", ""},
	} {
		words := strings.Fields(test.line)
		c := procedures.Call{Command: strings.Join(words[:2], " "), Args: words[2:], Region: test.region, Account: test.account}
		got := ConsolePage(c)
		if got != test.want {
			t.Errorf("%s: %q, not %q", test.line, got, test.want)
		}
		if _, err := url.Parse(got); err != nil {
			t.Error(err)
		}
	}
	for service, pages := range consolePages {
		for i, page := range pages {
			shows := strings.Contains(page.path, "{}")
			if page.option == "" && i != len(pages)-1 || (page.option != "") != shows || !strings.HasPrefix(page.path, "/") {
				t.Errorf("%s: %+v", service, page)
			}
		}
	}
}
