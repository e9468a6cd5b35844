package knowledge

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// since words a moment: the time of day within a day, else the date.
func since(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case now.Sub(t) < 24*time.Hour:
		return ", since " + t.Format("15:04")
	}
	return ", since " + t.Format("2 January 15:04")
}

// moment words when something was: the time of day within a day, else the date.
func moment(t, now time.Time) string {
	if now.Sub(t) < 24*time.Hour {
		return "at " + t.Format("15:04")
	}
	return "on " + t.Format("2 January at 15:04")
}

// ago words an age.
func ago(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// plural is a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// grouped is a whole number of an answer.
func grouped(o *document.Object, name string) string {
	v, _ := o.Get(name)
	n, _ := v.(int64)
	return thousands(strconv.FormatInt(n, 10))
}

// thousands sets the digits of a whole number apart.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// size is a number of bytes of an answer.
func size(o *document.Object, name string) string {
	v, _ := o.Get(name)
	n, _ := float(v)
	return bytes(n)
}

// bytes writes a number of bytes with the unit that leaves at most three digits, in powers of 1000.
func bytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") + " " + unit
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f TB", n)
}

// money writes an amount with two decimals and its thousands apart.
func money(f float64) string {
	text := strconv.FormatFloat(f, 'f', 2, 64)
	return thousands(text[:len(text)-3]) + text[len(text)-3:]
}

// number writes as many decimals as are worth reading.
func number(f float64) string {
	places := 2
	switch {
	// Three significant digits or so: what differs beyond them is noise.
	case math.Abs(f) >= 100:
		places = 0
	case math.Abs(f) >= 10:
		places = 1
	}
	text := strconv.FormatFloat(f, 'f', places, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	whole, decimals, _ := strings.Cut(text, ".")
	if decimals != "" {
		decimals = "." + decimals
	}
	return thousands(whole) + decimals
}

// length words a time: "24 h", "7 days".
func length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(math.Round(d.Seconds())))
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min", int(math.Round(d.Minutes())))
	case d < 47*time.Hour:
		return fmt.Sprintf("%d h", int(math.Round(d.Hours())))
	}
	return fmt.Sprintf("%d days", int(math.Round(d.Hours()/24)))
}

// each words the period of a value: "an hour", "in 5 min".
func each(period time.Duration) string {
	switch period {
	case time.Minute:
		return "a minute"
	case time.Hour:
		return "an hour"
	case 24 * time.Hour:
		return "a day"
	}
	return "in " + length(period)
}

// latest words when the last value is of: "in the last hour".
func latest(period time.Duration) string {
	switch period {
	case time.Minute:
		return "in the last minute"
	case time.Hour:
		return "in the last hour"
	case 24 * time.Hour:
		return "on the last day"
	}
	return "in the last " + length(period)
}

// against words how much a value is above or below another one.
func against(value, other float64) string {
	switch change := (value/other - 1) * 100; {
	case other == 0 || math.IsNaN(change):
		return "above"
	case math.Abs(change) < 0.5:
		return "the same as"
	// Above three times a factor reads better than a percentage.
	case change >= 200:
		return fmt.Sprintf("%s times", number(value/other))
	case change > 0:
		return fmt.Sprintf("%.0f %% above", change)
	default:
		return fmt.Sprintf("%.0f %% below", -change)
	}
}

// lowerFirst begins a sentence inside of another one. A name such as AWS or CloudFront stays.
func lowerFirst(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' || strings.ToLower(first[1:]) != first[1:] {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// nouns words the members of a list: "BackupSummaries" are backup summaries, and one of them is a backup summary.
func nouns(name string) (one, many string) {
	if name == "Contents" {
		return "object", "objects"
	}
	base := strings.TrimSuffix(name, "List")
	parts := words().FindAllString(strings.ToUpper(name[:1])+base[1:], -1)
	for i := range parts {
		if parts[i] != strings.ToUpper(parts[i]) || len(parts[i]) == 1 {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	many = strings.Join(parts, " ")
	switch {
	case base != name && strings.HasSuffix(many, "y"): // "jobSummaryList"
		return many, strings.TrimSuffix(many, "y") + "ies"
	case base != name && !strings.HasSuffix(many, "s"):
		return many, many + "s"
	case strings.HasSuffix(many, "ies"):
		one = strings.TrimSuffix(many, "ies") + "y"
	case slices.ContainsFunc([]string{"sses", "shes", "ches", "xes"}, func(end string) bool { return strings.HasSuffix(many, end) }):
		one = strings.TrimSuffix(many, "es")
	case strings.HasSuffix(many, "s"):
		one = strings.TrimSuffix(many, "s")
	default:
		one, many = many, many+" entries"
		one += " entry"
	}
	return one, many
}
