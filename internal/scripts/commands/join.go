package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var joinOptions = []option{
	{'1', "", needsArgument}, {'2', "", needsArgument}, {'j', "", needsArgument}, {'t', "", needsArgument}, {'a', "", needsArgument},
	{'v', "", needsArgument}, {'e', "", needsArgument}, {'o', "", needsArgument}, {'i', "ignore-case", noArgument},
	{'z', "zero-terminated", noArgument}, {0, "header", noArgument}, {0, "check-order", noArgument}, {0, "nocheck-order", noArgument},
}

// joinField is a field of a file; file 0 is the one by which lines are joined.
type joinField struct{ file, field int }

// joining is a line of join.
type joining struct {
	inv     *procedures.Invocation
	p       *parsed
	keys    [2]int // from 0
	tab     string // "" for blanks
	whole   bool   // a line is one field
	end     byte
	fields  []joinField // of -o
	auto    bool
	widths  [2]int // fields of the first lines, for -o auto
	alone   [2]bool
	pairs   bool
	sides   [2]*joinSide
	checked string // "check-order", "nocheck-order" or ""
	lonely  bool   // a line without another one was seen
	wrong   bool
}

// joinSide is one of the files.
type joinSide struct {
	name  string
	lines *lineReader
	now   []string // the fields of the line; nil at the end
	key   string
	line  int
	said  bool // that it is not sorted
}

// runJoin joins the lines of two sorted files that have the same field.
func runJoin(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], joinOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	j := &joining{inv: inv, p: p, pairs: true, end: '\n', checked: p.lastOf("check-order", "nocheck-order")}
	if err := j.setUp(); err != nil {
		return complain(inv, 1, "%v", err)
	}
	for i, name := range p.operands {
		lines, closer, err := openLines(ctx, inv, name, j.end)
		if err != nil {
			return complain(inv, 1, "%s: %s", name, fileError(err))
		}
		defer closer.Close()
		j.sides[i] = &joinSide{name: name, lines: lines}
	}
	err = j.run()
	var broken *writeError
	switch {
	case ctx.Err() != nil:
		return interrupted
	case errors.As(err, &broken), errors.Is(err, errUnsorted):
		return 1
	case err != nil:
		return complain(inv, 1, "%s", fileError(err))
	case j.wrong:
		return complain(inv, 1, "input is not in sorted order")
	}
	return 0
}

// setUp reads the options.
func (j *joining) setUp() error {
	p := j.p
	switch n := len(p.operands); {
	case n == 0:
		return errors.New("missing operand")
	case n == 1:
		return fmt.Errorf("missing operand after ‘%s’", p.operands[0])
	case n > 2:
		return fmt.Errorf("extra operand ‘%s’", p.operands[2])
	case p.operands[0] == "-" && p.operands[1] == "-":
		return errors.New("both files cannot be standard input")
	}
	if p.has("zero-terminated") {
		j.end = 0
	}
	for i, name := range []string{"1", "2"} {
		for k, text := range append(slices.Clone(p.values["j"]), p.values[name]...) {
			n, err := strconv.Atoi(text)
			switch {
			case err != nil || n < 1:
				return fmt.Errorf("invalid field number: ‘%s’", text)
			case k > 0 && n-1 != j.keys[i]:
				return fmt.Errorf("incompatible join fields %d, %d", j.keys[i]+1, n)
			}
			j.keys[i] = n - 1
		}
	}
	for name, why := range map[string]string{"t": "incompatible tabs", "e": "conflicting empty-field replacement strings"} {
		if given := p.values[name]; slices.ContainsFunc(given, func(v string) bool { return v != given[0] }) {
			return errors.New(why)
		}
	}
	if p.has("t") {
		switch j.tab = p.last("t"); {
		case j.tab == "":
			j.whole, j.tab = true, "\n"
		case j.tab == `\0`:
			j.tab = "\x00"
		case len([]rune(j.tab)) > 1:
			return fmt.Errorf("multi-character tab ‘%s’", j.tab)
		}
	}
	for _, name := range []string{"a", "v"} {
		for _, text := range p.values[name] {
			if text != "1" && text != "2" {
				return fmt.Errorf("invalid field number: ‘%s’", text)
			}
			j.alone[text[0]-'1'] = true
			j.pairs = j.pairs && name == "a"
		}
	}
	for _, list := range p.values["o"] {
		if list == "auto" {
			j.auto = true
			continue
		}
		for _, text := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
			file, field, dotted := strings.Cut(text, ".")
			n, err := strconv.Atoi(field)
			switch {
			case text == "0":
				j.fields = append(j.fields, joinField{})
			case !dotted || file != "1" && file != "2":
				return fmt.Errorf("invalid field specifier: ‘%s’", text)
			case err != nil || n < 1:
				return fmt.Errorf("invalid field number: ‘%s’", field)
			default:
				j.fields = append(j.fields, joinField{int(file[0] - '0'), n - 1})
			}
		}
	}
	return nil
}

// blankFields are the fields between blanks. Behind blanks at the end an empty one stands.
func blankFields(text string) []string {
	isBlank := func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }
	text = strings.TrimLeftFunc(text, isBlank)
	fields := strings.FieldsFunc(text, isBlank)
	if text != "" && strings.TrimRightFunc(text, isBlank) != text {
		fields = append(fields, "")
	}
	if fields == nil {
		return []string{}
	}
	return fields
}

var errUnsorted = errors.New("not sorted")

// next reads the next line of a file, and looks whether it may stand behind the one before.
func (j *joining) next(i int) error {
	s := j.sides[i]
	text, err := s.lines.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if text == "" {
		s.now = nil
		return nil
	}
	before, first := s.key, s.line == 0
	text = strings.TrimSuffix(text, string(j.end))
	s.line++
	switch {
	case text == "": // it has no field
		s.now = []string{}
	case j.whole:
		s.now = []string{text}
	case j.tab != "":
		s.now = strings.Split(text, j.tab)
	default:
		s.now = blankFields(text)
	}
	if s.key = ""; j.keys[i] < len(s.now) {
		s.key = s.now[j.keys[i]]
	}
	if j.p.has("ignore-case") {
		s.key = strings.ToUpper(s.key)
	}
	if first || j.p.has("header") && s.line == 2 || s.key >= before || s.said || j.checked == "nocheck-order" ||
		j.checked == "" && !j.lonely {
		return nil
	}
	s.said, j.wrong = true, true
	complain(j.inv, 1, "%s:%d: is not sorted: %s", s.name, s.line, text)
	if j.checked == "check-order" {
		return errUnsorted
	}
	return nil
}

// run joins the files.
func (j *joining) run() error {
	for i := range j.sides {
		if err := j.next(i); err != nil {
			return err
		}
		j.widths[i] = len(j.sides[i].now)
	}
	a, b := j.sides[0], j.sides[1]
	if j.p.has("header") && (a.now != nil || b.now != nil) {
		if err := j.print(a.now, b.now); err != nil {
			return err
		}
		for i := range j.sides {
			if j.sides[i].now != nil {
				if err := j.next(i); err != nil {
					return err
				}
			}
		}
	}
	for a.now != nil && b.now != nil {
		c := strings.Compare(a.key, b.key)
		if c != 0 {
			if err := j.single(map[bool]int{true: 0, false: 1}[c < 0]); err != nil {
				return err
			}
			j.lonely = true // the order of the lines behind it counts
			continue
		}
		key := a.key
		var groups [2][][]string
		for i, s := range j.sides {
			for s.now != nil && s.key == key {
				if err := j.inv.Meter.Charge(int64(lineBytes * (1 + len(s.now)))); err != nil {
					return err
				}
				groups[i] = append(groups[i], s.now)
				if err := j.next(i); err != nil {
					return err
				}
			}
		}
		if !j.pairs {
			continue
		}
		for _, x := range groups[0] {
			for _, y := range groups[1] {
				if err := j.print(x, y); err != nil {
					return err
				}
			}
		}
	}
	for i, s := range j.sides {
		for s.now != nil {
			if err := j.single(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// single takes a line that has no other one.
func (j *joining) single(i int) error {
	if j.alone[i] {
		var lines [2][]string
		lines[i] = j.sides[i].now
		if err := j.print(lines[0], lines[1]); err != nil {
			return err
		}
	}
	return j.next(i)
}

// print writes a line made of two, of which one may be missing.
func (j *joining) print(x, y []string) error {
	lines := [2][]string{x, y}
	var out []string
	get := func(file, field int) {
		text := ""
		if field < len(lines[file]) {
			text = lines[file][field]
		}
		if text == "" {
			text = j.p.last("e")
		}
		out = append(out, text)
	}
	key := func() {
		if x != nil {
			get(0, j.keys[0])
		} else {
			get(1, j.keys[1])
		}
	}
	if len(j.fields) > 0 {
		for _, f := range j.fields {
			if f.file == 0 {
				key()
			} else {
				get(f.file-1, f.field)
			}
		}
	} else {
		key()
		for file, line := range lines {
			n := len(line)
			if j.auto {
				n = j.widths[file]
			}
			for field := range n {
				if field != j.keys[file] {
					get(file, field)
				}
			}
		}
	}
	separator := j.tab
	if separator == "" {
		separator = " "
	}
	return write(j.inv.Stdout, []byte(strings.Join(out, separator)+string(j.end)))
}
