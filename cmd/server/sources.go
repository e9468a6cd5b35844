package main

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/procedures"
)

// sources are what /metrics asks. They answer once the portal is built.
func (p *portal) sources(environments []procedures.Environment) metrics.Sources {
	return metrics.Sources{
		Jobs: p.jobs, Build: built(),
		Timings: func(ctx context.Context) ([]metrics.Timing, error) { return p.timings(ctx, environments) },
		Awaited: func(ctx context.Context) (map[string][]time.Time, error) {
			awaited, err := p.service.AwaitedSince(ctx)
			for _, e := range environments {
				if _, ok := awaited[e.Name]; !ok && err == nil {
					awaited[e.Name] = nil
				}
			}
			return awaited, err
		},
		Streams: p.streamNumbers,
		Findings: func() map[procedures.Severity]int {
			out := map[procedures.Severity]int{}
			for _, f := range p.watcher.Current().Findings {
				out[f.Severity]++
			}
			return out
		},
	}
}

// jobs counts what waits and what runs. It is asked when somebody reads /metrics.
func (p *portal) jobs(ctx context.Context) (map[procedures.ExecutionState]int, error) {
	out := map[procedures.ExecutionState]int{}
	for _, state := range []procedures.ExecutionState{procedures.ExecutionWaiting, procedures.ExecutionRunning} {
		list, err := p.db.ExecutionsIn(ctx, nil, state)
		if err != nil {
			return nil, err
		}
		out[state] = len(list)
	}
	return out, nil
}

// timings says of all procedures that have a schedule or a rhythm whether they were missed, or are overdue.
func (p *portal) timings(ctx context.Context, environments []procedures.Environment) ([]metrics.Timing, error) {
	var out []metrics.Timing
	now := p.service.Now()
	for _, e := range environments {
		latest, err := p.service.Latest(ctx, e.Name)
		if err != nil {
			return nil, err
		}
		timings, err := p.service.Timings(ctx, e.Name, p.watcher.Current().Procedures(), latest)
		if err != nil {
			return nil, err
		}
		for id, t := range timings {
			out = append(out, metrics.Timing{
				Procedure: id, Environment: e.Name, Scheduled: !t.Next.IsZero(), Missed: t.Missed(), Overdue: t.Overdue(now),
			})
		}
	}
	return out, nil
}
