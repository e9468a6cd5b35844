package runbook

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestFoldersAreNamedWhole lists documents in folders of one name, and each folder's own page before its others.
func TestFoldersAreNamedWhole(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{
		"web/runbooks/a.md", "web/runbooks/README.md", "db/runbooks/a.md", "db/runbooks/index.md", "a.md", "readme.md",
	} {
		files[name] = &fstest.MapFile{Data: []byte("# Of " + name + "\n\n```bash\naws s3 ls\n```\n")}
	}
	lib, err := Open(files, Options{Analyser: fakeAnalyser{}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range lib.Chapters {
		names := []string{c.Title}
		for _, p := range c.Procedures {
			names = append(names, p.File)
		}
		got = append(got, strings.Join(names, ", "))
	}
	want := "Runbooks, readme.md, a.md; DB / Runbooks, db/runbooks/index.md, db/runbooks/a.md; Web / Runbooks, " +
		"web/runbooks/README.md, web/runbooks/a.md"
	if strings.Join(got, "; ") != want {
		t.Errorf("the chapters are %s\nwant %s", strings.Join(got, "; "), want)
	}
}
