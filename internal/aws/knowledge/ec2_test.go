package knowledge_test

import "testing"

func TestEC2Rollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"instances", "ec2 stop-instances --instance-ids i-0123456789abcdef0", `{"State":"running"}`,
			[]string{"State: running -> stopped"}, "aws ec2 start-instances --instance-ids i-0123456789abcdef0",
		},
		{
			"a tag that was there", "ec2 create-tags --resources i-1 --tags Key=Stage,Value=live",
			`{"Tags":[{"Key":"Stage","ResourceId":"i-1","Value":"test"}]}`, nil,
			`the tag Stage was "test" on i-1 before: aws ec2 create-tags sets it so again`,
		},
		{
			"a new tag", "ec2 create-tags --resources i-1 --tags Key=Stage,Value=live", `{"Tags":[]}`, nil,
			`aws ec2 delete-tags --resources i-1 --tags [{"Key":"Stage","Value":"live"}]`,
		},
	})
}
