package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// reportState is whether there is a report: one is made on request, and kept for four hours.
type reportState struct {
	Asked time.Time // zero when no report was asked for
}

// reportHandlers ask for the credential report and read it.
func reportHandlers() map[string]handler {
	return map[string]handler{
		"GenerateCredentialReport": {"", generateReport},
		"GetCredentialReport":      {"", getReport},
	}
}

// reportHeader are the columns of a report: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
const reportHeader = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed," +
	"password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated," +
	"access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region," +
	"access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

// report is the report at a moment, as CSV.
func (s *Sandbox) report(now time.Time) string {
	stamp := func(t time.Time) string { return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05+00:00") }
	rootKey, rotated := "false", "N/A"
	if s.world.Faults["root-key"] {
		rootKey, rotated = "true", stamp(now.AddDate(-2, 0, 0))
	}
	rows := []string{
		reportHeader,
		fmt.Sprintf("<root_account>,arn:aws:iam::%s:root,2023-03-14T09:00:00+00:00,not_supported,%s,"+
			"not_supported,not_supported,true,%s,%s,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
			accountID, stamp(now.AddDate(0, -5, 0)), rootKey, rotated),
	}
	for _, u := range s.users() {
		// The second key and the certificates are those of a user that has none.
		password := "false,N/A,N/A,N/A"
		if u.password {
			password = fmt.Sprintf("true,%s,%s,N/A", stamp(now.Add(-20*time.Hour)), stamp(now.AddDate(0, -2, 0)))
		}
		key := "false,N/A,N/A,N/A,N/A"
		if u.keyAge > 0 {
			key = fmt.Sprintf("true,%s,%s,%s,dynamodb", stamp(now.Add(-u.keyAge)), stamp(now.Add(-u.keyUsed)), region)
		}
		rows = append(rows,
			fmt.Sprintf("%s,arn:aws:iam::%s:user/%s,%s,%s,%t,%s,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A", u.name,
				accountID, u.name, stamp(s.createdAt(u)), password, u.mfa, key))
	}
	return strings.Join(rows, "\n")
}

// reportLasts is how long a report is kept.
const reportLasts = 4 * time.Hour

// generateReport begins a report unless there is one: STARTED, INPROGRESS for settling (AWS
// takes up to some minutes), then COMPLETE until it is four hours old.
func generateReport(s *Sandbox, r *request) (*document.Object, error) {
	asked := s.world.Report.Asked
	switch age := r.now.Sub(asked); {
	case asked.IsZero() || age > reportLasts:
		s.world.Report.Asked = r.now
		s.world.Serial++
		return obj("State", "STARTED", "Description", "No report exists. Starting a new report generation task"), nil
	case age < settling:
		return obj("State", "INPROGRESS", "Description", "Report generation in progress"), nil
	}
	return obj("State", "COMPLETE"), nil
}

// getReport answers the report of the time when it was asked for, as base64 of CSV on the
// wire. Without one it is status 410, while it is made 404, as on AWS:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html
func getReport(s *Sandbox, r *request) (*document.Object, error) {
	asked := s.world.Report.Asked
	switch age := r.now.Sub(asked); {
	case asked.IsZero():
		return nil, refuse(http.StatusGone, "ReportNotPresent", "No report is available. Use GenerateCredentialReport to generate one")
	case age > reportLasts:
		return nil, refuse(http.StatusGone, "ReportExpired", "The report has expired. Use GenerateCredentialReport to generate a new one")
	case age < settling:
		return nil, refuse(http.StatusNotFound, "ReportInProgress", "The report is being generated")
	}
	return obj("Content", []byte(s.report(asked)), "ReportFormat", "text/csv", "GeneratedTime", asked), nil
}
