package procedures

import (
	"errors"
	"fmt"
	"strconv"
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

// Claim is until when the planned times of a procedure's schedule were claimed, and what the schedule was then.
type Claim struct {
	Spec  string
	Until time.Time
}

// Overlap is what becomes of a planned time while the schedule's run before it is still going on.
type Overlap string

// The kinds of overlap.
const (
	OverlapSkip  Overlap = "skip"  // there is no run for it, and the front page says so
	OverlapQueue Overlap = "queue" // one run begins when the one before has ended, however many times have passed meanwhile
	OverlapAllow Overlap = "allow" // it begins beside the one before
)

// Schedule knows the planned times of a procedure, as crontab(5) has them. Times of the day hold over changes of the
// zone's clock: a time that the clock leaves out is taken where it goes on, and one that it shows twice is taken once.
// Intervals, whose hour begins with *, run through: where the clock shows an hour twice, in both. Those of @every are counted in
// real time, the same in all zones.
type Schedule struct {
	cron     cron.Schedule
	zone     *time.Location
	interval bool
}

// ParseSchedule reads Procedure.Schedule: "CRON_TZ=Europe/Berlin 0 8 * * 1-5". An expression that has no time, such as the
// 31st of February, is an error, and so is Local, which would be another zone on another server.
func ParseSchedule(spec string) (*Schedule, error) {
	rest, ok := strings.CutPrefix(spec, "CRON_TZ=")
	name, expr, found := strings.Cut(rest, " ")
	if !ok || !found || name == "" {
		return nil, fmt.Errorf("the schedule %q names no time zone", spec)
	}
	if strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("the schedule %q: Local is another time zone on each server; name one, such as Europe/Berlin", spec)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", spec, err)
	}
	fields := strings.Fields(expr)
	if len(fields) == 5 {
		fields[4] = sundayIsZero(fields[4])
	}
	times, err := cron.ParseStandard("CRON_TZ=UTC " + strings.Join(fields, " "))
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", spec, explainCron(expr, err))
	}
	s := &Schedule{cron: times, zone: zone}
	switch every := times.(type) {
	case cron.ConstantDelaySchedule: // @every 1h30m
		// The library makes a second of what is less, of none and of a negative time.
		said, err := time.ParseDuration(strings.TrimPrefix(expr, "@every "))
		if err != nil || said < time.Second || said%time.Second != 0 {
			return nil, fmt.Errorf("the schedule %q: @every takes whole seconds, at least one, such as @every 90m", spec)
		}
		s.cron, s.interval, s.zone = sinceEpoch(every.Delay), true, time.UTC
	default:
		s.interval = strings.HasPrefix(expr, "@hourly") || len(fields) == 5 && strings.ContainsRune("*?", rune(fields[1][0]))
	}
	// Within five years every date comes that there is, but for 29 February around 2100.
	if s.Next(time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("the schedule %q has no time: there is no such date", spec)
	}
	return s, nil
}

// sinceEpoch is an interval that is counted from 1970 on, so that every server has the same times.
type sinceEpoch time.Duration

func (d sinceEpoch) Next(t time.Time) time.Time {
	return t.Truncate(time.Duration(d)).Add(time.Duration(d))
}

// explainCron says what is wrong with an expression where the library speaks of itself.
func explainCron(expr string, err error) error {
	var number *strconv.NumError
	switch {
	case strings.HasPrefix(expr, "@") && !strings.HasPrefix(expr, "@every "):
		return fmt.Errorf("%s is no time: there are @hourly, @daily, @weekly, @monthly, @yearly and @every 90m", expr)
	case errors.As(err, &number), strings.Contains(err.Error(), "failed to parse int"):
		return fmt.Errorf("%q is not made of numbers, names, *, and - , / between them, in five fields: "+
			"minute, hour, day of the month, month, weekday", expr)
	}
	return err
}

// weekdays are the names of a field of weekdays, of which Sunday may be the end of a range, as 7 may.
var weekdays = map[string]string{"sun": "0", "mon": "1", "tue": "2", "wed": "3", "thu": "4", "fri": "5", "sat": "6"}

// sundayIsZero is a field of weekdays with 0 for Sunday, which crontab(5) also calls 7.
func sundayIsZero(field string) string {
	items := strings.Split(field, ",")
	for i, item := range items {
		span, every, stepped := strings.Cut(item, "/")
		from, to, ranged := strings.Cut(span, "-")
		if ranged && strings.EqualFold(to, "sun") && !strings.EqualFold(from, "sun") {
			to = "7" // FRI-SUN
			if day := weekdays[strings.ToLower(from)]; day != "" {
				from = day
			}
		}
		if !ranged {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		step, err3 := 1, error(nil)
		if stepped {
			step, err3 = strconv.Atoi(every)
		}
		if errors.Join(err, err2, err3) != nil || first < 0 || last != 7 || first > last || step < 1 {
			continue // the parser says what is wrong, where it is
		}
		var days []string
		for day := first; day <= last; day += step {
			days = append(days, strconv.Itoa(day%7))
		}
		items[i] = strings.Join(days, ",")
	}
	return strings.Join(items, ",")
}

// Next returns the first planned time after t, in UTC; the zero time where there is none within five years.
func (s *Schedule) Next(t time.Time) time.Time {
	if s.interval {
		return s.nextInterval(t)
	}
	local := t.In(s.zone)
	// The clock on the wall is counted as if no change of it ever came.
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	for range 2 * 24 * 60 { // the clock may pass over a whole day, or show some of one twice
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

// nextInterval goes from one change of the clock to the next: between two of them the clock on the wall runs through.
func (s *Schedule) nextInterval(t time.Time) time.Time {
	for range 50 { // two changes a year, some more in years of reform
		local := t.In(s.zone)
		// t itself may be the last instant before a change: its end is asked of what comes after it.
		_, offset := local.Add(time.Nanosecond).Zone()
		_, end := local.Add(time.Nanosecond).ZoneBounds()
		ahead := time.Duration(offset) * time.Second
		wall := s.cron.Next(t.UTC().Add(ahead))
		if wall.IsZero() {
			return time.Time{}
		}
		if at := wall.Add(-ahead); end.IsZero() || at.Before(end) {
			return at.UTC()
		}
		t = end.Add(-time.Nanosecond)
	}
	return time.Time{}
}

// instant is when the zone's clock shows a wall time for the first time; where it never does, when it goes on.
func (s *Schedule) instant(wall time.Time) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, s.zone)
	start, end := at.ZoneBounds()
	_, offset := at.Zone()
	shown := at.UTC().Add(time.Duration(offset) * time.Second)
	if shown.Equal(wall) {
		if !start.IsZero() {
			_, before := start.Add(-time.Second).Zone()
			_, now := at.Zone()
			if earlier := at.Add(time.Duration(now-before) * time.Second); earlier.Before(start) {
				return earlier.UTC() // it is shown twice
			}
		}
		return at.UTC()
	}
	// It is passed over, and at is on one of the sides of that change (see time.Date).
	if shown.After(wall) {
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
