package commands

import (
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestAdjustDate moves dates as the manual of FreeBSD's date says: a month that is shorter ends with its last day.
func TestAdjustDate(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 31, 12, 30, 15, 0, time.UTC)
	for _, test := range []struct {
		values []string
		want   string
	}{
		{[]string{"-1d"}, "2024-03-30T12:30:15Z"},
		{[]string{"+1d"}, "2024-04-01T12:30:15Z"},
		{[]string{"-1m"}, "2024-02-29T12:30:15Z"},
		{[]string{"-1m", "-1y"}, "2023-02-28T12:30:15Z"},
		{[]string{"-2w"}, "2024-03-17T12:30:15Z"},
		{[]string{"-90M"}, "2024-03-31T11:00:15Z"},
		{[]string{"-24H", "+5S"}, "2024-03-30T12:30:20Z"},
		{[]string{"1d"}, "2024-03-01T12:30:15Z"},
		{[]string{"1d", "-1d", "0H", "0M", "0S"}, "2024-02-29T00:00:00Z"},
		{[]string{"2m"}, "2024-02-29T12:30:15Z"},
		{[]string{"2020y"}, "2020-03-31T12:30:15Z"},
		{[]string{"-1x"}, ""}, {[]string{"1w"}, ""}, {[]string{""}, ""}, {[]string{"-d"}, ""},
	} {
		got, err := adjustDate(at, test.values)
		if text := got.Format(time.RFC3339); err == nil && text != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%q: %s, %v, want %s", test.values, text, err, test.want)
		}
	}
}

// A line of macOS is a note with GNU's line where there is one; what is not understood is an error.
func TestDatesOfMacOS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		words           []string
		severity, fixed string
	}{
		{[]string{"date", "-v-7d", "+%F"}, "note", "date -d '7 days ago' +%F"},
		{[]string{"date", "-u", "-v", "+1H", "+%F"}, "note", "date -u -d '1 hour' +%F"},
		{[]string{"date", "-v-1m", "-v1d", "+%F"}, "note", ""},
		{[]string{"date", "-v1d", "+%F"}, "note", ""},
		{[]string{"date", "-vmon", "+%F"}, "error", ""},
		{[]string{"date", "-d", "1 day ago"}, "", ""},
	} {
		words := make([]procedures.Word, len(test.words))
		for i, w := range test.words {
			words[i] = procedures.Word{Text: w, Source: w, Known: true}
		}
		severity, fixed := "", ""
		for _, m := range checkDate(words) {
			severity, fixed = string(m.Severity), m.Corrected
		}
		if severity != test.severity || fixed != test.fixed {
			t.Errorf("%q: %s %q, want %s %q", test.words, severity, fixed, test.severity, test.fixed)
		}
	}
}
