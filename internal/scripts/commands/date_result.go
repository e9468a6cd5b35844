package commands

import (
	"time"
)

// result puts together what was said.
// At most one time, date, weekday and zone may be named. Years, months and days are counted on the
// calendar, where the 31st of a shorter month runs over into the next one as mktime has it; hours,
// minutes and seconds are elapsed time.
func (p *dateParser) result() (time.Time, error) {
	if p.times > 1 || p.dates > 1 || p.days > 1 || p.dsts > 1 || p.locals+p.zones > 1 {
		return time.Time{}, errDate
	}
	year, month, day := p.now.Year(), int(p.now.Month()), p.now.Day()
	if p.dates > 0 {
		month, day = p.month, p.day
		if p.year.digits > 0 {
			year = p.fullYear()
		}
	}
	h, m, s, nanos, err := p.clock()
	if err != nil {
		return time.Time{}, err
	}
	zone := p.now.Location()
	t := time.Date(year, time.Month(month), day, h, m, s, nanos, zone)
	if t.Day() != day || int(t.Month()) != month || t.Hour() != h || t.Minute() != m || t.Second() != s {
		return time.Time{}, errDate // no such day, or a time that the clocks skipped
	}
	if p.locals > 0 {
		if _, offset := t.Zone(); offset != p.zone || p.dsts > 0 && !t.IsDST() {
			return time.Time{}, errDate // EDT in winter
		}
	}
	if p.days > 0 && p.dates == 0 {
		t = t.AddDate(0, 0, p.untilWeekday(int(t.Weekday())))
	}
	if p.relative[unitYear] != 0 || p.relative[unitMonth] != 0 || p.relative[unitDay] != 0 {
		if p.dates+p.days+p.times == 0 {
			t = t.In(time.FixedZone(t.Zone())) // "1 month ago" counts in today's offset, summer or winter
		}
		t = t.AddDate(p.relative[unitYear], p.relative[unitMonth], p.relative[unitDay])
	}
	// The date was made in the local zone; it is moved to the one that was named before hours are
	// added.
	if p.zones > 0 {
		_, local := t.Zone()
		t = t.Add(time.Duration(local-p.zone) * time.Second)
	}
	seconds := int64(p.relative[unitHour])*hour + int64(p.relative[unitMinute])*60 + int64(p.relative[unitSecond])
	return time.Unix(t.Unix()+seconds, int64(t.Nanosecond()+p.relativeNanos)).In(zone), nil
}

// fullYear reads two digits as POSIX does: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.
func (p *dateParser) fullYear() int {
	switch {
	case p.year.digits != 2:
		return p.year.value
	case p.year.value < 69:
		return p.year.value + 2000
	}
	return p.year.value + 1900
}

// clock is the time of day: the one that was said, now's when only something
// relative was, else midnight.
func (p *dateParser) clock() (h, m, s, nanos int, err error) {
	switch {
	case p.times > 0:
		h = p.hour
		if p.meridian >= 0 {
			if h < 1 || h > 12 {
				return 0, 0, 0, 0, errDate
			}
			h = h%12 + p.meridian
		}
		return h, p.minute, p.second, p.nanos, nil
	case p.relatives > 0 && p.dates == 0 && p.days == 0:
		return p.now.Hour(), p.now.Minute(), p.now.Second(), p.now.Nanosecond(), nil
	}
	return 0, 0, 0, 0, nil
}

// untilWeekday counts the days to the weekday that was asked for.
// On a Monday "monday" is today, "next monday" in a week and "last monday" a week ago.
func (p *dateParser) untilWeekday(today int) int {
	ordinal := p.ordinal
	if ordinal > 0 && today != p.weekday {
		ordinal--
	}
	return (p.weekday-today+7)%7 + 7*ordinal
}
