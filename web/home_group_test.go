package web

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// TestGrouped groups a list by services and tags: each procedure stands under each of its own, once, and nothing is left out.
func TestGrouped(t *testing.T) {
	t.Parallel()
	chapters := chaptersOf(40)
	list := slices.Concat(chapters[0].Procedures, chapters[1].Procedures)
	list[0].Services, list[0].Tags = []string{"orders"}, []string{"orders", "night"}
	list[35].Services, list[35].Tags = []string{"Orders", "billing"}, []string{"Orders", "billing"}
	if got := groupings(chapters); !slices.Equal(got, templates.Groupings) {
		t.Errorf("groupings are %v", got)
	}
	if got := groupings(chaptersOf(3)); !slices.Equal(got, []string{templates.ByFolder}) {
		t.Errorf("groupings without services are %v", got)
	}
	for by, want := range map[string][]string{
		templates.ByFolder:  {"Chapter 0", "Chapter 1"},
		templates.ByService: {"billing", "orders", "No service"},
		templates.ByTag:     {"billing", "night", "orders", "No tag"},
	} {
		var titles, of []string
		seen := map[string]bool{}
		for _, c := range grouped(chapters, by) {
			titles = append(titles, c.Title)
			if c.Title == "orders" {
				of = ids(c.Procedures)
			}
			if seen["#"+c.ID] {
				t.Errorf("by %s: two groups are %s", by, c.ID)
			}
			seen["#"+c.ID] = true
			for _, p := range c.Procedures {
				seen[p.ID] = true
			}
		}
		if !slices.Equal(titles, want) || by != templates.ByFolder && !slices.Equal(of, []string{"c/p0", "c/p35"}) {
			t.Errorf("by %s: %q, orders are %v", by, titles, of)
		}
		for _, p := range list {
			if !seen[p.ID] {
				t.Errorf("by %s: %s is nowhere", by, p.ID)
			}
		}
	}
	page := &templates.Home{}
	homePart{by: templates.ByService}.of(page, chapters)
	if page.By != templates.ByService || page.Found != 41 {
		t.Errorf("by %q, %d found", page.By, page.Found)
	}
}

// TestGroupingOfAnAddress reads the grouping that an address asks for.
func TestGroupingOfAnAddress(t *testing.T) {
	t.Parallel()
	for by, wrong := range map[string]bool{"": false, "folder": false, "service": false, "tag": false, "owner": true} {
		part, err := homePartOf(map[string][]string{"by": {by}})
		if (procedures.CodeOf(err) == procedures.CodeInvalid) != wrong || !wrong && by != "" && part.by != by {
			t.Errorf("%q: %+v, %v", by, part, err)
		}
	}
}
