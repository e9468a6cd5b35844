package runbook

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestPlaceholders reads one block and compares its fields, and its script with {name} for placeholders.
func TestPlaceholders(t *testing.T) {
	tests := []struct{ name, block, params, script string }{
		{"bare", "aws ecs describe-clusters --clusters <cluster>", "cluster", "--clusters {cluster}"},
		{"inside a word", "aws s3 ls s3://<my bucket>/logs/", "my-bucket", "s3://{my-bucket}/logs/"},
		{"quoted", `aws s3 ls "s3://<Bucket_Name>" '<Bucket_Name>'`, "bucket-name", `"s3://{bucket-name}" '{bucket-name}'`},
		{"a choice", "aws s3 ls --profile <CI|QA|Production>", "ci-qa-production[CI QA Production]", "--profile {ci-qa-production}"},
		{"in a query's text", `aws ec2 describe-vpcs --query "Vpcs[?VpcId=='<vpc-id>']"`, "vpc-id", "=='{vpc-id}'"},
		{"a comparison in a query", "aws s3api list-objects-v2 --bucket b --query 'Contents[?Size<limit && a>`1`]'", "", "Size<limit"},
		{"a redirection", "sort < in.txt > out.txt", "", "sort < in.txt"},
		{"a tight redirection", "sort <in.txt>out.txt", "", "<in.txt>out.txt"},
		{"a here-document", "cat <<EOF > f\n<name>\nEOF", "name", "\n{name}\nEOF"},
		{"a here-string", `grep x <<< "$HOME"`, "", "<<<"},
		{"HTML", `aws ses send-email --html '<p>Hello <b>you</b></p>'`, "", "<b>you</b>"},
		{"an address", `git config user.x "A <a@b.example>"`, "", "<a@b.example>"},
		{
			"whole phrases", "aws sesv2 send-email --to <you@yourdomain>,Tag=<key=value> <créer un groupe avec force=1> <what (optional)?>",
			"you-yourdomain key-value créer-un-groupe-avec-force-1 what-optional",
			"--to {you-yourdomain},Tag={key-value} {créer-un-groupe-avec-force-1} {what-optional}",
		},
		{"type arguments", "java -cp x Main 'List<String>'", "", "List<String>"},
		{"in a comment only", "aws s3 ls # see <bucket>", "", "# see <bucket>"},
		{"YOUR_X", "aws s3 ls s3://YOUR_BUCKET/", "your-bucket", "s3://{your-bucket}/"},
		{"your-x", "aws s3 ls s3://your-bucket/", "your-bucket", "s3://{your-bucket}/"},
		{
			"YourX", "aws ecs describe-services --cluster YourClusterName --services Yours", "your-cluster-name",
			"--cluster {your-cluster-name} --services Yours",
		},
		{
			"capitals inside an S3 address", "aws s3 cp s3://YOUR_BUCKET/logs/OBJECT_KEY .", "your-bucket object-key",
			"s3://{your-bucket}/logs/{object-key}",
		},
		{"a variable called YOUR_X", `aws s3 ls "s3://$YOUR_BUCKET"`, "YOUR_BUCKET", "$YOUR_BUCKET"},
		{"a mask", "aws ec2 describe-security-groups --group-ids sg-xxxxxxxx", "group-ids=sg-xxxxxxxx", "--group-ids {group-ids}"},
		{"a made-up id", "aws ec2 stop-instances --instance-ids i-1234567890abcdef0", "instance-ids=i-1234567890abcdef0", "{instance-ids}"},
		{
			"two made-up ids",
			"aws ec2 stop-instances --instance-ids i-1234567890abcdef0 && aws ec2 stop-instances --instance-ids " +
				"i-0abcd1234567890ef", "instance-ids=i-1234567890abcdef0 instance-ids-2=i-0abcd1234567890ef", "{instance-ids-2}",
		},
		{
			"capitals", "aws eks describe-cluster --name CLUSTER_NAME --region REGION", "cluster-name region",
			"--name {cluster-name} --region {region}",
		},
		{
			"capitals among a command's arguments", "kubectl logs POD_NAME -n NAMESPACE && docker run -e DB_HOST app",
			"pod-name namespace", "logs {pod-name} -n {namespace} && docker run -e DB_HOST",
		},
		{"capitals inside an address", "curl -s https://API_ENDPOINT/health", "api-endpoint", "https://{api-endpoint}/health"},
		{
			"an enum's member", "aws dynamodb update-table --table-name TABLE_NAME --billing-mode PAY_PER_REQUEST",
			"table-name", "--billing-mode PAY_PER_REQUEST",
		},
		{
			"an enum's member that looks like a name", "aws cloudformation list-stacks --status-name STACK_NAME", "",
			"--status-name STACK_NAME",
		},
		{
			"lone capitals",
			`aws cloudwatch describe-alarms --state-value ALARM && aws logs filter-log-events --filter-pattern ERROR`,
			"", "--filter-pattern ERROR",
		},
		{"a format", `curl -s -w "%{http_code}" https://a.example`, "", "%{http_code}"},
		{"a query's brackets", "aws s3api list-buckets --query 'Buckets[].{Name: Name}'", "", "{Name: Name}"},
		{
			"square brackets", "aws ecs describe-services --cluster [cluster-name] --services {service}",
			"cluster-name service", "--cluster {cluster-name} --services {service}",
		},
		{"braces that the shell expands", "aws s3 cp x s3://b/{a,b}", "", "{a,b}"},
		{
			"an example's ARN", "aws sns publish --topic-arn arn:aws:sns:us-east-1:123456789012:topic --message hi",
			"topic-arn=arn:aws:sns:us-east-1:123456789012:topic", "--topic-arn {topic-arn}",
		},
		{
			"an example's ARN under a key",
			"aws elbv2 modify-listener --default-actions " +
				"Type=forward,TargetGroupArn=arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/b",
			"target-group-arn=arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/b", "TargetGroupArn={target-group-arn}",
		},
		{
			"a managed policy's ARN",
			"aws iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess", "",
			"arn:aws:iam::aws:policy/ReadOnlyAccess",
		},
		{
			"an example's account", "docker pull 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app",
			"account-id=123456789012", "{account-id}.dkr.ecr",
		},
		{"a default of the script's", `aws s3 ls "s3://${BUCKET:-logs}"`, "BUCKET(logs)", "${BUCKET:-logs}"},
		{"well-known variables", `aws s3 ls "$HOME/$AWS_REGION/$PWD"`, "AWS_REGION", "$HOME"},
		{"twice the same", "aws s3 cp s3://<a>/x s3://<b>/y\naws s3 ls s3://<a>/", "a b", "s3://{a}/x s3://{b}/y"},
		{"printed text", "echo 'See CLUSTER_NAME, your-thing and sg-xxxx'", "", "your-thing"},
		{"a private use character in the text", "aws s3 ls s3://<a>/\ue000", "a", "s3://{a}/\ue000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lib := openText(t, "# P\n## Q\n```bash\n"+tt.block+"\n```\n")
			checkLibrary(t, lib)
			p, _, err := lib.Find("q")
			if err != nil {
				t.Fatal(err)
			}
			var params []string
			for _, q := range p.Parameters {
				text := q.Name
				if q.Example != "" {
					text += "=" + q.Example
				}
				if q.Default != "" {
					text += "(" + q.Default + ")"
				}
				if q.Choices != nil {
					text += fmt.Sprint(q.Choices)
				}
				if q.Required != (q.Default == "") {
					t.Errorf("%s: required %t with default %q", q.Name, q.Required, q.Default)
				}
				params = append(params, text)
			}
			script := p.Steps[0].Script
			text := script.Text
			for sentinel, name := range script.Placeholders {
				text = strings.ReplaceAll(text, sentinel, "{"+name+"}")
			}
			if got := strings.Join(params, " "); got != tt.params {
				t.Errorf("fields are %q, want %q", got, tt.params)
			}
			if !strings.Contains(text, tt.script) {
				t.Errorf("the script is %q, without %q", text, tt.script)
			}
			if raw := strings.Split(tt.block, "\n"); len(raw[0]) != len(strings.Split(script.Text, "\n")[0]) {
				t.Errorf("columns moved: %q", script.Text)
			}
		})
	}
}

func TestEnvironmentFillsParameters(t *testing.T) {
	fsys := fstest.MapFS{"p.md": {Data: []byte("# P\n## Q\n```sh\naws s3 ls s3://$BUCKET/<prefix>\n```\n")}}
	lib, err := Open(fsys, Options{Analyser: fakeAnalyser{}, Variables: map[string]string{"BUCKET": "logs"}})
	if err != nil {
		t.Fatal(err)
	}
	p, _, _ := lib.Find("q")
	if b := p.Parameter("BUCKET"); b == nil || b.Required || b.Default != "logs" {
		t.Errorf("BUCKET is %+v", b)
	}
	if q := p.Parameter("prefix"); q == nil || !q.Required {
		t.Errorf("prefix is %+v", q)
	}
}
