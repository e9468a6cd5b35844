package procedures

import (
	"testing"
	"time"
)

func TestFindDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"Wait 30 minutes, monitor error rates": 30 * time.Minute,
		"Monitor for 15 min":                   15 * time.Minute,
		"Wait 5-10 minutes":                    10 * time.Minute,
		"wait a while":                         0,
		"Wait for an hour":                     time.Hour,
		"Wait half an hour":                    30 * time.Minute,
		"Warte 90 Sekunden":                    90 * time.Second,
		"Wait for the 3 masters":               0,
		"Wait 2h":                              2 * time.Hour,
	} {
		if got := FindDuration(text); got != want {
			t.Errorf("FindDuration(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", 10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Minute: "1h30m", 45 * time.Second: "45s",
		2*time.Hour + time.Second: "2h0m1s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "10 minutes": 10 * time.Minute, "~1 hour": time.Hour,
		"5-10 min":              10 * time.Minute,
		"1 hour and 20 minutes": 80 * time.Minute, "1,5 h": 90 * time.Minute, "0.5 hours": 30 * time.Minute, " 2 Days ": 48 * time.Hour,
		"3 Tage": 72 * time.Hour, "5分": 5 * time.Minute, "2時間": 2 * time.Hour, "10秒": 10 * time.Second, "2 Std.": 2 * time.Hour,
		"100000 s": 100000 * time.Second,
	} {
		if got, ok := ParseDuration(text); !ok || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "0s", "-5m", "soon", "10", "10 minutes later", "for 10 minutes", "0 min", "100001 s", "2 months"} {
		if got, ok := ParseDuration(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
