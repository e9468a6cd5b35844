package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/opsbook/opsbook/internal/procedures"
)

// jqOptions lists the options that take arguments of their own kind: see jq.read.
type jqOptions struct {
	raw, join, compact, slurp, nullInput, rawInput, exitStatus, sortKeys, tab bool

	indent     int
	names      []string // variables, with their $
	values     []any
	filter     string
	files      []string
	named      map[string]any
	given      bool // the filter was
	positional []any
	args       int // what further operands are: 0 files, 1 --args, 2 --jsonargs
}

// runJQ is jq, by gojq: https://github.com/itchyny/gojq.
// Its exit statuses are jq's: 2 wrong usage or input, 3 a filter that does not compile, 5 an error in it, 1 or 4 with -e.
func runJQ(ctx context.Context, inv *procedures.Invocation) int {
	o := &jqOptions{indent: 2, named: map[string]any{}}
	if err := o.read(inv); err != nil {
		return complain(inv, 2,
			"error: %v\nUse jq --help for help with command-line options,\nor see the jq manpage, or online docs  at "+
				"https://jqlang.github.io/jq", err)
	}
	code, err := o.compile(inv)
	if err != nil {
		return complain(inv, 3, "error: %v\njq: 1 compile error", err)
	}
	last, status := any(nil), 0
	some := false
	each := func(input any) error {
		iter := code.RunWithContext(ctx, input, o.values...)
		for {
			v, ok := iter.Next()
			if !ok {
				return nil
			}
			if err, ok := v.(error); ok {
				var halt *gojq.HaltError
				if errors.As(err, &halt) {
					printHalted(inv.Stderr, halt.Value())
					status = halt.ExitCode()
					return errHalted
				}
				status = complain(inv, 5, "error: %v", err)
				return nil
			}
			last, some = v, true
			if err := o.print(inv.Stdout, v); err != nil {
				return &writeError{err}
			}
		}
	}
	if got, over := o.inputs(ctx, inv, each); over {
		return status
	} else if got != 0 {
		return got
	}
	if o.exitStatus && status == 0 {
		switch {
		case !some:
			return 4
		case last == nil || last == false:
			return 1
		}
	}
	return status
}

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

func (o *jqOptions) finish() error {
	if !o.given {
		return errors.New("no filter was given")
	}
	o.names = append(o.names, "$ARGS")
	o.values = append(o.values, map[string]any{"positional": append([]any{}, o.positional...), "named": o.named})
	return nil
}

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

func (o *jqOptions) compile(inv *procedures.Invocation) (*gojq.Code, error) {
	query, err := gojq.Parse(o.filter)
	if err != nil {
		return nil, err
	}
	return gojq.Compile(query, gojq.WithVariables(o.names), gojq.WithEnvironLoader(func() []string {
		var environment []string
		for _, name := range []string{"AWS_REGION", "AWS_PROFILE", "HOME", "TZ"} {
			if v, ok := inv.Env(name); ok {
				environment = append(environment, name+"="+v)
			}
		}
		return environment
	}))
}

// inputs calls each with every input value, until the filter halts.
func (o *jqOptions) inputs(ctx context.Context, inv *procedures.Invocation, each func(any) error) (status int, halted bool) {
	if o.nullInput {
		switch err := each(nil); {
		case errors.Is(err, errHalted):
			return 0, true
		case err != nil:
			return 2, false
		}
		return 0, false
	}
	var all bytes.Buffer
	status = eachInput(ctx, inv, o.files, func(_ string, r io.Reader) error {
		_, err := io.Copy(&all, io.LimitReader(r, maxLine))
		return err
	})
	if status == interrupted {
		return status, false
	}
	if status != 0 {
		status = 2
	}
	if err := o.eachValue(&all, each); err != nil {
		var broken *writeError
		switch {
		case errors.Is(err, errHalted):
			return 0, true
		case errors.As(err, &broken):
			return 2, false
		}
		return complain(inv, 2, "error (at <stdin>): %v", err), false
	}
	return status, false
}

// errHalted says that the filter ended the command itself, by halt or halt_error.
var errHalted = errors.New("halted")

// printHalted prints what halt_error was given: a text as it is, anything else as a line of JSON.
func printHalted(w io.Writer, v any) {
	if v == nil {
		return
	}
	_, isText := v.(string)
	_ = (&jqOptions{raw: true, compact: true, join: isText}).print(w, v) // there is no one left to report to
}

// eachValue calls each with the values of r, as the options read it.
func (o *jqOptions) eachValue(r io.Reader, each func(any) error) error {
	switch {
	case o.rawInput && o.slurp:
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return each(string(text))
	case o.rawInput:
		return eachLine(r, func(line string) error { return each(line) })
	case o.slurp:
		list, err := slurpJSON(r)
		if err != nil {
			return err
		}
		return each(list)
	}
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	for {
		var v any
		if err := decoder.Decode(&v); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := each(v); err != nil {
			return err
		}
	}
}

func slurpJSON(r io.Reader) (any, error) {
	list := []any{}
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	for {
		var v any
		if err := decoder.Decode(&v); err != nil {
			if errors.Is(err, io.EOF) {
				return list, nil
			}
			return nil, err
		}
		list = append(list, v)
	}
}

func decodeJSON(r io.Reader) (any, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

func (o *jqOptions) print(w io.Writer, v any) error {
	text, isText := v.(string)
	var out []byte
	if o.raw && isText {
		out = []byte(text)
	} else {
		data, err := gojq.Marshal(v)
		if err != nil {
			return err
		}
		out = data
		if !o.compact && (o.indent > 0 || o.tab) {
			var pretty bytes.Buffer
			indent := strings.Repeat(" ", o.indent)
			if o.tab {
				indent = "\t"
			}
			if err := json.Indent(&pretty, data, "", indent); err != nil {
				return err
			}
			out = pretty.Bytes()
		}
	}
	if !o.join {
		out = append(out, '\n')
	}
	_, err := w.Write(out)
	return err
}

// checkJQ finds a filter that does not parse, where the filter is known.
func checkJQ(words []procedures.Word) []procedures.Finding {
	for i := 1; i < len(words); i++ {
		w := words[i]
		if strings.HasPrefix(w.Text, "-") {
			if strings.HasPrefix(w.Text, "--arg") || strings.HasSuffix(w.Text, "file") {
				i += 2
			} else if w.Text == "--indent" {
				i++
			}
			continue
		}
		if !w.Known {
			return nil
		}
		if _, err := gojq.Parse(w.Text); err != nil {
			return []procedures.Finding{{
				Line: w.Line, Column: w.Col, Severity: procedures.SeverityError, Rule: "jq-filter",
				Message: fmt.Sprintf("jq does not understand this filter: %v.", err),
			}}
		}
		return nil
	}
	return nil
}
