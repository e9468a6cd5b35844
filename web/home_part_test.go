package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// chaptersOf are n procedures in chapters of thirty.
func chaptersOf(n int) []*procedures.Chapter {
	var out []*procedures.Chapter
	for i := range n {
		if i%30 == 0 {
			out = append(out, &procedures.Chapter{ID: fmt.Sprintf("c%d", i/30), Title: fmt.Sprintf("Chapter %d", i/30)})
		}
		c := out[len(out)-1]
		c.Procedures = append(c.Procedures, &procedures.Procedure{
			ID: fmt.Sprintf("c/p%d", i), Title: fmt.Sprintf("Restart Nº%d", i), Steps: []*procedures.Step{{}},
		})
	}
	return out
}

// ids are those of procedures.
func ids(list []*procedures.Procedure) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.ID)
	}
	return out
}

// TestPartsAreTheWholeList follows the pages from the first to the last, for lists of every length around that of a page: each
// procedure is on one of them, in its order.
func TestPartsAreTheWholeList(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, templates.HomeRows - 1, templates.HomeRows, templates.HomeRows + 1, 3*templates.HomeRows + 7} {
		chapters := chaptersOf(n)
		var want, got []string
		for _, c := range chapters {
			want = append(want, ids(c.Procedures)...)
		}
		for from := 0; ; from += templates.HomeRows {
			page := &templates.Home{}
			shown, listed := homePart{by: templates.ByFolder, from: from}.of(page, chapters)
			if page.Found != n || page.Long != (n > templates.HomeRows) || len(listed) > templates.HomeRows {
				t.Errorf("of %d from %d: %d found, %d listed, long %t", n, from, page.Found, len(listed), page.Long)
			}
			var again []string
			for _, c := range shown {
				if len(c.Procedures) == 0 {
					t.Errorf("of %d from %d: the chapter %s is empty", n, from, c.ID)
				}
				again = append(again, ids(c.Procedures)...)
			}
			if got = append(got, ids(listed)...); !slices.Equal(again, ids(listed)) {
				t.Errorf("of %d from %d: the chapters have %v, listed are %v", n, from, again, ids(listed))
			}
			if from+templates.HomeRows >= page.Found {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d: %d are on the pages: %v", n, len(got), got)
		}
	}
}

func TestPartsWithWords(t *testing.T) {
	t.Parallel()
	chapters := chaptersOf(250)
	chapters[0].Procedures[5].Owner = "Team Zebra"
	for _, c := range []struct {
		part  homePart
		found int
		first string // "" for none
	}{
		{homePart{words: "nº7"}, 11, "c/p7"},
		{homePart{words: "  RESTART  chapter nº33 "}, 1, "c/p33"},
		{homePart{words: "zebra"}, 1, "c/p5"},
		{homePart{words: "zebra", from: 100}, 1, "c/p5"}, // the list has become shorter
		{homePart{words: "nothing like this"}, 0, ""},
		{homePart{from: 149}, 250, "c/p100"},
		{homePart{from: 1 << 40}, 250, "c/p200"},
	} {
		page := &templates.Home{}
		c.part.by = templates.ByFolder
		_, listed := c.part.of(page, chapters)
		if page.Found != c.found || len(listed) > 0 && listed[0].ID != c.first || (len(listed) == 0) != (c.first == "") {
			t.Errorf("%+v: %d found, want %d; listed are %v", c.part, page.Found, c.found, ids(listed))
		}
	}
	for query, wrong := range map[string]bool{
		"": false, "q=a&from=100": false, "from=-1": true, "from=x": true, "from=99999999999999999999": true,
		"q=" + strings.Repeat("x", maxWords+1): true,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := homePartOf(q); (procedures.CodeOf(err) == procedures.CodeInvalid) != wrong {
			t.Errorf("%q: %v", query, err)
		}
	}
}
