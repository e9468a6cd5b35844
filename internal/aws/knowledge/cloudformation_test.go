package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCloudFormationVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"cloudformation DescribeStacks", `{}`,
			`{"Stacks":[{"StackName":"orders","StackStatus":"UPDATE_COMPLETE"}]}`,
			procedures.Passed, "orders: UPDATE_COMPLETE.",
		},
		{
			"cloudformation DescribeStacks", `{}`,
			`{"Stacks":[{"StackName":"orders","StackStatus":"UPDATE_ROLLBACK_COMPLETE"}]}`,
			procedures.Warned, "orders: UPDATE_ROLLBACK_COMPLETE.",
		},
		{
			"cloudformation DescribeStacks", `{}`,
			`{"Stacks":[{"StackName":"orders","StackStatus":"UPDATE_ROLLBACK_FAILED","StackStatusReason":"Db is busy."}]}`,
			procedures.Failed, "orders: UPDATE_ROLLBACK_FAILED: Db is busy.",
		},
		{
			"cloudformation DescribeStacks", `{}`,
			`{"Stacks":[{"StackName":"orders","StackStatus":"ROLLBACK_COMPLETE"}]}`,
			procedures.Failed, "ROLLBACK_COMPLETE",
		},
		{
			"cloudformation DescribeStackEvents", `{}`,
			`{"StackEvents":[{"LogicalResourceId":"orders","ResourceStatus":"UPDATE_COMPLETE",` +
				`"Timestamp":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Passed, "1 event, none failed",
		},
		{
			"cloudformation DescribeStackEvents", `{}`,
			`{"StackEvents":[{"LogicalResourceId":"orders","ResourceStatus":"UPDATE_ROLLBACK_IN_PROGRESS",` +
				`"Timestamp":"2026-11-24T07:05:00+00:00"},{"LogicalResourceId":"Web","ResourceStatus":"UPDATE_FAILED",` +
				`"ResourceStatusReason":"cancelled","Timestamp":"2026-11-24T07:04:00+00:00"},{"LogicalResourceId":"Db",` +
				`"ResourceStatus":"UPDATE_FAILED","ResourceStatusReason":"no capacity.",` +
				`"Timestamp":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Failed, "the first to fail: Db UPDATE_FAILED: no capacity.",
		},
		{
			"cloudformation DescribeStackEvents", `{}`,
			`{"StackEvents":[{"LogicalResourceId":"orders","ResourceStatus":"UPDATE_IN_PROGRESS",` +
				`"Timestamp":"2026-11-24T07:02:00+00:00"}]}`,
			procedures.Warned, "orders UPDATE_IN_PROGRESS",
		},
		{
			"cloudformation DescribeStackResourceDrifts", `{"StackName":"orders"}`,
			`{"StackResourceDrifts":[{"LogicalResourceId":"Web","StackResourceDriftStatus":"IN_SYNC"}]}`,
			procedures.Passed, "Web: IN_SYNC.",
		},
		{
			"cloudformation DescribeStackResourceDrifts", `{"StackName":"orders"}`,
			`{"StackResourceDrifts":[{"LogicalResourceId":"Web","StackResourceDriftStatus":"MODIFIED"},` +
				`{"LogicalResourceId":"Db","StackResourceDriftStatus":"DELETED"}]}`,
			procedures.Failed, "0 of 2 resources in sync; Db: DELETED; Web: MODIFIED.",
		},
		{
			"cloudformation DescribeStackResourceDrifts", `{"StackName":"orders"}`,
			`{"StackResourceDrifts":[{"LogicalResourceId":"Web","StackResourceDriftStatus":"NOT_CHECKED"}]}`,
			procedures.NoData, "Web: NOT_CHECKED.",
		},
		{
			"cloudformation DescribeStackDriftDetectionStatus", `{}`,
			`{"DetectionStatus":"DETECTION_COMPLETE","StackDriftStatus":"IN_SYNC"}`,
			procedures.Passed, "IN_SYNC",
		},
		{
			"cloudformation DescribeStackDriftDetectionStatus", `{}`,
			`{"DetectionStatus":"DETECTION_COMPLETE","StackDriftStatus":"DRIFTED","DriftedStackResourceCount":2}`,
			procedures.Warned, "2 resources DRIFTED.",
		},
		{
			"cloudformation DescribeStackDriftDetectionStatus", `{}`,
			`{"DetectionStatus":"DETECTION_FAILED","DetectionStatusReason":"denied"}`,
			procedures.Failed, "DETECTION_FAILED: denied.",
		},
		{
			"cloudformation DescribeChangeSet", `{"ChangeSetName":"c"}`,
			`{"Status":"CREATE_COMPLETE","Changes":[{"ResourceChange":{"Action":"Add","LogicalResourceId":"Web"}}]}`,
			procedures.Passed, "1 change, none removes or replaces anything.",
		},
		{
			"cloudformation DescribeChangeSet", `{"ChangeSetName":"c"}`,
			`{"Status":"CREATE_COMPLETE","Changes":[{"ResourceChange":{"Action":"Modify","Replacement":"True",` +
				`"LogicalResourceId":"Db"}},{"ResourceChange":{"Action":"Add","LogicalResourceId":"Web"}}]}`,
			procedures.Warned, "1 of 2 changes: replaces Db.",
		},
		{
			"cloudformation DescribeChangeSet", `{"ChangeSetName":"c"}`,
			`{"Status":"FAILED","StatusReason":"The submitted information didn't contain changes."}`,
			procedures.NoData, "It has no changes.",
		},
		{
			"cloudformation DescribeChangeSet", `{"ChangeSetName":"c"}`,
			`{"Status":"FAILED","StatusReason":"Template error"}`,
			procedures.Failed, "FAILED: Template error.",
		},
	})
}
