package commands

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// jqOptions is a command line of jq. parseOptions cannot read it: --arg and its like take two
// arguments.
type jqOptions struct {
	raw, join, compact, slurp, nullInput, rawInput, exitStatus, sortKeys, tab bool

	indent     int
	names      []string // variables, with their $
	values     []any
	filter     string // the first operand
	files      []string
	named      map[string]any // $ARGS.named
	given      bool           // the filter was
	positional []any          // $ARGS.positional
	args       int            // what further operands are: 0 files, 1 --args, 2 --jsonargs
}

// jqFlags are the options without arguments, by letter and by name. Colours and buffering have no
// effect.
var jqFlags = map[string]func(*jqOptions){
	"r": func(o *jqOptions) { o.raw = true }, "raw-output": func(o *jqOptions) { o.raw = true },
	"j": func(o *jqOptions) { o.raw, o.join = true, true }, "join-output": func(o *jqOptions) { o.raw, o.join = true, true },
	"c": func(o *jqOptions) { o.compact = true }, "compact-output": func(o *jqOptions) { o.compact = true },
	"s": func(o *jqOptions) { o.slurp = true }, "slurp": func(o *jqOptions) { o.slurp = true },
	"n": func(o *jqOptions) { o.nullInput = true }, "null-input": func(o *jqOptions) { o.nullInput = true },
	"R": func(o *jqOptions) { o.rawInput = true }, "raw-input": func(o *jqOptions) { o.rawInput = true },
	"e": func(o *jqOptions) { o.exitStatus = true }, "exit-status": func(o *jqOptions) { o.exitStatus = true },
	"S": func(o *jqOptions) { o.sortKeys = true }, "sort-keys": func(o *jqOptions) { o.sortKeys = true },
	"M": func(*jqOptions) {}, "monochrome-output": func(*jqOptions) {}, "C": func(*jqOptions) {}, "color-output": func(*jqOptions) {},
	"tab": func(o *jqOptions) { o.tab = true }, "unbuffered": func(*jqOptions) {},
	"args": func(o *jqOptions) { o.args = 1 }, "jsonargs": func(o *jqOptions) { o.args = 2 },
}

// read reads the command line, whose options stand anywhere.
func (o *jqOptions) read(inv *procedures.Invocation) error {
	args := inv.Args[1:]
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			for _, rest := range args[i+1:] {
				if err := o.operand(rest); err != nil {
					return err
				}
			}
			return o.finish()
		case strings.HasPrefix(arg, "--"):
			used, err := o.long(inv, arg[2:], args[i+1:])
			if err != nil {
				return err
			}
			i += used
		case len(arg) > 1 && arg[0] == '-':
			for _, letter := range arg[1:] {
				set, ok := jqFlags[string(letter)]
				if !ok {
					return fmt.Errorf("Unknown arguments: -%c", letter)
				}
				set(o)
			}
		default:
			if err := o.operand(arg); err != nil {
				return err
			}
		}
	}
	return o.finish()
}

// finish adds $ARGS, which every filter sees. A line without a filter is an error.
func (o *jqOptions) finish() error {
	if !o.given {
		return errors.New("no filter was given")
	}
	o.names = append(o.names, "$ARGS")
	o.values = append(o.values, map[string]any{"positional": append([]any{}, o.positional...), "named": o.named})
	return nil
}

// operand takes the filter first, then files, or texts and values behind --args and --jsonargs.
func (o *jqOptions) operand(arg string) error {
	switch {
	case !o.given:
		o.filter, o.given = arg, true
	case o.args == 1:
		o.positional = append(o.positional, arg)
	case o.args == 2:
		v, err := decodeJSON(strings.NewReader(arg))
		if err != nil {
			return fmt.Errorf("invalid JSON text passed to --jsonargs: %w", err)
		}
		o.positional = append(o.positional, v)
	default:
		o.files = append(o.files, arg)
	}
	return nil
}

// long reads the option with that name; used is how many of the next arguments it takes.
func (o *jqOptions) long(inv *procedures.Invocation, name string, next []string) (used int, err error) {
	if set, ok := jqFlags[name]; ok {
		set(o)
		return 0, nil
	}
	switch name {
	case "indent":
		if len(next) < 1 {
			return 0, errors.New("--indent takes one parameter")
		}
		if o.indent, err = strconv.Atoi(next[0]); err != nil || o.indent < 0 || o.indent > 7 {
			return 0, errors.New("--indent takes a number from 0 to 7")
		}
		return 1, nil
	case "arg", "argjson", "slurpfile", "rawfile":
		if len(next) < 2 {
			return 0, fmt.Errorf("--%s takes two parameters (e.g. --%s name value)", name, name)
		}
		v, err := jqArgument(inv, name, next[1])
		if err != nil {
			return 0, fmt.Errorf("--%s %s: %w", name, next[0], err)
		}
		o.names, o.values = append(o.names, "$"+next[0]), append(o.values, v)
		o.named[next[0]] = v
		return 2, nil
	}
	return 0, fmt.Errorf("Unknown arguments: --%s", name)
}

// jqArgument returns the value of --arg (the text), --argjson (the text as JSON), --rawfile (the
// file as a text) or --slurpfile (the file's values as a list). A file is read up to maxLine
// bytes.
func jqArgument(inv *procedures.Invocation, kind, text string) (any, error) {
	switch kind {
	case "arg":
		return text, nil
	case "argjson":
		return decodeJSON(strings.NewReader(text))
	}
	f, err := inv.Files.Open(text)
	if err != nil {
		return nil, errors.New(fileError(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLine))
	if err != nil || kind == "rawfile" {
		return string(data), err
	}
	return slurpJSON(bytes.NewReader(data))
}
