package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// logsService is Amazon CloudWatch Logs. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
func logsService() service {
	return service{
		operations: map[string]Operation{
			"FilterLogEvents": {rule: judgeLogEvents},
			"StartQuery":      {Effect: procedures.EffectRead},
			// The prefix may match more groups; the one with exactly this name is taken. A
			// shorter retention deletes older events within days, and no rollback brings them
			// back.
			"PutRetentionPolicy": {change: Change{
				Kind: "log group", ReadOperation: "DescribeLogGroups",
				ReadWith: "{logGroupNamePrefix: logGroupName}",
				ReadAt:   "logGroups[?logGroupName=={logGroupName}] | [0]",
				Excluded: []string{"logGroupName"}, Volatile: []string{"storedBytes"},
				NoWait:     atOnce,
				rollback:   retentionRollback,
				NoRollback: "it kept everything before: aws logs delete-retention-policy does so again",
			}},
			// All events of the group are deleted with it.
			"DeleteLogGroup": {change: Change{
				Kind: "log group", ReadOperation: "DescribeLogGroups",
				ReadWith:   "{logGroupNamePrefix: logGroupName}",
				ReadAt:     "logGroups[?logGroupName=={logGroupName}] | [0]",
				Deletes:    true,
				NoWait:     atOnce,
				NoRollback: gone,
			}},
		},
	}
}

// judgeLogEvents warns of events that match a pattern; without a pattern it only counts them.
func judgeLogEvents(q answered) *procedures.Judgement {
	n := len(members(q.answer, "events"))
	pattern := str(q.input, "filterPattern")
	group := str(q.input, "logGroupName")
	switch {
	case pattern == "":
		return judge(procedures.Info, "%s in %s.", plural(n, "event", "events"), group)
	// A pattern is what should not be there, such as ERROR.
	case n == 0:
		return judge(procedures.Passed, "Nothing in %s matches %s.", group, pattern)
	}
	return judge(procedures.Warned, "%s in %s match %s.", plural(n, "event", "events"), group, pattern)
}

// retentionRollback restores the days; a group that kept everything can only be put back by another operation.
func retentionRollback(input, before *document.Object) (*document.Object, string) {
	days, ok := before.Get("retentionInDays")
	if !ok {
		return nil, "it kept everything before: aws logs delete-retention-policy does so again"
	}
	out := only(input, "logGroupName")
	out.Set("retentionInDays", days)
	return out, ""
}
