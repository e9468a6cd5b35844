package knowledge

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Limits of the default readings.
const (
	backupFresh  = 26 * time.Hour
	keyOld       = 90 * 24 * time.Hour
	alarmChanges = 5 // of state in a day
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
	t, err := time.Parse("2006-01-02T15:04:05.999999-07:00", str(o, name))
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

func readFunction(q question) *procedures.Judgement {
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

func readTable(q question) *procedures.Judgement {
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

func grouped(o *document.Object, name string) string {
	v, _ := o.Get(name)
	n, _ := v.(int64)
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func size(o *document.Object, name string) string {
	v, _ := o.Get(name)
	n, _ := float(v)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") + " " + unit
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f TB", n)
}

func readAlarms(q question) *procedures.Judgement {
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

func readStatistics(q question) *procedures.Judgement {
	points := members(q.answer, "Datapoints")
	label := str(q.answer, "Label")
	if len(points) == 0 {
		return judge(procedures.NoData, "%s has no datapoints in this time.", label)
	}
	slices.SortStableFunc(points, func(a, b *document.Object) int { return strings.Compare(str(a, "Timestamp"), str(b, "Timestamp")) })
	var values []float64
	name := ""
	for _, p := range points {
		for _, candidate := range []string{"Sum", "Average", "Maximum", "Minimum", "SampleCount"} {
			if v, ok := p.Get(candidate); ok {
				f, _ := float(v)
				values, name = append(values, f), candidate
				break
			}
		}
	}
	if len(values) == 0 {
		for _, p := range points {
			for statistic, v := range child(p, "ExtendedStatistics").All() {
				f, _ := float(v)
				values, name = append(values, f), statistic
				break
			}
		}
	}
	if len(values) == 0 {
		return judge(procedures.NoData, "%s: %s without a value.", label, plural(len(points), "datapoint", "datapoints"))
	}
	unit := str(points[0], "Unit")
	if len(values) == 1 {
		return judge(procedures.Info, "%s, %s: %s %s.", label, name, number(values[0]), strings.ToLower(unit))
	}
	return judge(procedures.Info, "%s, %s of %d periods: %s to %s %s, last %s%s.", label, name, len(values), number(slices.Min(values)), number(slices.Max(values)), strings.ToLower(unit), number(values[len(values)-1]), trend(values))
}

func number(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
}

// trend compares the newer half with the older one.
func trend(values []float64) string {
	half := len(values) / 2
	mean := func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum / float64(len(v))
	}
	old, young := mean(values[:half]), mean(values[len(values)-half:])
	switch {
	case old == 0 || young > 0.9*old && young < 1.1*old:
		return ", steady"
	case young > old:
		return ", rising"
	}
	return ", falling"
}

func readLogEvents(q question) *procedures.Judgement {
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

func readCredentialReport(q question) *procedures.Judgement {
	content, err := base64.StdEncoding.DecodeString(str(q.answer, "Content"))
	if err != nil {
		return judge(procedures.NoData, "The report cannot be read: %v.", err)
	}
	r := csv.NewReader(strings.NewReader(string(content)))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		return judge(procedures.NoData, "The report has no users.")
	}
	var bad, warn []string
	for _, row := range rows[1:] {
		b, w := readUser(reportRow{rows[0], row}, q.now)
		bad, warn = append(bad, b...), append(warn, w...)
	}
	switch {
	case len(bad) > 0:
		return judge(procedures.Failed, "%s.", strings.Join(append(bad, warn...), "; "))
	case len(warn) > 0:
		return judge(procedures.Warned, "%s.", strings.Join(warn, "; "))
	}
	return judge(procedures.Passed, "%s: no key older than 90 days, MFA wherever there is a password.", plural(len(rows)-2, "user", "users"))
}

type reportRow struct{ header, values []string }

func (r reportRow) get(name string) string {
	if i := slices.Index(r.header, name); i >= 0 && i < len(r.values) {
		return r.values[i]
	}
	return ""
}

func readUser(r reportRow, now time.Time) (bad, warn []string) {
	user := r.get("user")
	root := user == "<root_account>"
	for _, n := range []string{"1", "2"} {
		if r.get("access_key_"+n+"_active") != "true" {
			continue
		}
		if root {
			bad = append(bad, "the root user has an access key")
			continue
		}
		if rotated, err := time.Parse(time.RFC3339, r.get("access_key_"+n+"_last_rotated")); err == nil && now.Sub(rotated) > keyOld {
			warn = append(warn, fmt.Sprintf("%s has a key of %s", user, ago(now.Sub(rotated))))
		}
		if r.get("access_key_"+n+"_last_used_date") == "N/A" {
			warn = append(warn, user+" has a key that was never used")
		}
	}
	switch {
	case root && r.get("mfa_active") != "true":
		bad = append(bad, "the root user has no MFA")
	case r.get("password_enabled") == "true" && r.get("mfa_active") != "true":
		warn = append(warn, user+" has a console password and no MFA")
	}
	return bad, warn
}

func readFindings(q question) *procedures.Judgement {
	image := str(child(q.answer, "imageId"), "imageTag")
	name := str(q.answer, "repositoryName") + ":" + image
	if status := str(child(q.answer, "imageScanStatus"), "status"); status != "COMPLETE" && status != "ACTIVE" {
		return judge(procedures.NoData, "The scan of %s is %s.", name, status)
	}
	counts := child(child(q.answer, "imageScanFindings"), "findingSeverityCounts")
	count := func(severity string) int {
		v, _ := counts.Get(severity)
		n, _ := v.(int64)
		return int(n)
	}
	switch critical, high := count("CRITICAL"), count("HIGH"); {
	case critical > 0:
		return judge(procedures.Failed, "%s has %d CRITICAL and %d HIGH findings.", name, critical, high)
	case high > 0:
		return judge(procedures.Warned, "%s has %s.", name, plural(high, "HIGH finding", "HIGH findings"))
	}
	return judge(procedures.Passed, "%s has no CRITICAL and no HIGH finding.", name)
}

func readTrail(q question) *procedures.Judgement {
	var sensitive []string
	events := members(q.answer, "Events")
	for _, e := range events {
		name := str(e, "EventName")
		root := name == "ConsoleLogin" && str(e, "Username") == "root"
		if root || strings.HasPrefix(name, "Delete") || strings.Contains(name, "Policy") && str(e, "ReadOnly") != "true" {
			sensitive = append(sensitive, fmt.Sprintf("%s by %s at %s", name, str(e, "Username"), strings.TrimSuffix(str(e, "EventTime"), "+00:00")))
		}
	}
	if len(sensitive) == 0 {
		return judge(procedures.Passed, "%s, none of them a deletion, a policy change or a root sign-in.", plural(len(events), "event", "events"))
	}
	return judge(procedures.Warned, "%s: %s.", plural(len(sensitive), "sensitive event", "sensitive events"), strings.Join(sensitive[:min(5, len(sensitive))], "; "))
}

func readCost(q question) *procedures.Judgement {
	total, unit, days := 0.0, "", members(q.answer, "ResultsByTime")
	addAll := func(metrics *document.Object) {
		for _, v := range metrics.All() {
			m, _ := v.(*document.Object)
			f, err := strconv.ParseFloat(str(m, "Amount"), 64)
			if err == nil {
				total, unit = total+f, str(m, "Unit")
			}
			break
		}
	}
	for _, day := range days {
		addAll(child(day, "Total"))
		for _, g := range members(day, "Groups") {
			addAll(child(g, "Metrics"))
		}
	}
	if len(days) == 0 || unit == "" {
		return judge(procedures.NoData, "No costs in this time.")
	}
	return judge(procedures.Info, "%.2f %s in %s.", total, unit, plural(len(days), "period", "periods"))
}

func readAnomalies(q question) *procedures.Judgement {
	found := members(q.answer, "Anomalies")
	if len(found) == 0 {
		return judge(procedures.Passed, "No cost anomaly.")
	}
	first := found[0]
	impact, _ := child(first, "Impact").Get("TotalImpact")
	f, _ := float(impact)
	return judge(procedures.Warned, "%s: %s, %.2f USD more than expected.", plural(len(found), "cost anomaly", "cost anomalies"), str(first, "DimensionValue"), f)
}

func readDistribution(q question) *procedures.Judgement {
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

func readPolicyStatus(q question) *procedures.Judgement {
	public, ok := child(q.answer, "PolicyStatus").Get("IsPublic")
	switch bucket := str(q.input, "Bucket"); {
	case public == true:
		return judge(procedures.Failed, "The policy of %s makes it public.", bucket)
	case ok:
		return judge(procedures.Passed, "The policy of %s does not make it public.", bucket)
	}
	return judge(procedures.NoData, "The answer does not say whether the bucket is public.")
}

func readAdvisor(q question) *procedures.Judgement {
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

func readRules(q question) *procedures.Judgement {
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

func readBackups(q question) *procedures.Judgement {
	var newest *document.Object
	all := members(q.answer, "BackupSummaries")
	for _, b := range all {
		if newest == nil || at(b, "BackupCreationDateTime").After(at(newest, "BackupCreationDateTime")) {
			newest = b
		}
	}
	if newest == nil {
		return judge(procedures.Failed, "There is no backup in this time.")
	}
	age := q.now.Sub(at(newest, "BackupCreationDateTime"))
	status := str(newest, "BackupStatus")
	sentence := fmt.Sprintf("Newest backup: %s, %s old, %s.", str(newest, "BackupName"), ago(age), status)
	if status != "AVAILABLE" || age > backupFresh {
		return judge(procedures.Warned, "%s", sentence)
	}
	return judge(procedures.Passed, "%s", sentence)
}

func readHistory(q question) *procedures.Judgement {
	items := members(q.answer, "AlarmHistoryItems")
	perDay, most, when := map[string]int{}, 0, ""
	for _, i := range items {
		day := str(i, "AlarmName") + " on " + strings.Split(str(i, "Timestamp"), "T")[0]
		if perDay[day]++; perDay[day] > most {
			most, when = perDay[day], day
		}
	}
	if most > alarmChanges {
		return judge(procedures.Warned, "%d changes of state of %s: the alarm flaps.", most, when)
	}
	return judge(procedures.Info, "%s of state.", plural(len(items), "change", "changes"))
}
