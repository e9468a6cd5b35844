package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

var uniqOptions = []option{
	{'c', "count", noArgument}, {'d', "repeated", noArgument}, {'u', "unique", noArgument}, {'i', "ignore-case", noArgument},
	{'f', "skip-fields", needsArgument}, {'s', "skip-chars", needsArgument}, {'w', "check-chars", needsArgument},
	{'D', "", noArgument}, {0, "all-repeated", mayHaveArgument}, {0, "group", mayHaveArgument}, {'z', "zero-terminated", noArgument},
}

// uniq joins equal lines.
type uniq struct {
	p       *parsed
	out     io.Writer
	end     byte
	all     string // with -D, what stands between groups: none, prepend, separate
	group   string // likewise for --group, with append and both
	lines   window // of the group that is read, as far as they are printed
	first   string
	count   int
	printed bool
}

// runUniq joins equal lines that follow one another, or prints those of which there are several (-D), or all in groups.
// The counts of -c are seven columns wide. Each group prints its first line.
func runUniq(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], uniqOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) > 2 {
		return complain(inv, 1, "extra operand ‘%s’", p.operands[2])
	}
	u := &uniq{p: p, out: inv.Stdout, end: lineEnd(p), lines: window{meter: inv.Meter}}
	if err := u.setUp(); err != nil {
		return complain(inv, 1, "%v", err)
	}
	if len(p.operands) == 2 && p.operands[1] != "-" {
		file, err := inv.Files.Create(p.operands[1], false)
		if err != nil {
			return complain(inv, 1, "%s: %s", p.operands[1], fileError(err))
		}
		defer file.Close()
		u.out = file
	}
	return eachInput(ctx, inv, p.operands[:min(1, len(p.operands))], func(_ string, r io.Reader) error {
		if err := eachRecord(r, u.end, u.line); err != nil {
			return err
		}
		if err := u.flush(); err != nil {
			return err
		}
		if u.printed && (u.group == "append" || u.group == "both") {
			return write(u.out, []byte{u.end})
		}
		return nil
	})
}

// setUp reads the options that take words and numbers.
func (u *uniq) setUp() error {
	p := u.p
	if p.has("D") {
		u.all = "none"
	}
	for _, o := range []struct {
		name, usual, words string
		into               *string
	}{{"all-repeated", "none", "none prepend separate", &u.all}, {"group", "separate", "separate prepend append both", &u.group}} {
		if !p.has(o.name) {
			continue
		}
		*o.into = o.usual
		if given := p.last(o.name); given != "" {
			i := slices.IndexFunc(strings.Fields(o.words), func(word string) bool { return strings.HasPrefix(word, given) })
			if i < 0 {
				return &badWordError{o.name, given}
			}
			*o.into = strings.Fields(o.words)[i]
		}
	}
	for name, what := range map[string]string{
		"skip-fields": "fields to skip", "skip-chars": "bytes to skip", "check-chars": "bytes to compare",
	} {
		if text := p.last(name); p.has(name) && (text == "" || strings.Trim(text, "0123456789") != "") {
			return fmt.Errorf("%s: invalid number of %s", text, what)
		}
	}
	switch {
	case u.group != "" && (p.has("count") || p.has("repeated") || p.has("unique") || u.all != ""):
		return errors.New("--group is mutually exclusive with -c/-d/-D/-u")
	case u.all != "" && p.has("unique"):
		return missing("-D with -u", "")
	case u.all != "" && p.has("count"):
		return errors.New("printing all duplicated lines and repeat counts is meaningless")
	}
	return nil
}

func (u *uniq) line(line string) error {
	if u.count > 0 && uniqKey(u.p, line) == uniqKey(u.p, u.first) {
		u.count++
	} else {
		if err := u.flush(); err != nil {
			return err
		}
		u.first, u.count = line, 1
	}
	if u.all != "" || u.group != "" {
		return u.lines.push(line)
	}
	return nil
}

// flush prints the group that has ended.
func (u *uniq) flush() error {
	count := u.count
	u.count = 0
	defer u.lines.keep(0)
	switch {
	case count == 0, (u.p.has("repeated") || u.all != "") && count < 2, u.p.has("unique") && count > 1:
		return nil
	case u.all == "" && u.group == "" && u.p.has("count"):
		return write(u.out, fmt.Appendf(nil, "%7d %s%c", count, u.first, u.end))
	case u.all == "" && u.group == "":
		return write(u.out, append([]byte(u.first), u.end))
	}
	before := u.all + u.group
	if before == "prepend" || before == "both" && !u.printed || u.printed && before != "none" {
		if err := write(u.out, []byte{u.end}); err != nil {
			return err
		}
	}
	u.printed = true
	for _, line := range u.lines.lines {
		if err := write(u.out, append([]byte(line), u.end)); err != nil {
			return err
		}
	}
	return nil
}

var leadingField = lazy.Regexp(`^[ \t]*[^ \t]*`)

// uniqKey is the part of a line that is compared: fields are skipped before characters, as -f and
// -s have it.
func uniqKey(p *parsed, line string) string {
	for range number(digitsOf(p.last("skip-fields"))) {
		if line == "" {
			break
		}
		line = line[len(leadingField().FindString(line)):]
	}
	line = line[min(len(line), number(digitsOf(p.last("skip-chars")))):]
	if p.has("check-chars") {
		line = line[:min(len(line), number(digitsOf(p.last("check-chars"))))]
	}
	if p.has("ignore-case") {
		line = strings.ToUpper(line)
	}
	return line
}
