package hooks_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/hooks"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhatIsByHandIsSaidToBe describes each command that the table says is by hand: "rds a, b; login" are three.
func TestWhatIsByHandIsSaidToBe(t *testing.T) {
	c := aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}})
	for _, h := range hooks.All() {
		if h.State != "by-hand" {
			continue
		}
		for group := range strings.SplitSeq(h.Why, "; ") {
			service, first, _ := strings.Cut(group, " ")
			for name := range strings.SplitSeq(first, ", ") {
				line := strings.TrimSpace("aws " + service + " " + name)
				var words []procedures.Word
				for i, text := range strings.Fields(line) {
					words = append(words, procedures.Word{Text: text, Source: text, Known: true, Line: 1, Col: 1 + i*10})
				}
				info := c.Describe(words)
				if len(info.Findings) != 1 || info.Findings[0].Rule != "by-hand" {
					t.Errorf("%s %s says that %s is by hand, which is described as %+v", h.On, h.Function, line, info.Findings)
				}
			}
		}
	}
}
