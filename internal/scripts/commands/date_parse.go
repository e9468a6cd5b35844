package commands

import (
	"errors"
	"strings"
	"time"
)

var errDate = errors.New("invalid date")

// parseDate reads a date as GNU date -d does, relative to now and in its zone.
// https://www.gnu.org/software/coreutils/manual/html_node/Date-input-formats.html
// The grammar's peculiarities are kept: in "10:00 +2 days" the +2 is a zone.
func parseDate(text string, now time.Time) (time.Time, error) {
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

func (t token) isMark(mark byte) bool { return t.kind == tokenMark && t.mark == mark }

// number reads a decimal number that the caller knows to be one; 0 for "".
func number(digits string) int {
	n := 0
	for _, d := range []byte(digits) {
		n = n*10 + int(d-'0')
	}
	return n
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isSpace(c byte) bool  { return c == ' ' || c >= '\t' && c <= '\r' }

// lexDate splits a date into its words. Text in parentheses is a remark.
func lexDate(s string, now time.Time) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isSpace(c):
			i++
		case c == '(':
			end := strings.IndexByte(s[i:], ')')
			if end < 0 {
				return tokens, nil
			}
			i += end + 1
		case isDigit(c) || c == '-' || c == '+':
			t, next, err := lexNumber(s, i)
			if err != nil {
				return nil, err
			}
			if next > i && t.kind != tokenEnd {
				tokens = append(tokens, t)
			}
			i = next
		case isLetter(c):
			end := i
			for end < len(s) && (isLetter(s[end]) || s[end] == '.') {
				end++
			}
			t := dateWord(s[i:end], now)
			if t.kind == tokenMistaken {
				return nil, errDate
			}
			tokens = append(tokens, t)
			i = end
		default:
			tokens = append(tokens, token{kind: tokenMark, mark: c})
			i++
		}
	}
	return tokens, nil
}

// lexNumber reads an optional sign, spaces, digits and a fraction. A sign without digits is skipped.
func lexNumber(s string, i int) (token, int, error) {
	t := token{kind: tokenUnsigned}
	if s[i] == '-' || s[i] == '+' {
		t.kind, t.minus = tokenSigned, s[i] == '-'
		i++
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		if i >= len(s) || !isDigit(s[i]) {
			return token{}, i, nil
		}
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i-start > 17 {
		return t, i, errDate
	}
	t.value, t.digits = number(s[start:i]), i-start
	if i+1 < len(s) && (s[i] == '.' || s[i] == ',') && isDigit(s[i+1]) {
		start = i + 1
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
		t.nanos = number((s[start:i] + "000000000")[:9])
		if t.kind == tokenSigned {
			t.kind = tokenSignedDecimal
		} else {
			t.kind = tokenUnsignedDecimal
		}
	}
	if t.minus {
		t.value, t.nanos = -t.value, -t.nanos
	}
	return t, i, nil
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

	times, dates, days, zones, locals, dsts, relatives int
}

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

func (p *dateParser) setWeekday(day, ordinal, used int) {
	p.weekday, p.ordinal = day, ordinal
	p.days++
	p.at += used
}

// number reads an item that begins with a plain number.
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

// digits reads a number that stands alone: a year after a date, YYYYMMDD, HHMM or HH.
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
	if p.peek(0).kind == tokenSigned {
		p.zones++
		return p.offset()
	}
	return nil
}

// offset reads +HH, +HHMM or +HH:MM.
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

// result puts together what was said.
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
	if p.zones > 0 {
		_, local := t.Zone()
		t = t.Add(time.Duration(local-p.zone) * time.Second)
	}
	seconds := int64(p.relative[unitHour])*hour + int64(p.relative[unitMinute])*60 + int64(p.relative[unitSecond])
	return time.Unix(t.Unix()+seconds, int64(t.Nanosecond()+p.relativeNanos)).In(zone), nil
}

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
func (p *dateParser) untilWeekday(today int) int {
	ordinal := p.ordinal
	if ordinal > 0 && today != p.weekday {
		ordinal--
	}
	return (p.weekday-today+7)%7 + 7*ordinal
}
