package bind

import (
	"regexp"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// The expressions of botocore's xform_name.
var (
	firstCap    = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	endCap      = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	pluralOfCap = regexp.MustCompile(`[A-Z]{2,}s$`)
)

func xformName(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	name = odd.Replace(name)
	if m := pluralOfCap.FindString(name); m != "" {
		name = name[:len(name)-len(m)] + "-" + strings.ToLower(m)
	}
	name = firstCap.ReplaceAllString(name, "$1-$2")
	return strings.ToLower(endCap.ReplaceAllString(name, "$1-$2"))
}

// TestNamesAreDashedAsByBotocore compares every name of every operation and of its input with botocore's transformation.
func TestNamesAreDashedAsByBotocore(t *testing.T) {
	seen := map[string]bool{"": true, "IDs": true, "s": true, "ABs": true, "aABs": true, "A": true, "Ab": true, "aB1C": true, "X9Yz": true}
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			seen[op.Name] = true
			if op.Input != nil {
				for _, m := range op.Input.Members {
					seen[m.Name] = true
				}
			}
		}
		for w := range s.Waiters {
			seen[w] = true
		}
	}
	for name := range seen {
		if got, want := Dashed(name), xformName(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if len(seen) < 20_000 {
		t.Errorf("only %d names", len(seen))
	}
}
