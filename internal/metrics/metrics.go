// Package metrics counts what happens, for Prometheus. It implements the observers that the rooms declare; they
// know nothing of it.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// scrape is how long the database may take to say how many jobs there are.
const scrape = 2 * time.Second

// Metrics are the numbers of one process.
type Metrics struct {
	registry *prometheus.Registry
	runs     prometheus.Counter
	steps    *prometheus.CounterVec
	took     prometheus.Histogram
	calls    *prometheus.HistogramVec
	retries  *prometheus.CounterVec
	lag      prometheus.Histogram
	streams  prometheus.Gauge
	requests *prometheus.HistogramVec
}

// New makes metrics. jobs says how many executions are in each state that is not their end, in all processes of the database.
func New(jobs func(ctx context.Context) (map[procedures.ExecutionState]int, error)) *Metrics {
	quick := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "opsbook_runs_started_total", Help: "Runs that were begun by this process.",
		}),
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsbook_steps_total", Help: "Steps that came to an end, by verdict.",
		}, []string{"verdict"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "opsbook_step_duration_seconds", Help: "How long steps took.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 1800},
		}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opsbook_call_duration_seconds", Help: "How long calls took, retries included, by operation.", Buckets: quick,
		}, []string{"operation"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsbook_call_retries_total", Help: "Calls that were made again, by operation.",
		}, []string{"operation"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "opsbook_journal_lag_seconds", Help: "From an event until it is in the journal.", Buckets: quick,
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "opsbook_streams", Help: "Pages that are live."}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opsbook_http_request_duration_seconds", Help: "How long requests took, by route.", Buckets: quick,
		}, []string{"route", "method", "status"}),
	}
	m.registry.MustRegister(m.runs, m.steps, m.took, m.calls, m.retries, m.lag, m.streams, m.requests, jobsCollector{jobs},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, v := range procedures.Verdicts {
		m.steps.WithLabelValues(string(v)) // there from the beginning, so that a first failure is a change
	}
	return m
}

// Recorded implements the observer of package runs.
func (m *Metrics) Recorded(events []procedures.Event, lag time.Duration) {
	m.lag.Observe(lag.Seconds())
	for _, e := range events {
		switch {
		case e.Kind == procedures.EventRunStarted:
			m.runs.Inc()
		case e.Kind == procedures.EventStepFinished && e.Judgement != nil:
			m.steps.WithLabelValues(string(e.Judgement.Verdict)).Inc()
			m.took.Observe(e.Duration.Seconds())
		case e.Call != nil && e.Call.Planned == nil:
			m.calls.WithLabelValues(e.Call.Command).Observe(e.Call.Duration.Seconds())
			if e.Call.Retries > 0 {
				m.retries.WithLabelValues(e.Call.Command).Add(float64(e.Call.Retries))
			}
		}
	}
}

// Streams implements the observer of package web.
func (m *Metrics) Streams(more int) { m.streams.Add(float64(more)) }

// Answered implements the observer of package web. route is the pattern of the route table, which bounds the labels.
func (m *Metrics) Answered(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// ServeHTTP shows the numbers.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r)
}

var jobsDesc = prometheus.NewDesc("opsbook_jobs", "Executions that wait or run, in all processes of the database.", []string{"state"}, nil)

// jobsCollector asks how many jobs there are when it is asked.
type jobsCollector struct {
	jobs func(ctx context.Context) (map[procedures.ExecutionState]int, error)
}

// Describe implements prometheus.Collector.
func (jobsCollector) Describe(to chan<- *prometheus.Desc) { to <- jobsDesc }

// Collect implements prometheus.Collector.
func (c jobsCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrape)
	defer cancel()
	jobs, err := c.jobs(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(jobsDesc, err)
		return
	}
	for state, n := range jobs {
		to <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(n), string(state))
	}
}
