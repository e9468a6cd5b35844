package knowledge

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func str(o *document.Object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

func child(o *document.Object, name string) *document.Object {
	v, _ := o.Get(name)
	c, _ := v.(*document.Object)
	return c
}

func members(o *document.Object, name string) []*document.Object {
	v, _ := o.Get(name)
	l, _ := v.(document.List)
	var out []*document.Object
	for _, item := range l {
		if c, ok := item.(*document.Object); ok {
			out = append(out, c)
		}
	}
	return out
}

func float(v document.Value) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func at(o *document.Object, name string) time.Time {
	t, err := time.Parse(time.RFC3339, str(o, name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// since words a moment: the time of day within a day, else the date.
func since(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case now.Sub(t) < 24*time.Hour:
		return ", since " + t.Format("15:04")
	}
	return ", since " + t.Format("2 January 15:04")
}

// moment words when something was: the time of day within a day, else the date.
func moment(t, now time.Time) string {
	if now.Sub(t) < 24*time.Hour {
		return "at " + t.Format("15:04")
	}
	return "on " + t.Format("2 January at 15:04")
}

// ago words an age.
func ago(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func readFunction(q answered) *procedures.Judgement {
	c := child(q.answer, "Configuration")
	if c == nil {
		c = q.answer
	}
	name, state, update := str(c, "FunctionName"), str(c, "State"), str(c, "LastUpdateStatus")
	switch {
	case state == "Failed" || update == "Failed":
		reason := str(c, "LastUpdateStatusReason") + str(c, "StateReason")
		return judge(procedures.Failed, "%s: state %s, last update %s. %s", name, state, update, reason)
	case state == "Pending" || state == "Inactive" || update == "InProgress":
		return judge(procedures.Warned, "%s: state %s, last update %s.", name, state, update)
	case state == "Active" && (update == "Successful" || update == ""):
		return judge(procedures.Passed, "%s is Active and its last update was Successful.", name)
	}
	return judge(procedures.NoData, "%s: the answer has no state.", name)
}

func readTable(q answered) *procedures.Judgement {
	t := child(q.answer, "Table")
	name, status := str(t, "TableName"), str(t, "TableStatus")
	switch status {
	case "ACTIVE":
		return judge(procedures.Passed, "%s is ACTIVE · %s items · %s", name, grouped(t, "ItemCount"), size(t, "TableSizeBytes"))
	case "CREATING", "UPDATING":
		return judge(procedures.Warned, "%s is %s.", name, status)
	case "":
		return judge(procedures.NoData, "The answer has no table status.")
	}
	return judge(procedures.Failed, "%s is %s.", name, status)
}

// grouped is a whole number of an answer.
func grouped(o *document.Object, name string) string {
	v, _ := o.Get(name)
	n, _ := v.(int64)
	return thousands(strconv.FormatInt(n, 10))
}

// thousands sets the digits of a whole number apart.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func size(o *document.Object, name string) string {
	v, _ := o.Get(name)
	n, _ := float(v)
	return bytes(n)
}

func bytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") + " " + unit
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f TB", n)
}

func readAlarms(q answered) *procedures.Judgement {
	all := append(members(q.answer, "MetricAlarms"), members(q.answer, "CompositeAlarms")...)
	var red, unsure []string
	for _, a := range all {
		switch str(a, "StateValue") {
		case "ALARM":
			red = append(red, str(a, "AlarmName")+since(at(a, "StateUpdatedTimestamp"), q.now))
		case "INSUFFICIENT_DATA":
			unsure = append(unsure, str(a, "AlarmName"))
		}
	}
	filtered := q.input.Len() > 0
	switch {
	case len(red) > 0:
		return judge(procedures.Failed, "%s in ALARM: %s.", plural(len(red), "alarm", "alarms"), strings.Join(red, "; "))
	case len(unsure) > 0:
		return judge(procedures.Warned, "%s without enough data: %s.", plural(len(unsure), "alarm", "alarms"), strings.Join(unsure, ", "))
	case len(all) == 0 && str(q.input, "StateValue") == "ALARM":
		return judge(procedures.Passed, "No alarm is in ALARM.")
	case len(all) == 0 && !filtered:
		return judge(procedures.NoData, "No alarm is defined.")
	case len(all) == 0:
		return judge(procedures.NoData, "No alarm matches.")
	}
	return judge(procedures.Passed, "%s, none in ALARM.", plural(len(all), "alarm", "alarms"))
}

func readDistribution(q answered) *procedures.Judgement {
	d := child(q.answer, "Distribution")
	id, status := str(d, "Id"), str(d, "Status")
	enabled, _ := child(d, "DistributionConfig").Get("Enabled")
	switch {
	case status == "Deployed" && enabled == true:
		return judge(procedures.Passed, "%s is Deployed and enabled.", id)
	case status == "":
		return judge(procedures.NoData, "The answer has no status.")
	case enabled == false:
		return judge(procedures.Warned, "%s is %s and disabled.", id, status)
	}
	return judge(procedures.Warned, "%s is %s.", id, status)
}

func readPolicyStatus(q answered) *procedures.Judgement {
	public, ok := child(q.answer, "PolicyStatus").Get("IsPublic")
	switch bucket := str(q.input, "Bucket"); {
	case public == true:
		return judge(procedures.Failed, "The policy of %s makes it public.", bucket)
	case ok:
		return judge(procedures.Passed, "The policy of %s does not make it public.", bucket)
	}
	return judge(procedures.NoData, "The answer does not say whether the bucket is public.")
}

func readAdvisor(q answered) *procedures.Judgement {
	r := child(q.answer, "result")
	flagged, _ := child(r, "resourcesSummary").Get("resourcesFlagged")
	n, _ := flagged.(int64)
	switch status := str(r, "status"); status {
	case "ok":
		return judge(procedures.Passed, "Check %s is ok.", str(r, "checkId"))
	case "warning":
		return judge(procedures.Warned, "Check %s: warning, %s flagged.", str(r, "checkId"), plural(int(n), "resource", "resources"))
	case "error":
		return judge(procedures.Failed, "Check %s is red: %s flagged.", str(r, "checkId"), plural(int(n), "resource", "resources"))
	default:
		return judge(procedures.NoData, "Check %s has no result yet.", str(q.input, "checkId"))
	}
}

func readRules(q answered) *procedures.Judgement {
	rules := members(q.answer, "Rules")
	var off []string
	for _, r := range rules {
		if str(r, "State") != "ENABLED" && !strings.HasPrefix(str(r, "State"), "ENABLED") {
			off = append(off, str(r, "Name"))
		}
	}
	switch {
	case len(rules) == 0:
		return judge(procedures.Warned, "No rule matches.")
	case len(off) > 0:
		return judge(procedures.Warned, "%s disabled: %s.", plural(len(off), "rule is", "rules are"), strings.Join(off, ", "))
	}
	return judge(procedures.Passed, "%s, all ENABLED.", plural(len(rules), "rule", "rules"))
}

func readBackups(q answered) *procedures.Judgement {
	var newest *document.Object
	for _, b := range members(q.answer, "BackupSummaries") {
		if newest == nil || at(b, "BackupCreationDateTime").After(at(newest, "BackupCreationDateTime")) {
			newest = b
		}
	}
	if newest == nil {
		return judge(procedures.Failed, "There is no backup in this time.")
	}
	hours, wrong := q.threshold(BackupHours)
	if wrong != nil {
		return wrong
	}
	age := q.now.Sub(at(newest, "BackupCreationDateTime"))
	status := str(newest, "BackupStatus")
	sentence := fmt.Sprintf("Newest backup: %s, %s old, %s", str(newest, "BackupName"), ago(age), status)
	switch {
	case status != "AVAILABLE":
		return judge(procedures.Warned, "%s.", sentence)
	case age > time.Duration(hours*float64(time.Hour)):
		return judge(procedures.Warned, "%s; it should not be older than %s h.", sentence, number(hours))
	}
	return judge(procedures.Passed, "%s.", sentence)
}
