package procedures

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Scheduled is what became of one planned time of a procedure's schedule.
type Scheduled struct {
	Procedure, Environment string
	At                     time.Time // the planned time
	Run                    string    // empty where there was none
	Reason                 string    // why there was none
}

// Schedule knows the planned times of a procedure. They are times of the day in a time zone, and hold over changes of its
// clock: a time that the clock leaves out is taken where it goes on, and one that it shows twice is taken once.
type Schedule struct {
	cron cron.Schedule
	zone *time.Location
}

// ParseSchedule reads Procedure.Schedule: "CRON_TZ=Europe/Berlin 0 8 * * 1-5".
func ParseSchedule(spec string) (*Schedule, error) {
	rest, ok := strings.CutPrefix(spec, "CRON_TZ=")
	name, expr, found := strings.Cut(rest, " ")
	if !ok || !found {
		return nil, fmt.Errorf("the schedule %q names no time zone", spec)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", spec, err)
	}
	times, err := cron.ParseStandard("CRON_TZ=UTC " + expr)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", spec, err)
	}
	return &Schedule{cron: times, zone: zone}, nil
}

// Next returns the first planned time after t, in UTC; the zero time where there is none within five years.
func (s *Schedule) Next(t time.Time) time.Time {
	local := t.In(s.zone)
	// The clock on the wall is counted as if no change of it ever came.
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	for range 200 {
		wall = s.cron.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if at := s.instant(wall); at.After(t) {
			return at
		}
	}
	return time.Time{}
}

// instant is when the zone's clock shows a wall time for the first time; where it never does, when it goes on.
func (s *Schedule) instant(wall time.Time) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, s.zone)
	if at.Hour() == wall.Hour() && at.Minute() == wall.Minute() {
		if start, _ := at.ZoneBounds(); !start.IsZero() {
			_, before := start.Add(-time.Second).Zone()
			_, now := at.Zone()
			if earlier := at.Add(time.Duration(now-before) * time.Second); earlier.Before(start) {
				return earlier.UTC() // it is shown twice
			}
		}
		return at.UTC()
	}
	_, end := at.ZoneBounds()
	if start, _ := at.ZoneBounds(); !start.IsZero() && at.Sub(start) < 3*time.Hour {
		return start.UTC()
	}
	return end.UTC()
}

// Between returns the planned times after one moment and up to another, at most limit of them, the latest ones.
func (s *Schedule) Between(after, until time.Time, limit int) []time.Time {
	var out []time.Time
	for at := s.Next(after); !at.IsZero() && !at.After(until); at = s.Next(at) {
		if out = append(out, at); len(out) > limit {
			out = out[1:]
		}
	}
	return out
}

// periods are how often a rhythm is due.
var periods = map[Rhythm]time.Duration{"daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 31 * 24 * time.Hour}

// Due says of a rhythm by when a procedure should be done again, after the time when it was last done; the zero time without a rhythm.
func (r Rhythm) Due(last time.Time) time.Time {
	period, ok := periods[r]
	if !ok || last.IsZero() {
		return time.Time{}
	}
	return last.Add(period)
}
