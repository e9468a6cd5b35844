package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/procedures"
)

var pasteOptions = []option{{'d', "delimiters", needsArgument}, {'s', "serial", noArgument}, {'z', "zero-terminated", noArgument}}

// runPaste puts the lines of several files beside one another, or with -s those of each file on one line.
func runPaste(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], pasteOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	between := []string{"\t"}
	if p.has("delimiters") {
		if between, err = pasteDelimiters(p.last("delimiters")); err != nil {
			return complain(inv, 1, "%v", err)
		}
	}
	names := p.operands
	if len(names) == 0 {
		names = []string{"-"}
	}
	end := byte('\n')
	if p.has("zero-terminated") {
		end = 0
	}
	out := bufio.NewWriter(inv.Stdout)
	var status int
	if p.has("serial") {
		status = eachInput(ctx, inv, names, func(_ string, r io.Reader) error {
			n := 0
			err := eachRecord(r, end, func(line string) error {
				if n > 0 {
					_, _ = out.WriteString(between[(n-1)%len(between)]) // its error comes again from Flush
				}
				n++
				_, err := out.WriteString(line)
				return err
			})
			_ = out.WriteByte(end)
			return err
		})
	} else {
		status = pasteBeside(ctx, inv, out, names, between, end)
	}
	if out.Flush() != nil {
		return 1
	}
	return status
}

// pasteDelimiters reads the list of -d, in which \0 is none.
func pasteDelimiters(text string) ([]string, error) {
	var out []string
	for i := 0; i < len(text); {
		c := text[i]
		if c == '\\' {
			if i+1 >= len(text) {
				return nil, fmt.Errorf("delimiter list ends with an unescaped backslash: %s", text)
			}
			i++
			special, ok := map[byte]string{
				'0': "", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\\': `\`,
			}[text[i]]
			if !ok {
				special = text[i : i+1]
			}
			out = append(out, special)
			i++
			continue
		}
		// GNU's takes each byte for one
		if c >= utf8.RuneSelf {
			return nil, missing("-d", "delimiters of more than one byte")
		}
		out = append(out, string(c))
		i++
	}
	if len(out) == 0 {
		out = []string{""}
	}
	return out, nil
}

// pasteBeside reads a line of each file in turn; "-" takes the next line of standard input each time.
func pasteBeside(ctx context.Context, inv *procedures.Invocation, out *bufio.Writer, names, between []string, end byte) int {
	var files []*lineReader
	var input *lineReader
	for _, name := range names {
		if name == "-" {
			if input == nil {
				input = newRecords(&contextReader{ctx, inv.Stdin, inv.Meter}, end)
			}
			files = append(files, input)
			continue
		}
		lines, closer, err := openLines(ctx, inv, name, end)
		if err != nil {
			return complain(inv, 1, "%s: %s", name, fileError(err))
		}
		defer closer.Close()
		files = append(files, lines)
	}
	over := make([]bool, len(files))
	for {
		row, some := strings.Builder{}, false
		for i, f := range files {
			if i > 0 {
				row.WriteString(between[(i-1)%len(between)])
			}
			if over[i] {
				continue
			}
			line, err := f.next()
			if err != nil && !errors.Is(err, io.EOF) {
				return complain(inv, 1, "%s: %s", names[i], fileError(err))
			}
			if line == "" {
				over[i] = true
				continue
			}
			some = true
			row.WriteString(strings.TrimSuffix(line, string(end)))
		}
		if !some {
			return 0
		}
		row.WriteByte(end)
		if _, err := out.WriteString(row.String()); err != nil {
			return 1
		}
	}
}

// openLines opens a file to be read line by line.
func openLines(ctx context.Context, inv *procedures.Invocation, name string, end byte) (*lineReader, io.Closer, error) {
	if name == "-" {
		return newRecords(&contextReader{ctx, inv.Stdin, inv.Meter}, end), io.NopCloser(nil), nil
	}
	f, err := inv.Files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, nil, errors.Join(errors.New("Is a directory"), f.Close())
	}
	return newRecords(&contextReader{ctx, f, inv.Meter}, end), f, nil
}
