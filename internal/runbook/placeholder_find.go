package runbook

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeholders collects what a document leaves for its reader to fill in, and hands out
// sentinel words that stand for it while a block is parsed.
//
// A sentinel is a character of Unicode's private use area that the document does not contain,
// lengthened with "x" to as many bytes as the placeholder has; where it has one or two, as N has, a control character. So lines and
// columns stay those of the document, no sentinel is the beginning of another, and the shell's grammar sees an ordinary word.
type placeholders struct {
	source   string // the document, whose characters are not used
	next     rune
	short    [smallestPlaceholder]int // how many of shortSentinels are handed out, by their bytes
	sentinel map[string]string        // name and length → sentinel
	names    map[string]string        // sentinel → name
	found    map[string]*placeholder
	literals map[string]string     // an example's literal → the name it got first
	replaced []replacedText        // what the document says is to be replaced
	values   map[string][]setValue // what the document sets variables to, by name, in its order
	titles   map[string]string     // of variables, by what the text says of them
}

// replacedText is "Replace `text` with your …": text is a placeholder wherever it stands as a word.
type replacedText struct{ text, name string }

// placeholder is what is known of one name.
type placeholder struct {
	title   string
	example string
	choices []string
	// fallback is what the field begins with: an id that the script itself sets.
	fallback string
}

const (
	firstSentinel = '\uE000'
	lastSentinel  = '\uF8FF'
	// smallestPlaceholder is the number of bytes of a private use character.
	smallestPlaceholder = 3
)

// shortSentinels are characters of one and of two bytes that no text has, and that are no blanks. The first, U+0001, is blank's.
var shortSentinels = [smallestPlaceholder][]rune{
	1: []rune("\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1c\x1d\x1e\x1f"),
	2: []rune("\u0080\u0081\u0082\u0083\u0084\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093"),
}

// isSentinel reports a character that a sentinel may begin with.
func isSentinel(r rune) bool {
	return r >= firstSentinel && r <= lastSentinel || r > '\x01' && r < '\u0094' && unicode.IsControl(r) && !unicode.IsSpace(r)
}

// newPlaceholders begins for a document, whose own private use characters it will not hand out.
func newPlaceholders(source string) *placeholders {
	return &placeholders{
		source: source, next: firstSentinel, sentinel: map[string]string{},
		names: map[string]string{}, found: map[string]*placeholder{}, literals: map[string]string{},
		values: map[string][]setValue{}, titles: map[string]string{},
	}
}

// word returns the sentinel of length bytes for name, or "" when there is none left.
// The same name with the same length has one sentinel. There are 6,400 characters, each for one.
func (p *placeholders) word(name string, length int) string {
	if length < 1 || name == "" {
		return ""
	}
	key := name + "\x00" + string(rune(length))
	if s, ok := p.sentinel[key]; ok {
		return s
	}
	if length < smallestPlaceholder {
		return p.shortWord(key, name, length)
	}
	for p.next <= lastSentinel && strings.ContainsRune(p.source, p.next) {
		p.next++
	}
	if p.next > lastSentinel {
		return ""
	}
	s := string(p.next) + strings.Repeat("x", length-smallestPlaceholder)
	p.next++
	p.sentinel[key], p.names[s] = s, name
	return s
}

// shortWord is a sentinel of one or two bytes; "" when there is none left.
func (p *placeholders) shortWord(key, name string, length int) string {
	for p.short[length] < len(shortSentinels[length]) {
		s := string(shortSentinels[length][p.short[length]])
		p.short[length]++
		if !strings.Contains(p.source, s) {
			p.sentinel[key], p.names[s] = s, name
			return s
		}
	}
	return ""
}

// note remembers what a use of name tells about it; the first use that tells something counts.
func (p *placeholders) note(name string, about placeholder) {
	known := p.found[name]
	if known == nil {
		known = &placeholder{}
		p.found[name] = known
	}
	if known.title == "" {
		known.title = about.title
	}
	if known.example == "" {
		known.example = about.example
	}
	if known.choices == nil {
		known.choices = about.choices
	}
}

// literalName returns the name for an example's literal: the same literal has one name, and
// another literal under the same option gets a number. One that is nothing but x or dots stands for something else under each name.
func (p *placeholders) literalName(name, literal string) string {
	key := literal
	if strings.Trim(literal, "xX.…") == "" {
		key = name + "\x00" + literal
	}
	if known, ok := p.literals[key]; ok {
		return known
	}
	unique := name
	for n := 2; p.found[unique] != nil && p.found[unique].example != literal; n++ {
		unique = numbered(name, n)
	}
	p.literals[key] = unique
	p.note(unique, placeholder{example: literal})
	return unique
}

// in returns the sentinels that text contains with their names; nil when there are none.
func (p *placeholders) in(text string) map[string]string {
	var used map[string]string
	for _, name := range p.order(text) {
		for s, n := range p.names {
			if n == name && strings.Contains(text, s) {
				if used == nil {
					used = map[string]string{}
				}
				used[s] = n
			}
		}
	}
	return used
}

// order returns the names whose sentinels text contains, in the order of the text.
func (p *placeholders) order(text string) []string {
	var names []string
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if isSentinel(r) {
			if name := p.at(text[i:]); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		i += size
	}
	return names
}

// at returns the name of the sentinel that text begins with, or "".
// The longest sentinel counts, as an "x" behind it may belong to the text.
func (p *placeholders) at(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	if size < smallestPlaceholder {
		return p.names[text[:size]]
	}
	end := smallestPlaceholder
	for end < len(text) && text[end] == 'x' {
		end++
	}
	for ; end >= smallestPlaceholder; end-- {
		if name, ok := p.names[text[:end]]; ok {
			return name
		}
	}
	return ""
}

// blank replaces sentinels by as many control characters, which no pattern matches.
func (p *placeholders) blank(text string) string {
	if !strings.ContainsFunc(text, isSentinel) {
		return text
	}
	for sentinel := range p.in(text) {
		text = strings.ReplaceAll(text, sentinel, strings.Repeat("\x01", len(sentinel)))
	}
	return text
}

// isTypeName reports whether text ends with a word such as List or Optional.
func isTypeName(text string) bool {
	i := strings.LastIndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) + 1
	word := text[i:]
	return len(word) > 1 && unicode.IsUpper(rune(word[0])) && unicode.IsLower(rune(word[1]))
}

// isSpace and isWordByte are about ASCII: other characters are neither.
func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' }

func isWordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// choicesOf returns the choices of "CI|QA|Production", or nil.
func choicesOf(inside string) []string {
	if !strings.Contains(inside, "|") {
		return nil
	}
	choices := strings.Split(inside, "|")
	for i, c := range choices {
		if choices[i] = strings.TrimSpace(c); choices[i] == "" {
			return nil
		}
	}
	return choices
}

// placeholderName is the placeholder's text in lower case with hyphens.
func placeholderName(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !isMark(r)
	}), "-")
}
