package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

var sedOptions = []option{
	{'n', "quiet", noArgument}, {0, "silent", noArgument}, {'e', "expression", needsArgument}, {'f', "file", needsArgument},
	{'E', "regexp-extended", noArgument}, {'r', "", noArgument}, {'i', "in-place", mayHaveArgument}, {'s', "separate", noArgument},
	{'z', "null-data", noArgument}, {'u', "unbuffered", noArgument}, {0, "posix", noArgument}, {0, "sandbox", noArgument},
}

// sedScript is the script of a line and its files. A script that is in a file is read with read; nil leaves it out.
func sedScript(meter *limits.Meter, p *parsed, read func(name string) (string, error)) (*sedParser, []string, error) {
	var parts []string
	files := p.operands
	if !p.has("expression") && !p.has("file") {
		if len(files) == 0 {
			return nil, nil, errors.New("usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...")
		}
		parts, files = files[:1], files[1:]
	}
	seen := map[string]int{}
	for _, name := range p.order {
		if name != "expression" && name != "file" {
			continue
		}
		text := p.values[name][seen[name]]
		seen[name]++
		if name == "file" {
			if read == nil {
				return nil, nil, errUnknownScript
			}
			var err error
			if text, err = read(text); err != nil {
				return nil, nil, err
			}
			text = strings.TrimSuffix(text, "\n")
		}
		parts = append(parts, text)
	}
	script, err := parseSed(meter, strings.Join(parts, "\n"), p.has("regexp-extended") || p.has("r"), p.has("null-data"))
	return script, files, err
}

// errUnknownScript is that of a script in a file, which is read when the line runs.
var errUnknownScript = errors.New("in a file")

// checkSed reads a script that is written on the line.
func checkSed(words []procedures.Word) []procedures.Finding {
	args, first := make([]string, 0, len(words)), 0
	for i, w := range words[1:] {
		if !w.Known {
			return nil
		}
		if args = append(args, w.Text); first == 0 && !strings.HasPrefix(w.Text, "-") {
			first = i + 1
		}
	}
	p, err := parseOptions("sed", args, sedOptions)
	if err != nil {
		return nil // it is said of the options
	}
	_, _, err = sedScript(nil, p, nil)
	switch {
	case err == nil, errors.Is(err, errUnknownScript), len(p.operands) == 0 && !p.has("expression"):
		return nil
	case isNotHere(err):
		return findingNotHere(words[0].Text, words[first], err)
	}
	return []procedures.Finding{{
		Line: words[first].Line, Column: words[first].Col, Severity: procedures.SeverityError, Rule: "sed-script",
		Message: fmt.Sprintf("sed: %v.", err),
	}}
}

// sed carries a script out.
type sed struct {
	ctx      context.Context //nolint:containedctx // of one line
	inv      *procedures.Invocation
	commands []sedCommand
	quiet    bool
	separate bool
	end      byte
	input    *sedInput
	out      *bufio.Writer
	space    string // the pattern space
	hold     string
	line     int
	ended    bool // the line in the pattern space had its newline
	owes     bool // a newline that the last line lacked is written before anything else

	holdEnded bool            // as ended, of what is held
	lacks     map[string]bool // as owes, of files that are written
	queue     []sedQueued
	writers   map[string]io.WriteCloser
	readers   map[string]*lineReader
	last      *sedRegexp
	changed   bool // by s, since the last line or t
	status    int
}

// sedQueued is what is written at the end of a cycle: a text, or a file.
type sedQueued struct{ text, file string }

// runSed edits lines.
func runSed(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], sedOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	script, files, err := sedScript(inv.Meter, p, func(name string) (string, error) {
		text, err := wholeFile(ctx, inv, name, limits.ScriptBytes.Value)
		if err != nil {
			return "", fmt.Errorf("couldn't open file %s: %s", name, fileError(err))
		}
		return text, nil
	})
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	s := &sed{
		ctx: ctx, inv: inv, commands: script.commands, quiet: p.has("quiet") || p.has("silent") || script.silent, end: '\n',
		separate: p.has("separate") || p.has("in-place"), writers: map[string]io.WriteCloser{}, readers: map[string]*lineReader{},
		holdEnded: true, lacks: map[string]bool{},
	}
	if p.has("null-data") {
		s.end = 0
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	defer func() {
		for _, w := range s.writers {
			_ = w.Close()
		}
	}()
	if err := s.makeFiles(); err != nil {
		return complain(inv, 4, "%v", err)
	}
	if !s.separate {
		return s.run(files, inv.Stdout)
	}
	for _, name := range files { // nothing is held from one to the next, and R begins its files again
		s.line, s.hold, s.holdEnded = 0, "", true
		for i := range s.commands { // a range ends with its file
			s.commands[i].active, s.commands[i].until = false, 0
		}
		clear(s.readers)
		status := s.oneFile(name, p)
		if s.input != nil && s.input.quit {
			return status
		}
	}
	return s.status
}

// oneFile edits a file by itself; with -i what is written takes its place.
func (s *sed) oneFile(name string, p *parsed) int {
	if !p.has("in-place") {
		return s.run([]string{name}, s.inv.Stdout)
	}
	if there, folder := isThere(s.inv.Files, name); !there || folder {
		why := "No such file or directory"
		if folder {
			why = "not a regular file"
			s.status = complain(s.inv, 4, "couldn't edit %s: %s", name, why)
			return 0
		}
		s.status = complain(s.inv, 2, "can't read %s: %s", name, why)
		return 0
	}
	held := limits.Buffer{Meter: s.inv.Meter}
	status := s.run([]string{name}, &held)
	if suffix := p.last("in-place"); suffix != "" {
		backup := name + suffix
		if strings.Contains(suffix, "*") {
			backup = strings.ReplaceAll(suffix, "*", path.Base(name))
			if !strings.Contains(suffix, "/") {
				backup = path.Join(path.Dir(name), backup)
			}
		}
		if err := (&copier{ctx: s.ctx, inv: s.inv, p: &parsed{}}).file(name, backup, s.inv.Now()); err != nil {
			return complain(s.inv, 4, "cannot rename %s: %s", name, fileError(err))
		}
	}
	f, err := s.inv.Files.Create(name, false)
	if err == nil {
		_, err = f.Write(held.Bytes())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return complain(s.inv, 4, "couldn't open temporary file %s: %s", name, fileError(err))
	}
	return status
}

// run edits files as one input.
func (s *sed) run(files []string, out io.Writer) int {
	s.out = bufio.NewWriter(out)
	s.owes = s.owes && out == s.inv.Stdout
	s.input = &sedInput{sed: s, files: files}
	defer s.input.close()
	err := s.cycles()
	if flushed := s.out.Flush(); err == nil && flushed != nil {
		return 4
	}
	switch {
	case s.ctx.Err() != nil:
		return interrupted
	case err != nil:
		var broken *writeError
		if errors.As(err, &broken) {
			return 4
		}
		return complain(s.inv, 1, "%s", fileError(err))
	}
	return s.status
}

// cycles reads each line and runs the script on it.
func (s *sed) cycles() error {
	again := false
	for {
		if !again {
			line, ended, ok, err := s.input.next()
			if err != nil || !ok {
				return err
			}
			if err := s.set(line); err != nil {
				return err
			}
			s.ended = ended
			s.line++
		}
		s.changed = false
		step, err := s.script()
		if err != nil {
			return err
		}
		again = step == sedRestart
		if (step == sedNext || step == sedQuit) && !s.quiet {
			if err := s.print(s.space); err != nil {
				return err
			}
		}
		if err := s.flushQueue(); err != nil {
			return err
		}
		if step == sedQuit || step == sedQuitNow {
			s.input.quit = true
			return nil
		}
	}
}

// set gives the pattern space another text.
func (s *sed) set(text string) error {
	if n := int64(len(text)) - int64(len(s.space)); n > 0 {
		if err := s.inv.Meter.Charge(2 * n); err != nil {
			return err
		}
	} else {
		s.inv.Meter.Release(-2 * n)
	}
	s.space = text
	return nil
}

// print writes a line. A last line that had no newline gets none.
func (s *sed) print(text string) error { return s.printed(text, s.ended) }

func (s *sed) printed(text string, ended bool) error {
	if err := s.write(text); err != nil {
		return err
	}
	if ended {
		return s.write(string(s.end))
	}
	s.owes = true
	return nil
}

// write writes a text, behind the newline that a line before it lacked.
func (s *sed) write(text string) error {
	if s.owes && text != "" {
		s.owes = false
		if err := s.out.WriteByte(s.end); err != nil {
			return &writeError{err}
		}
	}
	if _, err := s.out.WriteString(text); err != nil {
		return &writeError{err}
	}
	return nil
}

// flushQueue writes what a, r and R have left for the end of the cycle.
func (s *sed) flushQueue() error {
	for _, q := range s.queue {
		text := q.text
		if q.file != "" {
			var err error
			if text, err = wholeFile(s.ctx, s.inv, q.file, limits.RunBytes.Value); err != nil {
				continue // one that is not there is nothing
			}
		}
		if err := s.write(text); err != nil {
			return err
		}
	}
	s.queue = s.queue[:0]
	return nil
}

// substitute is s.
func (s *sed) substitute(c *sedSubstitution) error {
	re := c.re
	if re.Regexp == nil {
		if re = s.last; re == nil {
			return errors.New("no previous regular expression")
		}
	}
	s.last = re
	var out strings.Builder
	from, n, done := 0, 0, false
	err := re.Each(s.space, func(loc []int) (bool, error) {
		if n++; n < c.number {
			return true, nil
		}
		start := out.Len()
		out.WriteString(s.space[from:loc[0]])
		expand(&out, c.parts, s.space, loc)
		from, done = loc[1], true
		return c.all, s.inv.Meter.Charge(int64(2 * (out.Len() - start)))
	})
	s.inv.Meter.Release(int64(2 * out.Len()))
	if err != nil || !done {
		return err
	}
	out.WriteString(s.space[from:])
	if err := s.set(out.String()); err != nil {
		return err
	}
	s.changed = true
	if c.print {
		if err := s.print(s.space); err != nil {
			return err
		}
	}
	if c.file != "" {
		return s.toFile(c.file, s.space, s.ended)
	}
	return nil
}
