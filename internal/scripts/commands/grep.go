package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/internal"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// grepOptions are GNU's but for -T, -D and --exclude-from. -y is the old name of -i; -U and --line-buffered change nothing.
var grepOptions = []option{
	{'E', "extended-regexp", noArgument}, {'F', "fixed-strings", noArgument}, {'G', "basic-regexp", noArgument},
	{'P', "perl-regexp", noArgument}, {'e', "regexp", needsArgument}, {'f', "file", needsArgument}, {'i', "ignore-case", noArgument},
	{'y', "", noArgument}, {0, "no-ignore-case", noArgument}, {'v', "invert-match", noArgument}, {'w', "word-regexp", noArgument},
	{'x', "line-regexp", noArgument}, {'c', "count", noArgument}, {'l', "files-with-matches", noArgument},
	{'L', "files-without-match", noArgument}, {'m', "max-count", needsArgument}, {'o', "only-matching", noArgument},
	{'q', "quiet", noArgument}, {0, "silent", noArgument}, {'s', "no-messages", noArgument}, {'H', "with-filename", noArgument},
	{'h', "no-filename", noArgument}, {0, "label", needsArgument}, {'n', "line-number", noArgument}, {'b', "byte-offset", noArgument},
	{'A', "after-context", needsArgument}, {'B', "before-context", needsArgument}, {'C', "context", needsArgument},
	{0, "group-separator", needsArgument}, {0, "no-group-separator", noArgument}, {'a', "text", noArgument},
	{'I', "", noArgument}, {'U', "binary", noArgument}, {0, "color", mayHaveArgument}, {0, "colour", mayHaveArgument},
	{0, "line-buffered", noArgument}, {'Z', "null", noArgument}, {'z', "null-data", noArgument}, {'r', "recursive", noArgument},
	{'R', "dereference-recursive", noArgument}, {0, "include", needsArgument}, {0, "exclude", needsArgument},
	{0, "exclude-dir", needsArgument}, {'d', "directories", needsArgument},
}

// grep is one search.
type grep struct {
	ctx           context.Context //nolint:containedctx // of one line
	p             *parsed
	inv           *procedures.Invocation
	pattern       grepPattern
	names         bool // print the file's name before a line
	max           int  // lines to select in a file; -1 for all
	before, after int
	separator     string // between groups of lines with their context, with its newline; empty for none
	folders       string // what is done with them: read, skip, recurse
	files, in     []grepFilter
	end           byte // of a line
	any           bool // something was selected
	grouped       bool // lines are printed with their context
	printed       bool // a group of lines was
	status        int
}

// grepPattern finds a pattern in a line; from the byte from on for find, which returns nil where there is none.
type grepPattern interface {
	match(line string) (bool, error)
	each(line string, do func(start, end int) error) error
}

// runGrep prints the lines that match. Its status is 0 when a line was selected, 1 when none was, 2 on an error.
func runGrep(ctx context.Context, inv *procedures.Invocation) int {
	g := &grep{ctx: ctx, inv: inv, max: -1, separator: "--\n"}
	if err := g.setUp(); err != nil {
		return complain(inv, 2, "%v", err)
	}
	names := g.p.operands
	switch {
	case g.max == 0: // nothing is read
		return 1
	case len(names) == 0 && g.folders == "recurse":
		g.folder(".", 0)
	case len(names) == 0:
		names = []string{"-"}
	}
	for _, name := range names {
		g.operand(name)
		if g.any && g.quiet() {
			break
		}
	}
	// -q is a success as soon as a line is selected, even where another file cannot be read
	// (POSIX)
	switch {
	case ctx.Err() != nil:
		return interrupted
	case g.any && (g.status == 0 || g.quiet()):
		return 0
	case g.status != 0:
		return 2
	}
	return 1
}

func (g *grep) quiet() bool { return g.p.has("quiet") || g.p.has("silent") }

// lastOf is the option of a list that was given last; "" for none.
func (p *parsed) lastOf(names ...string) string {
	for _, name := range slices.Backward(p.order) {
		if slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

// setUp reads the options. Without -e the first operand is the pattern. Names are printed before
// lines where there are several files, or with -H.
func (g *grep) setUp() error {
	p, err := parseOptions(g.inv.Args[0], oldContext(g.inv.Args[1:]), grepOptions)
	if err != nil {
		return err
	}
	g.p, g.end = p, '\n'
	if p.has("null-data") {
		g.end = 0
	}
	if err := grepForm(p); err != nil {
		return err
	}
	patterns, err := g.patterns()
	if err != nil {
		return err
	}
	for _, o := range []struct {
		name string
		into []*int
	}{{"max-count", []*int{&g.max}}, {"context", []*int{&g.before, &g.after}}, {"before-context", []*int{&g.before}},
		{"after-context", []*int{&g.after}}} {
		for _, into := range o.into {
			if err := readCount(p, o.name, into); err != nil {
				return err
			}
		}
	}
	g.grouped = p.has("context") || p.has("before-context") || p.has("after-context")
	switch p.lastOf("group-separator", "no-group-separator") {
	case "group-separator":
		g.separator = p.last("group-separator") + "\n"
	case "no-group-separator":
		g.separator = ""
	}
	if err := g.setUpFiles(); err != nil {
		return err
	}
	if len(patterns) == 0 && !p.has("invert-match") {
		g.max = 0
	}
	g.pattern, err = g.compile(patterns)
	return err
}

// patterns are those of -e and -f, one a line, else the first operand's.
func (g *grep) patterns() ([]string, error) {
	p := g.p
	given := p.values["regexp"]
	for _, name := range p.values["file"] {
		err := oneInput(g.ctx, g.inv, name, func(_ string, r io.Reader) error { return allLines(r, &given) })
		if err != nil {
			return nil, fmt.Errorf("%s: %s", name, fileError(err))
		}
	}
	if !p.has("regexp") && !p.has("file") {
		if len(p.operands) == 0 {
			return nil, errors.New("no pattern given\nUsage: grep [OPTION]... PATTERNS [FILE]...")
		}
		given, p.operands = p.operands[:1], p.operands[1:]
	}
	var all []string
	for _, text := range given {
		all = append(all, strings.Split(text, "\n")...)
	}
	return all, nil
}

// grepForm is an error for a form that is not carried out.
func grepForm(p *parsed) error {
	for _, name := range []string{"color", "colour"} {
		if v := p.last(name); v == "always" || v == "yes" || v == "force" {
			return missing("--"+name+"="+v, "what a step prints has no colours")
		}
	}
	if p.has("perl-regexp") && (p.has("text") || p.has("null-data")) {
		return missing("-P with -a or -z", "")
	}
	if p.has("perl-regexp") && (p.has("word-regexp") || p.has("extended-regexp") || p.has("fixed-strings") || p.has("basic-regexp")) {
		return missing("-P with -w, -E, -F or -G", "")
	}
	return nil
}

// checkGrep reads the options and the pattern of a line.
func checkGrep(words []procedures.Word) []procedures.Finding {
	p, err := parseOptions("grep", oldContext(knownTexts(words[1:])), grepOptions)
	if err != nil {
		return nil // it is said of the options
	}
	err = grepForm(p)
	if patterns := p.values["regexp"]; err == nil && !slices.ContainsFunc(words, func(w procedures.Word) bool { return w.Split }) {
		if len(patterns) == 0 && !p.has("file") && len(p.operands) > 0 {
			patterns = p.operands[:1]
		}
		g := &grep{p: p, inv: &procedures.Invocation{Args: []string{words[0].Text}}}
		_, err = g.compile(patterns)
	}
	return findingNotHere(words[0].Text, words[0], err)
}

// contextCount is -NUM, POSIX's obsolete way of writing -C NUM.
var contextCount = lazy.Regexp(`^-(\d+)$`)

// oldContext turns -3 into -C 3.
func oldContext(args []string) []string {
	out := make([]string, 0, len(args)+1)
	for i, a := range args {
		if m := contextCount().FindStringSubmatch(a); m != nil && !awaitsValue("grep", args[:i], grepOptions) {
			out = append(out, "-C", m[1])
			continue
		}
		out = append(out, a)
	}
	return out
}

// readCount reads an option that is a number, if it was given. A negative one is all for -m, and an error elsewhere.
func readCount(p *parsed, name string, into *int) error {
	if !p.has(name) {
		return nil
	}
	n, err := strconv.Atoi(p.last(name))
	switch {
	case name == "max-count" && err == nil:
		*into = max(n, -1)
		return nil
	case name == "max-count":
		return errors.New("invalid max count")
	case err != nil || n < 0:
		return fmt.Errorf("%s: invalid context length argument", p.last(name))
	}
	*into = n
	return nil
}

// compile makes one expression of all patterns.
func (g *grep) compile(patterns []string) (grepPattern, error) {
	p := g.p
	fold := p.lastOf("ignore-case", "y", "no-ignore-case")
	o := posix.Options{
		IgnoreCase: fold == "ignore-case" || fold == "y", Line: p.has("line-regexp"), Word: p.has("word-regexp"),
	}
	kind := p.lastOf("extended-regexp", "fixed-strings", "basic-regexp", "perl-regexp")
	switch {
	case kind == "perl-regexp":
		return compilePerl(g.inv, o, patterns)
	case kind == "fixed-strings", kind == "" && g.inv.Args[0] == "fgrep":
		o.Literal = true
	case kind == "extended-regexp", kind == "" && g.inv.Args[0] == "egrep":
		o.Syntax = posix.Extended
	}
	if len(patterns) == 0 {
		return nothing{}, nil
	}
	re, err := posix.Compile(g.inv.Meter, o, patterns...)
	return posixPattern{re}, err
}

// nothing matches no line: the pattern of an empty file of -f.
type nothing struct{}

func (nothing) match(string) (bool, error)                    { return false, nil }
func (nothing) each(string, func(start, end int) error) error { return nil }

type posixPattern struct{ *posix.Regexp }

func (p posixPattern) match(line string) (bool, error) { return p.Match(line) }

func (p posixPattern) each(line string, do func(start, end int) error) error {
	return p.Each(line, func(loc []int) (bool, error) { return true, do(loc[0], loc[1]) })
}

type perlPattern struct{ *internal.Regexp }

func (p perlPattern) match(line string) (bool, error) { return p.Match(line) }
func (p perlPattern) each(line string, do func(start, end int) error) error {
	return p.Each(line, -1, do)
}

// perlOnly is what RE2 reads in another way than PCRE, or not at all.
var perlOnly = lazy.Regexp(`\\[CGKNRXZghkouvVH]|\\\d|\(\?[^:imsUP<)-]|\(\?<[=!]|\(\*|[*+?}]\+|\(\?[imsU-]*x`)

// compilePerl compiles a pattern of PCRE where RE2 says the same: without look-around, back references and the like.
func compilePerl(inv *procedures.Invocation, o posix.Options, patterns []string) (grepPattern, error) {
	if len(patterns) != 1 {
		return nil, errors.New("the -P option only supports a single pattern")
	}
	text := patterns[0]
	if what := perlOnly().FindString(strings.ReplaceAll(text, `\\`, "")); what != "" {
		return nil, missing("-P '"+text+"'", "RE2 has no %s", what)
	}
	if o.Line {
		text = "^(?:" + text + ")$"
	}
	if o.IgnoreCase {
		text = "(?i)" + text
	}
	re, err := internal.Compile(inv.Meter, text)
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return nil, missing("-P '"+patterns[0]+"'", "RE2 does not read it: %s", bad.Code)
	}
	return perlPattern{re}, err
}
