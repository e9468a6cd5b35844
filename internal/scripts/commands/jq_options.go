package commands

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// jqOptions is a command line of jq. parseOptions cannot read it: --arg and its like take two
// arguments.
type jqOptions struct {
	raw, join, compact, slurp, nullInput, rawInput, exitStatus, sortKeys, tab bool

	ascii, seq, stream, terminated, fromFile bool

	indent     int
	meter      *limits.Meter // of what the command holds
	names      []string      // variables, with their $
	values     []any
	filter     string // the first operand
	files      []string
	named      *document.Object // $ARGS.named
	given      bool             // the filter was
	positional []any            // $ARGS.positional
	args       int              // what further operands are: 0 files, 1 --args, 2 --jsonargs
}

// jqFlags are the options without arguments, by letter and by name. Colours and buffering have no
// effect.
var jqFlags = map[string]func(*jqOptions){
	"r": func(o *jqOptions) { o.raw = true }, "raw-output": func(o *jqOptions) { o.raw = true },
	"j": func(o *jqOptions) { o.raw, o.join = true, true }, "join-output": func(o *jqOptions) { o.raw, o.join = true, true },
	"raw-output0": func(o *jqOptions) { o.raw, o.terminated = true, true },
	"c":           func(o *jqOptions) { o.compact = true }, "compact-output": func(o *jqOptions) { o.compact = true },
	"s": func(o *jqOptions) { o.slurp = true }, "slurp": func(o *jqOptions) { o.slurp = true },
	"n": func(o *jqOptions) { o.nullInput = true }, "null-input": func(o *jqOptions) { o.nullInput = true },
	"R": func(o *jqOptions) { o.rawInput = true }, "raw-input": func(o *jqOptions) { o.rawInput = true },
	"e": func(o *jqOptions) { o.exitStatus = true }, "exit-status": func(o *jqOptions) { o.exitStatus = true },
	"S": func(o *jqOptions) { o.sortKeys = true }, "sort-keys": func(o *jqOptions) { o.sortKeys = true },
	"a": func(o *jqOptions) { o.ascii = true }, "ascii-output": func(o *jqOptions) { o.ascii = true },
	"f": func(o *jqOptions) { o.fromFile = true }, "from-file": func(o *jqOptions) { o.fromFile = true },
	"M": func(*jqOptions) {}, "monochrome-output": func(*jqOptions) {}, "C": func(*jqOptions) {}, "color-output": func(*jqOptions) {},
	"b": func(*jqOptions) {}, "binary": func(*jqOptions) {},
	"tab": func(o *jqOptions) { o.tab = true }, "unbuffered": func(*jqOptions) {},
	"seq": func(o *jqOptions) { o.seq = true }, "stream": func(o *jqOptions) { o.stream = true },
	"args": func(o *jqOptions) { o.args = 1 }, "jsonargs": func(o *jqOptions) { o.args = 2 },
}

// format is how results are printed.
func (o *jqOptions) format() jq.Format {
	f := jq.Format{Sorted: o.sortKeys, ASCII: o.ascii}
	switch {
	case o.compact:
	case o.tab:
		f.Indent = "\t"
	default:
		f.Indent = strings.Repeat(" ", o.indent)
	}
	return f
}

// read reads the command line, whose options stand anywhere.
func (o *jqOptions) read(inv *procedures.Invocation) error {
	o.named = &document.Object{}
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
			return o.finish(inv)
		case strings.HasPrefix(arg, "--"):
			used, err := o.long(inv, arg[2:], args[i+1:])
			if err != nil {
				return err
			}
			i += used
		case len(arg) > 1 && arg[0] == '-' && (arg[1]|0x20 >= 'a' && arg[1]|0x20 <= 'z'): // -1 is a filter
			for _, letter := range arg[1:] {
				set, ok := jqFlags[string(letter)]
				if !ok || letter > '~' {
					return fmt.Errorf("Unknown option %s", arg)
				}
				set(o)
			}
		default:
			if err := o.operand(arg); err != nil {
				return err
			}
		}
	}
	return o.finish(inv)
}

// finish adds $ARGS, which every filter sees. A line without a filter passes its input on, as jq does where no terminal is read.
func (o *jqOptions) finish(inv *procedures.Invocation) error {
	if !o.given {
		if o.fromFile {
			return errors.New("no filter was given")
		}
		o.filter, o.given = ".", true
	}
	if o.fromFile { // the first operand is the file that has the filter
		text, err := jqFileText(inv, o, o.filter)
		if err != nil {
			return err
		}
		o.filter = text
	}
	args := document.NewObject(document.Member{Name: "positional", Value: append([]any{}, o.positional...)},
		document.Member{Name: "named", Value: o.named})
	o.names, o.values = append(o.names, "$ARGS"), append(o.values, args)
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
		v, err := o.json(arg)
		if err != nil {
			return errors.New("invalid JSON text passed to --jsonargs")
		}
		o.positional = append(o.positional, v)
	default:
		o.files = append(o.files, arg)
	}
	return nil
}

// json reads a text that is one value.
func (o *jqOptions) json(text string) (any, error) {
	r := jq.NewReader(strings.NewReader(text), o.meter, false, false)
	v, err := r.Next()
	if err != nil {
		return nil, err
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// long reads the option with that name; used is how many of the next arguments it takes.
func (o *jqOptions) long(inv *procedures.Invocation, name string, next []string) (used int, err error) {
	if set, ok := jqFlags[name]; ok && len(name) > 1 {
		set(o)
		return 0, nil
	}
	switch name {
	case "indent":
		if len(next) < 1 {
			return 0, errors.New("--indent takes one parameter")
		}
		if o.indent, err = strconv.Atoi(next[0]); err != nil || o.indent < -1 || o.indent > 7 {
			return 0, errors.New("--indent takes a number between -1 and 7")
		}
		if o.tab = o.indent == -1; o.tab {
			o.indent = 0
		}
		return 1, nil
	case "arg", "argjson", "slurpfile", "rawfile":
		if len(next) < 2 {
			return 0, fmt.Errorf("--%s takes two parameters (e.g. --%s varname value)", name, name)
		}
		v, err := o.argument(inv, name, next[0], next[1])
		if err != nil {
			return 0, err
		}
		if _, twice := o.named.Get(next[0]); twice { // the first one counts
			return 2, nil
		}
		o.names, o.values = append(o.names, "$"+next[0]), append(o.values, v)
		o.named.Set(next[0], v)
		return 2, nil
	case "library-path", "L":
		return 0, errors.New("modules are not available: a filter stands in the runbook, with all its functions")
	case "stream-errors":
		return 0, errors.New("--stream-errors is not available; --stream is")
	}
	return 0, fmt.Errorf("Unknown option --%s", name)
}

// argument returns the value of --arg (the text), --argjson (the text as JSON), --rawfile (the
// file as a text) or --slurpfile (the file's values as a list).
func (o *jqOptions) argument(inv *procedures.Invocation, kind, name, text string) (any, error) {
	switch kind {
	case "arg":
		return text, nil
	case "argjson":
		v, err := o.json(text)
		if err != nil {
			return nil, errors.New("invalid JSON text passed to --argjson")
		}
		return v, nil
	case "rawfile":
		v, err := jqFileText(inv, o, text)
		if err != nil {
			return nil, fmt.Errorf("Bad JSON in --rawfile %s %s: %w", name, text, err)
		}
		return strings.ToValidUTF8(v, "\ufffd"), nil
	}
	f, err := inv.Files.Open(text)
	if err != nil {
		return nil, fmt.Errorf("Bad JSON in --slurpfile %s %s: Could not open %s: %s", name, text, text, fileError(err))
	}
	defer f.Close()
	v, err := jqFileValues(f, o)
	if err != nil {
		return nil, fmt.Errorf("Bad JSON in --slurpfile %s %s: %w", name, text, err)
	}
	return v, nil
}
