package bind

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// Globals are the options that every command has.
type Globals struct {
	Region, Profile, Output, Query, Endpoint, BinaryFormat string
	Expression                                             *document.Query // of Query
	Unsigned, NoPaginate                                   bool
	NoRegion                                               bool   // --region is given, and empty
	ReadTimeout, ConnectTimeout                            string // seconds
	ErrorFormat, Color                                     string
}

// globalFlags and globalValues are the options that every command has, in the CLI's order in globalOrder.
var globalFlags = map[string]bool{
	"debug": true, "no-verify-ssl": true, "no-paginate": true, "no-sign-request": true, "no-cli-pager": true,
	"cli-auto-prompt": true, "no-cli-auto-prompt": true, "version": true,
}

var globalValues = map[string][]string{
	"endpoint-url": nil, "output": {"json", "text", "table", "yaml", "yaml-stream", "off"}, "query": nil,
	"profile": nil, "region": nil, "color": {"on", "off", "auto"}, "ca-bundle": nil,
	"cli-read-timeout": nil, "cli-connect-timeout": nil, "cli-binary-format": {"base64", "raw-in-base64-out"},
	"cli-error-format": {"legacy", "json", "yaml", "text", "table", "enhanced"},
}

// The order matters where a beginning of a name is ambiguous: the message lists the names in it.
var globalOrder = []string{
	"debug", "endpoint-url", "no-verify-ssl", "no-paginate", "output", "query", "profile", "region", "version", "color",
	"no-sign-request", "ca-bundle", "cli-read-timeout",
	"cli-connect-timeout", "cli-binary-format", "no-cli-pager", "cli-auto-prompt", "no-cli-auto-prompt", "cli-error-format",
}

// SplitGlobals takes the options out that every command has. rest are the places of the other words. known, where it is not
// nil, tells whether a word's value is known: one that is not is not judged.
func SplitGlobals(args []string, known func(text string) bool) (globals Globals, rest []int, err error) {
	if known == nil {
		known = func(string) bool { return true }
	}
	values := make([]Value, len(args))
	for i, text := range args {
		values[i] = Value{Text: text, Word: i}
	}
	r := &reader{Line: &Line{}, known: known}
	left, err := r.globals(values)
	for _, v := range left {
		rest = append(rest, v.Word)
	}
	return r.Globals, rest, err
}

// globals takes the global options out, wherever they stand, and returns the other words.
// One that the operation has too (after argrename none is left) would be the global's.
func (r *reader) globals(args []Value) ([]Value, error) {
	var rest []Value
	var later error
	for i := 0; i < len(args); i++ {
		text := args[i].Text
		name, value, attached := strings.Cut(strings.TrimPrefix(text, "--"), "=")
		if !strings.HasPrefix(text, "--") || name == "" || !r.known(name) {
			rest = append(rest, args[i])
			continue
		}
		name, err := wholeGlobal(name)
		if err != nil {
			if err := r.note(err, args[i].Word); err != nil {
				return nil, err
			}
			continue
		}
		choices, takesValue := globalValues[name]
		switch {
		case globalFlags[name] && !attached:
			r.setFlag(name)
		case takesValue:
			option, at := args[i].Word, args[i].Word
			if !attached {
				if i+1 >= len(args) || isOption(args[i+1].Text) {
					if err := r.note(usage("argument --%s: expected one argument", name).of(KindNoValue, name), option); err != nil {
						return nil, err
					}
					continue
				}
				i++
				value, at = args[i].Text, args[i].Word
				// From here on it is open which word is whose: a value that may become several words may swallow the
				// next.
				r.loose = r.loose || args[i].several
			}
			if name == "query" && r.before != nil {
				r.before.Query = at
			}
			if !r.known(value) {
				if name == "cli-binary-format" {
					r.Globals.BinaryFormat = value
				}
				break
			}
			if choices != nil && !slices.Contains(choices, value) {
				err = badChoice("--"+name, value, choices)
			} else {
				err = r.setGlobal(name, value)
			}
			var wrong *Error
			if err := r.note(err, at); errors.As(err, &wrong) && !wrong.Usage && later == nil {
				later = err // found when all global options are read
			} else if err != nil && (wrong == nil || wrong.Usage) {
				return nil, err
			}
		default:
			rest = append(rest, args[i])
		}
	}
	return rest, later
}

// wholeGlobal completes a unique beginning of a global option's name.
// A name that no global option begins with is returned as it is: it may be the operation's.
func wholeGlobal(name string) (string, error) {
	var matches []string
	for _, g := range globalOrder {
		if g == name {
			return name, nil
		}
		if strings.HasPrefix(g, name) {
			matches = append(matches, g)
		}
	}
	switch len(matches) {
	case 0:
		return name, nil
	case 1:
		return matches[0], nil
	}
	return "", usage("ambiguous option: --%s could match --%s", name, strings.Join(matches, ", --"))
}

// steering are the global options that decide where a call goes, as whom, and who is believed to answer.
var steering = map[string]bool{
	"endpoint-url": true, "profile": true, "no-verify-ssl": true, "no-sign-request": true, "ca-bundle": true,
}

// SteeringOption returns the name of the option that a word is, where it decides where a call goes or as whom, and whether its value is
// the next word; "" for any other word. Beginnings of a name that are unique count as the name.
func SteeringOption(word string) (name string, next bool) {
	name, _, attached := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	if !strings.HasPrefix(word, "--") || name == "" {
		return "", false
	}
	name, err := wholeGlobal(name)
	if err != nil || !steering[name] {
		return "", false
	}
	_, takesValue := globalValues[name]
	return name, takesValue && !attached
}

// setFlag keeps the flags that change what is sent; the others concern a terminal, and are accepted.
func (l *Line) setFlag(name string) {
	switch name {
	case "no-paginate":
		l.Globals.NoPaginate = true
	case "no-sign-request":
		l.Globals.Unsigned = true
	}
}

// setGlobal keeps the value of a global option. --query is compiled here, so that a wrong one is refused before a
// call.
// A wrong timeout ends with ExitGeneral, because the CLI converts it with int() after parsing.
func (l *Line) setGlobal(name, value string) error {
	g := &l.Globals
	switch name {
	case "region":
		g.Region, g.NoRegion = value, value == ""
	case "profile":
		g.Profile = value
	case "output":
		g.Output = value
	case "endpoint-url":
		if !strings.Contains(value, "://") {
			return invalid("Bad value for --endpoint-url \"%s\": scheme is missing.  Must be of the form "+
				"http://<hostname>/ or https://<hostname>/", value)
		}
		g.Endpoint = value
	case "cli-binary-format":
		g.BinaryFormat = value
	case "cli-error-format":
		g.ErrorFormat = value
	case "color":
		g.Color = value
	case "cli-read-timeout", "cli-connect-timeout":
		if _, err := strconv.Atoi(value); err != nil {
			return &Error{Message: fmt.Sprintf("invalid literal for int() with base 10: '%s'", value), Status: ExitGeneral}
		}
		if name == "cli-read-timeout" {
			g.ReadTimeout = value
		} else {
			g.ConnectTimeout = value
		}
	case "query":
		q, err := document.Compile(value)
		if err != nil {
			return invalid("Bad value for --query %s: %v", value, err).of(KindQuery, err.Error())
		}
		g.Query, g.Expression = value, q
	}
	return nil
}
