package commands

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// What follows a script's end.
const (
	sedNext    = iota // the line is printed, and the next one read
	sedDelete         // the next one is read
	sedRestart        // the script begins again without reading
	sedQuit
	sedQuitNow // without printing
)

// script runs the commands on the pattern space.
func (s *sed) script() (int, error) {
	for i := 0; i < len(s.commands); i++ {
		if err := errors.Join(s.ctx.Err(), s.inv.Meter.Work(int64(50+len(s.space)/64))); err != nil {
			return 0, err
		}
		c := &s.commands[i]
		selected, err := s.selects(c)
		if err != nil {
			return 0, err
		}
		if selected == c.not {
			if c.name == '{' {
				i = c.n - 1
			}
			continue
		}
		next, step, err := s.command(c)
		if err != nil || step >= 0 {
			return max(step, 0), err
		}
		if next >= 0 {
			i = next - 1
		}
	}
	return sedNext, nil
}

// selects reports whether the addresses of a command take the line.
func (s *sed) selects(c *sedCommand) (bool, error) {
	switch {
	case c.from == nil:
		return true, nil
	case c.to == nil:
		return s.at(c.from)
	case c.from.kind == '0' && !c.active && c.until == 0:
		c.active, c.until = true, -1
	}
	if !c.active {
		begins, err := s.at(c.from)
		if err != nil || !begins {
			return false, err
		}
		switch c.to.kind {
		case 'n':
			c.active, c.until = c.to.n > s.line, c.to.n
		case '+':
			c.active, c.until = c.to.n > 0, s.line+c.to.n
		case '*':
			c.until = s.line
			if c.to.n > 0 { // of a multiple the next one, as GNU's takes it
				c.until = (s.line/c.to.n + 1) * c.to.n
			}
			c.active = c.until > s.line
		case '$':
			last, err := s.input.isLast()
			c.active = !last
			return true, err
		default:
			c.active = true
		}
		return true, nil
	}
	switch c.to.kind {
	case '/', '$':
		ends, err := s.at(c.to)
		c.active = !ends
		return true, err
	}
	if s.line >= c.until {
		c.active = false
	}
	return s.line <= c.until || c.to.kind != 'n', nil // behind it where n or N left the range
}

// at reports whether an address takes the line.
func (s *sed) at(a *sedPlace) (bool, error) {
	switch a.kind {
	case 'n':
		return s.line == a.n, nil
	case '~':
		if a.step <= 0 {
			return s.line == a.n, nil
		}
		return s.line >= a.n && (s.line-a.n)%a.step == 0, nil
	case '$':
		return s.input.isLast()
	case '/':
		re := a.re
		if re.Regexp == nil {
			if re = s.last; re == nil {
				return false, errors.New("no previous regular expression")
			}
		}
		s.last = re
		return re.Match(s.space)
	}
	return false, nil
}

// command runs one. next is the index of the one that follows, where it is another; step, where it is not negative, ends the cycle.
func (s *sed) command(c *sedCommand) (next, step int, err error) {
	switch c.name {
	case '{', ':':
	case '=':
		err = s.write(fmt.Sprintf("%d%c", s.line, s.end))
	case 'a':
		s.queue = append(s.queue, sedQueued{text: c.text})
		err = s.inv.Meter.Charge(int64(len(c.text)) / 8)
	case 'i':
		err = s.write(strings.TrimSuffix(c.text, "\n") + string(s.end))
	case 'c':
		if c.to == nil || !c.active || c.not {
			err = s.write(strings.TrimSuffix(c.text, "\n") + string(s.end))
		}
		return -1, sedDelete, err
	case 'b':
		return c.n, -1, nil
	case 't', 'T':
		if s.changed == (c.name == 't') {
			s.changed = false
			return c.n, -1, nil
		}
		s.changed = false
	case 'd':
		return -1, sedDelete, nil
	case 'D':
		_, rest, ok := strings.Cut(s.space, string(s.end))
		if !ok {
			return -1, sedDelete, nil
		}
		return -1, sedRestart, s.set(rest)
	case 'F':
		err = s.write(s.input.name() + string(s.end))
	case 'g':
		s.ended = s.holdEnded
		err = s.set(s.hold)
	case 'G':
		s.ended = s.holdEnded
		err = s.set(s.space + string(s.end) + s.hold)
	case 'h', 'H':
		text := s.space
		if c.name == 'H' {
			text = s.hold + string(s.end) + s.space
		}
		s.holdEnded = s.ended
		err = s.inv.Meter.Charge(2 * int64(max(0, len(text)-len(s.hold))))
		s.hold = text
	case 'x':
		s.space, s.hold, s.ended, s.holdEnded = s.hold, s.space, s.holdEnded, s.ended
	case 'l':
		err = s.write(strings.TrimSuffix(unambiguous(s.space, c.n), "\n") + string(s.end))
	case 'n', 'N':
		return s.more(c.name == 'N')
	case 'p':
		err = s.print(s.space)
	case 'P':
		before, _, _ := strings.Cut(s.space, string(s.end))
		err = s.write(before + string(s.end))
	case 'q', 'Q':
		s.status = max(c.n, 0) & 0xff
		return -1, map[byte]int{'q': sedQuit, 'Q': sedQuitNow}[c.name], nil
	case 'r':
		s.queue = append(s.queue, sedQueued{file: c.text})
	case 'R':
		err = s.queueLine(c.text)
	case 's':
		err = s.substitute(c.sub)
	case 'w':
		err = s.toFile(c.text, s.space, s.ended)
	case 'W':
		before, _, _ := strings.Cut(s.space, string(s.end))
		err = s.toFile(c.text, before, true)
	case 'y':
		var out strings.Builder
		for i := 0; i < len(s.space); {
			r, n := utf8.DecodeRuneInString(s.space[i:])
			if to, ok := c.table[r]; ok {
				out.WriteString(to)
			} else {
				out.WriteString(s.space[i : i+n])
			}
			i += n
		}
		err = s.set(out.String())
	case 'z':
		err = s.set("")
	}
	return -1, -1, err
}

// more is n and N: the next line takes the place of the pattern space, or is added to it. At the end of the input the script ends.
func (s *sed) more(add bool) (next, step int, err error) {
	last, err := s.input.isLast()
	if err != nil {
		return 0, 0, err
	}
	if last { // of this file, with -s
		return -1, sedNext, nil
	}
	if !add && !s.quiet {
		if err := s.print(s.space); err != nil {
			return 0, 0, err
		}
	}
	if err := s.flushQueue(); err != nil {
		return 0, 0, err
	}
	line, ended, _, err := s.input.next()
	if err != nil {
		return 0, 0, err
	}
	s.ended = ended
	s.line++
	if add {
		line = s.space + string(s.end) + line
	}
	return -1, -1, s.set(line)
}

// toFile writes a line to a file. One whose newline is missing gets it before the next one.
func (s *sed) toFile(name, text string, ended bool) error {
	if name == "/dev/stdout" {
		return s.printed(text, ended)
	}
	out := s.inv.Stderr
	if name != "/dev/stderr" {
		out = s.writers[name]
	}
	if s.lacks[name] {
		text = string(s.end) + text
	}
	if s.lacks[name] = !ended; ended {
		text += string(s.end)
	}
	_, err := io.WriteString(out, text)
	return err
}

// makeFiles makes the files that the script may write to, whether it does or not.
func (s *sed) makeFiles() error {
	for _, c := range s.commands {
		name := ""
		switch {
		case c.sub != nil:
			name = c.sub.file
		case c.name == 'w' || c.name == 'W':
			name = c.text
		}
		if name == "" || name == "/dev/stdout" || name == "/dev/stderr" || s.writers[name] != nil {
			continue
		}
		w, err := s.inv.Files.Create(name, false)
		if err != nil {
			return fmt.Errorf("couldn't open file %s: %s", name, fileError(err))
		}
		s.writers[name] = w
	}
	return nil
}

// queueLine is R: a line of a file each time.
func (s *sed) queueLine(name string) error {
	lines, ok := s.readers[name]
	if !ok {
		if f, err := s.inv.Files.Open(name); err == nil {
			lines = newRecords(&contextReader{s.ctx, f, s.inv.Meter}, s.end)
			s.input.opened = append(s.input.opened, f)
		}
		s.readers[name] = lines
	}
	if lines == nil {
		return nil
	}
	line, err := lines.next()
	if line != "" {
		s.queue = append(s.queue, sedQueued{text: line})
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// unambiguous is l: what is not plain text is written as C has it, and long lines are broken.
func unambiguous(text string, width int) string {
	if width < 0 {
		width = 70
	}
	var out strings.Builder
	column := 0
	for i := range len(text) {
		piece := string(text[i])
		if special, ok := map[byte]string{
			'\\': `\\`, '\a': `\a`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\v': `\v`,
		}[text[i]]; ok {
			piece = special
		} else if text[i] < ' ' || text[i] > '~' {
			piece = fmt.Sprintf(`\%03o`, text[i])
		}
		if width > 1 && column+len(piece) > width-1 {
			out.WriteString("\\\n")
			column = 0
		}
		out.WriteString(piece)
		column += len(piece)
	}
	return out.String() + "$\n"
}
