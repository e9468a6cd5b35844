package web

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/schedules"
	"github.com/opsbook/opsbook/web/templates"
)

// tileRuns is how many runs a tile's line has.
const tileRuns = 12

// staleAfter is how old a value may be whose procedure has neither a schedule nor a rhythm.
const staleAfter = 24 * time.Hour

// fillTiles reads the values that runbooks declare for the first page. What a run found is held in memory: it is read once. Runs that are
// going on are left out until they have ended, or until their step has: see [past.found].
func (s *Server) fillTiles(
	ctx context.Context, page *templates.Home, shelf []*procedures.Procedure, latest map[string]*procedures.Run,
	timings map[string]schedules.Timing,
) error {
	for _, p := range shelf {
		var steps []*procedures.Step
		for _, step := range p.Steps {
			if step.Annotations.Tile != "" {
				steps = append(steps, step)
			}
		}
		if len(steps) == 0 || !p.For(page.Environment) {
			continue
		}
		if left := listedTiles - len(page.Tiles); len(steps) > left {
			page.MoreTiles += len(steps) - left
			steps = steps[:left]
		}
		if len(steps) == 0 {
			continue
		}
		var list []*procedures.Run
		if latest[p.ID] != nil { // else it was never run here
			var err error
			if list, _, err = s.reads.Before(ctx, p.ID, page.Environment.Name, time.Time{}, "", tileRuns); err != nil {
				return err
			}
		}
		values := map[string][]templates.TileValue{}
		for _, run := range list { // the newest first
			if run.Last > maxPastEvents {
				continue
			}
			found, err := s.past.found(ctx, run, p)
			if err != nil {
				if ctx.Err() != nil || procedures.CodeOf(err) == procedures.CodeUnavailable {
					return err
				}
				continue // it is damaged
			}
			for _, step := range steps {
				if f, ok := found[step.ID]; ok && f.Value != nil {
					values[step.ID] = append(values[step.ID], templates.TileValue{
						Value: *f.Value, At: f.Ended, Of: f.Verdict, Reason: f.Reason,
					})
				}
			}
		}
		for _, step := range steps {
			page.Tiles = append(page.Tiles, templates.TileOf(p, step, values[step.ID], staleFrom(p, timings[p.ID], s.reads.Now())))
		}
	}
	return nil
}

// staleFrom is the time before which a value of a procedure is stale: older than two of the intervals at which it is to be read.
func staleFrom(p *procedures.Procedure, t schedules.Timing, now time.Time) time.Time {
	if p.Schedule != "" && !t.Next.IsZero() {
		if schedule, err := procedures.ParseSchedule(p.Schedule); err == nil {
			if after := schedule.Next(t.Next); !after.IsZero() {
				return now.Add(-2*after.Sub(t.Next) - time.Minute)
			}
		}
	}
	if p.Rhythm != "" {
		return now.Add(-2 * p.Rhythm.Due(now).Sub(now))
	}
	return now.Add(-staleAfter)
}
