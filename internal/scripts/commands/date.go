package commands

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// dateOptions are GNU's; --debug is accepted and prints nothing more.
var dateOptions = []option{
	{'d', "date", needsArgument},
	{'f', "file", needsArgument},
	{'I', "iso-8601", mayHaveArgument},
	{'R', "rfc-email", noArgument},
	{0, "rfc-2822", noArgument},
	{0, "rfc-822", noArgument},
	{0, "rfc-3339", needsArgument},
	{'r', "reference", needsArgument},
	{'s', "set", needsArgument},
	{'u', "utc", noArgument},
	{0, "universal", noArgument},
	{0, "debug", noArgument},
	{'v', "", needsArgument}, // BSD's
	{'j', "", noArgument},
}

// runDate is GNU date in the C locale.
// The exit status is 1 for a date, format or file that is wrong. Setting the clock (-s) is refused
// as for any user but root.
func runDate(ctx context.Context, inv *procedures.Invocation) int {
	if err := chargeWords(inv, 40); err != nil { // what a format makes of them
		return complain(inv, 1, "%v", err)
	}
	p, err := parseOptions(inv.Args[0], inv.Args[1:], dateOptions)
	if err != nil {
		return complain(inv, 1, "%v\nTry 'date --help' for more information.", err)
	}
	if p.has("set") {
		return complain(inv, 1, "cannot set date: Operation not permitted")
	}
	format, err := dateFormat(p)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	zone := dateZone(inv, p)
	// one moment for all that the line prints
	now := inv.Now().In(zone)
	if p.has("file") {
		return datesOfFile(ctx, inv, p.last("file"), now, format)
	}
	t := now
	switch {
	case p.has("date"):
		if t, err = parseDate(p.last("date"), now); err != nil {
			return complain(inv, 1, "invalid date ‘%s’", p.last("date"))
		}
	case p.has("reference"):
		if at, bsd := bsdSeconds(p); bsd {
			t = at.In(zone)
			break
		}
		info, err := inv.Files.Stat(p.last("reference"))
		if err != nil {
			return complain(inv, 1, "%s: %s", p.last("reference"), fileError(err))
		}
		t = info.ModTime()
	}
	if t, err = adjustDate(t.In(zone), p.values["v"]); err != nil {
		return complain(inv, 1, "%v", err)
	}
	if _, err := fmt.Fprintln(inv.Stdout, formatDate(format, t.In(zone))); err != nil {
		return 1
	}
	return 0
}

// datesOfFile prints the date of each line of a file (-f). A line that is no date is reported and
// passed over.
func datesOfFile(ctx context.Context, inv *procedures.Invocation, name string, now time.Time, format string) int {
	wrong := 0
	status := eachInput(ctx, inv, []string{name}, func(_ string, r io.Reader) error {
		return eachLine(r, func(line string) error {
			t, err := parseDate(line, now)
			if err != nil {
				wrong = complain(inv, 1, "invalid date ‘%s’", line)
				return nil //nolint:nilerr // it was said, and the next line is read
			}
			return write(inv.Stdout, []byte(formatDate(format, t)+"\n"))
		})
	})
	return cmp.Or(status, wrong)
}

// dateZone is the zone of -u, of the variable TZ, or the machine's.
func dateZone(inv *procedures.Invocation, p *parsed) *time.Location {
	if p.has("utc") || p.has("universal") {
		return time.UTC
	}
	if name, ok := inv.Env("TZ"); ok {
		return loadZone(name)
	}
	return inv.Now().Location()
}

// loadZone reads TZ as the C library does: what it does not know is UTC, and so is "".
func loadZone(name string) *time.Location {
	if zone, err := time.LoadLocation(strings.TrimPrefix(name, ":")); err == nil {
		return zone
	}
	return posixZone(name)
}

// posixTZ is the part of POSIX's TZ without summer time: a name, and an offset of hours and
// minutes.
var posixTZ = lazy.Regexp(`^([A-Za-z]{3,}|<[A-Za-z0-9+-]+>)([+-]?)(\d{1,2})(?::(\d{2}))?$`)

// posixZone reads a fixed zone such as EST5 or <+03>-3 (POSIX counts westwards).
// The offset is what has to be added to local time for UTC, so EST5 is UTC-5. What does not match
// is UTC.
func posixZone(name string) *time.Location {
	m := posixTZ().FindStringSubmatch(name)
	if m == nil {
		return time.UTC
	}
	seconds := number(m[3])*3600 + number(m[4])*60
	if m[2] != "-" {
		seconds = -seconds
	}
	return time.FixedZone(strings.Trim(m[1], "<>"), seconds)
}

// defaultDateFormat is GNU's in the C locale.
const defaultDateFormat = "%a %b %e %H:%M:%S %Z %Y"

// isoFormats are the formats of -I[FMT] and --iso-8601[=FMT].
var isoFormats = map[string]string{
	"": "%Y-%m-%d", "date": "%Y-%m-%d", "hours": "%Y-%m-%dT%H%:z", "minutes": "%Y-%m-%dT%H:%M%:z",
	"seconds": "%Y-%m-%dT%H:%M:%S%:z", "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}

// rfc3339Formats are those of --rfc-3339=FMT, which has a blank where ISO 8601 has a T.
var rfc3339Formats = map[string]string{
	"date": "%Y-%m-%d", "seconds": "%Y-%m-%d %H:%M:%S%:z", "ns": "%Y-%m-%d %H:%M:%S.%N%:z",
}

// formatNamed is the format of a name, or of a beginning that only one name has.
func formatNamed(formats map[string]string, name string) (format string, ok bool) {
	if format, ok = formats[name]; ok || name == "" {
		return format, ok
	}
	for full, f := range formats {
		if strings.HasPrefix(full, name) {
			if ok {
				return "", false
			}
			format, ok = f, true
		}
	}
	return format, ok
}

// dateFormat returns the format that a line asks for, without its plus. Two of them are an error,
// as with GNU's. A lone "+" is the empty format.
func dateFormat(p *parsed) (string, error) {
	format := ""
	set := func(f string) error {
		if format != "" {
			return fmt.Errorf("multiple output formats specified")
		}
		format = f
		return nil
	}
	for _, name := range p.order {
		var f string
		ok := true
		switch name {
		case "iso-8601":
			f, ok = formatNamed(isoFormats, p.last(name))
		case "rfc-3339":
			f, ok = formatNamed(rfc3339Formats, p.last(name))
		case "rfc-email", "rfc-2822", "rfc-822":
			f = "%a, %d %b %Y %H:%M:%S %z"
		default:
			continue
		}
		if !ok {
			return "", fmt.Errorf("invalid argument ‘%s’ for ‘--%s’", p.last(name), name)
		}
		if err := set(f); err != nil {
			return "", err
		}
	}
	for _, operand := range p.operands {
		if !strings.HasPrefix(operand, "+") {
			return "", fmt.Errorf("invalid date ‘%s’", operand)
		}
		if err := set(operand[1:]); err != nil {
			return "", err
		}
		// set cannot tell the empty format from none
		if operand == "+" {
			return "", nil
		}
	}
	if format == "" {
		format = defaultDateFormat
	}
	return format, nil
}
