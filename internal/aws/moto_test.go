package aws_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// broken are readings of a simulator that is none of ours: each is healthy, then broken by the simulator's own API, and its verdict
// turns. "$q = LINE" keeps what a line prints; "LINE -> verdict" says what a reading comes to.
var broken = []string{
	`$q = sqs create-queue --queue-name orders-dlq --query QueueUrl --output text
	 sqs get-queue-attributes --queue-url $q --attribute-names All -> pass
	 sqs send-message --queue-url $q --message-body x
	 sqs get-queue-attributes --queue-url $q --attribute-names All -> fail`,
	`$a = ec2 describe-images --owners amazon --query Images[0].ImageId --output text
	 $i = ec2 run-instances --image-id $a --count 1 --query Instances[0].InstanceId --output text
	 ec2 describe-instances --instance-ids $i -> pass
	 ec2 describe-instance-status --instance-ids $i -> pass
	 ec2 describe-volumes -> pass
	 ec2 stop-instances --instance-ids $i
	 ec2 describe-instances --instance-ids $i -> warn
	 ec2 describe-instance-status --instance-ids $i -> nodata
	 ec2 create-volume --availability-zone us-east-1a --size 8
	 ec2 describe-volumes -> warn`,
	`$g = ec2 create-security-group --group-name web --description web --query GroupId --output text
	 ec2 authorize-security-group-ingress --group-id $g --protocol tcp --port 443 --cidr 0.0.0.0/0
	 ec2 describe-security-groups --group-ids $g -> pass
	 ec2 authorize-security-group-ingress --group-id $g --protocol tcp --port 22 --cidr 0.0.0.0/0
	 ec2 describe-security-groups --group-ids $g -> fail`,
	`s3api create-bucket --bucket uploads
	 s3api put-bucket-versioning --bucket uploads --versioning-configuration Status=Enabled
	 s3api get-bucket-versioning --bucket uploads -> pass
	 s3api put-bucket-versioning --bucket uploads --versioning-configuration Status=Suspended
	 s3api get-bucket-versioning --bucket uploads -> warn`,
	`$k = kms create-key --query KeyMetadata.KeyId --output text
	 kms describe-key --key-id $k -> pass
	 kms enable-key-rotation --key-id $k
	 kms get-key-rotation-status --key-id $k -> pass
	 kms disable-key-rotation --key-id $k
	 kms get-key-rotation-status --key-id $k -> warn
	 kms schedule-key-deletion --key-id $k --pending-window-in-days 7
	 kms describe-key --key-id $k -> fail`,
	`secretsmanager create-secret --name db --secret-string x
	 secretsmanager describe-secret --secret-id db -> pass
	 secretsmanager list-secrets -> pass
	 secretsmanager delete-secret --secret-id db
	 secretsmanager describe-secret --secret-id db -> fail`,
	`$t = sns create-topic --name alerts --query TopicArn --output text
	 $s = sns subscribe --topic-arn $t --protocol sqs --notification-endpoint arn:aws:sqs:us-east-1:123456789012:q --output text
	 sns list-subscriptions-by-topic --topic-arn $t -> pass
	 sns unsubscribe --subscription-arn $s
	 sns list-subscriptions-by-topic --topic-arn $t -> warn`,
	`events put-rule --name nightly --schedule-expression rate(1\ day)
	 events put-targets --rule nightly --targets Id=1,Arn=arn:aws:lambda:us-east-1:123456789012:function:clean
	 events list-targets-by-rule --rule nightly -> pass
	 events list-rules -> pass
	 events remove-targets --rule nightly --ids 1
	 events list-targets-by-rule --rule nightly -> warn
	 events disable-rule --name nightly
	 events list-rules -> warn`,
	`logs create-log-group --log-group-name /api
	 logs put-retention-policy --log-group-name /api --retention-in-days 30
	 logs describe-log-groups -> pass
	 logs delete-retention-policy --log-group-name /api
	 logs describe-log-groups -> warn`,
	`dynamodb create-table --table-name orders --billing-mode PAY_PER_REQUEST --key-schema AttributeName=id,KeyType=HASH ` +
		`--attribute-definitions AttributeName=id,AttributeType=S
	 dynamodb describe-table --table-name orders -> pass
	 dynamodb update-continuous-backups --table-name orders --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true
	 dynamodb describe-continuous-backups --table-name orders -> pass
	 dynamodb update-continuous-backups --table-name orders --point-in-time-recovery-specification PointInTimeRecoveryEnabled=false
	 dynamodb describe-continuous-backups --table-name orders -> warn`,
	`s3api create-bucket --bucket trails
	 cloudtrail create-trail --name main --s3-bucket-name trails
	 cloudtrail start-logging --name main
	 cloudtrail get-trail-status --name main -> pass
	 cloudtrail stop-logging --name main
	 cloudtrail get-trail-status --name main -> fail`,
	`ssm put-parameter --name /api/url --value x --type String
	 ssm describe-parameters -> info
	 ssm put-parameter --name /api/db-password --value x --type String
	 ssm describe-parameters -> warn`,
	`cloudwatch put-metric-alarm --alarm-name errors --metric-name Errors --namespace Shop --statistic Sum --period 60 ` +
		`--evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
	 cloudwatch set-alarm-state --alarm-name errors --state-value OK --state-reason test
	 cloudwatch describe-alarms-for-metric --metric-name Errors --namespace Shop -> pass
	 cloudwatch describe-alarms -> pass
	 cloudwatch set-alarm-state --alarm-name errors --state-value ALARM --state-reason test
	 cloudwatch describe-alarms-for-metric --metric-name Errors --namespace Shop -> fail
	 cloudwatch describe-alarms -> fail`,
	`rds create-db-instance --db-instance-identifier orders --db-instance-class db.t3.micro --engine postgres --allocated-storage 20 ` +
		`--master-username a --master-user-password abcdefgh1
	 rds describe-db-instances --db-instance-identifier orders -> pass
	 rds stop-db-instance --db-instance-identifier orders
	 rds describe-db-instances --db-instance-identifier orders -> warn`,
	`ecs create-cluster --cluster-name main
	 ecs describe-clusters --clusters main -> pass
	 ecs delete-cluster --cluster main
	 ecs describe-clusters --clusters main -> fail`,
	`$h = route53 create-health-check --caller-reference r --health-check-config ` +
		`IPAddress=192.0.2.1,Port=443,Type=HTTPS --query HealthCheck.Id --output text
	 route53 list-health-checks -> info
	 route53 update-health-check --health-check-id $h --disabled
	 route53 list-health-checks -> warn`,
}

// TestVerdictsTurnOnAnotherSimulator runs these against moto, where it is installed.
func TestVerdictsTurnOnAnotherSimulator(t *testing.T) {
	address := moto(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "testing")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testing")
	command := aws.New(aws.Options{Environment: procedures.Environment{Name: "moto", Region: "us-east-1", Endpoint: address}})
	form := regexp.MustCompile(`^(?:\$(\w) = )?(.*?)(?: -> (\w+))?$`)
	turned := map[string][]string{}
	for _, story := range broken {
		values := map[string]string{}
		for line := range strings.SplitSeq(story, "\n") {
			m := form.FindStringSubmatch(strings.TrimSpace(line))
			text := m[2]
			for name, value := range values {
				text = strings.ReplaceAll(text, "$"+name, value)
			}
			var out, problems bytes.Buffer
			var calls []procedures.Call
			status := command.Run(context.Background(), &procedures.Invocation{
				Args: motoWords("aws " + text), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Now: time.Now,
				Report: func(c procedures.Call) { calls = append(calls, c) }, Note: func(string) {},
			})
			if status != 0 {
				t.Fatalf("%s: %s", text, problems.String())
			}
			if m[1] != "" {
				values[m[1]] = strings.TrimSpace(out.String())
			}
			if m[3] == "" {
				continue
			}
			if len(calls) == 0 || calls[0].RuleVerdict == nil || string(calls[0].RuleVerdict.Verdict) != m[3] {
				t.Errorf("%s: %+v, want %s", text, calls, m[3])
				continue
			}
			t.Logf("%s: %s: %s", text, m[3], calls[0].RuleVerdict.Reason)
			turned[calls[0].Command] = append(turned[calls[0].Command], m[3])
		}
	}
	n := 0
	for _, verdicts := range turned {
		if len(verdicts) > 1 && verdicts[0] != verdicts[len(verdicts)-1] {
			n++
		}
	}
	if n < 20 {
		t.Errorf("the verdicts of %d operations turned; there were more", n)
	}
}

// motoWords are the words of a line; a backslash keeps a blank.
func motoWords(line string) []string {
	words := strings.Fields(strings.ReplaceAll(line, `\ `, "\x00"))
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "\x00", " ")
	}
	return words
}

// moto starts the simulator on a free port of loopback, and ends it with the test.
func moto(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skipf("moto is not installed (pip install 'moto[server]'): %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	server := exec.Command(program, "-p", fmt.Sprint(port))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	for range 300 {
		if r, err := http.Get(address + "/moto-api/"); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			return address
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Skip("moto did not start within 30 seconds")
	return ""
}
