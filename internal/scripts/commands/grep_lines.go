package commands

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errFound ends the reading of an input of which enough is known.
var errFound = errors.New("found")

// grepFile is the search in one input.
type grepFile struct {
	*grep
	name      string
	number    int   // of the line, from 1
	offset    int64 // of the line's first byte
	size      int64 // of the line, with its end
	selected  int
	held      window // lines before, not printed yet
	following int    // lines still to print after a match
	last      int    // the number of the line printed last, -1 for none
	binary    bool   // it is no text: that it matches is said, and no line is printed
}

// all goes through the lines.
func (s *grepFile) all(lines *lineReader) error {
	for {
		line, err := lines.next()
		if line != "" {
			s.size = int64(len(line))
			if err := s.line(strings.TrimSuffix(line, string(rune(s.end)))); err != nil {
				return err
			}
			s.offset += s.size
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// printName prints the input's name, for -l and -L.
func (s *grepFile) printName(yes bool) error {
	if !yes {
		return nil
	}
	end := "\n"
	if s.p.has("null") {
		end = "\x00"
	}
	return write(s.inv.Stdout, []byte(s.name+end))
}

// fileName is the file's name before a line, with the mark behind it.
func (s *grepFile) fileName(mark string) string {
	switch {
	case !s.names:
		return ""
	case s.p.has("null"):
		return s.name + "\x00"
	}
	return s.name + mark
}

// prefix returns what stands before a line: its file with -H, its number with -n, its first byte with -b. The mark is ":"
// for a line that was selected and "-" for one of its context.
func (s *grepFile) prefix(mark string, offset int64) string {
	text := s.fileName(mark)
	if s.p.has("line-number") {
		text += strconv.Itoa(s.number) + mark
	}
	if s.p.has("byte-offset") {
		text += strconv.FormatInt(offset, 10) + mark
	}
	return text
}

// line handles the next line, without its newline. It returns errFound when the remaining lines
// change nothing; after the last line of -m its context is still printed.
func (s *grepFile) line(line string) error {
	s.number++
	if s.max == 0 || s.max > 0 && s.selected >= s.max {
		if s.following == 0 {
			return errFound
		}
		return s.contextLine(line)
	}
	found, err := s.pattern.match(line)
	if err != nil {
		return err
	}
	if found == s.p.has("invert-match") {
		return s.contextLine(line)
	}
	s.selected++
	s.any = true
	switch {
	case s.quiet() || s.p.has("files-with-matches") || s.p.has("files-without-match"):
		return errFound
	case s.p.has("count"):
		return nil
	}
	return s.print(line)
}

// silent reports that a line is not printed, as it is no text; that is said once.
func (s *grepFile) silent(line string) (bool, error) {
	if !s.binary && (s.p.has("text") || s.end == '\n' && strings.IndexByte(line, 0) < 0 && utf8.ValidString(line) || s.end == 0) {
		return false, nil
	}
	if s.p.has("I") {
		return true, errFound
	}
	complain(s.inv, 0, "%s: binary file matches", s.name)
	return true, errFound
}

// contextLine prints a line that was not selected if it follows one, else holds it back.
func (s *grepFile) contextLine(line string) error {
	if s.following > 0 {
		s.following--
		s.last = s.number
		if s.p.has("only-matching") {
			return nil
		}
		if silent, err := s.silent(line); silent || err != nil {
			return err
		}
		return write(s.inv.Stdout, []byte(s.prefix("-", s.offset)+line+string(rune(s.end))))
	}
	if s.before > 0 {
		if err := s.held.push(line); err != nil {
			return err
		}
		s.held.keep(s.before)
	}
	return nil
}

// print writes a selected line with the lines held before it, and "--" before a group that does
// not touch the one before. With -o it writes the matches that are not empty, each on a line.
func (s *grepFile) print(line string) error {
	if s.binary {
		_, err := s.silent(line)
		return err
	}
	out := bufio.NewWriter(s.inv.Stdout)
	write := func(prefix, text string) {
		for _, part := range []string{prefix, text, string(rune(s.end))} {
			_, _ = out.WriteString(part) // its error comes again from Flush
		}
	}
	number, offset := s.number, s.offset
	if first := number - len(s.held.lines); s.grouped && s.printed && (s.last < 0 || first > s.last+1) {
		_, _ = out.WriteString(s.separator)
	}
	s.printed = true
	at := offset
	for _, held := range s.held.lines {
		at -= int64(len(held)) + 1
	}
	for first := number - len(s.held.lines); len(s.held.lines) > 0; first++ {
		s.number = first
		held := s.held.shift()
		if !s.p.has("only-matching") {
			write(s.prefix("-", at), held)
		}
		at += int64(len(held)) + 1
	}
	s.number = number
	s.following, s.last = s.after, number
	err := s.printSelected(line, write)
	if flushed := out.Flush(); flushed != nil {
		return &writeError{flushed}
	}
	return err
}

// printSelected writes a line, or with -o what matches in it.
func (s *grepFile) printSelected(line string, write func(prefix, text string)) error {
	if !s.p.has("only-matching") {
		if silent, err := s.silent(line); silent || err != nil {
			return err
		}
		write(s.prefix(":", s.offset), line)
		return nil
	}
	if s.p.has("invert-match") {
		return nil
	}
	return s.pattern.each(line, func(start, end int) error {
		if start == end {
			return nil
		}
		if silent, err := s.silent(line[start:end]); silent || err != nil {
			return err
		}
		write(s.prefix(":", s.offset+int64(start)), line[start:end])
		return nil
	})
}
