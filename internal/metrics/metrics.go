// Package metrics counts what happens, for Prometheus. It implements the observers that the rooms declare; they
// know nothing of it.
package metrics

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/opsbook/opsbook/internal/procedures"
)

// scrape is how long the database may take to say what is in it.
const scrape = 2 * time.Second

// Metrics are the numbers of one process.
type Metrics struct {
	registry *prometheus.Registry
	names    procedureNames
	runs     *prometheus.CounterVec
	ended    *prometheus.CounterVec
	steps    *prometheus.CounterVec
	took     prometheus.Histogram
	calls    *prometheus.HistogramVec
	retries  *prometheus.CounterVec
	lag      prometheus.Histogram
	reloads  prometheus.Counter
	unkept   prometheus.Counter
	backlog  prometheus.Gauge
	lost     prometheus.Counter
	streams  prometheus.Gauge
	requests *prometheus.HistogramVec
	notified *prometheus.CounterVec
}

// New makes metrics of a process.
func New(from Sources) *Metrics {
	quick := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsbook_runs_started_total", Help: "Runs that were begun by this process.",
		}, []string{"procedure", "environment"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsbook_runs_finished_total", Help: "Runs that this process finished, by their verdict.",
		}, []string{"procedure", "environment", "verdict"}),
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsbook_steps_total", Help: "Steps that came to an end, by verdict.",
		}, []string{"procedure", "environment", "verdict"}),
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
		reloads: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "opsbook_library_reload_failures_total", Help: "How often the folder of runbooks could not be read again.",
		}),
		unkept: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "opsbook_journal_write_failures_total",
			Help: "How often events could not be written: to the database, or to the disk meanwhile.",
		}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "opsbook_journal_backlog_events", Help: "Events that are held because the database takes none.",
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "opsbook_attendance_lost_total", Help: "How often other replicas could take this one for gone.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "opsbook_streams", Help: "Pages that are live."}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opsbook_http_request_duration_seconds", Help: "How long requests took, by route.", Buckets: quick,
		}, []string{"route", "method", "status"}),
	}
	m.notified = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "opsbook_notifications_total", Help: "Attempts to deliver notifications, by what they came to.",
	}, []string{"notification", "result"})
	m.registry.MustRegister(m.runs, m.ended, m.steps, m.took, m.calls, m.retries, m.lag, m.streams, m.requests,
		m.notified, m.reloads, m.unkept, m.backlog, m.lost, state{from, &m.names},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Recorded implements the observer of package runs.
func (m *Metrics) Recorded(run *procedures.Run, events []procedures.Event, lag time.Duration) {
	m.lag.Observe(lag.Seconds())
	procedure := m.names.of(run.Procedure)
	if m.names.first(procedure, run.Environment) { // all verdicts are there from the first run on, so that a first failure is a change
		for _, v := range procedures.Verdicts {
			m.steps.WithLabelValues(procedure, run.Environment, string(v))
			m.ended.WithLabelValues(procedure, run.Environment, string(v))
		}
	}
	for _, e := range events {
		switch {
		case e.Kind == procedures.EventRunStarted:
			m.runs.WithLabelValues(procedure, run.Environment).Inc()
		case e.Kind == procedures.EventRunFinished:
			m.ended.WithLabelValues(procedure, run.Environment, cmp.Or(string(run.Verdict), "none")).Inc()
		case e.Kind == procedures.EventStepFinished && e.Judgement != nil:
			m.steps.WithLabelValues(procedure, run.Environment, string(e.Judgement.Verdict)).Inc()
			m.took.Observe(e.Duration.Seconds())
		case e.Call != nil && e.Call.Planned == nil:
			m.calls.WithLabelValues(e.Call.Command).Observe(e.Call.Duration.Seconds())
			if e.Call.Retries > 0 {
				m.retries.WithLabelValues(e.Call.Command).Add(float64(e.Call.Retries))
			}
		}
	}
}

// ReloadFailed counts a folder of runbooks that could not be read again.
func (m *Metrics) ReloadFailed() { m.reloads.Inc() }

// NotRecorded implements the observer of package runs.
func (m *Metrics) NotRecorded() { m.unkept.Inc() }

// Backlog implements the observer of package runs.
func (m *Metrics) Backlog(more int) { m.backlog.Add(float64(more)) }

// AttendanceLost implements the observer of package runs.
func (m *Metrics) AttendanceLost() { m.lost.Inc() }

// notificationResults are the labels of what attempts to notify came to.
var notificationResults = map[procedures.OutgoingState]string{
	procedures.OutgoingDelivered: "delivered", procedures.OutgoingWaiting: "failed", procedures.OutgoingGivenUp: "given-up",
	procedures.OutgoingDropped: "dropped",
}

// Notified implements the observer of package notify.
func (m *Metrics) Notified(target string, state procedures.OutgoingState) {
	for _, result := range notificationResults { // all are there from the first attempt on, so that a first failure is a change
		m.notified.WithLabelValues(target, result)
	}
	m.notified.WithLabelValues(target, notificationResults[state]).Inc()
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
