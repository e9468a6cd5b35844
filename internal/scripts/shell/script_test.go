package shell

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// A text that is nested deeper than the stack of what walks it is refused; it would end the process.
func TestTextsThatAreTooDeepAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, why string }{
		{"subshells", "echo a\n" + strings.Repeat("(", 200_000), "line 8: more than 1000 brackets are open"},
		{"substitutions", strings.Repeat("$(", 1001) + "a" + strings.Repeat(")", 1001), "line 7: more than 1000 brackets are open"},
		{"arithmetic", "(( " + strings.Repeat("a[", 2000), "line 7: more than 1000 brackets are open"},
		{"conditions", strings.Repeat("if a; then ", 30_000), "it has more than 256 KB"},
		{"the most", strings.Repeat("(", 990) + "a" + strings.Repeat(")", 990), ""},
		{"patterns of case", "case x in\n" + strings.Repeat("a) ;;\n", 2000) + "esac", ""},
	}
	for _, test := range tests {
		_, err := Parse(procedures.Script{Text: test.text, Line: 7})
		if test.why == "" && err != nil || test.why != "" && (err == nil || err.Error() != test.why) {
			t.Errorf("%s: %v, want %q", test.name, err, test.why)
		}
	}
}
