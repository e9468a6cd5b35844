package renames

import (
	"cmp"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/runbook"
)

// likeness is how much of two texts is the same, from 0 to 1.
type likeness struct {
	was, now string
	score    float64
}

// best are the pairs that are most alike; nothing is in two of them.
func best(all []likeness) map[string]string {
	slices.SortStableFunc(all, func(a, b likeness) int { return cmp.Compare(b.score, a.score) })
	out, taken := map[string]string{}, map[string]bool{}
	for _, l := range all {
		if l.score >= alike && out[l.was] == "" && !taken[l.now] {
			out[l.was], taken[l.now] = l.now, true
		}
	}
	return out
}

// similar is the share of lines that two texts have in common. Blank lines and the marks of blocks say nothing.
func similar(a, b string) float64 {
	of := map[string]int{}
	total, common := 0, 0
	for line := range lines(a) {
		of[line]++
		total++
	}
	for line := range lines(b) {
		if of[line] > 0 {
			of[line]--
			common++
		}
		total++
	}
	if total == 0 {
		return 0
	}
	return 2 * float64(common) / float64(total)
}

// lines yields the lines of a text that say something.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line != "" && !strings.HasPrefix(line, "```") && !strings.HasPrefix(line, "~~~") && !yield(line) {
				return
			}
		}
	}
}

// headingLines are the lines that may be headings, or make one of the line above.
func headingLines(text string) []string {
	var out []string
	above := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			out = append(out, line)
		case line != "" && (strings.Trim(line, "=") == "" || strings.Trim(line, "-") == ""):
			out = append(out, above, line)
		}
		above = line
	}
	return out
}

// headings are the addresses of headings in a text of before, each with that of the same heading in the text after it: those with the
// same title, and then those whose text is most alike.
func headings(was, older, name, newer string) map[string]string {
	before, after := runbook.Headings(was, older), runbook.Headings(name, newer)
	out := map[string]string{}
	there := map[string]bool{}
	for _, h := range after {
		there[h.Address] = true
	}
	var gone []runbook.Heading
	taken := map[string]bool{}
	for _, h := range before {
		same := runbook.Address(name) + strings.TrimPrefix(h.Address, runbook.Address(was))
		if there[same] {
			out[h.Address], taken[same] = same, true
		} else {
			gone = append(gone, h)
		}
	}
	var all []likeness
	for _, g := range gone {
		for _, h := range after {
			if !taken[h.Address] && h.Level == g.Level {
				all = append(all, likeness{g.Address, h.Address, similar(g.Text, h.Text)})
			}
		}
	}
	for address, now := range best(all) {
		out[address] = now
	}
	return out
}
