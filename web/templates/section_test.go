package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestOneLineNamesFewPrograms holds a line of many programs to what a phone shows, and counts the procedures that are listed.
func TestOneLineNamesFewPrograms(t *testing.T) {
	for n, want := range map[int]int{0: 0, 5: 5, 6: 6, 7: 5, 20: 5} {
		var c Covered
		for i := range n {
			c.Needs = append(c.Needs, Needed{fmt.Sprintf("tool-%d", i), 1})
		}
		var html strings.Builder
		if err := covered(c, "").Render(t.Context(), &html); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(html.String(), "needs tool-"); got != want {
			t.Errorf("of %d programs %d are named, want %d", n, got, want)
		}
		if rest := fmt.Sprintf("<b>%d</b> programs more", n-want); n > want && !strings.Contains(html.String(), rest) {
			t.Errorf("of %d programs: %s", n, html.String())
		}
	}
	empty, full := &procedures.Procedure{}, &procedures.Procedure{Steps: []*procedures.Step{{}}}
	d := &procedures.Document{Procedures: []*procedures.Procedure{full, empty, full}}
	if got := documentReadAs(d); got != "2 procedures" {
		t.Errorf("it is read as %s", got)
	}
}
