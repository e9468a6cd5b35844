package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/opsbook/opsbook/internal/procedures"
)

// runJQ is jq, by gojq: https://github.com/itchyny/gojq.
// Its exit statuses are jq's: 2 wrong usage or input, 3 a filter that does not compile, 5 an error in it, 1 or 4 with -e.
// An error in the filter ends the input that it met and the next one is read, as jq has it.
// halt_error's status is its own.
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
	// -e judges the last result of the last input
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

// $ENV and env have only the four variables named here: others may hold what a document should not
// print.
func (o *jqOptions) compile(inv *procedures.Invocation) (*gojq.Code, error) {
	query, err := gojq.Parse(o.filter)
	if err != nil {
		return nil, err
	}
	return gojq.Compile(query, gojq.WithVariables(o.names), gojq.WithEnvironLoader(func() []string {
		var environment []string
		// not the credentials
		for _, name := range []string{"AWS_REGION", "AWS_PROFILE", "HOME", "TZ"} {
			if v, ok := inv.Env(name); ok {
				environment = append(environment, name+"="+v)
			}
		}
		return environment
	}))
}

// inputs calls each with every input value, until the filter halts.
// With -n there is one input, null. A file that cannot be read makes the status 2, and the values
// of the others are still read. At most maxLine bytes of each file count.
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
	// jq reads its files as one stream: a value may begin in one and end in the next
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
// -R gives lines, or with -s the whole text; -s alone gives one list; otherwise each JSON value is
// an input.
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

// slurpJSON reads all values into a list. Numbers keep their digits: json.Number is what gojq
// takes.
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

// decodeJSON reads the first value of a text, with its numbers as they are written.
func decodeJSON(r io.Reader) (any, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// print writes a result: a text without quotes for -r and -j, one line for -c, else indented by
// --indent or tabs.
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
// Options and their arguments are passed over. The finding has the rule jq-filter.
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
