package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// sortOptions are GNU's but for those of random orders. Buffers, threads and temporary files (-S, -T, --parallel) change nothing.
var sortOptions = []option{
	{'b', "ignore-leading-blanks", noArgument}, {'d', "dictionary-order", noArgument}, {'f', "ignore-case", noArgument},
	{'g', "general-numeric-sort", noArgument}, {'i', "ignore-nonprinting", noArgument}, {'M', "month-sort", noArgument},
	{'h', "human-numeric-sort", noArgument}, {'n', "numeric-sort", noArgument}, {'r', "reverse", noArgument},
	{0, "sort", needsArgument}, {'V', "version-sort", noArgument}, {'u', "unique", noArgument}, {'s', "stable", noArgument},
	{'k', "key", needsArgument}, {'t', "field-separator", needsArgument}, {'o', "output", needsArgument}, {'c', "", noArgument},
	{0, "check", mayHaveArgument}, {'C', "", noArgument}, {'m', "merge", noArgument}, {'z', "zero-terminated", noArgument},
	{'S', "buffer-size", needsArgument}, {'T', "temporary-directory", needsArgument}, {0, "parallel", needsArgument},
	{0, "batch-size", needsArgument},
}

// runSort sorts lines by bytes (the C locale), or by keys.
// Lines that compare equal by their keys are compared whole, unless -s or -u is given. The status
// is 2 for an error, as POSIX has it, and 1 for lines out of order with -c. The output may be one
// of the inputs, as all is read before.
func runSort(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], sortOptions)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	keys, err := sortKeys(p)
	if err != nil {
		return complain(inv, wordStatus(err, 2), "%v", err)
	}
	separator, err := sortSeparator(p)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	checks, err := sortChecks(p)
	if err != nil {
		return complain(inv, wordStatus(err, 2), "%v", err)
	}
	end := lineEnd(p)
	var files [][]string
	if status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		var lines []string
		err := allRecords(r, end, &lines)
		files = append(files, lines)
		return err
	}); status != 0 {
		return max(status, 2)
	}
	// -u compares by the keys alone: lines that are equal by them keep their order
	s := &sorter{
		keys: keys, separator: separator, reverse: p.has("reverse"), plain: p.has("stable") || p.has("unique"), meter: inv.Meter,
	}
	if checks != checksNothing {
		return s.check(inv, p, files[0], checks)
	}
	var lines []string
	if p.has("merge") {
		lines = s.merge(files)
	} else {
		lines = slices.Concat(files...)
		slices.SortStableFunc(lines, s.compare)
	}
	if p.has("unique") {
		lines = slices.CompactFunc(lines, func(a, b string) bool { return s.byKeys(a, b) == 0 })
	}
	if s.failed != nil {
		return complain(inv, 2, "%v", s.failed)
	}
	if name := p.last("output"); name != "" {
		return writeFile(inv, name, lines, end)
	}
	if writeLines(inv.Stdout, lines, end) != nil {
		return 2
	}
	return 0
}

// sortSeparator is the byte of -t; "" where fields begin with the blanks before them.
func sortSeparator(p *parsed) (string, error) {
	given := ""
	for _, text := range p.values["field-separator"] {
		switch {
		case text == "":
			return "", errors.New("empty tab")
		case text == `\0`:
			text = "\x00"
		case len(text) > 1:
			return "", fmt.Errorf("multi-character tab ‘%s’", text)
		}
		if given != "" && given != text {
			return "", errors.New("incompatible tabs")
		}
		given = text
	}
	return given, nil
}

// checking is what -c does.
type checking int

const (
	checksNothing checking = iota
	checksQuietly
	checksAndTells
)

func sortChecks(p *parsed) (checking, error) {
	var out checking
	for _, word := range append(slices.Repeat([]string{"diagnose-first"}, len(p.values["c"])), p.values["check"]...) {
		switch {
		case word == "", shortens(word, "diagnose-first"):
			out = checksAndTells
		case shortens(word, "quiet"), shortens(word, "silent"):
			return checksQuietly, nil
		default:
			return 0, &badWordError{"check", word}
		}
	}
	if p.has("C") {
		if out == checksAndTells {
			return 0, errors.New("options '-cC' are incompatible")
		}
		out = checksQuietly
	}
	switch {
	case out != checksNothing && len(p.operands) > 1:
		return 0, fmt.Errorf("extra operand ‘%s’ not allowed with -c", p.operands[1])
	case out != checksNothing && p.has("output"):
		return 0, errors.New("options '-co' are incompatible")
	}
	return out, nil
}

// merge takes the least of the first lines of each file; of equal ones that of the earlier file.
func (s *sorter) merge(files [][]string) []string {
	var out []string
	for {
		least := -1
		for i, lines := range files {
			if len(lines) > 0 && (least < 0 || s.compare(lines[0], files[least][0]) < 0) {
				least = i
			}
		}
		if least < 0 || s.failed != nil {
			return out
		}
		out, files[least] = append(out, files[least][0]), files[least][1:]
	}
}

// writeLines ends each line with a byte.
func writeLines(w io.Writer, lines []string, end byte) error {
	out := bufio.NewWriterSize(w, 32<<10)
	for _, line := range lines {
		_, _ = out.WriteString(line) // the error comes again from Flush
		if err := out.WriteByte(end); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeFile writes the output of -o, a file of the run. The status is 2 where it cannot.
func writeFile(inv *procedures.Invocation, name string, lines []string, end byte) int {
	f, err := inv.Files.Create(name, false)
	if err != nil {
		return complain(inv, 2, "open failed: %s: %s", name, fileError(err))
	}
	err = writeLines(f, lines, end)
	if err = errors.Join(err, f.Close()); err != nil {
		return complain(inv, 2, "write failed: %s: %s", name, fileError(err))
	}
	return 0
}
