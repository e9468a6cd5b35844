package procedures

import (
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/lazy"
)

var (
	durationSum = lazy.Regexp(`^(?:(?:~|≈|about|approx\.?|approximately|around|ca\.?|circa|up to|max\.?|` +
		`est\.?|estimated|duration:?|time:?|etwa|ungefähr|dauer:?|environ)\s*)?((?:` +
		durationItem + `(?:\s*(?:,|and|und|et|y)?\s*)?)+)$`)
	durationPart = lazy.Regexp(`(?i)` + durationItem)
	durationText = lazy.Regexp(`(?i)(?:^|[^\pL\d.])(` + durationItem + `)(?:[^\pL\d]|$)`)
	halfHour     = lazy.Regexp(`(?i)\bhalf an hour\b`)
	anHour       = lazy.Regexp(`(?i)\ban hour\b`)
)

const durationItem = `(\d+(?:[.,]\d+)?)(?:\s*(?:-|–|to|bis)\s*(\d+(?:[.,]\d+)?))?[\s-]*(stunden?|std\.?|sekunden?|` +
	`sek\.?|seconds?|secs?|s|minuten?|minutos?|minutes?|mins?\.?|m|heures?|horas?|hours?|hrs?\.?|h|tage?|days?|d|分|` +
	`時間|秒)`

func unitOf(name string) time.Duration {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	switch {
	case name == "分" || strings.HasPrefix(name, "m"):
		return time.Minute
	case name == "時間" || strings.HasPrefix(name, "h") || strings.HasPrefix(name, "st"):
		return time.Hour
	case strings.HasPrefix(name, "d") || strings.HasPrefix(name, "t"):
		return 24 * time.Hour
	default:
		return time.Second
	}
}

// durationOf adds up the durations in text; of a range it takes the longer end.
func durationOf(text string) time.Duration {
	var sum time.Duration
	for _, m := range durationPart().FindAllStringSubmatch(text, -1) {
		number := m[1]
		if m[2] != "" {
			number = m[2]
		}
		n, err := strconv.ParseFloat(strings.Replace(number, ",", ".", 1), 64)
		if err != nil || n > 1e5 {
			continue
		}
		sum += time.Duration(n * float64(unitOf(m[3])))
	}
	return sum
}

// ParseDuration reads a text that is a duration and nothing else: "10 minutes",
// "~1 hour", "5-10 min", "1h30m", "90s".
func ParseDuration(text string) (time.Duration, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, true
	}
	if !durationSum().MatchString(text) {
		return 0, false
	}
	d := durationOf(text)
	return d, d > 0
}

// FindDuration returns the first duration that a sentence names, or 0.
func FindDuration(text string) time.Duration {
	if m := durationText().FindStringSubmatch(text); m != nil {
		return durationOf(m[1])
	}
	if halfHour().MatchString(text) {
		return 30 * time.Minute
	}
	if anHour().MatchString(text) {
		return time.Hour
	}
	return 0
}

// FormatDuration writes a duration as Go does, less the parts that are zero: "10m", "1h", "1h30m"; "" for 0.
func FormatDuration(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
