package procedures

import "testing"

func TestNearest(t *testing.T) {
	keys := []string{"title", "chapter", "owner", "schedule", "duration", "environments", "params", "approvals", "links", "contacts"}
	for slip, want := range map[string]string{
		"shedule": "schedule", "onwer": "owner", "environment": "environments", "layout": "", "link": "links", "titel": "title", "x": "",
	} {
		if got := Nearest(slip, keys); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", slip, got, want)
		}
	}
}
