package knowledge_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestThresholdsAreVariables(t *testing.T) {
	set := func(name, value string) func(string) (string, bool) {
		return func(n string) (string, bool) { return value, n == name }
	}
	backup := parsed(t,
		`{"BackupSummaries":[{"BackupName":"old","BackupStatus":"AVAILABLE",`+
			`"BackupCreationDateTime":"2026-11-22T08:00:00+00:00"}]}`)
	for _, c := range []struct {
		operation string
		answer    *document.Object
		threshold knowledge.Threshold
		value     string
		want      procedures.Verdict
	}{
		{"dynamodb ListBackups", backup, knowledge.BackupHours, "", procedures.Warned},
		{"dynamodb ListBackups", backup, knowledge.BackupHours, "72", procedures.Passed},
		{"dynamodb ListBackups", backup, knowledge.BackupHours, "three days", procedures.Errored},
		{"iam GetCredentialReport", parsed(t, report(rootFine, userFine)), knowledge.KeyDays, "30", procedures.Warned},
		{"iam GetCredentialReport", parsed(t, report(rootFine, userFine)), knowledge.KeyDays, "-1", procedures.Errored},
		{
			"cloudwatch DescribeAlarmHistory", parsed(t,
				`{"AlarmHistoryItems":[{"AlarmName":"a",`+
					`"Timestamp":"2026-11-22T08:00:00+00:00"},{"AlarmName":"a","Timestamp":"2026-11-22T09:00:00+00:00"}]}`),
			knowledge.AlarmChanges, "1", procedures.Warned,
		},
		{
			"cloudwatch DescribeAlarmHistory", parsed(t,
				`{"AlarmHistoryItems":[{"AlarmName":"a",`+
					`"Timestamp":"2026-11-22T08:00:00+00:00"},{"AlarmName":"a","Timestamp":"2026-11-22T09:00:00+00:00"}]}`),
			knowledge.AlarmChanges, "2", procedures.Info,
		},
	} {
		service, operation, _ := strings.Cut(c.operation, " ")
		got := knowledge.Of(service, operation).Judge(&document.Object{}, c.answer, now, set(c.threshold.Name, c.value))
		if got == nil || got.Verdict != c.want {
			t.Errorf("%s with %s=%q: %+v, want %s", c.operation, c.threshold.Name, c.value, got, c.want)
		}
	}
}
