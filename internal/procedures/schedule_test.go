package procedures

import (
	"strings"
	"testing"
	"time"
)

func TestScheduleHoldsOverChangesOfTheClock(t *testing.T) {
	tests := []struct {
		name, spec, after string
		want              []string
	}{
		{
			"working days in winter", "CRON_TZ=Europe/Berlin 0 8 * * 1-5", "2026-11-26T08:00:00Z",
			[]string{"2026-11-27T07:00:00Z", "2026-11-30T07:00:00Z"},
		},
		{
			"and in summer", "CRON_TZ=Europe/Berlin 0 8 * * 1-5", "2026-07-01T08:00:00Z",
			[]string{"2026-07-02T06:00:00Z", "2026-07-03T06:00:00Z"},
		},
		{
			"across the change in spring", "CRON_TZ=Europe/Berlin 0 8 * * *", "2026-03-28T08:00:00Z",
			[]string{"2026-03-29T06:00:00Z", "2026-03-30T06:00:00Z"},
		},
		{
			"a time that is left out", "CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		},
		{
			"a time that comes twice", "CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		},
		{
			"left out in New York", "CRON_TZ=America/New_York 15 2 * * *", "2026-03-07T12:00:00Z",
			[]string{"2026-03-08T07:00:00Z", "2026-03-09T06:15:00Z"},
		},
		{
			"twice in New York", "CRON_TZ=America/New_York 30 1 * * *", "2026-10-31T12:00:00Z",
			[]string{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"},
		},
		{
			"twice for half an hour", "CRON_TZ=Australia/Lord_Howe 45 1 * * *", "2026-04-04T03:00:00Z",
			[]string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"},
		},
		{"UTC", "CRON_TZ=UTC @hourly", "2026-11-26T08:00:00Z", []string{"2026-11-26T09:00:00Z", "2026-11-26T10:00:00Z"}},
		{
			"hours in autumn", "CRON_TZ=Europe/Berlin 0 * * * *", "2026-10-24T23:30:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
		},
		{
			"half hours in autumn", "CRON_TZ=Europe/Berlin */30 * * * *", "2026-10-25T00:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"},
		},
		{
			"hours in spring", "CRON_TZ=Europe/Berlin 0 * * * *", "2026-03-29T00:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		},
		{
			"hours where half an hour comes twice", "CRON_TZ=Australia/Lord_Howe 0 * * * *", "2026-04-04T14:00:00Z",
			[]string{"2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z"}[1:],
		},
		{
			"every quarter of two hours of working days", "CRON_TZ=Europe/Berlin */15 8-9 * * 1-5", "2026-11-27T08:45:00Z",
			[]string{"2026-11-30T07:00:00Z", "2026-11-30T07:15:00Z"},
		},
		{
			"Sunday as 7", "CRON_TZ=UTC 0 8 * * 7", "2026-11-26T08:00:00Z",
			[]string{"2026-11-29T08:00:00Z", "2026-12-06T08:00:00Z"},
		},
		{
			"the weekend as 6-7", "CRON_TZ=UTC 0 8 * * 6-7", "2026-11-26T08:00:00Z",
			[]string{"2026-11-28T08:00:00Z", "2026-11-29T08:00:00Z", "2026-12-05T08:00:00Z"},
		},
		{
			"every", "CRON_TZ=UTC @every 90m", "2026-11-26T08:10:00Z",
			[]string{"2026-11-26T09:00:00Z", "2026-11-26T10:30:00Z"},
		},
		{"29 February", "CRON_TZ=UTC 0 0 29 2 *", "2026-11-26T08:00:00Z", []string{"2028-02-29T00:00:00Z"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := ParseSchedule(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if at = s.Next(at); want == "" && !at.IsZero() || want != "" && at.Format(time.RFC3339) != want {
					t.Fatalf("next is %s, want %s", at.Format(time.RFC3339), want)
				}
			}
		})
	}
	for _, spec := range []string{"", "0 8 * * *", "CRON_TZ=Nowhere/There 0 8 * * *", "CRON_TZ=UTC soon"} {
		if _, err := ParseSchedule(spec); err == nil {
			t.Errorf("%q is a schedule", spec)
		}
	}
}

func TestPlannedTimesBetween(t *testing.T) {
	s, err := ParseSchedule("CRON_TZ=UTC */10 * * * *")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	if got := s.Between(noon, noon.Add(30*time.Minute), 10); len(got) != 3 || !got[0].Equal(noon.Add(10*time.Minute)) ||
		!got[2].Equal(noon.Add(30*time.Minute)) {
		t.Errorf("got %v", got)
	}
	if got := s.Between(noon, noon.Add(24*time.Hour), 2); len(got) != 2 || !got[1].Equal(noon.Add(24*time.Hour)) {
		t.Errorf("the latest are %v", got)
	}
}

func TestSchedulesThatAreWrong(t *testing.T) {
	for spec, want := range map[string]string{
		"0 8 * * *": "names no time zone", "CRON_TZ=UTC": "names no time zone", "CRON_TZ=Mars/Base 0 8 * * *": "Mars/Base",
		"CRON_TZ=UTC 0 0 31 2 *": "no such date", "CRON_TZ=Local 0 8 * * *": "another time zone on each server",
		"CRON_TZ=UTC 0 8 * * 8": "8", "CRON_TZ=UTC 0 8 * * 7-1": "7", "CRON_TZ= 0 8 * * *": "names no time zone",
		"CRON_TZ=UTC @every 0s": "whole seconds", "CRON_TZ=UTC @every -5m": "whole seconds", "CRON_TZ=UTC @every 1.5s": "whole seconds",
		"CRON_TZ=UTC @reboot": "@reboot is no time", "CRON_TZ=UTC @DAILY": "@DAILY is no time", "CRON_TZ=UTC @every x": "x",
		"CRON_TZ=UTC 0 8 L * *": "not made of numbers", "CRON_TZ=UTC 0 8 * * MON#1": "not made of numbers",
		"CRON_TZ=UTC 0 8 * * SAT-MON": "SAT-MON", "CRON_TZ=UTC 60 * * * *": "60", "CRON_TZ=UTC 0 8 31 4,6,9,11 *": "no such date",
		"CRON_TZ=UTC 0 25 * * *": "25", "CRON_TZ=UTC 0 8 * *": "expected",
	} {
		if s, err := ParseSchedule(spec); s != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestRhythmsAreDue(t *testing.T) {
	last := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	for rhythm, days := range map[Rhythm]int{"daily": 1, "weekly": 7, "monthly": 31} {
		if got := rhythm.Due(last); !got.Equal(last.AddDate(0, 0, days)) {
			t.Errorf("%s is due at %s", rhythm, got)
		}
		if got := rhythm.Due(time.Time{}); !got.IsZero() {
			t.Errorf("%s, never done, is due at %s", rhythm, got)
		}
	}
	if got := Rhythm("").Due(last); !got.IsZero() {
		t.Errorf("without a rhythm it is due at %s", got)
	}
}

func TestBetweenHasBounds(t *testing.T) {
	s, err := ParseSchedule("CRON_TZ=UTC 0 * * * *")
	if err != nil {
		t.Fatal(err)
	}
	eight := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	got := s.Between(eight, eight.Add(3*time.Hour), 10) // after the first, up to and with the last
	if len(got) != 3 || !got[0].Equal(eight.Add(time.Hour)) || !got[2].Equal(eight.Add(3*time.Hour)) {
		t.Errorf("between are %v", got)
	}
	if got := s.Between(eight, eight.Add(3*time.Hour), 2); len(got) != 2 || !got[0].Equal(eight.Add(2*time.Hour)) {
		t.Errorf("the latest two are %v", got)
	}
	if got := s.Between(eight, eight.Add(59*time.Minute), 2); len(got) != 0 {
		t.Errorf("within the hour are %v", got)
	}
}

// TestIntervalsRunThrough walks a year of each zone: an interval's times are as far apart as it says, on both sides of
// every change of the clock that is a multiple of it.
func TestIntervalsRunThrough(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland", "UTC"} {
		s, err := ParseSchedule("CRON_TZ=" + zone + " */30 * * * *")
		if err != nil {
			t.Fatal(err)
		}
		at := s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		for range 2 * 24 * 366 {
			next := s.Next(at)
			if next.Sub(at) != 30*time.Minute {
				t.Fatalf("%s: after %s comes %s", zone, at, next)
			}
			at = next
		}
	}
}
