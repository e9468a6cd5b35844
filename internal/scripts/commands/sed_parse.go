package commands

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// sedPlace is one of the addresses in front of a command.
type sedPlace struct {
	kind byte // n a line, $ the last, / an expression, ~ first~step, + and * (a multiple) of a second one, 0 for the line 0
	n    int
	step int
	re   *sedRegexp
}

// sedRegexp is an expression; nil inside is the one that was used last.
type sedRegexp struct{ *posix.Regexp }

// sedCommand is one command of a script.
type sedCommand struct {
	name     byte
	from, to *sedPlace
	not      bool
	text     string // of a, i, c; a label; a file
	n        int    // of q, Q, l; where a block ends, or a branch leads: an index
	sub      *sedSubstitution
	table    map[rune]string // of y
	// where a range stands
	active bool
	until  int
}

// sedSubstitution is what s does.
type sedSubstitution struct {
	re     *sedRegexp
	parts  []sedPart
	all    bool
	print  bool
	number int
	file   string
}

// sedPart is a part of a replacement: a text, a group, or with fold a change of case.
type sedPart struct {
	text  string
	group int // -1 for a text
	fold  byte
}

// sedParser reads a script.
type sedParser struct {
	in       string
	i        int
	extended bool
	zero     bool // -z: lines end with a zero byte
	meter    *limits.Meter
	commands []sedCommand
	blocks   []int
	// silent reports that the script begins with #n.
	silent bool
}

// parseSed reads a script. Errors are worded as GNU's.
func parseSed(meter *limits.Meter, text string, extended, zero bool) (*sedParser, error) {
	if len(text) > limits.ScriptBytes.Size() {
		return nil, limits.ScriptBytes.Reached()
	}
	p := &sedParser{in: text, extended: extended, zero: zero, meter: meter, silent: text == "#n" || strings.HasPrefix(text, "#n\n")}
	for {
		p.skip(" \t\n;")
		if p.i >= len(p.in) {
			break
		}
		if err := p.command(); err != nil {
			return nil, fmt.Errorf("-e expression #1, char %d: %w", p.i, err)
		}
	}
	if len(p.blocks) > 0 {
		return nil, errors.New("-e expression #1, char 0: unmatched `{'")
	}
	labels := map[string]int{}
	for i, c := range p.commands {
		if c.name == ':' {
			labels[c.text] = i
		}
	}
	for i, c := range p.commands {
		if strings.IndexByte("btT", c.name) < 0 {
			continue
		}
		at, ok := labels[c.text]
		if c.text == "" {
			at, ok = len(p.commands), true
		}
		if !ok {
			return nil, fmt.Errorf("-e expression #1, char %d: can't find label for jump to `%s'", len(text), c.text)
		}
		p.commands[i].n = at
	}
	return p, nil
}

func (p *sedParser) skip(set string) {
	for p.i < len(p.in) && strings.IndexByte(set, p.in[p.i]) >= 0 {
		p.i++
	}
}

func (p *sedParser) peek() byte {
	if p.i < len(p.in) {
		return p.in[p.i]
	}
	return 0
}

func (p *sedParser) number() int {
	from := p.i
	for p.i < len(p.in) && p.in[p.i] >= '0' && p.in[p.i] <= '9' {
		p.i++
	}
	n, err := strconv.Atoi(p.in[from:p.i])
	if err != nil {
		return 1 << 40
	}
	return n
}

// address reads one; nil for none.
func (p *sedParser) address(second bool) (*sedPlace, error) {
	c := p.peek()
	switch {
	case c >= '0' && c <= '9':
		a := &sedPlace{kind: 'n', n: p.number()}
		if p.peek() == '~' && !second {
			p.i++
			a.kind, a.step = '~', p.number()
		}
		return a, nil
	case c == '$':
		p.i++
		return &sedPlace{kind: '$'}, nil
	case second && (c == '+' || c == '~'):
		p.i++
		if d := p.peek(); d < '0' || d > '9' {
			return nil, errors.New("expected number")
		}
		return &sedPlace{kind: map[byte]byte{'+': '+', '~': '*'}[c], n: p.number()}, nil
	case c == '/' || c == '\\':
		if p.i++; c == '\\' {
			if c = p.peek(); c == 0 {
				return nil, errors.New("unexpected `,'")
			}
			p.i++
		}
		text, ok := p.delimited(c, true)
		if !ok {
			return nil, errors.New("unterminated address regex")
		}
		o := posix.Options{Syntax: posix.Basic}
		for ; p.peek() == 'I' || p.peek() == 'M'; p.i++ {
			o.IgnoreCase = o.IgnoreCase || p.peek() == 'I'
			o.Multiline = !p.zero && (o.Multiline || p.peek() == 'M')
		}
		re, err := p.regexp(text, o)
		return &sedPlace{kind: '/', re: re}, err
	}
	return nil, nil //nolint:nilnil // none
}

// delimited reads up to a delimiter. In front of it a backslash goes away; \n is a newline.
func (p *sedParser) delimited(end byte, pattern bool) (string, bool) {
	var out strings.Builder
	bracket := false
	for p.i < len(p.in) {
		c := p.in[p.i]
		switch {
		case c == end && !bracket:
			p.i++
			return out.String(), true
		case c == '\\' && p.i+1 < len(p.in) && !bracket:
			next := p.in[p.i+1]
			switch {
			case next == end && pattern && strings.IndexByte("+?|(){}1234567890n", end) >= 0 && end != '|':
				out.WriteByte(next)
			case next == end:
				if next == '&' && !pattern {
					out.WriteByte('\\')
				}
				out.WriteByte(next)
			case next == '\n' && pattern:
				out.WriteString("\n")
			default:
				out.WriteString(p.in[p.i : p.i+2])
			}
			p.i += 2
			continue
		case c == '\n' && pattern:
			return "", false
		}
		out.WriteByte(c)
		p.i++
	}
	return "", false
}

// regexp compiles an expression; an empty one is the last that was used.
func (p *sedParser) regexp(text string, o posix.Options) (*sedRegexp, error) {
	if text == "" {
		return &sedRegexp{}, nil
	}
	if p.extended {
		o.Syntax = posix.Strict
	}
	re, err := posix.Compile(p.meter, o, sedEscapes(text, true))
	if err != nil {
		return nil, err
	}
	return &sedRegexp{re}, nil
}

// command reads one command with its addresses.
func (p *sedParser) command() error {
	var c sedCommand
	var err error
	if c.from, err = p.address(false); err != nil {
		return err
	}
	if c.from != nil {
		p.skip(" \t")
		if p.peek() == ',' {
			p.i++
			p.skip(" \t")
			if c.to, err = p.address(true); err != nil {
				return err
			}
			if c.to == nil {
				return errors.New("unexpected `,'")
			}
		}
		if c.from.kind == 'n' && c.from.n == 0 {
			if c.to == nil || c.to.kind != '/' {
				return errors.New("invalid usage of line address 0")
			}
			c.from.kind = '0'
		}
	}
	p.skip(" \t")
	for p.peek() == '!' {
		c.not = true
		p.i++
		p.skip(" \t!")
	}
	if c.name = p.peek(); p.i >= len(p.in) {
		return errors.New("missing command")
	}
	p.i++
	if c.from != nil && strings.IndexByte(":#}", c.name) >= 0 {
		return fmt.Errorf("%c doesn't want any addresses", c.name)
	}
	return p.arguments(&c)
}

// arguments reads what follows the name of a command, and adds it.
func (p *sedParser) arguments(c *sedCommand) error {
	switch c.name {
	case '#':
		for p.i < len(p.in) && p.in[p.i] != '\n' {
			p.i++
		}
		return nil
	case '{':
		p.blocks = append(p.blocks, len(p.commands))
		p.commands = append(p.commands, *c)
		return nil
	case '}':
		if len(p.blocks) == 0 {
			return errors.New("unexpected `}'")
		}
		p.commands[p.blocks[len(p.blocks)-1]].n = len(p.commands)
		p.blocks = p.blocks[:len(p.blocks)-1]
		return p.ended()
	case '=', 'd', 'D', 'F', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z':
	case 'q', 'Q', 'l', 'L':
		if c.name == 'L' {
			return errors.New("unknown command: `L'")
		}
		p.skip(" \t")
		if c.n = -1; p.peek() >= '0' && p.peek() <= '9' {
			c.n = p.number()
		}
		if c.to != nil && c.name != 'l' {
			return errors.New("command only uses one address")
		}
	case 'a', 'i', 'c':
		text, err := p.textArgument()
		if err != nil {
			return err
		}
		c.text = text
		p.commands = append(p.commands, *c)
		return nil
	case ':', 'b', 't', 'T':
		p.skip(" \t")
		end := "\n;"
		if c.name == ':' {
			end = "\n"
		}
		from := p.i
		for p.i < len(p.in) && strings.IndexByte(end, p.in[p.i]) < 0 && (c.name == ':' || p.in[p.i] != '}' && p.in[p.i] != ' ') {
			if c.name == ':' && p.in[p.i] == ';' {
				break
			}
			p.i++
		}
		if c.text = strings.TrimRight(p.in[from:p.i], " \t"); c.name == ':' && c.text == "" {
			return errors.New("\":\" lacks a label")
		}
		p.commands = append(p.commands, *c)
		return nil
	case 'r', 'R', 'w', 'W':
		if c.text = p.fileArgument(); c.text == "" {
			return errors.New("missing filename in r/R/w/W commands")
		}
		p.commands = append(p.commands, *c)
		return nil
	case 's':
		if err := p.substitution(c); err != nil {
			return err
		}
	case 'y':
		if err := p.transliteration(c); err != nil {
			return err
		}
	case 'e':
		return missing("e", "it would run a command from within sed; write it in the script")
	case 'v':
		p.fileArgument()
		return nil
	default:
		return fmt.Errorf("unknown command: `%c'", c.name)
	}
	p.commands = append(p.commands, *c)
	return p.ended()
}

// ended reports an error where more follows behind a command.
func (p *sedParser) ended() error {
	p.skip(" \t")
	switch p.peek() {
	case 0, '\n', ';', '}', '#':
		return nil
	}
	return errors.New("extra characters after command")
}

func (p *sedParser) fileArgument() string {
	p.skip(" \t")
	from := p.i
	for p.i < len(p.in) && p.in[p.i] != '\n' {
		p.i++
	}
	return p.in[from:p.i]
}

// textArgument is the text of a, i and c: on the same line, or behind a backslash and a newline.
func (p *sedParser) textArgument() (string, error) {
	p.skip(" \t")
	if p.i >= len(p.in) {
		return "", errors.New("expected \\ after `a', `c' or `i'")
	}
	if p.peek() == '\\' {
		p.i++
		blanks := p.i
		p.skip(" \t")
		if p.peek() == '\n' {
			p.i++
		} else {
			p.i = blanks // a\text, whose blanks stay
		}
	}
	var out strings.Builder
	for p.i < len(p.in) && p.in[p.i] != '\n' {
		n := 1
		if p.in[p.i] == '\\' && p.i+1 < len(p.in) {
			n = 2
		}
		text := sedEscapes(p.in[p.i:p.i+n], false)
		if len(text) == 2 && text[0] == '\\' {
			text = text[1:]
		}
		out.WriteString(text)
		p.i += n
	}
	return out.String() + "\n", nil
}
