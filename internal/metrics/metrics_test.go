package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/procedures"
)

// sources say something of everything.
func sources() metrics.Sources {
	return metrics.Sources{
		Jobs: func(context.Context) (map[procedures.ExecutionState]int, error) {
			return map[procedures.ExecutionState]int{procedures.ExecutionWaiting: 3, procedures.ExecutionRunning: 2}, nil
		},
		Timings: func(context.Context) ([]metrics.Timing, error) {
			return []metrics.Timing{
				{Procedure: "book/nightly", Environment: "production", Scheduled: true, Missed: true},
				{Procedure: "book/nightly", Environment: "staging", Scheduled: true},
				{Procedure: "book/weekly", Environment: "production", Overdue: true},
			}, nil
		},
		Streams: func(context.Context) ([]metrics.Stream, error) {
			return []metrics.Stream{{Name: "siem", Behind: 3, Failing: true}}, nil
		},
		Awaited: func(context.Context) (map[string][]time.Time, error) {
			return map[string][]time.Time{"production": {time.Now()}}, nil
		},
		Findings: func() map[procedures.Severity]int { return map[procedures.Severity]int{procedures.SeverityError: 2} },
		Build:    metrics.Build{Version: "v1.2.3", Revision: "abc", Go: "go1.26", Models: "AWS CLI 2"},
	}
}

func TestWhatIsCounted(t *testing.T) {
	fails := false
	asked := time.Now()
	from := sources()
	whole := from.Jobs
	from.Jobs = func(ctx context.Context) (map[procedures.ExecutionState]int, error) {
		if fails {
			return nil, errors.New("the database is away")
		}
		return whole(ctx)
	}
	from.Awaited = func(context.Context) (map[string][]time.Time, error) {
		return map[string][]time.Time{"production": {asked.Add(-time.Hour), asked}, "staging": nil}, nil
	}
	m := metrics.New(from)
	health := &procedures.Run{ID: "r1", Procedure: "book/health", Environment: "production", Verdict: procedures.Failed}
	m.Recorded(health, []procedures.Event{
		{Kind: procedures.EventRunStarted},
		{Kind: procedures.EventCall, Call: &procedures.Call{Command: "s3api list-buckets", Duration: time.Second, Retries: 2}},
		// only asked about
		{Kind: procedures.EventCall, Call: &procedures.Call{Command: "s3api delete-bucket", Planned: &procedures.PlannedCall{}}},
		{Kind: procedures.EventStepFinished, Judgement: &procedures.Judgement{Verdict: procedures.Failed}, Duration: time.Second},
		{Kind: procedures.EventRunFinished},
	}, 3*time.Millisecond)
	m.ReloadFailed()
	m.NotRecorded()
	m.Backlog(5)
	m.Backlog(-2)
	m.AttendanceLost()
	m.Streams(2)
	m.Streams(-1)
	m.Notified("oncall", procedures.OutgoingGivenUp)
	m.Answered("GET", "/runs/{run}", 200, time.Millisecond)
	_ = limits.StepOutput.Reached()
	show := func() string {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		return w.Body.String()
	}
	got := show()
	for _, want := range []string{
		`opsbook_runs_started_total{environment="production",procedure="book/health"} 1`,
		`opsbook_runs_finished_total{environment="production",procedure="book/health",verdict="fail"} 1`,
		`opsbook_steps_total{environment="production",procedure="book/health",verdict="fail"} 1`,
		`opsbook_steps_total{environment="production",procedure="book/health",verdict="pass"} 0`,
		`opsbook_call_duration_seconds_count{operation="s3api list-buckets"} 1`,
		`opsbook_call_retries_total{operation="s3api list-buckets"} 2`, "opsbook_journal_lag_seconds_count 1\n",
		"opsbook_journal_write_failures_total 1\n", "opsbook_journal_backlog_events 3\n", "opsbook_attendance_lost_total 1\n",
		"opsbook_streams 1\n", `opsbook_notifications_total{notification="oncall",result="given-up"} 1`,
		`opsbook_notifications_total{notification="oncall",result="failed"} 0`,
		`opsbook_limits_reached_total{limit="step_output"} 1`, `opsbook_limits_reached_total{limit="step_work"} 0`,
		`opsbook_schedules_missed{environment="production",procedure="book/nightly"} 1`,
		`opsbook_schedules_missed{environment="staging",procedure="book/nightly"} 0`,
		`opsbook_procedures_overdue{environment="production",procedure="book/weekly"} 1`,
		`opsbook_approvals_waiting{environment="production"} 2`, `opsbook_approvals_waiting{environment="staging"} 0`,
		`opsbook_approvals_oldest_age_seconds{environment="production"} 3`, `opsbook_approvals_oldest_age_seconds{environment="staging"} 0`,
		`opsbook_library_findings{severity="error"} 2`, `opsbook_library_findings{severity="note"} 0`,
		"opsbook_library_reload_failures_total 1\n",
		`opsbook_build_info{goversion="go1.26",models="AWS CLI 2",revision="abc",version="v1.2.3"} 1`,
		`opsbook_jobs{state="waiting"} 3`, `opsbook_jobs{state="running"} 2`,
		`opsbook_http_request_duration_seconds_count{method="GET",route="/runs/{run}",status="200"} 1`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "delete-bucket") {
		t.Error("a planned call is counted")
	}
	for i := range 2 * metrics.MaxProcedures { // those that come later are counted together
		m.Recorded(&procedures.Run{Procedure: fmt.Sprintf("book/p%d", i), Environment: "production"},
			[]procedures.Event{{Kind: procedures.EventRunStarted}}, 0)
	}
	got = show()
	// Two names belong to schedules, one to the run above.
	rest := fmt.Sprintf(`opsbook_runs_started_total{environment="production",procedure="other"} %d`, metrics.MaxProcedures+3)
	if n := strings.Count(got, "\nopsbook_runs_started_total{"); n != metrics.MaxProcedures-2+1 || !strings.Contains(got, rest) {
		t.Errorf("%d procedures have series of their own", n)
	}
	fails = true
	if got := show(); strings.Contains(got, "opsbook_jobs{") || !strings.Contains(got, "opsbook_streams 1\n") {
		t.Errorf("without a database the rest is not shown:\n%s", got)
	}
}
