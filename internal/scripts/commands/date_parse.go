package commands

import (
	"errors"
	"strings"
	"time"
)

// errDate stands for every reason: GNU's date names none, it quotes the date.
var errDate = errors.New("invalid date")

// maxDate bounds a date that somebody wrote, in bytes.
const maxDate = 4096

// parseDate reads a date as GNU date -d does, relative to now and in its zone.
// https://www.gnu.org/software/coreutils/manual/html_node/Date-input-formats.html
// The grammar's peculiarities are kept: in "10:00 +2 days" the +2 is a zone.
// A leading TZ="name" sets the zone of the date only.
func parseDate(text string, now time.Time) (time.Time, error) {
	if len(text) > maxDate {
		return time.Time{}, errDate
	}
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), "TZ=\""); ok {
		name, rest, ok := strings.Cut(rest, "\"")
		if !ok {
			return time.Time{}, errDate
		}
		text, now = rest, now.In(loadZone(name))
	}
	tokens, err := lexDate(text, now)
	if err != nil {
		return time.Time{}, err
	}
	p := &dateParser{tokens: tokens, now: now}
	if p.peek(0).isMark('@') {
		return p.epoch()
	}
	for p.peek(0).kind != tokenEnd {
		if err := p.item(); err != nil {
			return time.Time{}, err
		}
	}
	return p.result()
}

// dateParser holds what a date has said so far.
type dateParser struct {
	tokens []token
	at     int
	now    time.Time

	year                 token // digits 0: not said
	month, day           int
	hour, minute, second int
	nanos                int
	meridian             int // -1: 24 hours, 0: AM, 12: PM
	weekday, ordinal     int
	zone                 int // seconds east of UTC
	relative             [6]int
	relativeNanos        int

	// how often each kind of item was named; only relative ones may be repeated
	times, dates, days, zones, locals, dsts, relatives int
}

// peek returns the token n places ahead, and the zero token, tokenEnd, behind the last.
func (p *dateParser) peek(n int) token {
	if p.at+n < len(p.tokens) {
		return p.tokens[p.at+n]
	}
	return token{}
}

// epoch reads @SECONDS, which stands alone.
func (p *dateParser) epoch() (time.Time, error) {
	t := p.peek(1)
	if len(p.tokens) != 2 || t.kind < tokenUnsigned || t.kind > tokenSignedDecimal {
		return time.Time{}, errDate
	}
	return time.Unix(int64(t.value), int64(t.nanos)).In(p.now.Location()), nil
}

// item reads one item: a date, a time, a zone, a weekday, or something relative.
func (p *dateParser) item() error {
	t := p.peek(0)
	switch t.kind {
	case tokenUnsigned:
		return p.number(t)
	case tokenSigned, tokenSignedDecimal, tokenUnsignedDecimal:
		return p.relativeUnit(t, 1)
	case tokenOrdinal:
		if p.peek(1).kind == tokenDay {
			p.setWeekday(p.peek(1).value, t.value, 2)
			return nil
		}
		return p.relativeUnit(t, 1)
	case tokenUnit:
		return p.relativeUnit(token{kind: tokenUnsigned, value: 1}, 0)
	// "tomorrow" counts as a relative item: the time of day stays now's
	case tokenShift:
		p.relative[unitDay] += t.value
		p.relatives++
		p.at++
		return nil
	case tokenDay:
		used := 1
		if p.peek(1).isMark(',') {
			used = 2
		}
		p.setWeekday(t.value, 0, used)
		return nil
	case tokenMonth:
		return p.monthFirst(t)
	}
	return p.zoneItem(t)
}

// setWeekday takes a weekday with its ordinal (next is 1, last is -1) and passes over the tokens
// that were used.
func (p *dateParser) setWeekday(day, ordinal, used int) {
	p.weekday, p.ordinal = day, ordinal
	p.days++
	p.at += used
}

// digits reads a number that stands alone: a year after a date, YYYYMMDD, HHMM or HH.
// A number of more than four digits is a date whose year has as many digits as remain: 20260131,
// 260131.
func (p *dateParser) digits(t token) {
	switch {
	case p.dates > 0 && p.year.digits == 0 && p.relatives == 0 && (p.times > 0 || t.digits > 2):
		p.year = t
	case t.digits > 4:
		p.dates++
		p.day, p.month = t.value%100, t.value/100%100
		p.year = token{value: t.value / 10000, digits: t.digits - 4}
	default:
		p.times++
		p.hour, p.minute = t.value, 0
		if t.digits > 2 {
			p.hour, p.minute = t.value/100, t.value%100
		}
		p.second, p.nanos, p.meridian = 0, 0, -1
	}
}

// time reads H, H:M or H:M:S with a meridian or a zone's offset behind it.
// skip is the number of tokens before the hour.
func (p *dateParser) time(skip int) error {
	p.at += skip
	p.hour, p.minute, p.second, p.nanos, p.meridian = p.peek(0).value, 0, 0, 0, -1
	p.at++
	if p.peek(0).isMark(':') && p.peek(1).kind == tokenUnsigned {
		p.minute = p.peek(1).value
		p.at += 2
		if s := p.peek(1); p.peek(0).isMark(':') && (s.kind == tokenUnsigned || s.kind == tokenUnsignedDecimal) {
			p.second, p.nanos = s.value, s.nanos
			p.at += 2
		}
	}
	p.times++
	if m := p.peek(0); m.kind == tokenMeridian {
		p.meridian = m.value
		p.at++
		return nil
	}
	// "10:00 +2 days": the grammar takes +2 for the zone before it sees the unit
	if p.peek(0).kind == tokenSigned {
		p.zones++
		return p.offset()
	}
	return nil
}

// offset reads +HH, +HHMM or +HH:MM.
// More than 24 hours are errDate.
func (p *dateParser) offset() error {
	t := p.peek(0)
	p.at++
	hours, minutes := t.value, 0
	switch {
	case p.peek(0).isMark(':') && p.peek(1).kind == tokenUnsigned:
		minutes = p.peek(1).value
		if t.minus {
			minutes = -minutes
		}
		p.at += 2
	case t.digits > 2:
		hours, minutes = t.value/100, t.value%100
	}
	p.zone += hours*hour + minutes*60
	if p.zone < -24*hour || p.zone > 24*hour {
		return errDate
	}
	return nil
}

// slashes reads M/D, M/D/Y and Y/M/D.
// Four digits at the beginning make it a year.
func (p *dateParser) slashes(first token) error {
	second := p.peek(2)
	if second.kind != tokenUnsigned {
		return errDate
	}
	p.dates++
	p.at += 3
	third := p.peek(1)
	if !p.peek(0).isMark('/') || third.kind != tokenUnsigned {
		p.month, p.day = first.value, second.value
		return nil
	}
	p.at += 2
	if first.digits >= 4 {
		p.year, p.month, p.day = first, second.value, third.value
		return nil
	}
	p.month, p.day, p.year = first.value, second.value, third
	return nil
}

// isoDate reads Y-M-D, whose month and day look like negative numbers, and the time after a T.
// What follows the T has to be an hour with a colon or a zone's offset behind it.
func (p *dateParser) isoDate(year token) error {
	p.year, p.month, p.day = year, -p.peek(1).value, -p.peek(2).value
	p.dates++
	p.at += 3
	if !p.peek(0).isMark('T') {
		return nil
	}
	if p.peek(1).kind != tokenUnsigned || !p.peek(2).isMark(':') && p.peek(2).kind != tokenSigned {
		return errDate
	}
	return p.time(1)
}

// dayFirst reads D Month, D Month Y and D-Month-Y.
func (p *dateParser) dayFirst(day token) error {
	p.day, p.month = day.value, p.peek(1).value
	p.dates++
	p.at += 2
	switch y := p.peek(0); y.kind {
	case tokenSigned:
		y.value = -y.value
		p.year = y
		p.at++
	case tokenUnsigned:
		p.year = y
		p.at++
	}
	return nil
}

// monthFirst reads Month D, Month D, Y and Month-D-Y.
func (p *dateParser) monthFirst(month token) error {
	day := p.peek(1)
	p.month = month.value
	p.dates++
	switch {
	case day.kind == tokenUnsigned:
		p.day = day.value
		p.at += 2
		if p.peek(0).isMark(',') && p.peek(1).kind == tokenUnsigned {
			p.year = p.peek(1)
			p.at += 2
		}
		return nil
	case day.kind == tokenSigned && p.peek(2).kind == tokenSigned:
		p.day = -day.value
		p.year = p.peek(2)
		p.year.value = -p.year.value
		p.at += 3
		return nil
	}
	return errDate
}

// relativeUnit reads NUMBER UNIT [ago]; skip is how many tokens stand before the unit.
// Only seconds may have a fraction.
func (p *dateParser) relativeUnit(n token, skip int) error {
	unit := p.peek(skip)
	if unit.kind != tokenUnit {
		return errDate
	}
	decimal := n.kind == tokenSignedDecimal || n.kind == tokenUnsignedDecimal
	if decimal && unit.unit != unitSecond {
		return errDate
	}
	p.at += skip + 1
	sign := 1
	if p.peek(0).kind == tokenAgo {
		sign = -1
		p.at++
	}
	p.relative[unit.unit] += sign * n.value * unit.value
	p.relativeNanos += sign * n.nanos
	p.relatives++
	return nil
}

// zoneItem reads a zone's name, with DST or an offset behind it.
// A summer time, or DST behind a zone, is an hour east of its zone. T alone is UTC-7.
func (p *dateParser) zoneItem(t token) error {
	p.at++
	switch {
	case t.kind == tokenLocal:
		p.locals++
		p.zone = t.value
		if p.peek(0).kind == tokenDST {
			p.dsts++
			p.at++
		}
		return nil
	case t.kind == tokenDayZone:
		p.zone = t.value + hour
	case t.kind == tokenZone, t.isMark('T'):
		p.zone = t.value
		if t.kind == tokenMark {
			p.zone = -7 * hour
		}
		switch next := p.peek(0); {
		case next.kind == tokenSigned && p.peek(1).kind == tokenUnit:
			p.zones++
			return p.relativeUnit(next, 1)
		case next.kind == tokenSigned && t.kind == tokenZone:
			p.zones++
			return p.offset()
		case next.kind == tokenDST:
			p.zone += hour
			p.at++
		}
	default:
		return errDate
	}
	p.zones++
	return nil
}

// number reads an item that begins with a plain number.
// What follows decides: a colon or am makes it a time, a slash or two negative numbers a date, a
// unit something relative.
func (p *dateParser) number(t token) error {
	next := p.peek(1)
	switch {
	case next.isMark(':'), next.kind == tokenMeridian:
		return p.time(0)
	case next.isMark('/'):
		return p.slashes(t)
	case next.kind == tokenMonth:
		return p.dayFirst(t)
	case next.kind == tokenDay:
		p.setWeekday(next.value, t.value, 2)
		return nil
	case next.kind == tokenUnit:
		return p.relativeUnit(t, 1)
	case next.kind == tokenSigned && p.peek(2).kind == tokenSigned:
		return p.isoDate(t)
	// "20260131 +2 days": the sign belongs to what is relative
	case next.kind == tokenSigned && p.peek(2).kind == tokenUnit:
		p.at++
		p.digits(t)
		return p.relativeUnit(next, 1)
	case next.kind == tokenSigned:
		return p.time(0)
	}
	p.at++
	p.digits(t)
	return nil
}
