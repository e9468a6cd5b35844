package terminal

import (
	"strings"
	"unicode"
)

// lineOf is what cells look like. Addresses in the text are links to themselves, whatever it was said to be a link to.
func lineOf(cells []cell) (l Line) {
	if len(cells) == 0 {
		return l
	}
	links := addresses(cells)
	var text strings.Builder
	current, link := cells[0].look, ""
	flush := func() {
		if text.Len() > 0 {
			l.Runs = append(l.Runs, Run{text.String(), current.class(), link})
		}
		text.Reset()
	}
	for i, c := range cells {
		if c.letter == 0 {
			continue
		}
		to := c.look.link
		if len(links) > 0 {
			if i >= links[0].to {
				links = links[1:]
			}
			if len(links) > 0 && i >= links[0].from {
				to = links[0].address
			}
		}
		if c.look != current && *c.look != *current || to != link {
			flush()
		}
		current, link = c.look, to
		text.WriteRune(c.letter)
		text.WriteString(c.marks)
	}
	flush()
	return l
}

// address is where one stands in a line.
type address struct {
	from, to int // cells
	address  string
}

// addresses finds what begins with https:// and is one.
func addresses(cells []cell) (found []address) {
	for i := 0; i+len(secure) < len(cells); i++ {
		if !begins(cells[i:]) {
			continue
		}
		end := i
		for end < len(cells) && inAddress(cells[end].letter) {
			end++
		}
		end = withoutPunctuation(cells, i, end)
		if text := lettersOf(cells[i:end]); isSecure(text) {
			found = append(found, address{i, end, text})
		}
		i = max(i, end-1)
	}
	return found
}

func begins(cells []cell) bool {
	for i := range len(secure) {
		if cells[i].letter != rune(secure[i]) {
			return false
		}
	}
	return true
}

// inAddress reports whether an address that was printed goes on with a letter. Others than those of RFC 3986 end it: it may stand in a
// sentence of any language.
func inAddress(r rune) bool {
	return r > ' ' && r < unicode.MaxASCII && !strings.ContainsRune("\"<>\\^`{|}", r)
}

// withoutPunctuation leaves out what belongs to the sentence: a full stop, a bracket that was opened before it.
func withoutPunctuation(cells []cell, from, end int) int {
	for end > from {
		switch r := cells[end-1].letter; r {
		case '.', ',', ';', ':', '!', '?', '\'', '*':
		case ')', ']':
			text := lettersOf(cells[from:end])
			open := map[rune]string{')': "(", ']': "["}[r]
			if strings.Count(text, string(r)) <= strings.Count(text, open) {
				return end
			}
		default:
			return end
		}
		end--
	}
	return end
}

func lettersOf(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		if c.letter != 0 {
			b.WriteRune(c.letter)
			b.WriteString(c.marks)
		}
	}
	return b.String()
}

// linked reports whether an address stands on both sides of a place, or what may become one: then what comes changes what was there.
func linked(cells []cell, at int) bool {
	from := at
	for from > 0 && inAddress(cells[from-1].letter) {
		from--
	}
	word := lettersOf(cells[from:at])
	if strings.Contains(word, secure) {
		return true
	}
	for n := 1; n < len(secure); n++ {
		if strings.HasSuffix(word, secure[:n]) {
			return true
		}
	}
	return false
}
