package commands

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// sedEscapes replaces \n, \t and their like, \dNNN, \oNNN and \xHH, by the characters that they mean.
func sedEscapes(text string, pattern bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 >= len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		base, digits := 0, 0
		switch c := text[i]; c {
		case 'n', 't', 'f', 'v', 'a', 'r':
			out.WriteByte(map[byte]byte{'n': '\n', 't': '\t', 'f': '\f', 'v': '\v', 'a': '\a', 'r': '\r'}[c])
			continue
		case 'd':
			base, digits = 10, 3
		case 'o':
			base, digits = 8, 3
		case 'x':
			base, digits = 16, 2
		}
		n := 0
		for n < digits && i+1+n < len(text) && strings.IndexByte("0123456789abcdef"[:base], text[i+1+n]|0x20) >= 0 {
			n++
		}
		for n > 0 {
			if _, err := strconv.ParseUint(text[i+1:i+1+n], base, 8); err == nil {
				break
			}
			n--
		}
		if n == 0 {
			out.WriteString(`\` + text[i:i+1])
			continue
		}
		code, _ := strconv.ParseUint(text[i+1:i+1+n], base, 8)
		if pattern && strings.IndexByte(`[\^`, byte(code)) >= 0 || !pattern && strings.IndexByte(`&\`, byte(code)) >= 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(byte(code))
		i += n
	}
	return out.String()
}

// transliteration reads y/abc/xyz/.
func (p *sedParser) transliteration(c *sedCommand) error {
	end := p.peek()
	p.i++
	var lists [2][]rune
	for k := range lists {
		text, ok := p.delimited(end, false)
		if !ok {
			return errors.New("unterminated `y' command")
		}
		text = strings.ReplaceAll(sedEscapes(strings.ReplaceAll(text, `\\`, "\x00"), false), "\x00", `\`)
		lists[k] = []rune(text)
	}
	if len(lists[0]) != len(lists[1]) {
		return errors.New("strings for `y' command are different lengths")
	}
	c.table = map[rune]string{}
	for i, r := range lists[0] {
		if _, ok := c.table[r]; !ok {
			c.table[r] = string(lists[1][i])
		}
	}
	return nil
}

// substitution reads s/expression/replacement/flags.
func (p *sedParser) substitution(c *sedCommand) error {
	end := p.peek()
	if end == 0 || end == '\n' || end == '\\' {
		return errors.New("unterminated `s' command")
	}
	p.i++
	pattern, ok := p.delimited(end, true)
	if !ok {
		return errors.New("unterminated `s' command")
	}
	replacement, ok := p.delimited(end, false)
	if !ok {
		return errors.New("unterminated `s' command")
	}
	s := &sedSubstitution{}
	c.sub = s
	var o posix.Options
	for flags := true; flags; {
		switch f := p.peek(); f {
		case 'g':
			s.all = true
		case 'p':
			s.print = true
		case 'i', 'I':
			o.IgnoreCase = true
		case 'm', 'M':
			o.Multiline = !p.zero // with -z a newline ends no line
		case 'e':
			return missing("the flag e", "it would run a command from within sed; write it in the script")
		case 'w':
			p.i++
			if s.file = p.fileArgument(); s.file == "" {
				return errors.New("missing filename in r/R/w/W commands")
			}
			continue
		default:
			if f >= '0' && f <= '9' {
				if s.number = p.number(); s.number == 0 {
					return errors.New("number option to `s' command may not be zero")
				}
				continue
			}
			flags = false
			continue
		}
		p.i++
	}
	var err error
	if s.re, err = p.regexp(pattern, o); err != nil {
		return err
	}
	parts, groups := sedReplacement(replacement)
	s.parts = parts
	if s.re.Regexp != nil && groups > s.re.Groups {
		return fmt.Errorf("invalid reference \\%d on `s' command's RHS", groups)
	}
	return p.ended()
}

// sedReplacement reads a replacement; groups is the highest that it refers to.
func sedReplacement(text string) (parts []sedPart, groups int) {
	text = sedEscapes(text, false)
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, sedPart{text: literal.String(), group: -1})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '&':
			flush()
			parts = append(parts, sedPart{})
		case r == '\\' && i+1 < len(text):
			i++
			switch c := text[i]; {
			case c >= '0' && c <= '9':
				flush()
				parts = append(parts, sedPart{group: int(c - '0')})
				groups = max(groups, int(c-'0'))
			case strings.IndexByte("ULEul", c) >= 0:
				flush()
				parts = append(parts, sedPart{group: -1, fold: c})
			default:
				literal.WriteByte(c)
			}
			n = 1
		default:
			literal.WriteString(text[i : i+n])
		}
		i += n
	}
	flush()
	return parts, groups
}

// expand writes a replacement with what matched.
func expand(out *strings.Builder, parts []sedPart, text string, loc []int) {
	all, once := byte(0), byte(0)
	for _, part := range parts {
		switch part.fold {
		case 'U', 'L':
			all, once = part.fold, 0
			continue
		case 'E':
			all, once = 0, 0
			continue
		case 'u', 'l':
			once = part.fold
			continue
		}
		piece := part.text
		if part.group >= 0 {
			piece = ""
			if i := 2 * part.group; i+1 < len(loc) && loc[i] >= 0 {
				piece = text[loc[i]:loc[i+1]]
			}
		}
		switch all {
		case 'U':
			piece = strings.ToUpper(piece)
		case 'L':
			piece = strings.ToLower(piece)
		}
		if once != 0 && piece != "" {
			r, n := utf8.DecodeRuneInString(piece)
			if once == 'u' {
				r = unicode.ToUpper(r)
			} else {
				r = unicode.ToLower(r)
			}
			piece, once = string(r)+piece[n:], 0
		}
		out.WriteString(piece)
	}
}
