package jq

import (
	"math"
	"strings"
	"time"

	"github.com/itchyny/timefmt-go"
)

// greenwich is the zone of gmtime, by the name that C has for it.
var greenwich = time.FixedZone("GMT", 0)

// dates are the functions of time. A broken down time is a list as in jq: year, month from 0, day, hour, minute, seconds, day of the
// week, day of the year.
func dates() map[string]*native {
	return map[string]*native{
		"now/0": nullary(func(m *machine, _ any) (any, error) {
			now := time.Now
			if m.Now != nil {
				now = m.Now
			}
			return float64(now().UnixMicro()) / 1e6, nil
		}),
		"mktime/0": nullary(func(_ *machine, v any) (any, error) {
			if kindOf(v) != kindArray {
				return nil, fail("mktime requires array inputs")
			}
			t, ok := timeOf(v.(list), greenwich)
			if !ok {
				return nil, fail("mktime requires parsed datetime inputs")
			}
			return box(float64(t.Unix())), nil
		}),
		"gmtime/0": nullary(func(m *machine, v any) (any, error) { return m.brokenDown(v, "gmtime()", greenwich) }),
		"localtime/0": nullary(func(m *machine, v any) (any, error) {
			return m.brokenDown(v, "localtime()", m.zone())
		}),
		"strftime/1": unary(func(m *machine, v, format any) (any, error) {
			return m.strftime(v, format, "strftime/1", greenwich)
		}),
		"strflocaltime/1": unary(func(m *machine, v, format any) (any, error) {
			return m.strftime(v, format, "strflocaltime/1", m.zone())
		}),
		"strptime/1": unary(func(m *machine, v, format any) (any, error) {
			s, okS := v.(string)
			f, okF := format.(string)
			if !okS || !okF {
				return nil, fail("strptime/1 requires string inputs and arguments")
			}
			if err := m.work(int64(len(s) + len(f))); err != nil {
				return nil, err
			}
			p := timeParser{day: noWeekday, yearDay: noYearDay}
			rest, ok := p.parse(s, f, 0)
			if !ok || rest != "" && strings.TrimLeft(rest[:1], " \t\n\v\f\r") != "" {
				return nil, fail("date \"%s\" does not match format \"%s\"", quoted(s), quoted(f))
			}
			out := p.list()
			if rest != "" {
				out = append(out, strings.Clone(rest))
			}
			return out, m.build(listSize(9) + int64(len(rest)))
		}),
	}
}

// zone is the script's: that of TZ.
func (m *machine) zone() *time.Location {
	if m.Getenv != nil {
		if name, ok := m.Getenv("TZ"); ok && name != "" && name != "Local" {
			if zone, err := time.LoadLocation(strings.TrimPrefix(name, ":")); err == nil {
				return zone
			}
		}
	}
	return time.UTC
}

// mostSeconds is beyond what C's years hold.
const mostSeconds = 6.7e16

// instant is the time of a number of seconds.
func instant(v any, name string, zone *time.Location) (time.Time, float64, error) {
	f, ok := number(v)
	if !ok {
		return time.Time{}, 0, fail("%s requires numeric inputs", name)
	}
	if math.IsNaN(f) || math.Abs(f) > mostSeconds {
		return time.Time{}, 0, fail("error converting number of seconds since epoch to datetime")
	}
	return time.Unix(int64(f), 0).In(zone), f - math.Floor(f), nil
}

func (m *machine) brokenDown(v any, name string, zone *time.Location) (any, error) {
	t, fraction, err := instant(v, name, zone)
	if err != nil {
		return nil, err
	}
	return list{
		box(float64(t.Year())), box(float64(t.Month() - 1)), box(float64(t.Day())), box(float64(t.Hour())), box(float64(t.Minute())),
		box(float64(t.Second()) + fraction), box(float64(t.Weekday())), box(float64(t.YearDay() - 1)),
	}, m.build(listSize(8))
}

// timeOf is the time of a broken down one; what is missing is 0.
func timeOf(l list, zone *time.Location) (time.Time, bool) {
	var fields [8]int
	for i := range min(len(l), len(fields)) {
		f, ok := number(l[i])
		if !ok || math.IsNaN(f) {
			return time.Time{}, false
		}
		fields[i] = truncate(f)
	}
	return time.Date(fields[0], time.Month(fields[1]+1), fields[2], fields[3], fields[4], fields[5], 0, zone), true
}

// isWide reports whether a conversion of a format has a width of four digits or more, which would make a text of any size.
func isWide(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i+1 < len(format) && strings.IndexByte("-_0^#+:", format[i+1]) >= 0 {
			i++
		}
		digits := 0
		for i+1 < len(format) && format[i+1] >= '0' && format[i+1] <= '9' {
			i++
			if digits++; digits > 3 {
				return true
			}
		}
		i++ // the conversion itself
	}
	return false
}

func (m *machine) strftime(v, format any, name string, zone *time.Location) (any, error) {
	var t time.Time
	switch l, ok := v.(list); {
	case ok:
		if kindOf(format) != kindString {
			return nil, fail("%s requires a string format", name)
		}
		if t, ok = timeOf(l, zone); !ok {
			return nil, fail("%s requires parsed datetime inputs", name)
		}
	case kindOf(v) == kindNumber:
		var err error
		if t, _, err = instant(v, strings.TrimSuffix(name, "/1"), zone); err != nil {
			return nil, err
		}
	default:
		return nil, fail("%s requires parsed datetime inputs", name)
	}
	f, ok := format.(string)
	if !ok {
		return nil, fail("%s requires a string format", name)
	}
	if isWide(f) {
		return nil, fail("%s: unknown system failure", name)
	}
	if err := m.build(int64(len(f)) * 500); err != nil { // %999c is the longest
		return nil, err
	}
	return timefmt.Format(t, f), m.work(int64(len(f)))
}
