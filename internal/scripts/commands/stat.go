package commands

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

var statOptions = []option{
	{'c', "format", needsArgument}, {0, "printf", needsArgument}, {'L', "dereference", noArgument}, {'t', "terse", noArgument},
}

// checkStat reads a format that is written on the line.
func checkStat(words []procedures.Word) []procedures.Finding {
	p, err := parseOptions("stat", knownTexts(words[1:]), statOptions)
	if err != nil {
		return nil // it is said of the options
	}
	if slices.ContainsFunc(words, func(w procedures.Word) bool { return w.Split }) {
		return nil // it may be the format
	}
	if err = statForm(p); err == nil {
		_, err = directives(p.last("format")+backslashes(p.last("printf")), func(letter string) (string, bool) {
			return statField(letter, "", dummyInfo{}, time.UTC)
		})
	}
	return findingNotHere(words[0].Text, words[0], err)
}

// statForm says which forms are carried out.
func statForm(p *parsed) error {
	if !p.has("format") && !p.has("printf") && len(p.operands) > 0 {
		return missing("without -c or --printf", "what it prints differs from machine to machine")
	}
	return nil
}

// runStat says what a format asks of files.
func runStat(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], statOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	switch {
	case len(p.operands) == 0:
		return complain(inv, 1, "missing operand")
	case statForm(p) != nil:
		return complain(inv, 1, "%v", statForm(p))
	}
	format, end := p.last("format"), "\n"
	if p.has("printf") {
		format, end = backslashes(p.last("printf")), ""
	}
	status := 0
	zone := dateZone(inv, &parsed{values: map[string][]string{}})
	for _, name := range p.operands {
		info, err := inv.Files.Stat(name)
		if err != nil {
			status = complain(inv, 1, "cannot statx '%s': %s", name, fileError(err))
			continue
		}
		text, err := directives(format, func(letter string) (string, bool) { return statField(letter, name, info, zone) })
		if err != nil {
			return complain(inv, 1, "%v", err)
		}
		if write(inv.Stdout, []byte(text+end)) != nil {
			return 1
		}
	}
	return status
}

// backslashes reads \n, \t and their like.
func backslashes(text string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`, `\0`, "\x00", `\"`, `"`, `\r`, "\r", `\a`, "\a").Replace(text)
}

// directives replaces %x by what field says of x. One that it does not know is an error.
func directives(format string, field func(letter string) (string, bool)) (string, error) {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		spec, letter, n := posix.ParseSpec(format[i+1:], func() int { return 0 })
		if n == 0 {
			return "", fmt.Errorf("%s: invalid directive", format[i:])
		}
		name := string(letter)
		if letter == 'T' && i+1+n < len(format) {
			name += format[i+1+n : i+2+n]
			n++
		}
		text := "%"
		if letter != '%' {
			var ok bool
			if text, ok = field(name); !ok {
				return "", missing("%"+name, "")
			}
		}
		spec.Width = min(spec.Width, 10_000)
		out.WriteString(spec.Text(text))
		i += n
	}
	return out.String(), nil
}

func statField(letter, name string, info fs.FileInfo, zone *time.Location) (string, bool) {
	at := info.ModTime().In(zone)
	switch letter {
	case "n":
		return name, true
	case "N":
		return "'" + name + "'", true
	case "s":
		return strconv.FormatInt(info.Size(), 10), true
	case "F":
		switch {
		case info.IsDir():
			return "directory", true
		case info.Size() == 0:
			return "regular empty file", true
		}
		return "regular file", true
	case "a":
		return strconv.FormatUint(uint64(info.Mode().Perm()), 8), true
	case "A":
		return info.Mode().String(), true
	case "Y", "Z", "X":
		return strconv.FormatInt(at.Unix(), 10), letter == "Y"
	case "y":
		return at.Format("2006-01-02 15:04:05.000000000 -0700"), true
	}
	return "", false
}

// checkFormat reports an error of a format of find before it is used.
func (f *finder) checkFormat(format string) error {
	at := &found{name: "./x", info: dummyInfo{}}
	_, err := f.format(format, at)
	return err
}

// format is -printf.
func (f *finder) format(format string, at *found) (string, error) {
	return directives(backslashes(format), func(letter string) (string, bool) {
		when := at.info.ModTime().UTC()
		switch letter {
		case "p":
			return at.name, true
		case "f":
			return path.Base(at.name), true
		case "h":
			if i := strings.LastIndexByte(at.name, '/'); i >= 0 {
				return at.name[:i], true
			}
			return ".", true
		case "P":
			return strings.TrimPrefix(strings.TrimPrefix(at.name, at.start), "/"), true
		case "s":
			return strconv.FormatInt(at.info.Size(), 10), true
		case "d":
			return strconv.Itoa(at.depth), true
		case "y":
			if at.info.IsDir() {
				return "d", true
			}
			return "f", true
		case "m":
			return strconv.FormatUint(uint64(at.info.Mode().Perm()), 8), true
		case "M":
			return at.info.Mode().String(), true
		case "T@":
			return fmt.Sprintf("%d.%09d0", when.Unix(), when.Nanosecond()), true
		case "t":
			return when.Format("Mon Jan _2 15:04:05.0000000000 2006"), true
		case "T+":
			return when.Format("2006-01-02+15:04:05.0000000000"), true
		}
		layout, ok := map[string]string{
			"TY": "2006", "Tm": "01", "Td": "02", "TH": "15", "TM": "04", "TT": "15:04:05.0000000000", "TF": "2006-01-02",
			"TS": "05.0000000000",
		}[letter]
		return when.Format(layout), ok
	})
}

// dummyInfo is a file of which nothing is known.
type dummyInfo struct{ fs.FileInfo }

func (dummyInfo) Mode() fs.FileMode  { return 0 }
func (dummyInfo) IsDir() bool        { return false }
func (dummyInfo) Size() int64        { return 0 }
func (dummyInfo) ModTime() time.Time { return time.Time{} }
