package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestManyWhoSleepLeaveRoom lets more steps sleep than a server works on at a time: another one is executed at once, and the
// server ends at once and leaves them to the next.
func TestManyWhoSleepLeaveRoom(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			sleeping := limits.StepsWorking.Size() + 20
			var book strings.Builder
			book.WriteString("# Book\n")
			for i := range sleeping {
				fmt.Fprintf(&book, "\n## Page %d\n\n```bash\n# Wait\nsleep 60m\n```\n", i)
			}
			book.WriteString("\n## Other\n\n```bash\n# Look\naws sts get-caller-identity\n```\n")
			o := &options{Runbooks: runbookFolder(t, book.String()), Data: t.TempDir()}
			if kind == "postgres" {
				o.Database = storetest.Migrated(t)
			}
			t.Run("they sleep", func(t *testing.T) {
				s := startWith(t, o)
				for i := range sleeping {
					s.press(t, fmt.Sprintf("book/page-%d", i), "wait")
				}
				eventually(t, "all of them sleep", func() bool { return s.running(t) == sleeping })
				s.press(t, "book/other", "look")
				s.waitFor(t, "/procedures/book/other", `data-verdict="info"`)
			})
			t.Run("another server goes on", func(t *testing.T) {
				s := startWith(t, o)
				eventually(t, "all of them sleep again", func() bool { return s.running(t) == sleeping })
				s.press(t, "book/other", "look")
				s.waitFor(t, "/procedures/book/other", `data-verdict="info"`)
			})
		})
	}
}
