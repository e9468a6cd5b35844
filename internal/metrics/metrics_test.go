package metrics_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestWhatIsCounted(t *testing.T) {
	fails := false
	m := metrics.New(func(context.Context) (map[procedures.ExecutionState]int, error) {
		if fails {
			return nil, errors.New("the database is away")
		}
		return map[procedures.ExecutionState]int{procedures.ExecutionWaiting: 3, procedures.ExecutionRunning: 2}, nil
	})
	m.Recorded([]procedures.Event{
		{Kind: procedures.EventRunStarted},
		{Kind: procedures.EventCall, Call: &procedures.Call{Command: "s3api list-buckets", Duration: time.Second, Retries: 2}},
		// only asked about
		{Kind: procedures.EventCall, Call: &procedures.Call{Command: "s3api delete-bucket", Planned: &procedures.PlannedCall{}}},
		{Kind: procedures.EventStepFinished, Judgement: &procedures.Judgement{Verdict: procedures.Failed}, Duration: time.Second},
	}, 3*time.Millisecond)
	m.Streams(2)
	m.Streams(-1)
	m.Answered("GET", "/runs/{run}", 200, time.Millisecond)
	show := func() string {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		return w.Body.String()
	}
	got := show()
	for _, want := range []string{
		"opsbook_runs_started_total 1\n", `opsbook_steps_total{verdict="fail"} 1`,
		`opsbook_steps_total{verdict="pass"} 0`, `opsbook_call_duration_seconds_count{operation="s3api list-buckets"} 1`,
		`opsbook_call_retries_total{operation="s3api list-buckets"} 2`, "opsbook_journal_lag_seconds_count 1\n",
		"opsbook_streams 1\n", `opsbook_jobs{state="waiting"} 3`, `opsbook_jobs{state="running"} 2`,
		`opsbook_http_request_duration_seconds_count{method="GET",route="/runs/{run}",status="200"} 1`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "delete-bucket") {
		t.Error("a planned call is counted")
	}
	fails = true
	if got := show(); strings.Contains(got, "opsbook_jobs{") || !strings.Contains(got, "opsbook_streams 1\n") {
		t.Errorf("without a database the rest is not shown:\n%s", got)
	}
}
