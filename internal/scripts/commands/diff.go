package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// diffOptions are those of files; folders (-r), columns (-y) and contexts (-c) are not carried out. -a, -d and --normal change nothing.
var diffOptions = []option{
	{'q', "brief", noArgument}, {'s', "report-identical-files", noArgument}, {'u', "", noArgument}, {'U', "unified", mayHaveArgument},
	{'i', "ignore-case", noArgument}, {'w', "ignore-all-space", noArgument}, {'b', "ignore-space-change", noArgument},
	{'Z', "ignore-trailing-space", noArgument}, {0, "strip-trailing-cr", noArgument}, {'N', "new-file", noArgument},
	{'L', "label", needsArgument}, {0, "normal", noArgument}, {'a', "text", noArgument}, {'d', "minimal", noArgument},
	{0, "color", mayHaveArgument},
}

// differ is a line of diff.
type differ struct {
	ctx   context.Context //nolint:containedctx // of one line
	inv   *procedures.Invocation
	p     *parsed
	names [2]string
	texts [2]string
	times [2]time.Time
	lines [2][]string // with their ends
	keys  [2][]string // by which they are compared
}

// diffTrouble is the exit status where two files cannot be compared.
const diffTrouble = 2

// runDiff compares two files: 0 where they are the same, 1 where they differ, 2 on an error. What differs is printed where there is one
// least way to say it: which one GNU's takes of several is its own.
func runDiff(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], ownUnified(inv.Args[1:]), diffOptions)
	if err != nil {
		return complain(inv, diffTrouble, "%v", err)
	}
	switch {
	case len(p.operands) < 2:
		return complain(inv, diffTrouble, "missing operand after '%s'", inv.Args[len(inv.Args)-1])
	case len(p.operands) > 2:
		return complain(inv, diffTrouble, "extra operand '%s'", p.operands[2])
	}
	d := &differ{ctx: ctx, inv: inv, p: p, names: [2]string(p.operands)}
	failed := false
	for i := range d.names {
		if err := d.read(i); err != nil {
			if isNotHere(err) {
				return complain(inv, diffTrouble, "%v", err)
			}
			complain(inv, diffTrouble, "%s: %s", d.names[i], fileError(err))
			failed = true
		}
	}
	if failed {
		return diffTrouble
	}
	status, err := d.compare()
	var broken *writeError
	switch {
	case ctx.Err() != nil:
		return interrupted
	case errors.As(err, &broken):
		return diffTrouble
	case err != nil:
		return complain(inv, diffTrouble, "%v", err)
	}
	return status
}

// ownUnified turns -U 5, whose value is needed, into --unified=5.
func ownUnified(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		if args[i] == "-U" && i+1 < len(args) {
			i++
			out = append(out, "--unified="+args[i])
			continue
		}
		out = append(out, args[i])
	}
	return out
}

// read reads one of the files.
func (d *differ) read(i int) error {
	name := d.names[i]
	d.times[i] = d.inv.Now()
	if name != "-" && name != nullFile {
		info, err := d.inv.Files.Stat(name)
		switch {
		case err != nil && d.p.has("new-file") && errors.Is(err, fs.ErrNotExist):
			d.times[i] = time.Unix(0, 0)
			return nil
		case err != nil:
			return err
		case info.IsDir():
			return missing("of a folder", "compare its files one by one")
		case !info.ModTime().IsZero():
			d.times[i] = info.ModTime()
		}
	}
	return oneInput(d.ctx, d.inv, name, func(_ string, r io.Reader) (err error) {
		d.texts[i], err = allOf(r)
		return err
	})
}

// compare says whether they differ, and prints how.
func (d *differ) compare() (status int, err error) {
	same := d.texts[0] == d.texts[1]
	folds := d.p.has("ignore-case") || d.p.has("ignore-all-space") || d.p.has("ignore-space-change") ||
		d.p.has("ignore-trailing-space") || d.p.has("strip-trailing-cr")
	if !same && folds {
		for _, text := range d.texts {
			if text != "" && !strings.HasSuffix(text, "\n") {
				return 0, missing("without a newline at the end", "an option that ignores differences is given")
			}
		}
	}
	binary := strings.Contains(d.texts[0], "\x00") || strings.Contains(d.texts[1], "\x00")
	if !same && binary && !d.p.has("text") {
		if d.p.has("brief") {
			return 1, d.print("Files %s and %s differ\n", d.names[0], d.names[1])
		}
		return 1, d.print("Binary files %s and %s differ\n", d.names[0], d.names[1])
	}
	for i, text := range d.texts {
		if err := d.inv.Meter.Charge(3*int64(len(text)) + lineBytes*int64(strings.Count(text, "\n"))); err != nil {
			return 0, err
		}
		d.lines[i] = strings.SplitAfter(text, "\n")
		if n := len(d.lines[i]); d.lines[i][n-1] == "" {
			d.lines[i] = d.lines[i][:n-1]
		}
		for _, line := range d.lines[i] {
			d.keys[i] = append(d.keys[i], d.key(line))
		}
	}
	same = same || strings.Join(d.keys[0], "") == strings.Join(d.keys[1], "") && len(d.keys[0]) == len(d.keys[1])
	switch {
	case same && d.p.has("report-identical-files"):
		return 0, d.print("Files %s and %s are identical\n", d.names[0], d.names[1])
	case same:
		return 0, nil
	case d.p.has("brief"):
		return 1, d.print("Files %s and %s differ\n", d.names[0], d.names[1])
	}
	changes, err := d.changes()
	if err != nil {
		return 0, err
	}
	var out bytes.Buffer
	if d.p.has("u") || d.p.has("unified") {
		err = d.unified(&out, changes)
	} else {
		d.normal(&out, changes)
	}
	if err != nil {
		return 0, err
	}
	return 1, write(d.inv.Stdout, out.Bytes())
}

func (d *differ) print(format string, args ...any) error {
	return write(d.inv.Stdout, fmt.Appendf(nil, format, args...))
}

// key is what of a line is compared.
func (d *differ) key(line string) string {
	if d.p.has("strip-trailing-cr") {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") + "\n"
	}
	const blanks = " \t\n\r\v\f"
	switch {
	case d.p.has("ignore-all-space"):
		line = strings.Map(func(r rune) rune {
			if strings.ContainsRune(blanks, r) {
				return -1
			}
			return r
		}, line) + "\n"
	case d.p.has("ignore-space-change"):
		fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(blanks, r) })
		if line != "" && len(fields) > 0 && strings.ContainsRune(blanks, rune(line[0])) {
			fields[0] = " " + fields[0]
		}
		line = strings.Join(fields, " ") + "\n"
	case d.p.has("ignore-trailing-space"):
		line = strings.TrimRight(line, blanks) + "\n"
	}
	if d.p.has("ignore-case") {
		line = strings.ToLower(line)
	}
	return line
}

// diffChange are lines of the first file in whose place stand those of the second: from inclusive, to exclusive, from 0.
type diffChange struct{ from, to, newFrom, newTo int }

// diffCells bounds the lines of the one file times those of the other.
const diffCells = 4 << 20

// changes are the least ones. Where there are several ways that change as little, GNU's takes one by rules of its own: it is refused.
func (d *differ) changes() ([]diffChange, error) {
	a, b := d.keys[0], d.keys[1]
	width := len(b) + 1
	cells := (len(a) + 1) * width
	if cells > diffCells {
		return nil, missing("of files as long as these", "-q says whether they differ")
	}
	if err := errors.Join(d.inv.Meter.Work(int64(cells)), d.inv.Meter.Charge(5*int64(cells))); err != nil {
		return nil, err
	}
	longest, ways := make([]int32, cells), make([]uint8, cells) // of the rests from i and j on; ways ends at 2
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			at := i*width + j
			if i == len(a) || j == len(b) {
				ways[at] = 1
				continue
			}
			if longest[at] = max(longest[at+width], longest[at+1]); a[i] == b[j] {
				longest[at] = max(longest[at], longest[at+width+1]+1)
			}
			n := 0
			if a[i] == b[j] && longest[at+width+1]+1 == longest[at] {
				n += int(ways[at+width+1])
			}
			for _, next := range []int{at + width, at + 1} {
				if longest[next] == longest[at] {
					n += int(ways[next])
				}
			}
			if longest[at+width+1] == longest[at] {
				n -= int(ways[at+width+1])
			}
			ways[at] = uint8(min(n, 2))
			if longest[at+width+1] == longest[at] && ways[at+width+1] == 2 {
				ways[at] = 2
			}
		}
	}
	if ways[0] != 1 {
		return nil, missing("of files that differ in more ways than one", "lines repeat where they differ; -q says whether they differ")
	}
	var out []diffChange
	add := func(i, j, di, dj int) {
		if n := len(out); n > 0 && out[n-1].to == i && out[n-1].newTo == j {
			out[n-1].to, out[n-1].newTo = i+di, j+dj
			return
		}
		out = append(out, diffChange{i, i + di, j, j + dj})
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		at := i*width + j
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j] && longest[at] == longest[at+width+1]+1:
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || longest[at+width] == longest[at]):
			add(i, j, 1, 0)
			i++
		default:
			add(i, j, 0, 1)
			j++
		}
	}
	return out, nil
}

// diffLines writes lines behind a mark.
func diffLines(out *bytes.Buffer, mark string, lines []string) {
	for _, line := range lines {
		out.WriteString(mark + line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// span is a range of lines from 1 on: "3", "3,5".
func span(from, to int, alone string) string {
	switch {
	case to <= from:
		return strconv.Itoa(from) + alone
	case to == from+1:
		return strconv.Itoa(to)
	}
	return fmt.Sprintf("%d,%d", from+1, to)
}

func (d *differ) normal(out *bytes.Buffer, changes []diffChange) {
	for _, c := range changes {
		letter := "c"
		switch {
		case c.from == c.to:
			letter = "a"
		case c.newFrom == c.newTo:
			letter = "d"
		}
		out.WriteString(span(c.from, c.to, "") + letter + span(c.newFrom, c.newTo, "") + "\n")
		diffLines(out, "< ", d.lines[0][c.from:c.to])
		if letter == "c" {
			out.WriteString("---\n")
		}
		diffLines(out, "> ", d.lines[1][c.newFrom:c.newTo])
	}
}

// unified writes changes with lines around them; those that are near share a hunk.
func (d *differ) unified(out *bytes.Buffer, changes []diffChange) error {
	around := 3
	if text := d.p.last("unified"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf("invalid context length '%s'", text)
		}
		around = n
	}
	zone := dateZone(d.inv, &parsed{values: map[string][]string{}})
	labels := d.p.values["label"]
	for i, mark := range []string{"---", "+++"} {
		if i < len(labels) {
			fmt.Fprintf(out, "%s %s\n", mark, labels[i])
			continue
		}
		fmt.Fprintf(out, "%s %s\t%s\n", mark, d.names[i], d.times[i].In(zone).Format("2006-01-02 15:04:05.000000000 -0700"))
	}
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].from-changes[n-1].to <= 2*around {
			n++
		}
		hunk := changes[:n]
		changes = changes[n:]
		from, newFrom := max(0, hunk[0].from-around), max(0, hunk[0].newFrom-around)
		to, newTo := min(len(d.lines[0]), hunk[n-1].to+around), min(len(d.lines[1]), hunk[n-1].newTo+around)
		fmt.Fprintf(out, "@@ -%s +%s @@\n", unifiedSpan(from, to), unifiedSpan(newFrom, newTo))
		at := from
		for _, c := range hunk {
			diffLines(out, " ", d.lines[0][at:c.from])
			diffLines(out, "-", d.lines[0][c.from:c.to])
			diffLines(out, "+", d.lines[1][c.newFrom:c.newTo])
			at = c.to
		}
		diffLines(out, " ", d.lines[0][at:to])
	}
	return nil
}

// unifiedSpan is a range as "first,count": the count of one line is left out.
func unifiedSpan(from, to int) string {
	switch to - from {
	case 0:
		return strconv.Itoa(from) + ",0"
	case 1:
		return strconv.Itoa(to)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}
