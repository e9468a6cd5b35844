package runbook

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestLinksLeadToWhatTheAuthorNamed follows links within a document to headings, to their own identifiers, and to anchors of HTML.
func TestLinksLeadToWhatTheAuthorNamed(t *testing.T) {
	const run = "\n\n```bash\naws s3 ls\n```\n\n"
	for name, c := range map[string]struct {
		text string
		want []string // in this order, in what is shown
	}{
		"one procedure": {
			"# Doc\n\n[a](#fix) [b](#own) [c](#there) [d](#by-name) [e](#nowhere)\n\n## Diagnose" + run +
				"<a id=\"there\"></a>\n\nText.\n\n" +
				"## Fix it {#own}" + run + "<a name=\"by-name\"></a>\n\n## Fix" + run,
			[]string{
				`href="/procedures/doc/fix">a`, `href="/procedures/doc/fix-it">b`, `href="#doc-there">c`, `href="#doc-by-name">d`,
				`href="#nowhere">e`, `id="doc-there"`, `id="doc-by-name"`,
			},
		},
		"several": {
			"---\nprocedure: heading\n---\n# Doc\n\n## First\n\n[c](#there)" + run + "## Second\n\n<a id=\"there\"></a>\n\nText." + run,
			[]string{`href="/procedures/doc/second#doc-there">c`, `id="doc-there"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			lib, err := Open(fstest.MapFS{"doc.md": {Data: []byte(c.text)}}, Options{Analyser: fakeAnalyser{}})
			if err != nil {
				t.Fatal(err)
			}
			var shown strings.Builder
			for _, p := range lib.Procedures() {
				for _, part := range p.Content {
					shown.WriteString(part.HTML)
					if part.Section != nil {
						shown.WriteString(part.Section.HTML)
					}
					if part.Step != nil {
						shown.WriteString(part.Step.About)
					}
				}
			}
			rest := shown.String()
			for _, want := range c.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%s is not shown behind the others in %s", want, shown.String())
				}
				rest = after
			}
			if strings.Contains(shown.String(), "{#") {
				t.Errorf("an identifier is shown: %s", shown.String())
			}
		})
	}
}
