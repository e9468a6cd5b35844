package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/internal"
)

// grepOptions: -P is accepted and means RE2 too, -y is the old name of -i, and -a changes nothing,
// as every input is text.
var grepOptions = []option{
	{'E', "extended-regexp", noArgument}, {'F', "fixed-strings", noArgument}, {'G', "basic-regexp", noArgument},
	{'P', "perl-regexp", noArgument},
	{'e', "regexp", needsArgument}, {'i', "ignore-case", noArgument}, {'y', "", noArgument},
	{'v', "invert-match", noArgument}, {'w', "word-regexp", noArgument},
	{'x', "line-regexp", noArgument}, {'c', "count", noArgument}, {'l', "files-with-matches", noArgument},
	{'L', "files-without-match", noArgument},
	{'m', "max-count", needsArgument}, {'o', "only-matching", noArgument}, {'q', "quiet", noArgument},
	{0, "silent", noArgument}, {'s', "no-messages", noArgument},
	{'H', "with-filename", noArgument}, {'h', "no-filename", noArgument}, {'n', "line-number", noArgument},
	{'A', "after-context", needsArgument},
	{'B', "before-context", needsArgument}, {'C', "context", needsArgument}, {'a', "text", noArgument},
	{0, "color", mayHaveArgument}, {0, "colour", mayHaveArgument},
	{0, "line-buffered", noArgument},
}

// grep is one search.
type grep struct {
	p             *parsed
	inv           *procedures.Invocation
	pattern       *internal.Regexp
	names         bool // print the file's name before a line
	max           int  // lines to select in a file; -1 for all
	before, after int
	any           bool // something was selected
}

// runGrep prints the lines that match. Its status is 0 when a line was selected, 1 when none was, 2 on an error.
func runGrep(ctx context.Context, inv *procedures.Invocation) int {
	g := &grep{inv: inv, max: -1}
	if err := g.setUp(); err != nil {
		return complain(inv, 2, "%v", err)
	}
	// -q is a success as soon as a line is selected, even where another file cannot be read
	// (POSIX)
	status := eachInput(ctx, inv, g.p.operands, g.search)
	switch {
	case status == interrupted:
		return status
	case g.any && (status == 0 || g.p.has("quiet") || g.p.has("silent")):
		return 0
	case status != 0:
		return 2
	}
	return 1
}

// setUp reads the options. Without -e the first operand is the pattern. Names are printed before
// lines where there are several files, or with -H.
func (g *grep) setUp() error {
	p, err := parseOptions(g.inv.Args[0], oldContext(g.inv.Args[1:]), grepOptions)
	if err != nil {
		return err
	}
	g.p = p
	patterns := p.values["regexp"]
	if len(patterns) == 0 {
		if len(p.operands) == 0 {
			return errors.New("no pattern given\nUsage: grep [OPTION]... PATTERNS [FILE]...")
		}
		patterns, p.operands = p.operands[:1], p.operands[1:]
	}
	g.names = (len(p.operands) > 1 || p.has("with-filename")) && !p.has("no-filename")
	for name, field := range map[string]*int{"max-count": &g.max, "before-context": &g.before, "after-context": &g.after} {
		if err := readCount(p, name, field); err != nil {
			return err
		}
	}
	if p.has("context") {
		if err := readCount(p, "context", &g.before); err != nil {
			return err
		}
		g.after = g.before
	}
	g.pattern, err = g.compile(patterns)
	return err
}

// contextCount is -NUM, POSIX's obsolete way of writing -C NUM.
var contextCount = lazy.Regexp(`^-(\d+)$`)

// oldContext turns -3 into -C 3.
func oldContext(args []string) []string {
	out := make([]string, 0, len(args)+1)
	for _, a := range args {
		if m := contextCount().FindStringSubmatch(a); m != nil {
			out = append(out, "-C", m[1])
			continue
		}
		out = append(out, a)
	}
	return out
}

// readCount sets into where the option is given; a negative number is an error.
func readCount(p *parsed, name string, into *int) error {
	if !p.has(name) {
		return nil
	}
	n, err := strconv.Atoi(p.last(name))
	if err != nil || n < 0 {
		return fmt.Errorf("%s: invalid context length argument", p.last(name))
	}
	*into = n
	return nil
}

// compile makes one expression of all patterns.
// Patterns are separated by newlines as well as by -e. They are RE2's, so that no pattern takes
// exponential time; back references and look-around are errors.
func (g *grep) compile(patterns []string) (*internal.Regexp, error) {
	extended := g.p.has("extended-regexp") || g.p.has("perl-regexp") || g.inv.Args[0] == "egrep"
	fixed := g.p.has("fixed-strings") || g.inv.Args[0] == "fgrep"
	var all []string
	for _, given := range patterns {
		for pattern := range strings.SplitSeq(given, "\n") {
			switch {
			case fixed:
				pattern = regexp.QuoteMeta(pattern)
			case !extended:
				pattern = basicPattern(pattern)
			}
			all = append(all, "(?:"+pattern+")")
		}
	}
	text := strings.Join(all, "|")
	switch {
	case g.p.has("line-regexp"):
		text = "^(?:" + text + ")$"
	case g.p.has("word-regexp"):
		text = `\b(?:` + text + `)\b`
	}
	if g.p.has("ignore-case") || g.p.has("y") {
		text = "(?i)" + text
	}
	re, err := internal.Compile(g.inv.Meter, text)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("%s: ‘%s’ (patterns are RE2's: no back references, no look-around)", bad.Code, bad.Expr)
		}
		return nil, err
	}
	return re, nil
}

// basicPattern turns a basic regular expression into an extended one: there \( \{ \| \+ \? are
// the special ones, and ( { | + ? are themselves.
// A * at the beginning is itself too, and a bracket expression is copied as it is (POSIX, Basic
// Regular Expressions).
func basicPattern(pattern string) string {
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+1 < len(pattern):
			i++
			if strings.IndexByte("(){}|+?", pattern[i]) < 0 {
				out.WriteByte('\\')
			}
			out.WriteByte(pattern[i])
		case strings.IndexByte("(){}|+?", c) >= 0, c == '*' && i == 0:
			out.WriteByte('\\')
			out.WriteByte(c)
		case c == '[':
			end := bracketEnd(pattern, i)
			out.WriteString(pattern[i:end])
			i = end - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// bracketEnd returns the index behind the bracket expression that begins at i.
// A ] right behind [ or [^ is a member, and so is everything in [:class:].
func bracketEnd(pattern string, i int) int {
	j := i + 1
	if j < len(pattern) && pattern[j] == '^' {
		j++
	}
	if j < len(pattern) && pattern[j] == ']' {
		j++
	}
	for j < len(pattern) && pattern[j] != ']' {
		if strings.HasPrefix(pattern[j:], "[:") {
			if end := strings.Index(pattern[j:], ":]"); end > 0 {
				j += end + 1
			}
		}
		j++
	}
	return min(j+1, len(pattern))
}

// search goes through one input.
// -q, -l, -L and -c print at most one line for an input, when it has been read as far as needed.
func (g *grep) search(name string, r io.Reader) error {
	if name == "-" {
		name = "(standard input)"
	}
	s := &grepFile{grep: g, name: name, last: -1, held: window{meter: g.inv.Meter}}
	err := eachLine(r, s.line)
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	switch {
	case g.p.has("quiet") || g.p.has("silent"):
		return nil
	case g.p.has("files-with-matches"):
		return s.printName(s.selected > 0)
	case g.p.has("files-without-match"):
		return s.printName(s.selected == 0)
	case g.p.has("count"):
		return write(g.inv.Stdout, []byte(s.prefix(':', false)+strconv.Itoa(s.selected)+"\n"))
	}
	return nil
}

// errFound ends the reading of an input of which enough is known.
var errFound = errors.New("found")

// grepFile is the search in one input.
type grepFile struct {
	*grep
	name      string
	number    int // of the line, from 1
	selected  int
	held      window // lines before, not printed yet
	following int    // lines still to print after a match
	last      int    // the number of the line printed last, -1 for none
}

// printName prints the input's name, for -l and -L.
func (s *grepFile) printName(yes bool) error {
	if !yes {
		return nil
	}
	return write(s.inv.Stdout, []byte(s.name+"\n"))
}

// prefix returns what stands before a line: its file with -H, its number with -n. The mark is ":"
// for a line that was selected and "-" for one of its context.
func (s *grepFile) prefix(mark byte, numbered bool) string {
	text := ""
	if s.names {
		text = s.name + string(mark)
	}
	if numbered && s.p.has("line-number") {
		text += strconv.Itoa(s.number) + string(mark)
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
	found, err := s.pattern.Match(line)
	if err != nil {
		return err
	}
	if found == s.p.has("invert-match") {
		return s.contextLine(line)
	}
	s.selected++
	s.any = true
	if s.p.has("quiet") || s.p.has("silent") || s.p.has("files-with-matches") || s.p.has("files-without-match") {
		return errFound
	}
	if s.p.has("count") {
		return nil
	}
	return s.print(line)
}

// contextLine prints a line that was not selected if it follows one, else holds it back.
func (s *grepFile) contextLine(line string) error {
	if s.following > 0 {
		s.following--
		s.last = s.number
		return write(s.inv.Stdout, []byte(s.prefix('-', true)+line+"\n"))
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
	out := bufio.NewWriter(s.inv.Stdout)
	write := func(prefix, text string) {
		for _, part := range []string{prefix, text, "\n"} {
			_, _ = out.WriteString(part) // its error comes again from Flush
		}
	}
	number := s.number
	if first := number - len(s.held.lines); (s.before > 0 || s.after > 0) && s.last >= 0 && first > s.last+1 {
		write("", "--")
	}
	for first := number - len(s.held.lines); len(s.held.lines) > 0; first++ {
		s.number = first
		write(s.prefix('-', true), s.held.shift())
	}
	s.number = number
	s.following, s.last = s.after, number
	if s.p.has("only-matching") {
		if !s.p.has("invert-match") {
			err := s.pattern.Each(line, -1, func(start, end int) error {
				if start < end {
					write(s.prefix(':', true), line[start:end])
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	} else {
		write(s.prefix(':', true), line)
	}
	if err := out.Flush(); err != nil {
		return &writeError{err}
	}
	return nil
}
