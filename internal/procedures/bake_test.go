package procedures

import (
	"strings"
	"testing"
	"time"
)

func TestBakesCountTheirSamples(t *testing.T) {
	for _, tt := range []struct {
		bake    Bake
		samples int
		tag     string
	}{
		{Bake{For: 30 * time.Minute, Every: time.Minute}, 31, "bake 30m every 1m"},
		{Bake{For: 90 * time.Second, Every: time.Minute}, 3, "bake 1m30s every 1m"},
		{Bake{For: 61 * time.Second, Every: time.Minute}, 3, "bake 1m1s every 1m"},
		{Bake{For: time.Second, Every: time.Minute}, 2, "bake 1s every 1m"},
		{Bake{Every: 30 * time.Second, Watch: true}, 0, "watch every 30s"},
		{Bake{For: time.Minute}, 0, "bake 1m every "},
	} {
		if got := tt.bake.Samples(); got != tt.samples || tt.bake.String() != tt.tag || tt.bake.Endless() != (tt.bake.For == 0) {
			t.Errorf("%s has %d samples, want %s with %d", tt.bake.String(), got, tt.tag, tt.samples)
		}
	}
}

func TestAlarmsAreNamedOrThoseInAlarm(t *testing.T) {
	at := Script{File: "a.md", Line: 7}
	all, named := AlarmsScript("", at), AlarmsScript("high 'very high'", at)
	if !strings.Contains(all.Text, " --state-value ALARM ") || strings.Contains(all.Text, "--alarm-names") ||
		all.Line != 7 || all.File != "a.md" {
		t.Errorf("any alarm: %+v", all)
	}
	if !strings.Contains(named.Text, " --alarm-names high 'very high' ") || strings.Contains(named.Text, "--state-value") {
		t.Errorf("named alarms: %+v", named)
	}
}
