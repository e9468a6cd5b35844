package commands

import (
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// notHereError is what the real program does and is not carried out here. It is no failure of the program: the step ends there, whatever
// stands around the line, as a script would take the failure for an answer.
type notHereError struct{ what, why string }

// notHereText begins the text of a notHereError, and of what package posix does not carry out.
const notHereText = "not carried out here: "

func (n *notHereError) Error() string {
	if n.why == "" {
		return notHereText + n.what
	}
	return notHereText + n.what + ": " + n.why
}

// missing is a notHereError: what, as it would be typed behind the command's name, and why or what to write in its place; "" for no reason.
func missing(what, format string, args ...any) error {
	return &notHereError{what, fmt.Sprintf(format, args...)}
}

// noOptionError is an option that neither the real program has nor we.
type noOptionError struct{ name, text string }

func (o *noOptionError) Error() string { return o.text }

// NotCarriedOut is the rule of findings about what is not carried out here.
const NotCarriedOut = "not-carried-out"

const notHereAdvice = ". Write the line without it, or do the step by hand and mark it as done."

// WhyNotHere is what such a finding says of the line: "tail -f: it has no end, and a step ends".
func WhyNotHere(m procedures.Finding) string {
	return strings.TrimSuffix(strings.TrimPrefix(m.Message, notHereText), notHereAdvice) + ", which is not carried out here"
}

// notHereIn tells the interpreter of a notHereError among what is complained about.
func notHereIn(inv *procedures.Invocation, args []any) {
	for _, a := range args {
		if err, ok := a.(error); ok && isNotHere(err) && inv.NotHere != nil {
			inv.NotHere(inv.Args[0] + ": " + err.Error())
		}
	}
}

// gnuOptions are the options of the real programs, as they name them themselves: recorded by `go run ./bench/fidelity options`.
//
//go:embed gnu_options.txt
var gnuOptions string

// recordedAs are the commands whose options are recorded under the name of another one.
var recordedAs = map[string]string{
	"egrep": "grep", "fgrep": "grep", "gawk": "gawk", "awk": "gawk", "mawk": "gawk", "gdate": "date", "gunzip": "gzip",
	"zcat": "gzip", "sha1sum": "md5sum",
	"sha224sum": "md5sum", "sha256sum": "md5sum", "sha384sum": "md5sum", "sha512sum": "md5sum",
}

// recorded are the options that the program of a name has.
func recorded(name string) []option {
	if as, ok := recordedAs[name]; ok {
		name = as
	}
	return allRecorded()[name]
}

var allRecorded = sync.OnceValue(func() map[string][]option {
	out := map[string][]option{}
	for line := range strings.Lines(gnuOptions) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		o := option{}
		if rest, ok := strings.CutSuffix(text, "[=]"); ok {
			text, o.value = rest, mayHaveArgument
		} else if rest, ok := strings.CutSuffix(text, "="); ok {
			text, o.value = rest, needsArgument
		}
		if long, ok := strings.CutPrefix(text, "--"); ok {
			o.long = long
		} else {
			o.short = []rune(text)[1]
			o.long = "" // find's primaries are no options, and only their names count
			if len(text) > 2 {
				o.short, o.long = 0, text
			}
		}
		out[name] = append(out[name], o)
	}
	return out
})

// gnuVersions is what the real programs answer --version with, each behind a line "== NAME"; recorded likewise. Scripts tell GNU's tools
// from others by it.
//
//go:embed gnu_versions.txt
var gnuVersions string

// versionOf is what the program of a name says of its version; "" where that is not recorded.
func versionOf(name string) string {
	as := name
	if other, ok := recordedAs[name]; ok && name != "awk" && name != "mawk" {
		as = other
	}
	_, rest, _ := strings.Cut(gnuVersions, "== "+as+"\n")
	text, _, _ := strings.Cut(rest, "== ")
	if strings.HasSuffix(name, "sum") {
		text = strings.Replace(text, as, name, 1)
	}
	return text
}

// asksVersion reports whether a line asks for the version of its program, and for nothing else before it.
func (c command) asksVersion(words []string) bool {
	if c.options == nil || !slices.Contains(words, "--version") || versionOf(words[0]) == "" {
		return false
	}
	args := words[1:]
	if c.own != nil {
		args = c.own(args)
	}
	_, err := parseOptions(words[0], args, c.options)
	var n *notHereError
	return errors.As(err, &n) && n.what == "--version"
}

// RecordedNames are the programs whose options are recorded.
func RecordedNames() []string {
	return strings.Fields(`base64 basename cat chmod cmp column comm cp curl cut date diff dirname env expr find fold gawk grep gzip head
		join jq ls md5sum mkdir mktemp mv nice nl nohup od paste printenv realpath rev rm rmdir sed seq sleep sort split stat tac tail tee
		timeout touch tr uname uniq wc xargs`)
}

// isNotHere reports whether an error is about what is not carried out here.
func isNotHere(err error) bool {
	var n *notHereError
	var u *posix.UnsupportedError
	return errors.As(err, &n) || errors.As(err, &u)
}

// knownTexts are the words of a line; a letter stands in the place of one that is known only when it runs.
func knownTexts(words []procedures.Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		if out[i] = w.Text; !w.Known {
			out[i] = "x"
		}
	}
	return out
}

// findingNotHere is the finding of an error that is about what is not carried out here, or that nothing has; none for another.
func findingNotHere(name string, at procedures.Word, err error) []procedures.Finding {
	var none *noOptionError
	switch {
	case errors.As(err, &none):
		return []procedures.Finding{findingAt(at, "not-carried-out", fmt.Sprintf(
			"%s on Linux has no %s, and neither has the one here: write the option of GNU's.", name, none.name))}
	case isNotHere(err):
		text := err.Error()[strings.Index(err.Error(), notHereText)+len(notHereText):]
		m := findingAt(at, NotCarriedOut, notHereText+name+" "+text+notHereAdvice)
		m.Severity = procedures.SeverityNote // the author's line is right
		return []procedures.Finding{m}
	}
	return nil
}

// beforeOperand are the words before the first operand, which begins another line.
func beforeOperand(name string, known []option) func([]string) []string {
	return func(args []string) []string { return args[:firstOperand(name, args, known)] }
}

// Recorded are the options of the real program of a name, each with whether it needs a value.
func Recorded(name string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for _, o := range recorded(name) {
			text := "-" + string(o.short)
			switch {
			case strings.HasPrefix(o.long, "-"):
				text = o.long
			case o.long != "":
				text = "--" + o.long
			}
			if !yield(text, o.value == needsArgument) {
				return
			}
		}
	}
}
