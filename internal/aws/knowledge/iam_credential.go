package knowledge

import (
	"cmp"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Thresholds of a credential report.
var (
	KeyDays  = Threshold{Name: "OPSBOOK_KEY_DAYS", Default: 90, About: "maximum age of an access key in days"}
	IdleDays = Threshold{Name: "OPSBOOK_IDLE_DAYS", Default: 90, About: "days without use after which a key or a password is reported"}
)

// reportOperations are those of the credential report.
func reportOperations() map[string]Operation {
	return map[string]Operation{
		"GenerateCredentialReport": {
			Effect: procedures.EffectRead, Slow: true,
			rule: judgeReportState,
		},
		"GetCredentialReport": {
			rule: judgeCredentialReport, resources: credentialVerdicts,
			Thresholds: []Threshold{KeyDays, IdleDays},
			errors:     reportErrors(),
		},
	}
}

// reportErrors are the errors of a report that is not there yet.
func reportErrors() map[string]procedures.Judgement {
	missing := procedures.Judgement{
		Verdict: procedures.NoData, Reason: "There is no report: none was requested in the last four hours.",
		Advice: "Ask for one with aws iam generate-credential-report, wait until its State is COMPLETE, then run the step again.",
	}
	return map[string]procedures.Judgement{
		"ReportNotPresent": missing, "ReportExpired": missing,
		"ReportInProgress": {
			Verdict: procedures.NoData, Reason: "The report is still being made.",
			Advice: "Wait a few seconds, then run the step again.",
		},
	}
}

// judgeReportState says whether the report can be read yet. IAM makes one within seconds to minutes.
func judgeReportState(q answered) *procedures.Judgement {
	switch state := str(q.answer, "State"); state {
	case "COMPLETE":
		return judge(procedures.Info, "The report is there.")
	case "":
		return judge(procedures.NoData, "The answer has no state.")
	default:
		return judge(procedures.Info, "The report was requested and is %s: wait before you read it.", state)
	}
}

// credentials are the users of a credential report.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
type credentials struct {
	header []string
	rows   [][]string
	now    time.Time
	old    time.Duration // maximum age of a key
	idle   time.Duration // after which an unused key or password is reported
}

// credentialsOf reads the report, which is CSV in base64, or returns the judgement of one that cannot be judged.
func credentialsOf(q answered) (*credentials, *procedures.Judgement) {
	content, err := base64.StdEncoding.DecodeString(str(q.answer, "Content"))
	if err != nil {
		return nil, judge(procedures.NoData, "The report cannot be read: %v.", err)
	}
	r := csv.NewReader(strings.NewReader(string(content)))
	// AWS may add columns; a row of another length is read as far as it goes.
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, judge(procedures.NoData, "The report has no users.")
	}
	old, wrong := q.threshold(KeyDays)
	idle, wrongToo := q.threshold(IdleDays)
	if wrong != nil || wrongToo != nil {
		return nil, cmp.Or(wrong, wrongToo)
	}
	const day = 24 * float64(time.Hour)
	return &credentials{header: rows[0], rows: rows[1:], now: q.now, old: time.Duration(old * day), idle: time.Duration(idle * day)}, nil
}

// judgeCredentialReport judges by the worst user. The root user may have no key, and needs MFA.
func judgeCredentialReport(q answered) *procedures.Judgement {
	c, wrong := credentialsOf(q)
	if wrong != nil {
		return wrong
	}
	var bad, warn []string
	for _, f := range c.verdicts() {
		switch f.Verdict {
		case procedures.Failed:
			bad = append(bad, userIn(f.Name)+" "+f.Reason)
		case procedures.Warned:
			warn = append(warn, userIn(f.Name)+" "+f.Reason)
		}
	}
	switch {
	case len(bad) > 0:
		return judge(procedures.Failed, "%s.", strings.Join(append(bad, warn...), "; "))
	case len(warn) > 0:
		return judge(procedures.Warned, "%s.", strings.Join(warn, "; "))
	}
	return judge(procedures.Passed, "%s: no key older than %s days, MFA wherever there is a password.",
		plural(len(c.rows)-1, "user", "users"), number(c.old.Hours()/24))
}

// credentialVerdicts lists the users of a report; nil for one that cannot be read.
func credentialVerdicts(q answered) []procedures.ResourceVerdict {
	c, wrong := credentialsOf(q)
	if wrong != nil {
		return nil
	}
	return c.verdicts()
}

// rootUser is how a report names the root user.
const rootUser = "<root_account>"

// userIn is a user in a sentence.
func userIn(user string) string {
	if user == rootUser {
		return "the root user"
	}
	return user
}

// verdicts judges each user, in the order of the report.
func (c *credentials) verdicts() []procedures.ResourceVerdict {
	out := make([]procedures.ResourceVerdict, 0, len(c.rows))
	for _, row := range c.rows {
		out = append(out, c.user(reportRow{c.header, row}))
	}
	return out
}

// reportRow is one user. Columns are found by name: AWS has added some.
type reportRow struct{ header, values []string }

// get is the value of a column; empty for one that the report does not have.
func (r reportRow) get(name string) string {
	if i := slices.Index(r.header, name); i >= 0 && i < len(r.values) {
		return r.values[i]
	}
	return ""
}

// errNever reports that something has not happened: "N/A" or "no_information" in a report.
var errNever = errors.New("never")

// since reads how long ago something was; errNever where it never was.
func (r reportRow) since(name string, now time.Time) (time.Duration, error) {
	text := r.get(name)
	if text == "N/A" || text == "no_information" {
		return 0, errNever
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return now.Sub(t), nil
}

// user judges one user: what is wrong, as the end of a sentence that begins with the name.
func (c *credentials) user(r reportRow) procedures.ResourceVerdict {
	f := procedures.ResourceVerdict{Kind: "User", Name: r.get("user"), Verdict: procedures.Passed}
	root := f.Name == rootUser
	var bad, warn []string
	keys, wrong := c.keys(r)
	// A key of the root user can do everything and cannot be restricted: it fails, however old
	// it is.
	if root && len(keys) > 0 {
		bad = append(bad, "has an access key")
	} else {
		warn = append(warn, wrong...)
	}
	mfa, password := r.get("mfa_active") == "true", r.get("password_enabled") == "true"
	console := "none"
	switch used, err := r.since("password_last_used", c.now); {
	// The report has not_supported as password_enabled of the root user, which always has a
	// password.
	case !password && !root:
	case errors.Is(err, errNever):
		console = "never used"
		if password {
			warn = append(warn, "has a console password that was never used")
		}
	case err == nil:
		console = "used " + ago(used) + " ago"
		if password && used > c.idle {
			warn = append(warn, "has a console password that was not used for "+ago(used))
		}
	}
	switch {
	case root && !mfa:
		bad = append(bad, "has no MFA")
	// A user with keys only needs no MFA to sign requests, so that only console passwords are
	// judged.
	case password && !mfa:
		warn = append(warn, "has a console password and no MFA")
	}
	switch {
	case len(bad) > 0:
		f.Verdict, f.Reason = procedures.Failed, strings.Join(append(bad, warn...), ", ")
	case len(warn) > 0:
		f.Verdict, f.Reason = procedures.Warned, strings.Join(warn, ", ")
	}
	f.Facts = []procedures.Fact{
		{Name: "Console", Value: console}, {Name: "MFA", Value: map[bool]string{true: "yes", false: "no"}[mfa]},
		{Name: "Access keys", Value: orNone(strings.Join(keys, "; "))},
	}
	return f
}

// orNone is "none" for an empty text.
func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// keys describes the active keys of a user, and says what is wrong with them.
func (c *credentials) keys(r reportRow) (list, wrong []string) {
	for _, n := range []string{"access_key_1_", "access_key_2_"} {
		// An inactive key cannot sign anything: its age is no risk.
		if r.get(n+"active") != "true" {
			continue
		}
		key := "of unknown age"
		if age, err := r.since(n+"last_rotated", c.now); err == nil {
			key = ago(age) + " old"
			if age > c.old {
				wrong = append(wrong, "has a key of "+ago(age))
			}
		}
		switch used, err := r.since(n+"last_used_date", c.now); {
		case errors.Is(err, errNever):
			key += ", never used"
			wrong = append(wrong, "has a key that was never used")
		case err == nil:
			key += ", used " + ago(used) + " ago"
			if used > c.idle {
				wrong = append(wrong, "has a key that was not used for "+ago(used))
			}
		}
		list = append(list, key)
	}
	return list, wrong
}
