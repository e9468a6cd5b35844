package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

var xargsOptions = []option{
	{'n', "max-args", needsArgument}, {'L', "max-lines", needsArgument}, {'I', "", needsArgument}, {'i', "replace", mayHaveArgument},
	{'0', "null", noArgument}, {'d', "delimiter", needsArgument}, {'r', "no-run-if-empty", noArgument}, {'t', "verbose", noArgument},
	{'P', "max-procs", needsArgument}, {'a', "arg-file", needsArgument}, {'s', "max-chars", needsArgument}, {'x', "exit", noArgument},
}

// wrapping is a command that runs a part of its line.
type wrapping struct {
	command
	// first is the word at which that part begins; read says that words are added to it that are read when the line runs.
	first func(words []string) (at int, read bool)
}

// Inner implements procedures.Wrapper.
func (w wrapping) Inner(words []procedures.Word) [][]procedures.Word {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = word.Text
	}
	at, read := w.first(texts)
	if at < 0 || at >= len(words) {
		return nil
	}
	line := slices.Clone(words[at:])
	if read {
		last := words[len(words)-1]
		line = append(line, procedures.Word{Text: "$(…)", Split: true, Source: "…", Line: last.Line, Col: last.Col})
	}
	if replace := replaced(texts[1:at]); replace != "" {
		line = line[:len(line)-1]
		for i, word := range line {
			if strings.Contains(word.Text, replace) {
				line[i].Text, line[i].Known = strings.ReplaceAll(word.Text, replace, "$(…)"), false
			}
		}
	}
	return [][]procedures.Word{line}
}

// replaced is the text that -I replaces; empty for none.
func replaced(options []string) string {
	p, err := parseOptions("xargs", options, xargsOptions)
	if err != nil {
		return ""
	}
	return replaceText(p)
}

func replaceText(p *parsed) string {
	switch {
	case p.has("I"):
		return p.last("I")
	case p.has("replace") && p.last("replace") != "":
		return p.last("replace")
	case p.has("replace"):
		return "{}"
	}
	return ""
}

func xargsFirst(words []string) (int, bool) {
	at := 1 + firstOperand("xargs", words[1:], xargsOptions)
	if at < len(words) && words[at] == "--" {
		at++
	}
	return at, true
}

// runXargs makes lines of what it reads and runs them one after the other, whatever -P says. Its status is 123 where one failed, 124 where
// one ended with 255, which ends it.
func runXargs(ctx context.Context, inv *procedures.Invocation) int {
	at, _ := xargsFirst(inv.Args)
	end := at
	if end > 1 && end-1 < len(inv.Args) && inv.Args[end-1] == "--" {
		end--
	}
	p, err := parseOptions(inv.Args[0], inv.Args[1:end], xargsOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	x := &xargs{ctx: ctx, inv: inv, p: p, own: slices.Clone(inv.Args[at:]), from: at, replace: replaceText(p), most: 1 << 30}
	if len(x.own) == 0 {
		x.own = []string{"echo"}
		x.from = len(inv.Args)
	}
	for _, o := range []struct {
		name string
		into *int
	}{{"max-args", &x.most}, {"max-lines", &x.lines}} {
		if p.has(o.name) {
			if *o.into, err = strconv.Atoi(p.last(o.name)); err != nil || *o.into < 1 {
				return complain(inv, 1, "value %s for %s option should be >= 1", p.last(o.name), o.name)
			}
		}
	}
	x.bytes = 128 << 10
	if p.has("max-chars") {
		if x.bytes, err = strconv.Atoi(p.last("max-chars")); err != nil || x.bytes < 1 {
			return complain(inv, 1, "invalid number for -s option: %s", p.last("max-chars"))
		}
	}
	name := "-"
	if p.has("arg-file") {
		name = p.last("arg-file")
	}
	var text string
	if err := oneInput(ctx, inv, name, func(_ string, r io.Reader) (err error) {
		text, err = allOf(r)
		return err
	}); err != nil {
		return complain(inv, 1, "%s: %s", name, fileError(err))
	}
	wrong := x.split(text)
	if wrong == nil {
		return x.run()
	}
	if _, bound := errors.AsType[*limits.Error](wrong); len(x.items) > 0 && !isNotHere(wrong) && !bound { // what was read before is run
		if status := x.run(); status == interrupted {
			return status
		}
	}
	return complain(inv, 1, "%v", wrong)
}

// xargs is a line of xargs.
type xargs struct {
	ctx     context.Context //nolint:containedctx // of one line
	inv     *procedures.Invocation
	p       *parsed
	own     []string // the words of the line that is run
	from    int
	replace string
	most    int // items of a line
	lines   int // lines of the input of a line; 0 for any
	bytes   int
	items   []xargsItem
	failed  bool
}

// xargsItem is what was read for one word; ends says that a line of the input ends with it.
type xargsItem struct {
	text string
	ends bool
}

// split makes items of what was read: at a delimiter, at newlines for -I, else at blanks, with quotes and backslashes.
func (x *xargs) split(text string) error {
	var delimiter string
	switch {
	case x.p.has("null"):
		delimiter = "\x00"
	case x.p.has("delimiter"):
		delimiter = x.p.last("delimiter")
		if special, ok := map[string]string{`\n`: "\n", `\t`: "\t", `\0`: "\x00", `\\`: `\`, `\r`: "\r"}[delimiter]; ok {
			delimiter = special
		}
		if len(delimiter) != 1 {
			return missing("-d", "a delimiter of more than one character")
		}
	default:
		return x.splitQuoted(text)
	}
	if text == "" {
		return nil
	}
	for item := range strings.SplitSeq(strings.TrimSuffix(text, delimiter), delimiter) {
		if err := x.add(item, true); err != nil {
			return err
		}
	}
	return nil
}

func (x *xargs) add(text string, ends bool) error {
	x.items = append(x.items, xargsItem{text, ends})
	return x.inv.Meter.Charge(int64(len(text)) + 64)
}

func (x *xargs) splitQuoted(text string) error {
	var word strings.Builder
	started, quote := false, byte(0)
	blanks := " \t"
	if x.replace != "" {
		blanks = ""
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0 && c == '\n':
			return fmt.Errorf("unmatched %s quote; by default quotes are special to xargs unless you use the -0 option",
				map[byte]string{'"': "double", '\'': "single"}[quote])
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, started = c, true
		case c == '\\' && i+1 < len(text):
			i++
			started = true
			word.WriteByte(text[i])
		case c == '\n' || strings.IndexByte(blanks, c) >= 0:
			if !started {
				continue
			}
			if err := x.add(word.String(), c == '\n'); err != nil {
				return err
			}
			word.Reset()
			started = false
		default:
			if x.replace != "" && !started && (c == ' ' || c == '\t') {
				continue
			}
			word.WriteByte(c)
			started = true
		}
	}
	if quote != 0 {
		return fmt.Errorf("unmatched %s quote; by default quotes are special to xargs unless you use the -0 option",
			map[byte]string{'"': "double", '\'': "single"}[quote])
	}
	if started {
		return x.add(word.String(), true)
	}
	return nil
}

// run runs the lines.
func (x *xargs) run() int {
	if x.replace != "" {
		for _, item := range x.items {
			if status := x.replaceIn(item.text); status != 0 {
				return status
			}
		}
		return x.status()
	}
	if len(x.items) == 0 && !x.p.has("no-run-if-empty") {
		if status := x.exec(x.own, nil); status != 0 {
			return status
		}
	}
	for len(x.items) > 0 {
		words := slices.Clone(x.own)
		at := make([]int, len(words), len(words)+1)
		for i := range at {
			at[i] = -1
		}
		n, lines, bytes := 0, 0, 0
		for _, item := range x.items {
			if n >= x.most || x.lines > 0 && lines >= x.lines || n > 0 && bytes+len(item.text)+1 > x.bytes {
				break
			}
			words, at = append(words, item.text), append(at, 0)
			bytes += len(item.text) + 1
			if item.ends {
				lines++
			}
			n++
		}
		x.items = x.items[n:]
		if status := x.exec(words, at); status != 0 {
			return status
		}
	}
	return x.status()
}

func (x *xargs) replaceIn(item string) int {
	words, at := slices.Clone(x.own), make([]int, len(x.own))
	for i, w := range words {
		if at[i] = -1; i > 0 && strings.Contains(w, x.replace) {
			at[i] = strings.Index(w, x.replace)
			words[i] = strings.ReplaceAll(w, x.replace, item)
		}
	}
	return x.exec(words, at)
}

func (x *xargs) status() int {
	if x.failed {
		return 123
	}
	return 0
}

// exec runs one line. A status that is not 0 ends xargs.
func (x *xargs) exec(words []string, at []int) int {
	if x.ctx.Err() != nil {
		return interrupted
	}
	if x.p.has("verbose") {
		fmt.Fprintln(x.inv.Stderr, strings.Join(words, " "))
	}
	status := x.inv.Exec(x.ctx, procedures.InnerLine{
		Args: words, From: x.from, Own: len(x.own), ReadAt: at, Stdout: x.inv.Stdout, Stderr: x.inv.Stderr,
	})
	switch {
	case x.ctx.Err() != nil:
		return interrupted
	case status == 255:
		return complain(x.inv, 124, "%s: exited with status 255; aborting", words[0])
	case status == 126 || status == 127:
		return status
	}
	x.failed = x.failed || status != 0
	return 0
}

var timeoutOptions = []option{
	{'k', "kill-after", needsArgument}, {'s', "signal", needsArgument}, {'v', "verbose", noArgument}, {0, "preserve-status", noArgument},
	{0, "foreground", noArgument},
}

var timeoutOwn = beforeOperand("timeout", timeoutOptions)

func timeoutFirst(words []string) (int, bool) {
	at := 1 + firstOperand("timeout", words[1:], timeoutOptions)
	if at < len(words) && words[at] == "--" {
		at++
	}
	return at + 1, false
}

// runTimeout runs a line that is ended when its time is over, with the status 124. A line that changes something is not cut off.
func runTimeout(ctx context.Context, inv *procedures.Invocation) int {
	at, _ := timeoutFirst(inv.Args)
	p, err := parseOptions(inv.Args[0], inv.Args[1:min(at-1, len(inv.Args))], timeoutOptions)
	switch {
	case err != nil:
		return complain(inv, 125, "%v", err)
	case at >= len(inv.Args):
		return complain(inv, 125, "missing operand")
	}
	text, unit := inv.Args[at-1], time.Second
	if n := len(text); n > 0 {
		if u, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[n-1]]; ok {
			text, unit = text[:n-1], u
		}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds < 0 {
		return complain(inv, 125, "invalid time interval ‘%s’", inv.Args[at-1])
	}
	over := false
	status := inv.Exec(ctx, procedures.InnerLine{
		Args: slices.Clone(inv.Args[at:]), From: at, Own: len(inv.Args) - at, Stdin: inv.Stdin, Stdout: inv.Stdout, Stderr: inv.Stderr,
		Timeout: time.Duration(min(seconds*float64(unit), 1<<62)), TimedOut: func() { over = true },
	})
	if over && p.has("preserve-status") {
		return 143
	}
	return status
}
