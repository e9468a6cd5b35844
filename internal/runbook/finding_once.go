package runbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// once are the rules whose findings are remarks: true of every step that does the same, and known after the first. A document has one of
// each, at its first line, which says where the others are. The steps keep their own.
var once = setOf("asynchronous by-hand curl-sends date-bsd deprecated does-not-wait echo-escape example-value fence-language " +
	"folder-stays follows image-source lookup-events no-end not-supplied pasted-output program-not-allowed same-title")

// otherPlaces is how many further places one finding names.
const otherPlaces = 8

// repeated is where a document has a remark.
type repeated struct {
	in *procedures.Procedure
	m  procedures.Finding
}

// sayOnce leaves one finding of each remark in a document. What is said of other procedures are lines alone, as not everybody who may view
// the first may view those.
func (lib *Library) sayOnce() {
	type key struct{ file, rule string }
	found := map[key][]repeated{}
	for _, p := range lib.procedures {
		for _, m := range p.Findings {
			if once[m.Rule] {
				found[key{p.File, m.Rule}] = append(found[key{p.File, m.Rule}], repeated{p, m})
			}
		}
	}
	for _, list := range found {
		if len(list) < 2 {
			continue
		}
		slices.SortStableFunc(list, func(a, b repeated) int { return a.m.Line - b.m.Line })
		first := list[0]
		for _, r := range list[1:] {
			r.in.Findings = slices.DeleteFunc(r.in.Findings, func(m procedures.Finding) bool { return m == r.m })
		}
		said := first.m
		said.Message = strings.TrimSuffix(said.Message, ".") + "." + first.others(list[1:])
		swap(first.in.Findings, first.m, said)
		for _, s := range first.in.Steps {
			if !swap(s.Findings, first.m, said) { // the card and the list say the same
				continue
			}
			for _, r := range list[1:] { // it has named them
				s.Findings = slices.DeleteFunc(s.Findings, func(m procedures.Finding) bool { return r.in == first.in && m == r.m })
			}
		}
	}
}

// swap puts one finding in place of another, and reports whether that was there.
func swap(list []procedures.Finding, old, with procedures.Finding) bool {
	i := slices.Index(list, old)
	if i >= 0 {
		list[i] = with
	}
	return i >= 0
}

// others says where else it is so.
func (r repeated) others(list []repeated) string {
	var named, lines []string
	seen := map[string]bool{strconv.Itoa(r.m.Line): true} // the same block may open several procedures
	more := 0
	for _, other := range list {
		place := strconv.Itoa(other.m.Line)
		to := &lines
		if other.in == r.in && other.m.About != "" && other.m.About != r.m.About {
			place, to = fmt.Sprintf("%s (line %s)", other.m.About, place), &named
		}
		switch {
		case seen[place]:
			continue
		case len(named)+len(lines) == otherPlaces:
			more++
		default:
			*to = append(*to, place)
		}
		seen[place] = true
	}
	var parts []string
	if len(named) > 0 {
		parts = append(parts, "of "+strings.Join(named, ", "))
	}
	switch len(lines) {
	case 0:
	case 1:
		parts = append(parts, "on line "+lines[0])
	default:
		parts = append(parts, "on lines "+strings.Join(lines, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	text := " The same holds " + strings.Join(parts, ", and ")
	if more > 0 {
		text += fmt.Sprintf(", and of %d more", more)
	}
	return text + "."
}
