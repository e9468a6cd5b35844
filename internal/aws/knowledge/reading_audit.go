package knowledge

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

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
	days, wrong := q.limit(KeyDays)
	if wrong != nil {
		return wrong
	}
	var bad, warn []string
	for _, row := range rows[1:] {
		b, w := readUser(reportRow{rows[0], row}, q.now, time.Duration(days*24*float64(time.Hour)))
		bad, warn = append(bad, b...), append(warn, w...)
	}
	switch {
	case len(bad) > 0:
		return judge(procedures.Failed, "%s.", strings.Join(append(bad, warn...), "; "))
	case len(warn) > 0:
		return judge(procedures.Warned, "%s.", strings.Join(warn, "; "))
	}
	return judge(procedures.Passed, "%s: no key older than %s days, MFA wherever there is a password.", plural(len(rows)-2, "user", "users"), number(days))
}

func readReportState(q question) *procedures.Judgement {
	switch state := str(q.answer, "State"); state {
	case "COMPLETE":
		return judge(procedures.Info, "The report is there.")
	case "":
		return judge(procedures.NoData, "The answer has no state.")
	default:
		return judge(procedures.Info, "The report is asked for, and %s: wait before it is read.", state)
	}
}

type reportRow struct{ header, values []string }

func (r reportRow) get(name string) string {
	if i := slices.Index(r.header, name); i >= 0 && i < len(r.values) {
		return r.values[i]
	}
	return ""
}

func readUser(r reportRow, now time.Time, keyOld time.Duration) (bad, warn []string) {
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
		used := r.get("access_key_" + n + "_last_used_date")
		if t, err := time.Parse(time.RFC3339, used); err == nil && now.Sub(t) > keyOld {
			warn = append(warn, fmt.Sprintf("%s has a key that was not used for %s", user, ago(now.Sub(t))))
		} else if used == "N/A" {
			warn = append(warn, user+" has a key that was never used")
		}
	}
	switch {
	case root && r.get("mfa_active") != "true":
		bad = append(bad, "the root user has no MFA")
	case r.get("password_enabled") == "true" && r.get("mfa_active") != "true":
		warn = append(warn, user+" has a console password and no MFA")
	}
	if r.get("password_enabled") == "true" && r.get("password_last_used") == "no_information" {
		warn = append(warn, user+" has a console password that was never used")
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
