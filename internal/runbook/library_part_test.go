package runbook_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// TestOnlyHasNothingOfTheRest leaves one procedure out, by which it could be found in every way.
func TestOnlyHasNothingOfTheRest(t *testing.T) {
	t.Parallel()
	const mistake = "```bash\n# %s\nif true; then\n```\n"
	folder := fstest.MapFS{
		"a.md": {Data: []byte("# Alpha\n\n## Open\n\n" + strings.ReplaceAll(mistake, "%s", "Openly") +
			"\n## Marvellous\n\n" + strings.ReplaceAll(mistake, "%s", "Marvellously"))},
		"b.md": {Data: []byte("---\nprocedure: heading\nparams: {MARVEL: {pattern: '['}}\n---\n" +
			"# Beta\n\n## Marvellous two\n\n- [ ] Look\n")},
		"other.md": {Data: []byte("---\nnonsense: {\n---\n# Gamma\n\n## Also open\n\n- [ ] Look\n")},
	}
	lib, err := runbook.Open(folder, runbook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if lib.Only(func(*procedures.Procedure) bool { return true }) != lib {
		t.Error("a library of which nothing is left out is copied")
	}
	only := lib.Only(func(p *procedures.Procedure) bool { return !strings.Contains(p.ID, "marvellous") })
	if len(only.Procedures()) != 2 || len(only.Chapters) != 2 {
		t.Errorf("%d procedures in %d chapters are left", len(only.Procedures()), len(only.Chapters))
	}
	tells := func(what, text string) {
		if strings.Contains(strings.ToLower(text), "marvel") {
			t.Errorf("%s tells: %s", what, text)
		}
	}
	for _, c := range only.Chapters {
		for _, p := range c.Procedures {
			tells("a chapter", p.ID+p.Title)
		}
	}
	for _, id := range []string{
		"alpha/", "open", "lookk", "marvell", "alpha/marv", "openlyy", "marvellously", "look", "also", "#look", "alpha",
	} {
		if p, _, err := only.Find(id); err != nil {
			tells("Find "+id, strings.ReplaceAll(err.Error(), id, ""))
		} else {
			tells("Find "+id, p.ID)
		}
	}
	files := map[string]bool{}
	for _, m := range only.Findings {
		files[m.File] = true
		tells("a finding", m.String())
	}
	if !files["a.md"] || !files["other.md"] || files["b.md"] {
		t.Errorf("findings of %v are left of %v", files, lib.Findings)
	}
}
