package bind

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
)

// parseShorthand reads Key=value,Key2=a,b,Key3={x=1},Key4=[a,b] into strings, lists and objects.
// The grammar is that of awscli/shorthand.py; load reads what stands behind "@=".
// A key may come once. A value without brackets ends at a comma that a key follows, which is why a=b,c=d are two
// members and a=b,c is a list.
//
//	Name=tag:env,Values=a,b    becomes   {"Name": "tag:env", "Values": ["a", "b"]}
//	A={B=1},C=[x,y]            becomes   {"A": {"B": "1"}, "C": ["x", "y"]}
//	Policy@=file://policy.json   reads the file
func parseShorthand(text string, load func(string) (document.Value, error)) (*document.Object, error) {
	p := &shorthand{text: text, load: load}
	out := &document.Object{}
	name, v, err := p.keyValue()
	if err != nil {
		return nil, err
	}
	out.Set(name, v)
	for last := p.at; p.at < len(p.text); last = p.at {
		if err := p.expect(','); err != nil {
			return nil, err
		}
		if name, v, err = p.keyValue(); err != nil {
			return nil, err
		}
		if _, ok := out.Get(name); ok {
			return nil, fmt.Errorf("Second instance of key \"%s\" encountered for input:\n%s\nThis is often because "+
				"there is a preceding \",\" instead of a space.", name, p.location(last+1))
		}
		out.Set(name, v)
	}
	return out, nil
}

// shorthand is the parser, a recursive descent over bytes; at is the place in text.
type shorthand struct {
	text string
	at   int
	deep int
	load func(string) (document.Value, error)
	read bool // the value stands behind "@="
}

// syntaxError says what stands where something else should.
// Only these errors let csv back up; any other error ends the parsing.
type syntaxError struct{ message string }

func (e *syntaxError) Error() string { return e.message }

func (p *shorthand) fail(want, got string) error {
	return &syntaxError{fmt.Sprintf("Expected: '%s', received: '%s' for input:\n %s", want, got, p.location(p.at))}
}

// location is the text with a mark under a place.
func (p *shorthand) location(at int) string {
	at = min(at, len(p.text))
	before, after := p.text, ""
	spaces := utf8.RuneCountInString(p.text[:at])
	if n := strings.LastIndexByte(p.text[:at], '\n'); n >= 0 {
		spaces = utf8.RuneCountInString(p.text[n+1 : at])
	}
	if n := strings.IndexByte(p.text[at:], '\n'); n >= 0 {
		before, after = p.text[:at+n], p.text[at+n:]
	}
	return before + "\n" + strings.Repeat(" ", spaces) + "^" + after
}

// current is the character here, 0 at the end.
func (p *shorthand) current() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

const whitespace = " \t\n\r\v\f"

func (p *shorthand) space() {
	for p.at < len(p.text) && strings.IndexByte(whitespace, p.text[p.at]) >= 0 {
		p.at++
	}
}

// expect takes a character with the white space around it.
func (p *shorthand) expect(c byte) error {
	p.space()
	if err := p.exactly(c); err != nil {
		return err
	}
	p.space()
	return nil
}

// exactly takes a character without white space around it.
func (p *shorthand) exactly(c byte) error {
	if p.at >= len(p.text) {
		return p.fail(string(c), "EOF")
	}
	if p.current() != c {
		r, _ := utf8.DecodeRuneInString(p.text[p.at:])
		return p.fail(string(c), string(r))
	}
	p.at++
	return nil
}

// keyChar reports whether a key may hold a character: letters, digits and - _ . # / :.
func keyChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.#/:", c) >= 0
}

// key reads a name and the "=" or "@=" behind it.
func (p *shorthand) key() (string, error) {
	start := p.at
	for p.at < len(p.text) && keyChar(p.text[p.at]) {
		p.at++
	}
	key := p.text[start:p.at]
	p.space()
	if p.read = p.current() == '@'; p.read {
		p.at++
	}
	return key, p.expect('=')
}

// keyValue reads key=value. Nothing behind "=" is the empty text.
func (p *shorthand) keyValue() (string, document.Value, error) {
	key, err := p.key()
	if err != nil {
		return "", nil, err
	}
	var v document.Value
	switch p.current() {
	case 0:
		v = ""
	case '[':
		v, err = p.list()
	case '{':
		v, err = p.hash()
	default:
		v, err = p.csv()
	}
	return key, v, err
}

// csv reads one value, or several where what follows a comma is no key.
// The CLI parses on and backs up to the last comma when it finds that the word was a key. The list is then what came
// before it.
func (p *shorthand) csv() (document.Value, error) {
	first, err := p.first()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.current() != ',' {
		return first, nil
	}
	if err := p.expect(','); err != nil {
		return nil, err
	}
	out := document.List{first}
	for {
		v, err := p.second()
		if err == nil {
			p.space()
			if p.at >= len(p.text) {
				out = append(out, v)
				break
			}
			if err = p.expect(','); err == nil {
				out = append(out, v)
				continue
			}
		}
		var syntax *syntaxError
		if !errors.As(err, &syntax) || p.at >= len(p.text) {
			return nil, err
		}
		// The comma stays for parseShorthand, which expects one between members.
		p.at = strings.LastIndexByte(p.text[:p.at+1], ',')
		break
	}
	if len(out) == 1 {
		return first, nil
	}
	return out, nil
}

// startWord tells what a value may begin with, follow what goes on in one: in the first value behind a
// key "=" may stand, in a further one brackets may.
// Runes beyond the basic plane end a word, because the CLI's patterns stop at U+FFFF.
func startWord(r rune) bool {
	return r > ' ' && r <= 0xffff && !strings.ContainsRune("\"',=[{", r)
}

func firstFollow(r rune) bool {
	return strings.ContainsRune(whitespace, r) || r > ' ' && r <= 0xffff && !strings.ContainsRune("\"',]}", r)
}

func secondFollow(r rune) bool {
	return strings.ContainsRune(whitespace, r) || r > ' ' && r <= 0xffff && !strings.ContainsRune("\"',=", r)
}

// word takes the longest text of a start and what follows; "\\," is a comma.
func (p *shorthand) word(follow func(rune) bool) (string, bool) {
	start := p.at
	allowed := startWord
	for p.at < len(p.text) {
		if strings.HasPrefix(p.text[p.at:], "\\,") {
			p.at += 2
		} else {
			r, size := utf8.DecodeRuneInString(p.text[p.at:])
			if !allowed(r) {
				break
			}
			p.at += size
		}
		allowed = follow
	}
	return strings.TrimRight(strings.ReplaceAll(p.text[start:p.at], "\\,", ","), whitespace), p.at > start
}

// first reads the value directly behind a key, which may be empty.
func (p *shorthand) first() (document.Value, error) {
	if c := p.current(); c == '\'' || c == '"' {
		return p.quoted(c)
	}
	text, ok := p.word(firstFollow)
	if !ok {
		return "", nil
	}
	return p.resolve(text)
}

// second reads a further value of a list without brackets, which may not be empty and may not hold "=".
func (p *shorthand) second() (document.Value, error) {
	if c := p.current(); c == '\'' || c == '"' {
		return p.quoted(c)
	}
	text, ok := p.word(secondFollow)
	if !ok {
		return nil, p.fail("<second>", "<none>")
	}
	return p.resolve(text)
}

// resolve loads the file that a value behind "@=" names.
func (p *shorthand) resolve(text string) (document.Value, error) {
	if p.read && p.load != nil {
		return p.load(text)
	}
	return text, nil
}

// quoted reads a text in quotes. A backslash keeps a quote of the same sort and a backslash; everything else, commas
// and brackets too, stands for itself.
func (p *shorthand) quoted(quote byte) (document.Value, error) {
	for i := p.at + 1; i < len(p.text); i++ {
		switch {
		case p.text[i] == '\\' && i+1 < len(p.text) && p.text[i+1] == quote && strings.IndexByte(p.text[i+2:], quote) >= 0:
			i++
		case p.text[i] == quote:
			text := strings.ReplaceAll(p.text[p.at+1:i], "\\"+string(quote), string(quote))
			p.at = i + 1
			return p.resolve(strings.ReplaceAll(text, "\\\\", "\\"))
		}
	}
	name := "singled quoted"
	if quote == '"' {
		name = "double quoted"
	}
	return nil, p.fail("<"+name+">", "<none>")
}

// maxNesting bounds brackets in brackets.
// The CLI has no such bound; Python's recursion limit is its own. Here it keeps a hostile line from exhausting the
// stack.
const maxNesting = 100

func (p *shorthand) nested() error {
	if p.deep++; p.deep > maxNesting {
		return fmt.Errorf("nested deeper than %d", maxNesting)
	}
	return nil
}

// list reads [a,b,…]. A comma before the closing bracket is accepted, as the CLI accepts it.
func (p *shorthand) list() (document.Value, error) {
	if err := p.nested(); err != nil {
		return nil, err
	}
	defer func() { p.deep-- }()
	if err := p.expect('['); err != nil {
		return nil, err
	}
	out := document.List{}
	for p.current() != ']' {
		v, err := p.element()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if err := p.separator(']'); err != nil {
			return nil, err
		}
	}
	return out, p.exactly(']')
}

// separator takes the comma before a further element.
func (p *shorthand) separator(end byte) error {
	p.space()
	if p.current() == end {
		return nil
	}
	if err := p.exactly(','); err != nil {
		return err
	}
	p.space()
	return nil
}

// element is a value inside brackets: there a comma always separates, so no list without brackets can stand.
func (p *shorthand) element() (document.Value, error) {
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.first()
}

// hash reads {key=value,…}. Of a key that comes twice the last value stays, unlike at the top.
func (p *shorthand) hash() (document.Value, error) {
	if err := p.nested(); err != nil {
		return nil, err
	}
	defer func() { p.deep-- }()
	if err := p.expect('{'); err != nil {
		return nil, err
	}
	out := &document.Object{}
	for p.current() != '}' {
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		v, err := p.element()
		if err != nil {
			return nil, err
		}
		if err := p.separator('}'); err != nil {
			return nil, err
		}
		out.Set(key, v)
	}
	return out, p.exactly('}')
}

// Shorthand reads Key=value,Key2=value2, or the same as JSON.
func Shorthand(text string) (*document.Object, error) {
	if startsJSON(text) {
		v, err := parseJSON(text)
		o, ok := v.(*document.Object)
		if err == nil && !ok {
			err = fmt.Errorf("Invalid JSON:\n%s", text)
		}
		return o, err
	}
	return parseShorthand(text, nil)
}
