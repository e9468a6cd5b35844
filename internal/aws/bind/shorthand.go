package bind

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// parseShorthand reads Key=value,Key2=a,b,Key3={x=1},Key4=[a,b] into strings, lists and objects.
// The grammar is that of awscli/shorthand.py.
func parseShorthand(text string, load func(string) (string, error)) (*document.Object, error) {
	p := &shorthand{text: text, load: load}
	out := &document.Object{}
	if err := p.keyValue(out); err != nil {
		return nil, err
	}
	for p.at < len(p.text) {
		if err := p.expect(','); err != nil {
			return nil, err
		}
		p.space()
		if err := p.keyValue(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type shorthand struct {
	text string
	at   int
	load func(string) (string, error) // reads file://… behind @=
	deep int
}

func (p *shorthand) fail(want string) error {
	got := "EOF"
	if p.at < len(p.text) {
		got = string(p.text[p.at])
	}
	line := p.text
	if n := strings.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	return fmt.Errorf("Expected: '%s', received: '%s' for input:\n%s\n%s^", want, got, line, strings.Repeat(" ", min(p.at, len(line)))) //nolint:staticcheck // the CLI's words
}

func (p *shorthand) current() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *shorthand) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *shorthand) expect(c byte) error {
	p.space()
	if p.current() != c || p.at >= len(p.text) {
		return p.fail(string(c))
	}
	p.at++
	return nil
}

func keyChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.#/:", c) >= 0
}

func (p *shorthand) keyValue(out *document.Object) error {
	start := p.at
	for p.at < len(p.text) && keyChar(p.text[p.at]) {
		p.at++
	}
	key := p.text[start:p.at]
	if p.current() == '@' && strings.HasPrefix(p.text[p.at:], "@=") {
		p.at += 2
		v, err := p.values()
		if err != nil {
			return err
		}
		if s, ok := v.(string); ok && p.load != nil {
			if v, err = p.load(s); err != nil {
				return err
			}
		}
		return p.put(out, key, v)
	}
	if err := p.expect('='); err != nil {
		return err
	}
	p.space()
	v, err := p.values()
	if err != nil {
		return err
	}
	return p.put(out, key, v)
}

func (p *shorthand) put(out *document.Object, key string, v document.Value) error {
	if _, ok := out.Get(key); ok {
		return fmt.Errorf("Second instance of key \"%s\" encountered for input:\n%s\nThis is often because there is a preceding \",\" instead of a space.", key, p.text) //nolint:staticcheck // the CLI's words
	}
	out.Set(key, v)
	return nil
}

func (p *shorthand) values() (document.Value, error) {
	if p.deep++; p.deep > 100 {
		return nil, fmt.Errorf("nested deeper than 100")
	}
	defer func() { p.deep-- }()
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	}
	return p.csv()
}

// csv reads a value, or several where what follows a comma is no key.
func (p *shorthand) csv() (document.Value, error) {
	first, err := p.value(false)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at >= len(p.text) || p.current() != ',' {
		return first, nil
	}
	out := document.List{first}
	for p.at < len(p.text) && p.current() == ',' {
		comma := p.at
		p.at++
		p.space()
		if p.isKey() || strings.IndexByte("[{", p.current()) >= 0 && p.at < len(p.text) {
			p.at = comma
			break
		}
		v, err := p.value(true)
		if err != nil {
			return nil, err
		}
		p.space()
		out = append(out, v)
	}
	if len(out) == 1 {
		return first, nil
	}
	return out, nil
}

// isKey reports whether a key and its "=" stand here.
func (p *shorthand) isKey() bool {
	i := p.at
	for i < len(p.text) && keyChar(p.text[i]) {
		i++
	}
	return i > p.at && i < len(p.text) && (p.text[i] == '=' || strings.HasPrefix(p.text[i:], "@="))
}

// value reads one string: quoted, or up to a comma or a closing bracket.
func (p *shorthand) value(_ bool) (document.Value, error) {
	if c := p.current(); c == '\'' || c == '"' {
		return p.quoted(c)
	}
	var out strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c == '\\' && p.at+1 < len(p.text) && p.text[p.at+1] == ',' {
			out.WriteByte(',')
			p.at += 2
			continue
		}
		if c == ',' || p.deep > 1 && (c == '}' || c == ']') {
			break
		}
		out.WriteByte(c)
		p.at++
	}
	return strings.TrimRight(out.String(), " \t\n\r"), nil
}

func (p *shorthand) quoted(quote byte) (document.Value, error) {
	var out strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\\' && i+1 < len(p.text) && (p.text[i+1] == quote || p.text[i+1] == '\\'):
			i++
			out.WriteByte(p.text[i])
		case c == quote:
			p.at = i + 1
			return out.String(), nil
		default:
			out.WriteByte(c)
		}
	}
	return nil, p.fail(string(quote))
}

func (p *shorthand) list() (document.Value, error) {
	p.at++
	p.deep++
	defer func() { p.deep-- }()
	out := document.List{}
	for p.space(); p.current() != ']'; p.space() {
		v, err := p.element()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		p.space()
		if p.current() == ',' {
			p.at++
			continue
		}
		if p.current() != ']' {
			return nil, p.fail(",")
		}
	}
	p.at++
	return out, nil
}

func (p *shorthand) element() (document.Value, error) {
	switch p.current() {
	case '[':
		return p.list()
	case '{':
		return p.hash()
	case 0:
		return nil, p.fail("]")
	}
	return p.value(false)
}

func (p *shorthand) hash() (document.Value, error) {
	p.at++
	p.deep++
	defer func() { p.deep-- }()
	out := &document.Object{}
	for p.space(); p.current() != '}'; p.space() {
		if p.at >= len(p.text) {
			return nil, p.fail("}")
		}
		start := p.at
		for p.at < len(p.text) && keyChar(p.text[p.at]) {
			p.at++
		}
		key := p.text[start:p.at]
		if err := p.expect('='); err != nil {
			return nil, err
		}
		p.space()
		v, err := p.element()
		if err != nil {
			return nil, err
		}
		if err := p.put(out, key, v); err != nil {
			return nil, err
		}
		p.space()
		if p.current() == ',' {
			p.at++
		} else if p.current() != '}' {
			return nil, p.fail(",")
		}
	}
	p.at++
	return out, nil
}
