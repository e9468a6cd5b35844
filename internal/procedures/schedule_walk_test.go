package procedures

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crontab matches walls by its own reading of crontab(5), for comparison.
type crontab struct {
	minute, hour, day, month, weekday map[int]bool
	anyDay, anyWeekday                bool
}

func crontabOf(expr string) crontab {
	if named := map[string]string{"@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@hourly": "0 * * * *"}[expr]; named != "" {
		expr = named
	}
	fields := strings.Fields(expr)
	names := strings.Split("sun mon tue wed thu fri sat", " ")
	months := strings.Split("- jan feb mar apr may jun jul aug sep oct nov dec", " ")
	read := func(field string, low, high int, names []string) map[int]bool {
		out := map[int]bool{}
		number := func(text string) int {
			if i := slices.Index(names, strings.ToLower(text)); i >= 0 {
				return i
			}
			n, err := strconv.Atoi(text)
			if err != nil {
				panic(err)
			}
			return n
		}
		for item := range strings.SplitSeq(field, ",") {
			span, every, stepped := strings.Cut(item, "/")
			from, to := low, high
			if span != "*" {
				first, last, ranged := strings.Cut(span, "-")
				from, to = number(first), number(first)
				if ranged {
					to = number(last)
					if to < from && strings.EqualFold(last, "sun") {
						to = 7
					}
				} else if stepped {
					to = high
				}
			}
			step := 1
			if stepped {
				step = number(every)
			}
			for n := from; n <= to; n += step {
				out[n] = true
			}
		}
		return out
	}
	c := crontab{
		minute: read(fields[0], 0, 59, nil), hour: read(fields[1], 0, 23, nil), day: read(fields[2], 1, 31, nil),
		month: read(fields[3], 1, 12, months), weekday: read(fields[4], 0, 7, names),
		anyDay: fields[2][0] == '*', anyWeekday: fields[4][0] == '*',
	}
	c.weekday[0] = c.weekday[0] || c.weekday[7] && !c.anyWeekday
	return c
}

// matches is crontab(5)'s: where both days are restricted, one of them is enough.
func (c crontab) matches(wall time.Time) bool {
	day, weekday := c.day[wall.Day()], c.weekday[int(wall.Weekday())]
	on := day && weekday
	if !c.anyDay && !c.anyWeekday {
		on = day || weekday
	}
	return on && c.minute[wall.Minute()] && c.hour[wall.Hour()] && c.month[int(wall.Month())]
}

// wallOf is what a zone's clock shows, as a time of UTC.
func wallOf(at time.Time, zone *time.Location) time.Time {
	local := at.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
}

// planned walks every minute of a time: an interval's times are all minutes at which the clock shows one of them; of a time of the
// day, it is the first such minute, or the one in which the clock has passed it over.
func planned(c crontab, interval bool, zone *time.Location, from, to time.Time) []time.Time {
	var out []time.Time
	newest := wallOf(from, zone)
	for at := from.Add(time.Minute); !at.After(to); at = at.Add(time.Minute) {
		wall := wallOf(at, zone)
		due := interval && c.matches(wall)
		for !interval && newest.Before(wall) { // more than once where the clock leaves something out
			newest = newest.Add(time.Minute)
			due = due || c.matches(newest)
		}
		if due {
			out = append(out, at)
		}
	}
	return out
}

// TestSchedulesAreThoseOfAClockOnTheWall compares planned times with a walk over every minute, around changes of the clock by an
// hour, by half an hour and by a whole day, and in ordinary weeks.
func TestSchedulesAreThoseOfAClockOnTheWall(t *testing.T) {
	changes := map[string][]string{
		"Europe/Berlin":       {"2026-03-29", "2026-10-25", "2024-02-29"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"},
		"Pacific/Apia":        {"2011-12-30"},
		"Africa/Casablanca":   {"2026-02-15", "2026-03-22"},
		"America/Sao_Paulo":   {"2018-11-04", "2019-02-17"}, // at midnight
		"UTC":                 {"2027-01-01"},
	}
	intervals := []string{"*/15 * * * *", "0 * * * *", "0 */2 * * *", "7,37 */3 * * *", "*/20 * * * 1-5", "@hourly"}
	times := []string{
		"30 2 * * *", "0 0 * * *", "15 1 * * *", "*/15 2 * * *", "* 1-3 * * *", "0 8 29 2 *", "@monthly", "@weekly", "0 8 30 12 *",
		"10-40/10 1,2,3 * * *", "30 2 * mar,oct sun", "0 8 13 * 5", "0 1 1-7 * 1", "45 23 * * 5-7", "30 1 * * 7", "5 0 * NOV,dec SUN,1",
		"0 6 * * FRI-SUN", "0 6 * * 5-sun/2", "0 6 * * mon-Sun", "0 6 * * MON-FRI",
	}
	for zone, days := range changes {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range days {
			from, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			from = from.AddDate(0, 0, -4)
			to := from.AddDate(0, 0, 8)
			for i, expr := range slices.Concat(intervals, times) {
				s, err := ParseSchedule("CRON_TZ=" + zone + " " + expr)
				if err != nil {
					t.Fatal(err)
				}
				want := planned(crontabOf(expr), i < len(intervals), location, from, to)
				got := s.Between(from, to, 1<<20)
				if slices.EqualFunc(got, want, time.Time.Equal) {
					continue
				}
				differs := ""
				for i := range min(len(got), len(want)) {
					if !got[i].Equal(want[i]) {
						differs = fmt.Sprintf(", at first %s and %s", got[i], want[i])
						break
					}
				}
				t.Errorf("%s in %s around %s: %d times, want %d%s", expr, zone, day, len(got), len(want), differs)
			}
		}
	}
}

// TestEveryIsTheSameInAllZones has intervals that are no part of an hour run through a change of the clock.
func TestEveryIsTheSameInAllZones(t *testing.T) {
	from := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
	var want []time.Time
	for _, zone := range []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"} {
		for _, every := range []string{"90m", "7m", "25h"} {
			s, err := ParseSchedule("CRON_TZ=" + zone + " @every " + every)
			if err != nil {
				t.Fatal(err)
			}
			d, err := time.ParseDuration(every)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Between(from, from.AddDate(0, 0, 20), 1<<20)
			for i := range got[1:] {
				if got[i+1].Sub(got[i]) != d {
					t.Fatalf("@every %s in %s: after %s comes %s", every, zone, got[i], got[i+1])
				}
			}
			if every == "90m" {
				if want == nil {
					want = got
				}
				if !slices.EqualFunc(got, want, time.Time.Equal) {
					t.Errorf("@every %s in %s is at other times than in UTC", every, zone)
				}
			}
		}
	}
}
