package commands

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// macOS has the date of BSD, whose -v moves a date and whose -r is a number of seconds. GNU's date has no -v, so that a line with one is
// understood as it was meant. https://man.freebsd.org/cgi/man.cgi?query=date

// bsdAdjust is a value of -v: -1d moves by a day, 1d sets the day of the month.
var bsdAdjust = lazy.Regexp(`^([+-]?)(\d{1,9})([ymwdHMS])$`)

// bsdUnits are the letters of -v in GNU's words. m is a month, M a minute.
var bsdUnits = map[string]string{
	"y": "year", "m": "month", "w": "week", "d": "day", "H": "hour", "M": "minute", "S": "second",
}

// adjustDate moves a date as each -v says, one after another.
func adjustDate(t time.Time, values []string) (time.Time, error) {
	for _, value := range values {
		m := bsdAdjust().FindStringSubmatch(value)
		if m == nil || m[1] == "" && m[3] == "w" {
			return t, fmt.Errorf("%s: Cannot apply date adjustment", value)
		}
		n, _ := strconv.Atoi(m[2])
		if m[1] == "-" {
			n = -n
		}
		if m[1] == "" {
			t = setField(t, m[3], n)
			continue
		}
		switch m[3] {
		case "y":
			t = inMonth(t, t.Year()+n, int(t.Month()))
		case "m":
			t = inMonth(t, t.Year(), int(t.Month())+n)
		case "w":
			t = t.AddDate(0, 0, 7*n)
		case "d":
			t = t.AddDate(0, 0, n)
		case "H":
			t = t.Add(time.Duration(n) * time.Hour)
		case "M":
			t = t.Add(time.Duration(n) * time.Minute)
		case "S":
			t = t.Add(time.Duration(n) * time.Second)
		}
	}
	return t, nil
}

// setField is a date with one of its fields set.
func setField(t time.Time, field string, n int) time.Time {
	switch field {
	case "y":
		return inMonth(t, n, int(t.Month()))
	case "m":
		return inMonth(t, t.Year(), n)
	}
	day, hour, minute, second := t.Day(), t.Hour(), t.Minute(), t.Second()
	switch field {
	case "d":
		day = n
	case "H":
		hour = n
	case "M":
		minute = n
	case "S":
		second = n
	}
	return time.Date(t.Year(), t.Month(), day, hour, minute, second, t.Nanosecond(), t.Location())
}

// inMonth is the same day of another month, or the last one that this has.
func inMonth(t time.Time, year, month int) time.Time {
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, t.Location()).Day()
	return time.Date(year, time.Month(month), min(t.Day(), last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}

// bsdSeconds reads -r as BSD does; ok is false where the line is not one of BSD's.
func bsdSeconds(p *parsed) (t time.Time, ok bool) {
	seconds, err := strconv.ParseInt(p.last("reference"), 10, 64)
	return time.Unix(seconds, 0), err == nil && (p.has("v") || p.has("j"))
}

// checkDate finds the options of BSD's date, which macOS has, and says them in GNU's way.
// The finding has the rule date-bsd; `date -v-1d +%F` is `date -d '1 day ago' +%F`.
func checkDate(words []procedures.Word) []procedures.Finding {
	for i, w := range words {
		if i == 0 || !strings.HasPrefix(w.Text, "-v") {
			continue
		}
		m := procedures.Finding{
			Line: w.Line, Column: w.Col, Severity: procedures.SeverityNote, Rule: "date-bsd",
			Message: "date -v is that of macOS: it is understood here, and by no date on Linux, which wants -d '1 day ago'.",
		}
		value, last, known := strings.TrimPrefix(w.Text, "-v"), i, w.Known
		if value == "" && i+1 < len(words) {
			last, value, known = i+1, words[i+1].Text, words[i+1].Known
		}
		adjust := bsdAdjust().FindStringSubmatch(value)
		switch {
		case adjust == nil && known:
			m.Severity = procedures.SeverityError
			m.Message = "date -v " + value + " is not supported here: -v takes a number and one of ymwdHMS."
		case adjust != nil && adjust[1] != "":
			m.Corrected = gnuDate(words, i, last, adjust)
		}
		return []procedures.Finding{m}
	}
	return nil
}

// gnuDate returns the line with its words from one to another replaced; the other words stay as the script has them.
func gnuDate(words []procedures.Word, at, last int, adjust []string) string {
	unit := bsdUnits[adjust[3]]
	if adjust[2] != "1" {
		unit += "s"
	}
	when := adjust[2] + " " + unit
	if adjust[1] == "-" {
		when += " ago"
	}
	var sources []string
	for i, w := range words {
		switch {
		case i == at:
			sources = append(sources, "-d '"+when+"'")
		case i < at, i > last:
			if strings.HasPrefix(w.Text, "-v") {
				return "" // GNU's -d says both at once
			}
			sources = append(sources, w.Source)
		}
	}
	return strings.Join(sources, " ")
}
