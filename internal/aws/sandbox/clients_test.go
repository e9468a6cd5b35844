package sandbox

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// withBoto3 is a Python that has boto3, wherever on the path; empty where none has.
func withBoto3() string {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		python := filepath.Join(dir, "python3")
		if exec.Command(python, "-c", "import boto3").Run() == nil {
			return python
		}
	}
	return ""
}

// boto3Reads describes a database and a queue, changes the queue, and makes a table, with boto3's clients.
const boto3Reads = `
import boto3
rds, sqs, dynamodb, ecs = (boto3.client(name) for name in ("rds", "sqs", "dynamodb", "ecs"))
print(rds.describe_db_instances(DBInstanceIdentifier="orders")["DBInstances"][0]["DBInstanceStatus"])
url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
print(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)["Messages"][0]["Body"])
sqs.send_message(QueueUrl=url, MessageBody="from boto3")
ecs.update_service(cluster="web", service="api", desiredCount=5)
try:
    rds.describe_db_instances(DBInstanceIdentifier="missing-" + "here")
except rds.exceptions.DBInstanceNotFoundFault as e:
    print(e.response["Error"]["Code"])
print(sum(len(page["FunctionName"]) > 0 for pages in [boto3.client("lambda").get_paginator("list_functions").paginate()]
          for page in [f for p in pages for f in p["Functions"]]))
`

// TestRealClientsShareTheWorld lets the AWS CLI and boto3 read what the other one changed, on a loopback address.
func TestRealClientsShareTheWorld(t *testing.T) {
	aws, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	python := withBoto3()
	if python == "" {
		t.Skip("no Python on the path has boto3 (pip install boto3)")
	}
	named := []Named{
		namedCall(t, "a:1", "rds", "DescribeDBInstances", `{"DBInstanceIdentifier":"orders"}`),
		namedCall(t, "a:2", "ecs", "DescribeServices", `{"cluster":"web","services":["api"]}`),
	}
	s := New(Options{Named: func() []Named { return named }})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := func(program string, args ...string) string {
		t.Helper()
		c := exec.Command(program, args...)
		c.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b",
			"AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=", "AWS_CONFIG_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
			"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %.200s: %v: %s", program, args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	cli := func(line string) string {
		t.Helper()
		return client(aws, append([]string{"--endpoint-url", server.URL, "--output", "text"}, strings.Fields(line)...)...)
	}
	url := cli("sqs create-queue --queue-name jobs --query QueueUrl")
	cli("sqs send-message --queue-url " + url + " --message-body by-the-cli")
	functions := cli("lambda list-functions --query length(Functions)")
	if got, want := client(python, "-c", boto3Reads), "available\nby-the-cli\nDBInstanceNotFound\n"+functions; got != want {
		t.Errorf("boto3 prints %q, want %q", got, want)
	}
	out, err := s.Call(t.Context(), "sqs", "ReceiveMessage", `{"QueueUrl":"`+url+`"}`)
	if err != nil || text(objects(out, "Messages")[0], "Body") != "from boto3" {
		t.Errorf("in the process the queue has %v, %v", out, err)
	}
	if got := cli("ecs describe-services --cluster web --services api --query services[].desiredCount"); got != "5" {
		t.Errorf("the CLI sees %q tasks wanted", got)
	}
	if out, err := s.Call(t.Context(), "ecs", "DescribeServices", `{"cluster":"web","services":["api"]}`); err != nil ||
		integer(objects(out, "services")[0], "desiredCount", 0) != 5 {
		t.Errorf("in the process it is %v, %v", out, err)
	}
	if err := s.SetFault(t.Context(), "rds-full", true); err != nil {
		t.Fatal(err)
	}
	got := cli("rds describe-db-instances --db-instance-identifier orders --query DBInstances[].DBInstanceStatus")
	if got != "storage-full" {
		t.Errorf("the CLI sees the broken database %q", got)
	}
}
