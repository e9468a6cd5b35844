package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// namesOf are what a procedure stands under in a list that is grouped by its services or its tags.
func namesOf(p *procedures.Procedure, by string) []string {
	if by == templates.ByService {
		return p.Services
	}
	return p.Tags
}

// groupings are what a list can be grouped by: by something that no procedure has it cannot.
func groupings(chapters []*procedures.Chapter) []string {
	return slices.DeleteFunc(slices.Clone(templates.Groupings), func(by string) bool {
		return by != templates.ByFolder && !slices.ContainsFunc(chapters, func(c *procedures.Chapter) bool {
			return slices.ContainsFunc(c.Procedures, func(p *procedures.Procedure) bool { return len(namesOf(p, by)) > 0 })
		})
	})
}

// grouped is a list by services or tags, each in the order of its letters, whatever their case; a procedure with several stands under each,
// and those with none come last. By folder the list stays as the library has it.
func grouped(chapters []*procedures.Chapter, by string) []*procedures.Chapter {
	if by == templates.ByFolder {
		return chapters
	}
	of := map[string]*procedures.Chapter{}
	var out []*procedures.Chapter
	for _, c := range chapters {
		for _, p := range c.Procedures {
			names := namesOf(p, by)
			if len(names) == 0 {
				names = []string{""}
			}
			for _, name := range names {
				key := strings.ToLower(name)
				if of[key] == nil {
					of[key] = &procedures.Chapter{ID: by + "-" + strings.Join(strings.Fields(key), "-"), Title: cmp.Or(name, "No "+by)}
					out = append(out, of[key])
				}
				if list := &of[key].Procedures; !slices.Contains(*list, p) {
					*list = append(*list, p)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *procedures.Chapter) int {
		none := of[""]
		switch {
		case a == none:
			return 1
		case b == none:
			return -1
		}
		return cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
	})
	return out
}
