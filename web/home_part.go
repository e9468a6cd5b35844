package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// homePart is the part of the list of procedures that a page shows: of those whose names have some words, a few from one on.
// There may be thousands, and each takes a line of its own and reads its last runs.
type homePart struct {
	words string
	by    string // what the list is grouped by: one of templates.Groupings
	from  int    // how many come before it
}

// maxWords bounds what is looked for, in bytes.
const maxWords = 200

// homePartOf reads which part of the list an address asks for.
func homePartOf(q url.Values) (homePart, error) {
	part := homePart{words: strings.TrimSpace(q.Get("q"))}
	if len(part.words) > maxWords {
		return part, procedures.Errorf(procedures.CodeInvalid, "what you look for is longer than %d bytes", maxWords)
	}
	if part.by = q.Get("by"); part.by == "" {
		part.by = templates.ByFolder
	} else if !slices.Contains(templates.Groupings, part.by) {
		return part, procedures.Errorf(procedures.CodeInvalid, "the list is grouped by %s, not by %q",
			strings.Join(templates.Groupings, ", "), part.by)
	}
	if text := q.Get("from"); text != "" {
		var err error
		if part.from, err = strconv.Atoi(text); err != nil || part.from < 0 {
			return part, procedures.Errorf(procedures.CodeInvalid, "%q is no place in the list of procedures", text)
		}
	}
	return part, nil
}

// key names the part among those of an environment.
func (part homePart) key() string {
	return strconv.Itoa(part.from) + "\x00" + part.by + "\x00" + part.words
}

// of is the part's procedures, once in their chapters and once one after another. It tells the page which part it shows.
// Where the list has become shorter, its last part is shown.
func (part homePart) of(page *templates.Home, chapters []*procedures.Chapter) (some []*procedures.Chapter, listed []*procedures.Procedure) {
	words := strings.Fields(strings.ToLower(part.words))
	has := func(c *procedures.Chapter, p *procedures.Procedure) bool {
		name := strings.ToLower(c.Title + " " + p.Title + wordsOf(p))
		for _, w := range words {
			if !strings.Contains(name, w) {
				return false
			}
		}
		return true
	}
	chapters = runnable(chapters)
	page.By, page.Groupings = part.by, groupings(chapters)
	chapters = grouped(chapters, part.by)
	all, found := 0, 0
	for _, c := range chapters {
		for _, p := range c.Procedures {
			all++
			if has(c, p) {
				found++
			}
		}
	}
	from := min(part.from, max(0, found-1))
	from -= from % templates.HomeRows
	page.Words, page.From, page.Found, page.Long = part.words, from, found, all > templates.HomeRows
	n := 0
	for _, c := range chapters {
		shown := &procedures.Chapter{ID: c.ID, Title: c.Title}
		for _, p := range c.Procedures {
			if !has(c, p) {
				continue
			}
			if n >= from && n < from+templates.HomeRows {
				shown.Procedures = append(shown.Procedures, p)
			}
			n++
		}
		if len(shown.Procedures) > 0 {
			some = append(some, shown)
			listed = append(listed, shown.Procedures...)
		}
	}
	return some, listed
}

// runnable are the chapters without procedures that have no step: those are read on their document's page.
func runnable(chapters []*procedures.Chapter) []*procedures.Chapter {
	out := make([]*procedures.Chapter, 0, len(chapters))
	for _, c := range chapters {
		list := slices.DeleteFunc(slices.Clone(c.Procedures), func(p *procedures.Procedure) bool { return len(p.Steps) == 0 })
		if len(list) > 0 {
			out = append(out, &procedures.Chapter{ID: c.ID, Title: c.Title, Procedures: list})
		}
	}
	return out
}
