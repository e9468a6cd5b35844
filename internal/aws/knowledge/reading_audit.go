package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

func readLogEvents(q answered) *procedures.Judgement {
	n := len(members(q.answer, "events"))
	pattern := str(q.input, "filterPattern")
	group := str(q.input, "logGroupName")
	switch {
	case pattern == "":
		return judge(procedures.Info, "%s in %s.", plural(n, "event", "events"), group)
	case n == 0:
		return judge(procedures.Passed, "Nothing in %s matches %s.", group, pattern)
	}
	return judge(procedures.Warned, "%s in %s match %s.", plural(n, "event", "events"), group, pattern)
}

func readReportState(q answered) *procedures.Judgement {
	switch state := str(q.answer, "State"); state {
	case "COMPLETE":
		return judge(procedures.Info, "The report is there.")
	case "":
		return judge(procedures.NoData, "The answer has no state.")
	default:
		return judge(procedures.Info, "The report is asked for, and %s: wait before it is read.", state)
	}
}
