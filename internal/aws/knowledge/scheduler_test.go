package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSchedulerVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"scheduler GetSchedule", `{"Name":"nightly"}`,
			`{"Name":"nightly","State":"ENABLED"}`,
			procedures.Passed, "nightly: ENABLED.",
		},
		{
			"scheduler GetSchedule", `{"Name":"nightly"}`,
			`{"Name":"nightly","State":"ENABLED","EndDate":"2026-11-02T00:00:00+00:00"}`,
			procedures.Warned, "nightly: it ended on 2 November.",
		},
		{
			"scheduler ListSchedules", `{}`,
			`{"Schedules":[{"Name":"nightly","State":"ENABLED"}]}`,
			procedures.Passed, "nightly: ENABLED.",
		},
		{
			"scheduler ListSchedules", `{}`,
			`{"Schedules":[{"Name":"nightly","State":"DISABLED"}]}`,
			procedures.Warned, "nightly: DISABLED.",
		},
	})
}
