package runbook

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestThresholdsOfFrontMatter reads numbers and lists, and says which are wrong or of nothing.
func TestThresholdsOfFrontMatter(t *testing.T) {
	f, findings := readFrontMatter("a.md", "thresholds: {key-days: 45, public-ports: [80, 8080], odd: {a: 1}}\n")
	days := procedures.Threshold{Name: "OPSBOOK_KEY_DAYS", Default: "90"}
	ports := procedures.Threshold{Name: "OPSBOOK_PUBLIC_PORTS", Default: "80 443", Ports: true}
	if f.usual(days) != "45" || f.usual(ports) != "80 8080" {
		t.Errorf("%q and %q", f.usual(days), f.usual(ports))
	}
	if len(findings) != 1 || findings[0].Line != 2 || !strings.Contains(findings[0].Message, "a number, or a list of ports") {
		t.Errorf("%+v", findings)
	}
	known := map[string]procedures.Threshold{"key-days": days}
	if got := unusedThreshold("key-day", known); !strings.Contains(got, `did you mean "key-days"?`) {
		t.Error(got)
	}
	f, _ = readFrontMatter("a.md", "thresholds: {key-days: many}\n")
	if f.usual(days) != "90" || !strings.Contains(days.Wrong("many"), "number above 0") {
		t.Errorf("%q", f.usual(days))
	}
}
