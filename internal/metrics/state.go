package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Sources are asked when somebody reads the numbers. They are called at the same time by several readers.
type Sources struct {
	// Jobs says how many executions are in each state that is not their end, in all processes of the database.
	Jobs func(ctx context.Context) (map[procedures.ExecutionState]int, error)
	// Timings says of each procedure that has a schedule or a rhythm whether it was missed, or is overdue.
	Timings func(ctx context.Context) ([]Timing, error)
	// Awaited says since when changes wait for an approval, by environment; an environment without one is there too.
	Awaited func(ctx context.Context) (map[string][]time.Time, error)
	// Streams says how far the streams of the audit log are.
	Streams func(ctx context.Context) ([]Stream, error)
	// Findings are how many the runbooks have.
	Findings func() map[procedures.Severity]int
	Build    Build
}

// Timing is whether a procedure was missed in an environment, or is overdue there.
type Timing struct {
	Procedure, Environment string
	Scheduled              bool // it has a schedule: Missed says whether the newest planned time had no run
	Missed, Overdue        bool
}

// Stream is a stream of the audit log: how many entries its receiver has not yet, and whether it fails.
type Stream struct {
	Name    string
	Behind  int64
	Failing bool
}

// Build says what the process is.
type Build struct {
	Version, Revision, Go, Models string
}

// description describes a metric that is made when it is asked for.
func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	jobsDesc   = description("opsbook_jobs", "Executions that wait or run, in all processes of the database.", "state")
	missedDesc = description("opsbook_schedules_missed",
		"Whether a schedule's newest time had no run, and nobody made up for it: 1 or 0.", "procedure", "environment")
	overdueDesc = description("opsbook_procedures_overdue",
		"Whether a procedure should have been done a day ago by its rhythm: 1 or 0.", "procedure", "environment")
	awaitedDesc  = description("opsbook_approvals_waiting", "Changes that wait for another person's approval.", "environment")
	oldestDesc   = description("opsbook_approvals_oldest_age_seconds", "How long the oldest of them waits; 0 for none.", "environment")
	behindDesc   = description("opsbook_audit_stream_behind_entries", "Entries of the audit log that a stream has not sent yet.", "stream")
	failingDesc  = description("opsbook_audit_stream_failing", "Whether a stream of the audit log fails: 1 or 0.", "stream")
	findingsDesc = description("opsbook_library_findings", "What is wrong in the runbooks.", "severity")
	limitsDesc   = description("opsbook_limits_reached_total", "How often a bound was met, by its name.", "limit")
	buildDesc    = description("opsbook_build_info", "What the process is; always 1.", "version", "revision", "goversion", "models")
)

// state asks the sources. What one of them cannot say is left out, and the rest is there.
type state struct {
	Sources
	names *procedureNames
}

// Describe implements prometheus.Collector.
func (state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		jobsDesc, missedDesc, overdueDesc, awaitedDesc, oldestDesc, behindDesc, failingDesc, findingsDesc, limitsDesc, buildDesc,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s state) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrape)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	s.jobs(ctx, to, gauge)
	s.timings(ctx, to, gauge)
	if awaited, err := s.Awaited(ctx); err != nil {
		to <- prometheus.NewInvalidMetric(awaitedDesc, err)
	} else {
		for environment, since := range awaited {
			oldest := time.Duration(0)
			for _, at := range since {
				oldest = max(oldest, time.Since(at))
			}
			gauge(awaitedDesc, float64(len(since)), environment)
			gauge(oldestDesc, oldest.Seconds(), environment)
		}
	}
	s.streams(ctx, to, gauge)
	findings := s.Findings()
	for _, severity := range []procedures.Severity{procedures.SeverityError, procedures.SeverityWarning, procedures.SeverityNote} {
		gauge(findingsDesc, float64(findings[severity]), string(severity))
	}
	for _, r := range limits.Table() { // each has its line from the beginning
		to <- prometheus.MustNewConstMetric(limitsDesc, prometheus.CounterValue, float64(r.Times()), r.Name)
	}
	gauge(buildDesc, 1, s.Build.Version, s.Build.Revision, s.Build.Go, s.Build.Models)
}

// streams tells how far the streams of the audit log are.
func (s state) streams(ctx context.Context, to chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	if s.Streams == nil {
		return
	}
	all, err := s.Streams(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(behindDesc, err)
		return
	}
	for _, stream := range all {
		failing := 0.0
		if stream.Failing {
			failing = 1
		}
		gauge(behindDesc, float64(stream.Behind), stream.Name)
		gauge(failingDesc, failing, stream.Name)
	}
}

// jobs tells how many executions wait and run.
func (s state) jobs(ctx context.Context, to chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	jobs, err := s.Jobs(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(jobsDesc, err)
		return
	}
	for state, n := range jobs {
		gauge(jobsDesc, float64(n), string(state))
	}
}

// timings tells what was missed and what is overdue. Procedures without series of their own are added up.
func (s state) timings(ctx context.Context, to chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	timings, err := s.Timings(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(missedDesc, err)
		return
	}
	missed, overdue := map[[2]string]float64{}, map[[2]string]float64{}
	for _, t := range timings {
		at := [2]string{s.names.of(t.Procedure), t.Environment}
		of := overdue
		if t.Scheduled {
			of = missed
		}
		of[at] += 0
		if t.Scheduled && t.Missed || !t.Scheduled && t.Overdue {
			of[at]++
		}
	}
	for at, n := range missed {
		gauge(missedDesc, n, at[0], at[1])
	}
	for at, n := range overdue {
		gauge(overdueDesc, n, at[0], at[1])
	}
}
