package commands

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

var nlOptions = []option{
	{'b', "body-numbering", needsArgument}, {'h', "header-numbering", needsArgument}, {'f', "footer-numbering", needsArgument},
	{'d', "section-delimiter", needsArgument}, {'i', "line-increment", needsArgument}, {'l', "join-blank-lines", needsArgument},
	{'n', "number-format", needsArgument}, {'p', "no-renumber", noArgument}, {'s', "number-separator", needsArgument},
	{'v', "starting-line-number", needsArgument}, {'w', "number-width", needsArgument},
}

// numbering is what nl does with the lines of a part of a page.
type numbering struct {
	kind  byte // a, t, n or p
	match *posix.Regexp
}

// runNl numbers lines, by default those that are not empty.
func runNl(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], nlOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	var parts [3]numbering // header, body, footer
	for i, o := range []struct{ name, usual string }{{"header-numbering", "n"}, {"body-numbering", "t"}, {"footer-numbering", "n"}} {
		style := o.usual
		if p.has(o.name) {
			style = p.last(o.name)
		}
		if style == "" || strings.IndexByte("atnp", style[0]) < 0 || style[0] != 'p' && len(style) > 1 {
			return complain(inv, 1, "invalid %s style: ‘%s’", strings.TrimSuffix(o.name, "-numbering")+" numbering", style)
		}
		parts[i].kind = style[0]
		if style[0] == 'p' {
			if parts[i].match, err = posix.Compile(inv.Meter, posix.Options{}, style[1:]); err != nil {
				return complain(inv, 1, "%v", err)
			}
		}
	}
	numbers := map[string]int{"line-increment": 1, "join-blank-lines": 1, "starting-line-number": 1, "number-width": 6}
	for name := range numbers {
		if p.has(name) {
			numbers[name], err = strconv.Atoi(p.last(name))
			if err != nil || numbers[name] < 1 && (name == "number-width" || name[0] == 'j') {
				return complain(inv, 1, "invalid %s: ‘%s’", strings.ReplaceAll(name, "-", " "), p.last(name))
			}
		}
	}
	width := numbers["number-width"]
	if width > 10_000 {
		return complain(inv, 1, "%v", missing("-w", "a width of more than 10000"))
	}
	format := map[string]string{"": "%*d", "rn": "%*d", "ln": "%-*d", "rz": "%0*d"}[p.last("number-format")]
	if format == "" {
		return complain(inv, 1, "invalid line numbering format: ‘%s’", p.last("number-format"))
	}
	separator := "\t"
	if p.has("number-separator") {
		separator = p.last("number-separator")
	}
	mark := `\:`
	if p.has("section-delimiter") {
		if mark = p.last("section-delimiter"); len(mark) == 1 {
			mark += ":"
		}
	}
	count, at, blank := numbers["starting-line-number"], 1, 0
	out := bufio.NewWriter(inv.Stdout)
	status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		return eachLine(r, func(line string) error {
			for i, n := range []int{3, 2, 1} {
				if mark != "" && line == strings.Repeat(mark, n) {
					at = i
					if !p.has("no-renumber") {
						count = numbers["starting-line-number"]
					}
					return out.WriteByte('\n')
				}
			}
			numbered := parts[at].kind == 'a'
			switch parts[at].kind {
			case 't':
				numbered = line != ""
			case 'p':
				var err error
				if numbered, err = parts[at].match.Match(line); err != nil {
					return err
				}
			case 'a':
				if join := numbers["join-blank-lines"]; join > 1 && line == "" {
					if blank++; blank < join {
						numbered = false
					} else {
						blank = 0
					}
				} else {
					blank = 0
				}
			}
			if !numbered {
				_, err := out.WriteString(strings.Repeat(" ", width+len(separator)) + line + "\n")
				return err
			}
			_, err := fmt.Fprintf(out, format+"%s%s\n", width, count, separator, line)
			count += numbers["line-increment"]
			return err
		})
	})
	if out.Flush() != nil {
		return 1
	}
	return status
}
