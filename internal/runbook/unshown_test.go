package runbook

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhatIsNotShownIsCounted holds that comments are told as what they are, and front matter of other tools is kept as it is written.
func TestWhatIsNotShownIsCounted(t *testing.T) {
	lib := openText(t, "---\nlayout: page\ntitle: Look\nsidebar_position: 3\nnav:\n  - a\n  - b: c\nowner: ops\n"+
		"hide_table_of_contents: true\n"+
		"---\n"+
		"# Look\n\n<!-- ask Ana\nabout it -->\n\nText <!-- here --> and more.\n\n## Look at it\n\n```bash\naws sqs list-queues\n```\n\n"+
		"<!-- opsbook-lint-disable poll -->\n")
	d := lib.Documents[0]
	if want := "layout: page\nsidebar_position: 3\nnav:\n  - a\n  - b: c\nhide_table_of_contents: true\n"; d.OtherKeys != want {
		t.Errorf("the keys of other tools are %q, want %q", d.OtherKeys, want)
	}
	if len(lib.Findings) > 0 {
		t.Errorf("there are findings: %v", lib.Findings)
	}
	c := CoverageOfAll([]Coverage{CoverageOf(d, Where{Runs: func(string) bool { return true }})})
	want := []NotShown{
		{"a.md", procedures.Unshown{Line: 13, Last: 14, Why: "comment"}}, {"a.md", procedures.Unshown{Line: 16, Last: 16, Why: "comment"}},
		{"a.md", procedures.Unshown{Line: 24, Last: 24, Why: "comment"}},
	}
	for i := range c.NotShown {
		c.NotShown[i].File = "a.md"
	}
	if !slices.Equal(c.NotShown, want) {
		t.Errorf("not shown are %+v, want %+v", c.NotShown, want)
	}
}

// TestOtherFrontMatter has keys of tools that publish Markdown: none is complained about, and none is lost.
func TestOtherFrontMatter(t *testing.T) {
	for tool, keys := range map[string]string{
		"Jekyll": "layout: post\npermalink: /a/\npublished: false\ncategories: [a]\nnav_order: 2\nparent: B\nhas_children: true\n",
		"Hugo": "weight: 3\ndraft: true\nslug: a\nlastmod: 2026-01-01\nmenu: {main: {weight: 1}}\n" +
			"toc: true\nseries: [a]\ntype: docs\n",
		"Docusaurus": "sidebar_position: 3\nsidebar_label: A\nhide_title: true\npagination_next: null\nkeywords: [a]\nslug: /a\n",
		"MkDocs":     "hide: [toc]\nicon: material/a\nstatus: new\nsubtitle: A\nsearch: {exclude: true}\ntemplate: home.html\n",
		"Backstage":  "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: service}\n",
	} {
		lib := openText(t, "---\n"+keys+"---\n# Look\n\n```bash\naws sqs list-queues\n```\n")
		if len(lib.Findings) > 0 || lib.Documents[0].OtherKeys != keys {
			t.Errorf("%s: %v, kept %q", tool, lib.Findings, lib.Documents[0].OtherKeys)
		}
	}
}

// TestTitleOfFrontMatter has a heading of one word: it gives way to a title that says more.
func TestTitleOfFrontMatter(t *testing.T) {
	for text, want := range map[string]string{
		"---\ntitle: Deploy the API\n---\n# Deploy\n": "Deploy the API", "# Deploy\n": "Deploy",
		"---\ntitle: API\n---\n# Deploy\n": "Deploy",
	} {
		p := openText(t, text+"\n## Look\n\n```bash\naws s3 ls\n```\n").Procedures()[0]
		if p.Title != want {
			t.Errorf("%q is called %q, want %q", text, p.Title, want)
		}
	}
}
