package engine

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestAPatternInWords(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`[a-z0-9-]+`:          "must be of digits, small letters and -",
		`^(\d{12})$`:          "must be 12 of digits",
		`[a-c]`:               "must be one of a, b and c",
		`[0-9]{1,3}`:          "must be 1 to 3 of digits",
		`blue|green`:          "must be one of blue, green",
		`[A-Za-z_]{2,}`:       "must be at least 2 of capital letters, small letters and _",
		`i-[0-9a-f]{8,17}`:    "does not have the form that the runbook asks for, such as i-0abc",
		`[a-z]+\.example\.io`: "does not have the form that the runbook asks for, such as i-0abc",
	} {
		if got := form(&procedures.Parameter{Name: "X", Pattern: pattern, Example: "i-0abc"}); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}
