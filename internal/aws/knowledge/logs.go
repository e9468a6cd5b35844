package knowledge

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// logsService is Amazon CloudWatch Logs. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
func logsService() service {
	return service{
		operations: map[string]Operation{
			"FilterLogEvents": {rule: judgeLogEvents},
			"GetQueryResults": {reads: "status, results, statistics.recordsMatched, statistics.recordsScanned", rule: judgeQuery},
			"GetLogEvents":    counted("events", "event", "events"),
			"DescribeLogGroups": survey{
				reads: "logGroups[]: logGroupName, retentionInDays, storedBytes",
				list:  "logGroups", kind: "log group", kinds: "log groups", name: "logGroupName", good: "with a retention",
				each: judgeRetention, sum: keptBytes,
			}.operation(),
			"StartQuery": {Effect: procedures.EffectRead},
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

// judgeQuery says how many rows a query found, of how many records.
func judgeQuery(q answered) *procedures.Judgement {
	rows, _ := q.answer.Get("results")
	list, _ := rows.(document.List)
	state := str(q.answer, "status")
	f := vocabularyOf(states{info: "complete", warn: "scheduled, running, cancelled, unknown", fail: "failed, timeout"}).finding(state)
	scanned, _ := numberAt(q.answer, "statistics.recordsScanned")
	says := fmt.Sprintf("%s of %s records", plural(len(list), "row", "rows"), number(scanned))
	switch {
	case f.verdict != procedures.Info:
		return judge(f.verdict, "%s.", f.says)
	case len(list) == 0:
		return judge(procedures.NoData, "%s.", says)
	}
	return judge(procedures.Info, "%s.", says)
}

// judgeRetention warns of a group that keeps everything for ever.
func judgeRetention(_ answered, o *document.Object) finding {
	size, _ := numberAt(o, "storedBytes")
	days, ok := numberAt(o, "retentionInDays")
	f := found(procedures.Passed, "%.0f days", days)
	if !ok {
		f = found(procedures.Warned, "kept for ever")
		f.amount = size
	}
	return f.with("Size", bytes(size))
}

// keptBytes are the bytes that are kept for ever.
func keptBytes(all []finding) string {
	n := 0.0
	for _, f := range all {
		n += f.amount
	}
	if n == 0 {
		return ""
	}
	return ", " + bytes(n) + " kept for ever"
}
