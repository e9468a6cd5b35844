package iam_test

import (
	"regexp"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/aws/models"
)

func TestTheArchive(t *testing.T) {
	if !regexp.MustCompile(`^0\.\d+\.\d+$`).MatchString(iam.Version()) {
		t.Errorf("the IAM data is of the version %q", iam.Version())
	}
	for _, c := range []struct {
		service, operation, action string
		level                      iam.Level
	}{
		{"dynamodb", "DescribeTable", "dynamodb:DescribeTable", iam.Read},
		{"dynamodb", "DeleteTable", "dynamodb:DeleteTable", iam.Write},
		{"s3", "ListObjectsV2", "s3:ListBucket", iam.List},
		{"lambda", "Invoke", "lambda:InvokeFunction", iam.Write},
		{"iam", "AttachRolePolicy", "iam:AttachRolePolicy", iam.Permissions},
	} {
		s, err := models.Load(c.service)
		if err != nil {
			t.Fatal(err)
		}
		if action, level := iam.Action(s, s.Operation(c.operation)); action != c.action || level != c.level {
			t.Errorf("%s %s: %s, %q; want %s, %q", c.service, c.operation, action, level, c.action, c.level)
		}
	}
}

func TestResourcesOfActions(t *testing.T) {
	for action, first := range map[string]string{
		"lambda:UpdateFunctionConfiguration": "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}",
		"dynamodb:UpdateTable":               "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}",
		"s3:PutBucketPolicy":                 "arn:${Partition}:s3:::${BucketName}",
		"cloudwatch:PutDashboard":            "arn:${Partition}:cloudwatch::${Account}:dashboard/${DashboardName}",
	} {
		if got := iam.Resources(action); len(got) == 0 || got[0] != first {
			t.Errorf("%s works on %q, want %s first", action, got, first)
		}
	}
	if got := iam.Resources("lambda:ListFunctions"); got != nil {
		t.Errorf("lambda:ListFunctions is limited to %q", got)
	}
}
