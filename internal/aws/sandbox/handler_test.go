package sandbox

import (
	"strconv"
	"strings"
	"testing"
)

// TestPagesAreWhole reads lists a few entries at a time, and compares with the whole.
func TestPagesAreWhole(t *testing.T) {
	e := newEstate(t)
	for line, size := range map[string]int{
		"lambda list-functions": 1, "dynamodb list-backups": 2, "dynamodb list-tables": 1,
		"cloudwatch describe-alarms": 1, "cloudwatch describe-alarm-history": 1, "iam list-users": 1, "events list-rules": 2,
		"cloudtrail lookup-events": 2, "s3api list-objects-v2 --bucket network-visualizer-data-production": 4,
		"s3api list-objects --bucket network-visualizer-data-production": 4, "s3api list-buckets": 2,
		"logs filter-log-events --log-group-name " +
			"/aws/lambda/network-visualizer-api-production --start-time 1789980000000": 7, "logs describe-log-groups": 1,
		"logs describe-log-streams --log-group-name /aws/lambda/network-visualizer-api-production":                        9,
		"ecr describe-image-scan-findings --repository-name network-visualizer-app-production --image-id imageTag=latest": 1,
	} {
		whole := e.says(line)
		before := len(e.answered)
		if paged := e.says(line + " --page-size " + strconv.Itoa(size)); paged != whole {
			t.Errorf("aws %s by pages of %d:\n%s\nat once:\n%s", line, size, paged, whole)
		}
		if n := len(e.answered) - before; n < 2 && !strings.Contains(line, "list-tables") && !strings.Contains(line, "scan-findings") {
			t.Errorf("aws %s by pages of %d took %d calls", line, size, n)
		}
	}
	for code, line := range map[string]string{
		"InvalidNextToken":          "cloudwatch describe-alarms --no-paginate --next-token x",
		"InvalidParameterException": "logs describe-log-groups --no-paginate --next-token x",
		"InvalidNextTokenException": "cloudtrail lookup-events --no-paginate --next-token x",
		"ValidationError":           "iam list-users --no-paginate --marker x",
	} {
		e.refuses(code, line)
	}
}
