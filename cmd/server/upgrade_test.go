package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestServersGoOnWithOldDatabases starts a server on a database of each older version, in the middle of a change and of a bake:
// its pages, evidence and journals are read, the change is unknown, and the bake goes on.
func TestServersGoOnWithOldDatabases(t *testing.T) {
	migrations := os.DirFS("../../internal/store/migrations")
	files, err := os.ReadDir("../../internal/store/migrations")
	if err != nil {
		t.Fatal(err)
	}
	folder := runbookFolder(t, "# Book\n\n## Mine\n\n```bash\n# Another text by now\necho 1\n```\n")
	for version := int64(1); version <= int64(len(files)); version++ {
		for _, kind := range []string{"sqlite", "postgres"} {
			if kind == "postgres" && version%5 != 3 { // there a server waits a while before it takes over what others left
				continue
			}
			t.Run(fmt.Sprintf("%s of version %d", kind, version), func(t *testing.T) {
				o := &options{Runbooks: folder, Data: t.TempDir()}
				place := o.Data
				if kind == "postgres" {
					o.Database = storetest.Postgres(t)
					place = o.Database
				}
				storetest.Old(t, migrations, version, place, time.Now().UnixMilli())
				s := startWith(t, o)
				read := func(page string, says ...string) string {
					t.Helper()
					status, body := get(t, s.address+page)
					if status != http.StatusOK {
						t.Fatalf("%s: %d %s", page, status, body)
					}
					for _, text := range says {
						if !strings.Contains(body, text) {
							t.Errorf("%s does not say %q", page, text)
						}
					}
					return body
				}
				read("/", "Book")
				read("/runs", "olddone")
				read("/runs/olddone", "hello", "It was good then", "a remark of old", "a notice of old")
				read("/runs/olddone/evidence", "hello", "ada")
				if n := strings.Count(read("/runs/olddone/journal.jsonl"), "\n"); n != len(storetest.OldEvents["olddone"]) {
					t.Errorf("the journal has %d lines", n)
				}
				s.waitFor(t, "/runs/oldopen", "Stopped while it was changing something")
				s.waitFor(t, "/runs/oldopen", "continues automatically")
				read("/runs/oldopen", "sample 1 of 11", "requested by bob", "by hand")
			})
		}
	}
}
