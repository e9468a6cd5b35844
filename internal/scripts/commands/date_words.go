package commands

import (
	"strings"
	"time"
)

// tokenKind is a kind of word in a date.
type tokenKind int

const (
	tokenEnd  tokenKind = iota
	tokenMark           // a single character: ':', '/', ',', '@', or 'T'
	tokenUnsigned
	tokenSigned
	tokenUnsignedDecimal
	tokenSignedDecimal
	tokenMeridian
	tokenMonth
	tokenDay // a weekday
	tokenOrdinal
	tokenUnit
	tokenShift // today, tomorrow: a number of days
	tokenAgo
	tokenZone    // value: seconds east of UTC
	tokenDayZone // a summer time
	tokenDST     // the word DST
	tokenLocal   // an abbreviation of the local zone
	tokenUnknown // no word of a date
)

// token is one word, number or mark of a date.
type token struct {
	kind   tokenKind
	value  int
	nanos  int // of a decimal number, 0 to 999,999,999
	digits int // of a number, without its sign
	minus  bool
	mark   byte
	unit   dateUnit
}

// dateUnit is what a relative number counts.
type dateUnit int

const (
	unitYear dateUnit = iota
	unitMonth
	unitDay
	unitHour
	unitMinute
	unitSecond
)

// dateUnits are the units of relative items. dateWord takes their plurals too.
var dateUnits = map[string]token{
	"YEAR": {unit: unitYear, value: 1}, "MONTH": {unit: unitMonth, value: 1}, "FORTNIGHT": {unit: unitDay, value: 14},
	"WEEK": {unit: unitDay, value: 7}, "DAY": {unit: unitDay, value: 1}, "HOUR": {unit: unitHour, value: 1},
	"MINUTE": {unit: unitMinute, value: 1}, "MIN": {unit: unitMinute, value: 1}, "SECOND": {unit: unitSecond, value: 1},
	"SEC": {unit: unitSecond, value: 1},
}

// dateShifts are the words that stand for a number of days from today.
var dateShifts = map[string]int{"TOMORROW": 1, "YESTERDAY": -1, "TODAY": 0, "NOW": 0}

// dateOrdinals has no SECOND, which is a unit.
var dateOrdinals = map[string]int{
	"LAST": -1, "THIS": 0, "NEXT": 1, "FIRST": 1, "THIRD": 3, "FOURTH": 4, "FIFTH": 5, "SIXTH": 6, "SEVENTH": 7,
	"EIGHTH": 8, "NINTH": 9, "TENTH": 10, "ELEVENTH": 11, "TWELFTH": 12,
}

const hour = 3600

// dateZones are the abbreviations that GNU's parser knows, in seconds east of UTC.
// A summer time stands with its zone's own offset, an hour less than it is.
var dateZones = map[string]token{
	"GMT": zoneToken(0), "UT": zoneToken(0), "UTC": zoneToken(0), "WET": zoneToken(0), "WEST": summerToken(0), "BST": summerToken(0),
	"ART": zoneToken(-3 * hour), "BRT": zoneToken(-3 * hour), "BRST": summerToken(-3 * hour),
	"NST": zoneToken(-3*hour - 1800), "NDT": summerToken(-3*hour - 1800),
	"AST": zoneToken(-4 * hour), "ADT": summerToken(-4 * hour), "CLT": zoneToken(-4 * hour),
	"CLST": summerToken(-4 * hour), "EST": zoneToken(-5 * hour),
	"EDT": summerToken(-5 * hour), "CST": zoneToken(-6 * hour), "CDT": summerToken(-6 * hour),
	"MST": zoneToken(-7 * hour), "MDT": summerToken(-7 * hour),
	"PST": zoneToken(-8 * hour), "PDT": summerToken(-8 * hour), "AKST": zoneToken(-9 * hour),
	"AKDT": summerToken(-9 * hour), "HST": zoneToken(-10 * hour),
	"HAST": zoneToken(-10 * hour), "HADT": summerToken(-10 * hour), "SST": zoneToken(-12 * hour),
	"WAT": zoneToken(1 * hour), "CET": zoneToken(1 * hour),
	"CEST": summerToken(1 * hour), "MET": zoneToken(1 * hour), "MEZ": zoneToken(1 * hour),
	"MEST": summerToken(1 * hour), "MESZ": summerToken(1 * hour),
	"EET": zoneToken(2 * hour), "EEST": summerToken(2 * hour), "CAT": zoneToken(2 * hour), "SAST": zoneToken(2 * hour),
	"EAT": zoneToken(3 * hour),
	"MSK": zoneToken(3 * hour), "MSD": summerToken(3 * hour), "IST": zoneToken(5*hour + 1800),
	"SGT": zoneToken(8 * hour), "KST": zoneToken(9 * hour),
	"JST": zoneToken(9 * hour), "GST": zoneToken(10 * hour), "NZST": zoneToken(12 * hour), "NZDT": summerToken(12 * hour),
}

// zoneToken and summerToken take seconds east of UTC.
func zoneToken(seconds int) token   { return token{kind: tokenZone, value: seconds} }
func summerToken(seconds int) token { return token{kind: tokenDayZone, value: seconds} }

// dateMonths and dateDays are in the order of their numbers: months from 1, days from 0, Sunday.
var dateMonths = []string{
	"JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
}
var dateDays = []string{"SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"}

// dateNames are GNU's other spellings of days, am and pm, and the words that change another one.
var dateNames = map[string]token{
	"SEPT": {kind: tokenMonth, value: 9}, "TUES": {kind: tokenDay, value: 2}, "WEDNES": {kind: tokenDay, value: 3},
	"THUR": {kind: tokenDay, value: 4}, "THURS": {kind: tokenDay, value: 4},
	"AM": {kind: tokenMeridian, value: 0}, "A.M.": {kind: tokenMeridian, value: 0},
	"PM": {kind: tokenMeridian, value: 12}, "P.M.": {kind: tokenMeridian, value: 12},
	"DST": {kind: tokenDST}, "AGO": {kind: tokenAgo, value: -1},
}

// dateWord looks a word up in the order of GNU's lookup_word.
// A plural of a unit is the unit.
func dateWord(word string, now time.Time) token {
	word = strings.ToUpper(word)
	if t, ok := dateNames[word]; ok && t.kind != tokenDST && t.kind != tokenAgo {
		return t
	}
	if t, ok := monthOrDay(word); ok {
		return t
	}
	if t, ok := zoneWord(word, now); ok {
		return t
	}
	if word == "DST" {
		return dateNames[word]
	}
	for _, name := range []string{word, strings.TrimSuffix(word, "S")} {
		if t, ok := dateUnits[name]; ok {
			t.kind = tokenUnit
			return t
		}
	}
	if n, ok := dateShifts[word]; ok {
		return token{kind: tokenShift, value: n}
	}
	if n, ok := dateOrdinals[word]; ok {
		return token{kind: tokenOrdinal, value: n}
	}
	if word == "AGO" {
		return dateNames[word]
	}
	if len(word) == 1 {
		return militaryZone(word[0])
	}
	if plain := strings.ReplaceAll(word, ".", ""); plain != word {
		if t, ok := zoneWord(plain, now); ok {
			return t
		}
	}
	return token{kind: tokenUnknown}
}

// monthOrDay takes a whole name, its first three letters, and those with a full stop.
func monthOrDay(word string) (token, bool) {
	short := len(word) == 3 || len(word) == 4 && word[3] == '.'
	is := func(name string) bool { return word == name || short && word[:3] == name[:3] }
	for i, name := range dateMonths {
		if is(name) {
			return token{kind: tokenMonth, value: i + 1}, true
		}
	}
	for i, name := range dateDays {
		if is(name) {
			return token{kind: tokenDay, value: i}, true
		}
	}
	return token{}, false
}

// zoneWord knows GMT, UT and UTC first, then the abbreviations of the local zone, then the table.
func zoneWord(word string, now time.Time) (token, bool) {
	if word == "GMT" || word == "UT" || word == "UTC" {
		return dateZones[word], true
	}
	for _, month := range []time.Month{time.January, time.July} {
		name, offset := time.Date(now.Year(), month, 1, 0, 0, 0, 0, now.Location()).Zone()
		if name == word {
			return token{kind: tokenLocal, value: offset}, true
		}
	}
	t, ok := dateZones[word]
	return t, ok
}

// militaryZone is the letter of a zone: A is +1, N is -1, Z is UTC, J is none and T also begins a time.
func militaryZone(letter byte) token {
	switch {
	case letter == 'T':
		return token{kind: tokenMark, mark: 'T'}
	case letter == 'Z':
		return zoneToken(0)
	case letter >= 'A' && letter <= 'I':
		return zoneToken(int(letter-'A'+1) * hour)
	case letter >= 'K' && letter <= 'M':
		return zoneToken(int(letter-'K'+10) * hour)
	case letter >= 'N' && letter <= 'Y':
		return zoneToken(-int(letter-'N'+1) * hour)
	}
	return token{kind: tokenUnknown}
}
