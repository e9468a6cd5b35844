package runbook

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/procedures"
)

// isHidden reports characters that are not seen, and may make a text look like another: marks of the direction of a script, joiners,
// blanks without a width, control characters, tags. A joiner between two characters that are no ASCII joins letters or emoji, and stays.
func isHidden(before, r, after rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return false
	case r == 0x200C || r == 0x200D:
		return before < 0x80 || after < 0x80
	case r >= 0xE0020 && r <= 0xE007F: // the flags of England, Scotland and Wales end so
		return before < 0x1F000
	case r >= 0xFE00 && r <= 0xFE0F: // the look of an emoji
		return before < 0x80 && (before != '#' && before != '*') && !unicode.IsDigit(before)
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0
}

// eachHidden calls found for each hidden character of a text, by its offset.
func eachHidden(text string, found func(at int, r rune)) {
	runes := []rune(text)
	at := 0
	for i, r := range runes {
		before, after := rune(0), rune(0)
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		if isHidden(before, r, after) {
			found(at, r)
		}
		at += len(string(r))
	}
}

// visible is a title without hidden characters.
func visible(title string) string {
	if !strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r >= 0x7F }) {
		return title
	}
	var out strings.Builder
	last := 0
	eachHidden(title, func(at int, r rune) {
		out.WriteString(title[last:at])
		last = at + len(string(r))
	})
	return out.String() + title[last:]
}

// hiddenCharacters finds them: one finding for each kind of character, at the first, with how many there are.
func (d *docReader) hiddenCharacters() {
	type kind struct{ first, number int }
	kinds := map[rune]*kind{}
	var order []rune
	text := string(d.source)
	if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7F }) {
		return
	}
	eachHidden(text, func(at int, r rune) {
		if kinds[r] == nil {
			kinds[r] = &kind{first: at}
			order = append(order, r)
		}
		kinds[r].number++
	})
	for _, r := range order {
		k := kinds[r]
		start := strings.LastIndexByte(text[:k.first], '\n') + 1
		also := ""
		if k.number > 1 {
			also = fmt.Sprintf(" There are %d of them.", k.number)
		}
		d.findings = append(d.findings, procedures.Finding{
			File: d.file, Line: strings.Count(text[:k.first], "\n") + 1, Column: k.first - start + 1, Severity: procedures.SeverityWarning,
			Rule: "hidden-character", Message: fmt.Sprintf("here is %s (U+%04X), which is not seen and can make a text look like another: "+
				"delete it. Titles are shown without it.%s", hiddenName(r), r, also),
		})
	}
}

// hiddenName says what a hidden character is.
func hiddenName(r rune) string {
	switch {
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
		return "a mark of the direction of the text"
	case r == 0x200B, r == 0x2060, r == 0xFEFF, r == 0x3164, r == 0x115F, r == 0x1160, r == 0xFFA0:
		return "a blank without a width"
	case r == 0x200C, r == 0x200D:
		return "a joiner"
	case r == 0xAD:
		return "a soft hyphen"
	case r >= 0xFE00 && r <= 0xFE0F:
		return "a variation selector"
	case unicode.Is(unicode.Cc, r):
		return "a control character"
	}
	return "a character of format"
}
