package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// jqStatusError is jq's status of an error in the filter, or of input that is not JSON.
const jqStatusError = 5

// jqUsage stands behind what is wrong with a command line.
const jqUsage = "Use jq --help for help with command-line options,\nor see the jq manpage, or online docs at https://jqlang.org"

// runJQ is jq, of our own: see package jq.
// Its exit statuses are jq's: 2 wrong usage or a file that cannot be read, 3 a filter that does not compile, 5 an error in it or input
// that is not JSON, 1 or 4 with -e. An error in the filter ends the input that it met, and the next one is read, as jq has it.
// halt_error's status is its own. A bound of package limits that is met ends it with 5.
func runJQ(ctx context.Context, inv *procedures.Invocation) int {
	meter := inv.Meter.Part(inv.Line)
	if meter == nil {
		meter = limits.NewMeter(ctx, nil, limits.Most{}, limits.Hooks{})
	}
	defer meter.Close()
	o := &jqOptions{indent: 2, meter: meter}
	if err := o.read(inv); err != nil {
		return complain(inv, 2, "%v\n%s", err, jqUsage)
	}
	program, err := jq.Compile(o.filter, o.names)
	if err != nil {
		return complain(inv, 3, "error: %v\njq: 1 compile error", err)
	}
	r := &jqRun{
		ctx: ctx, inv: inv, options: o, program: program, out: bufio.NewWriter(inv.Stdout), flushed: time.Now(),
		printer: jq.NewPrinter(ctx, meter, o.format()),
	}
	r.inputs = newJQInputs(ctx, inv, o)
	defer r.inputs.close()
	return r.run()
}

// jqRun is one command line under way.
type jqRun struct {
	ctx     context.Context //nolint:containedctx // it lasts as long as the command
	inv     *procedures.Invocation
	options *jqOptions
	program *jq.Program
	inputs  *jqInputs
	printer *jq.Printer
	out     *bufio.Writer
	flushed time.Time

	some bool // a result was printed
	last any  // the last one, for -e
}

// run evaluates the filter on each input, and returns the exit status.
func (r *jqRun) run() int {
	status, ended, began := 0, false, r.options.nullInput
	if r.options.nullInput {
		status, _ = r.one(nil)
		ended = true
	}
	for !ended {
		v, err := r.inputs.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			status = r.inputError(err)
			break
		}
		began = true
		status, ended = r.one(v)
		if some, _ := r.inputs.unread(); !some {
			_ = r.out.Flush() // the next input may be long in coming
		}
	}
	if err := r.out.Flush(); err != nil && status == 0 {
		return 2
	}
	if r.ctx.Err() != nil {
		return interrupted
	}
	if r.inputs.failed && !ended || r.inputs.failed && r.options.nullInput {
		return 2
	}
	if r.options.exitStatus && status == 0 {
		switch {
		case !began:
			return 0 // as jq 1.6 has it where there is no document at all
		case !r.some:
			return 4
		case jq.Null(r.last):
			return 1
		}
	}
	return status
}

// inputError says why no more input can be read.
func (r *jqRun) inputError(err error) int {
	_ = r.out.Flush()
	var bad *jq.InputError
	if errors.As(err, &bad) {
		return complain(r.inv, jqStatusError, "parse error: %v", err)
	}
	return r.report(err)
}

// one evaluates the filter on one input. ended says that no other is to be read.
func (r *jqRun) one(v any) (status int, ended bool) {
	err := r.program.Run(r.ctx, v, r.options.values, jq.Runtime{
		Meter: r.options.meter, Env: func() []string { return jqEnvironment(r.inv) }, Getenv: r.inv.Env, Now: r.inv.Now,
		Next: r.inputs.next, Taken: r.inputs.taken, At: r.inputs.place, Stderr: flushing{r.out, r.inv.Stderr},
	}, r.print)
	if err == nil {
		return 0, false
	}
	_ = r.out.Flush()
	var halt *jq.HaltError
	if errors.As(err, &halt) {
		if !halt.Silent {
			printHalted(r.inv.Stderr, halt.Value)
		}
		return halt.Status, true
	}
	var wrong *jq.ValueError
	return r.report(err), !errors.As(err, &wrong)
}

// report says what ended an evaluation.
func (r *jqRun) report(err error) int {
	var broken *writeError
	var wrong *jq.ValueError
	switch {
	case errors.As(err, &broken):
		return 2
	case r.ctx.Err() != nil:
		return interrupted
	case !errors.As(err, &wrong):
		return complain(r.inv, jqStatusError, "error: %v", err)
	}
	place := "<unknown>"
	if file, line := r.inputs.place(); file != "" {
		place = fmt.Sprintf("%s:%d", file, line)
	}
	if _, ok := jq.Text(wrong.Value); ok {
		return complain(r.inv, jqStatusError, "error (at %s): %v", place, err)
	}
	return complain(r.inv, jqStatusError, "error (at %s) %v", place, err)
}

// flushEvery is how long a result may wait to be written while others are computed.
const flushEvery = 100 * time.Millisecond

// print writes a result: a text without quotes for -r and -j, else JSON.
func (r *jqRun) print(v any) error {
	o := r.options
	r.last, r.some = v, true
	if o.seq {
		_ = r.out.WriteByte(0x1e)
	}
	text, isText := jq.Text(v)
	if isText && o.raw && !o.ascii {
		if o.terminated && strings.IndexByte(text, 0) >= 0 {
			return &jq.ValueError{Value: "Cannot dump a string containing NUL with --raw-output0 option"}
		}
		_, _ = r.out.WriteString(text)
	} else {
		data, err := r.printer.JSON(v)
		if err != nil {
			return err
		}
		_, _ = r.out.Write(data)
	}
	var err error
	switch {
	case o.terminated:
		err = r.out.WriteByte(0)
	case !o.join:
		err = r.out.WriteByte('\n')
	}
	if now := time.Now(); err == nil && now.Sub(r.flushed) > flushEvery {
		r.flushed = now
		err = r.out.Flush()
	}
	if err != nil {
		return &writeError{err}
	}
	return nil
}

// flushing writes what was printed before to another place.
type flushing struct {
	before *bufio.Writer
	to     io.Writer
}

// Write implements io.Writer.
func (f flushing) Write(p []byte) (int, error) {
	if err := f.before.Flush(); err != nil {
		return 0, &writeError{err}
	}
	return f.to.Write(p)
}

// jqEnvironment is what $ENV and env have: what the script exports, as awk has it, and some that are there where it exports nothing.
func jqEnvironment(inv *procedures.Invocation) []string {
	var out []string
	for _, name := range []string{"AWS_REGION", "AWS_PROFILE", "HOME", "TZ"} {
		if v, ok := inv.Env(name); ok {
			out = append(out, name+"="+v)
		}
	}
	for pair := range slices.Chunk(environment(inv), 2) {
		out = append(out, pair[0]+"="+pair[1])
	}
	return out
}

// printHalted prints what halt_error was given: a text as it is, anything else as a line of JSON.
func printHalted(w io.Writer, v any) {
	if v == nil {
		return
	}
	text, isText := jq.Text(v)
	if !isText {
		text = string(jq.Format{}.Append(nil, v)) + "\n"
	}
	_, _ = io.WriteString(w, text) // there is no one left to report to
}

// checkJQ finds a filter that does not parse, where the filter is known.
// Options and their arguments are passed over. The finding has the rule jq-filter.
func checkJQ(words []procedures.Word) []procedures.Finding {
	for i := 1; i < len(words); i++ {
		w := words[i]
		if len(w.Text) > 1 && w.Text[0] == '-' && (w.Text[1] == '-' || w.Text[1]|0x20 >= 'a' && w.Text[1]|0x20 <= 'z') {
			if w.Text == "--from-file" || !strings.HasPrefix(w.Text, "--") && strings.Contains(w.Text, "f") {
				return nil // the filter is in a file
			}
			if w.Text != "--args" && strings.HasPrefix(w.Text, "--arg") || strings.HasSuffix(w.Text, "file") {
				i += 2
			} else if w.Text == "--indent" {
				i++
			}
			continue
		}
		if !w.Known {
			return nil
		}
		if w.Text == "..." || w.Text == "…" {
			return []procedures.Finding{{
				Line: w.Line, Column: w.Col, Severity: procedures.SeverityWarning, Rule: "jq-filter",
				Message: "jq's filter is left out here: write it.",
			}}
		}
		if err := jq.Parse(w.Text); err != nil {
			return []procedures.Finding{{
				Line: w.Line, Column: w.Col, Severity: procedures.SeverityError, Rule: "jq-filter",
				Message: fmt.Sprintf("jq does not understand this filter: %v.", err),
			}}
		}
		return nil
	}
	return nil
}
