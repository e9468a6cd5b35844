// This file is Opsbook's: the builtins that read.

package interp

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// readOptions are those of read.
type readOptions struct {
	raw, silent, list bool
	prompt, into      string
	delimiter         byte
	most              int  // characters; -1 for a line
	exact             bool // -N: delimiters are characters
	timeout           time.Duration
	timed             bool
	from              int
}

// readFlags reads the options of read. The rest are names.
func (r *Runner) readFlags(texts []expand.Text, pos syntax.Pos) (o readOptions, names []expand.Text, exit exitStatus) {
	o = readOptions{delimiter: '\n', most: -1}
	bad := func(format string, args ...any) {
		r.errf("read: "+format+"\n", args...)
		exit.code = 2
	}
	for len(texts) > 0 {
		word := texts[0].Str
		if len(word) < 2 || word[0] != '-' {
			break
		}
		texts = texts[1:]
		if word == "--" {
			break
		}
		for i := 1; i < len(word) && exit.ok(); i++ {
			letter := word[i]
			switch letter {
			case 'r':
				o.raw = true
				continue
			case 's':
				o.silent = true
				continue
			case 'e':
				continue // there is no line to edit
			}
			if strings.IndexByte("apdnNtui", letter) < 0 {
				bad("-%c: invalid option", letter)
				return o, nil, exit
			}
			value := word[i+1:]
			if value == "" {
				if len(texts) == 0 {
					bad("-%c: option requires an argument", letter)
					return o, nil, exit
				}
				if letter == 'a' {
					if err := texts[0].NameError(len(texts[0].Str), pos, "a variable"); err != nil {
						exit.fatal(err)
						return o, nil, exit
					}
				}
				value, texts = texts[0].Str, texts[1:]
			}
			i = len(word)
			number, err := strconv.Atoi(value)
			switch letter {
			case 'a':
				o.list, o.into = true, value
			case 'p':
				o.prompt = value
			case 'd':
				o.delimiter = 0
				if value != "" {
					o.delimiter = value[0]
				}
			case 'n', 'N':
				if err != nil || number < 0 {
					bad("%s: invalid number", value)
					exit.code = 1
				}
				o.most, o.exact = number, letter == 'N'
			case 't':
				seconds, err := strconv.ParseFloat(value, 64)
				if err != nil || seconds < 0 {
					bad("%s: invalid timeout specification", value)
					exit.code = 1
				}
				o.timed, o.timeout = true, time.Duration(seconds*float64(time.Second))
			case 'u':
				if err != nil || number < 0 {
					bad("%s: invalid file descriptor specification", value)
					exit.code = 1
				}
				o.from = number
			}
		}
		if !exit.ok() {
			return o, nil, exit
		}
	}
	return o, texts, exit
}

// read is the builtin.
func (r *Runner) read(ctx context.Context, pos syntax.Pos, texts []expand.Text) (exit exitStatus) {
	o, names, exit := r.readFlags(texts, pos)
	if exit.exiting || !exit.ok() {
		return exit
	}
	for _, name := range names {
		if err := name.NameError(len(name.Str), pos, "a variable"); err != nil {
			exit.fatal(err)
			return exit
		}
		if _, sub, element := cutElemSubscript(name.Str); !element && !syntax.ValidName(name.Str) || element && sub == "" {
			r.errf("read: `%s': not a valid identifier\n", name.Str)
			exit.code = 1
			return exit
		}
	}
	if o.list && !syntax.ValidName(o.into) {
		r.errf("read: `%s': not a valid identifier\n", o.into)
		exit.code = 1
		return exit
	}
	in, from := r.stdin, r.input
	if o.from > 0 {
		d := r.fds[o.from]
		if d == nil || !d.reads {
			r.errf("read: %d: invalid file descriptor: Bad file descriptor\n", o.from)
			exit.code = 1
			return exit
		}
		in, from = d.in, d.input
	}
	defer func(before input) { r.input = before }(r.input)
	r.input = from
	text, status := r.readText(ctx, in, o)
	if status.fatalExit {
		return status
	}
	set := func(name string, value expand.Text) {
		if base, sub, element := cutElemSubscript(name); element {
			r.setElement(base, sub, value)
		} else if r.lookupVar(name).ReadOnly { // it fails, and the line goes on
			r.complain("%s: readonly variable", name)
			r.exit.code = 1
		} else {
			r.setVarText(name, value)
		}
	}
	r.exit = exitStatus{}
	switch {
	case o.list:
		fields := []string{text}
		if !o.exact {
			fields = expand.ReadFields(r.ecfg, text, -1, o.raw)
		}
		list := r.listRead(fields)
		if was := r.lookupVar(o.into); was.Kind == expand.Associative || was.ReadOnly {
			r.errf("read: %s: cannot convert associative to indexed array\n", o.into)
			r.exit.code = 1
			break
		}
		r.setVar(o.into, list)
	case len(names) == 0 || o.exact:
		if !o.raw {
			text = withoutBackslashes(text)
		}
		name := shellReplyVar
		if len(names) > 0 {
			name = names[0].Str
		}
		set(name, r.wasRead(text))
		for i := 1; i < len(names); i++ {
			set(names[i].Str, expand.Text{})
		}
	default:
		values := expand.ReadFields(r.ecfg, text, len(names), o.raw)
		for i, name := range names {
			val := ""
			if i < len(values) {
				val = values[i]
			}
			set(name.Str, r.wasRead(val))
		}
	}
	if !r.exit.ok() {
		return r.exit
	}
	return status
}

func withoutBackslashes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i++; i == len(s) {
				break
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// timedOut is the status of a read that has waited for too long.
const timedOut = 128 + 14

// readText reads a line, or what the options say, and is 1 where it ends before.
func (r *Runner) readText(ctx context.Context, in stdinFile, o readOptions) (text string, exit exitStatus) {
	if in == nil {
		if o.timed && o.timeout == 0 {
			return "", exit
		}
		exit.code = 1
		return "", exit
	}
	if o.timed && o.timeout == 0 {
		return "", exit // something may be read: the end, if nothing else
	}
	if o.most == 0 {
		return "", exit
	}
	// The prompt is for a terminal, as in bash, and a script here has none.
	if o.timed {
		in.SetReadDeadline(time.Now().Add(o.timeout))
		defer in.SetReadDeadline(time.Time{})
	}
	line, err := r.readLineFrom(ctx, in, o)
	switch {
	case err == nil:
	case isBound(err) || ctx.Err() != nil:
		exit.fatal(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		exit.code = timedOut
	default:
		exit.code = 1
	}
	return string(line), exit
}

// readLineFrom reads up to a delimiter, which it drops. Without raw, a newline behind a backslash goes with it.
func (r *Runner) readLineFrom(ctx context.Context, in stdinFile, o readOptions) ([]byte, error) {
	stopc := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		in.SetReadDeadline(time.Now())
		close(stopc)
	})
	defer func() {
		if !stop() {
			// The AfterFunc was started.
			// Wait for it to complete, and reset the file's deadline.
			<-stopc
			in.SetReadDeadline(time.Time{})
		}
	}()
	var line []byte
	held, work, chars := int64(0), int64(0), 0
	escaped := false
	for {
		if int64(cap(line)) > held {
			if err := r.statement().Value(int64(len(line))); err != nil {
				return line, err
			}
			if err := r.statement().Charge(2 * (int64(cap(line)) - held)); err != nil {
				return line, err
			}
			held = int64(cap(line))
		}
		if work++; work%64 == 0 {
			if err := r.meter.Work(64 * 100); err != nil {
				return line, err
			}
		}
		var buf [1]byte
		n, err := in.Read(buf[:])
		if n > 0 {
			b := buf[0]
			switch {
			case escaped && b == '\n':
				line, escaped = line[:len(line)-1], false
				continue
			case b == o.delimiter && !o.exact && !escaped:
				return line, nil
			case b == 0:
				continue // no variable holds it
			case b == '\\' && !o.raw && !escaped:
				line, escaped = append(line, b), true
				continue
			}
			line, escaped = append(line, b), false
			if utf8.RuneStart(b) {
				chars++
			}
			if o.most > 0 && chars >= o.most && utf8.FullRune(lastRune(line)) {
				return line, nil
			}
		}
		if err != nil {
			return line, err
		}
		if n == 0 && err == nil {
			return line, io.EOF
		}
	}
}

// lastRune are the bytes of a line from where its last character begins.
func lastRune(line []byte) []byte {
	for i := len(line) - 1; i >= 0 && i > len(line)-utf8.UTFMax; i-- {
		if utf8.RuneStart(line[i]) {
			return line[i:]
		}
	}
	return line
}

// readLine reads a line of standard input, as select does.
func (r *Runner) readLine(ctx context.Context, raw bool) ([]byte, error) {
	if r.stdin == nil {
		return nil, errors.New("interp: can't read, there's no stdin")
	}
	return r.readLineFrom(ctx, r.stdin, readOptions{raw: raw, delimiter: '\n', most: -1})
}

// mapfile is the builtin, also called readarray.
func (r *Runner) mapfile(ctx context.Context, pos syntax.Pos, name string, texts []expand.Text) (exit exitStatus) {
	o := readOptions{raw: true, delimiter: '\n', most: -1}
	trim, most, skip, origin, keep := false, 0, 0, 0, false
	bad := func(code uint8, format string, args ...any) exitStatus {
		r.errf(name+": "+format+"\n", args...)
		return exitStatus{code: code}
	}
	for len(texts) > 0 && len(texts[0].Str) > 1 && texts[0].Str[0] == '-' {
		word := texts[0].Str
		texts = texts[1:]
		if word == "--" {
			break
		}
		for i := 1; i < len(word); i++ {
			letter := word[i]
			if letter == 't' {
				trim = true
				continue
			}
			if strings.IndexByte("dnsOu", letter) < 0 {
				return bad(2, "-%c: invalid option", letter)
			}
			value := word[i+1:]
			if value == "" {
				if len(texts) == 0 {
					return bad(2, "-%c: option requires an argument", letter)
				}
				value, texts = texts[0].Str, texts[1:]
			}
			i = len(word)
			if letter == 'd' {
				o.delimiter = 0
				if value != "" {
					o.delimiter = value[0]
				}
				continue
			}
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return bad(1, "%s: invalid number", value)
			}
			switch letter {
			case 'n':
				most = n
			case 's':
				skip = n
			case 'O':
				origin, keep = n, true
			case 'u':
				o.from = n
			}
		}
	}
	array := "MAPFILE"
	if len(texts) > 0 {
		if err := texts[0].NameError(len(texts[0].Str), pos, "a variable"); err != nil {
			exit.fatal(err)
			return exit
		}
		if array = texts[0].Str; array == "" {
			return bad(2, "empty array variable name")
		}
		if !syntax.ValidName(array) {
			return bad(1, "`%s': not a valid identifier", array)
		}
	}
	in, from := r.stdin, r.input
	if d := r.fds[o.from]; o.from > 0 && d != nil {
		in, from = d.in, d.input
	} else if o.from > 0 {
		return bad(1, "%d: invalid file descriptor: Bad file descriptor", o.from)
	}
	defer func(before input) { r.input = before }(r.input)
	r.input = from
	if r.lookupVar(array).Kind == expand.Associative {
		return bad(1, "%s: cannot convert associative to indexed array", array)
	}
	var list []string
	held := r.meter.Part(0) // the last line of a long input is charged together with the first
	defer held.Close()
	for in != nil && (most == 0 || len(list) < most) {
		line, err := r.readLineFrom(ctx, in, o)
		if err != nil && (isBound(err) || ctx.Err() != nil) {
			exit.fatal(err)
			return exit
		}
		if err != nil && len(line) == 0 {
			break
		}
		if chargeErr := held.Charge(int64(len(line) + memberBytes)); chargeErr != nil {
			exit.fatal(chargeErr)
			return exit
		}
		if skip > 0 {
			skip--
			continue
		}
		if err == nil && !trim {
			line = append(line, o.delimiter)
		}
		list = append(list, string(line))
		if err != nil {
			break
		}
	}
	vr := r.listRead(list)
	if keep {
		base := r.lookupVar(array)
		if base.Kind == expand.String && base.Set {
			base = base.WithElement(0, expand.Text{Str: base.Str, Marks: base.Marks})
		} else if base.Kind != expand.Indexed {
			base = expand.Variable{Set: true, Kind: expand.Indexed, List: []string{}}
		}
		for i, text := range expand.Texts(vr.List, vr.ListMarks) {
			base = base.WithElement(origin+i, text)
		}
		vr = base
	}
	vr.Set = true
	if vr.List == nil {
		vr.List = []string{}
	}
	r.exit = exitStatus{}
	r.setVar(array, vr)
	return r.exit
}
