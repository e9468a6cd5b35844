package bind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Command describes a command of the AWS CLI whose options stand in no model ("s3 cp", "logs tail").
type Command struct {
	// Operands are the names of the words that are no options, as the CLI names them; the last of
	// them may be given Most times in all.
	Operands []string
	Least    int // words that must be given
	Most     int
	Options  []CommandOption
}

// CommandOption is one option of a Command.
type CommandOption struct {
	Name     string // without dashes
	Flag     bool   // takes no value
	Many     bool   // takes any number of values
	Number   bool   // takes a whole number
	Required bool
	Choices  []string // nil: any value
	Alone    string   // the value of an option that may stand without one
	NotHere  bool     // the AWS CLI has it; it is not supported here
}

// CommandLine is a line of such a command, read.
type CommandLine struct {
	Operands []string
	Given    []CommandValue // the options, in the line's order
}

// CommandValue is one option as the line has it; Values is empty for a flag.
type CommandValue struct {
	Name   string
	Values []string
}

// Value is the value of an option that was given last, "" where it was not.
func (l *CommandLine) Value(name string) string {
	for _, g := range slices.Backward(l.Given) {
		if g.Name == name && len(g.Values) > 0 {
			return g.Values[0]
		}
	}
	return ""
}

// Values are those of an option that takes many.
func (l *CommandLine) Values(name string) []string {
	for _, g := range slices.Backward(l.Given) {
		if g.Name == name {
			return g.Values
		}
	}
	return nil
}

// Has reports whether an option was given.
func (l *CommandLine) Has(name string) bool {
	return slices.ContainsFunc(l.Given, func(g CommandValue) bool { return g.Name == name })
}

// Read reads the words behind the command, as argparse does. known tells whether a word's value is
// known already: one that is not is not judged. It may be nil. The error is an *Error.
// An unknown option ends with ExitUsage, as every wrong word does, but a number that is none ends with ExitGeneral:
// these commands convert it with Python's int() after argparse has accepted the word.
//
//	cp a s3://b/c --recursive --acl private   becomes   Operands [a s3://b/c], Given [{recursive []} {acl [private]}]
func (c *Command) Read(args []string, known func(string) bool) (*CommandLine, error) {
	if known == nil {
		known = func(string) bool { return true }
	}
	l := &CommandLine{}
	var unknown []string
	for i := 0; i < len(args); i++ {
		if !isOption(args[i]) {
			l.Operands = append(l.Operands, args[i])
			continue
		}
		name, value, attached := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		o, err := c.find(name)
		switch {
		case err != nil:
			return nil, err
		case o == nil || !strings.HasPrefix(args[i], "--"):
			// Collected rather than refused at once: the CLI names all unknown options in one message, after what is
			// missing.
			unknown = append(unknown, args[i])
			continue
		case o.NotHere:
			return nil, invalid("--%s is not supported here", o.Name)
		}
		values, used, err := o.read(value, attached, args[i+1:])
		if err != nil {
			return nil, err
		}
		if err := o.judge(values, known); err != nil {
			return nil, err
		}
		i += used
		l.Given = append(l.Given, CommandValue{o.Name, values})
	}
	return l, c.judge(l, unknown)
}

// find completes a unique beginning of an option's name; nil for an unknown one.
func (c *Command) find(name string) (*CommandOption, error) {
	var matches []*CommandOption
	for i := range c.Options {
		o := &c.Options[i]
		if o.Name == name {
			return o, nil
		}
		if name != "" && strings.HasPrefix(o.Name, name) {
			matches = append(matches, o)
		}
	}
	switch len(matches) {
	case 0:
		return nil, nil
	case 1:
		return matches[0], nil
	}
	names := make([]string, len(matches))
	for i, o := range matches {
		names[i] = "--" + o.Name
	}
	return nil, usage("ambiguous option: --%s could match %s", name, strings.Join(names, ", "))
}

// read takes the option's values: the attached one of --name=value, or words up to the next option. used is the number
// of words taken from next. A flag refuses an attached value, in argparse's words.
func (o *CommandOption) read(value string, attached bool, next []string) (values []string, used int, err error) {
	switch {
	case o.Flag && attached:
		return nil, 0, usage("argument --%s: ignored explicit argument '%s'", o.Name, value)
	case o.Flag:
		return nil, 0, nil
	case attached:
		return []string{value}, 0, nil
	}
	for used < len(next) && !isOption(next[used]) && (used == 0 || o.Many) {
		used++
	}
	switch {
	case used > 0:
		return next[:used], used, nil
	case o.Alone != "":
		return []string{o.Alone}, 0, nil
	case o.Many:
		return nil, 0, usage("argument --%s: expected at least one argument", o.Name)
	}
	return nil, 0, usage("argument --%s: expected one argument", o.Name)
}

// judge checks values against the option's type and choices. Values that are not known yet pass.
func (o *CommandOption) judge(values []string, known func(string) bool) error {
	for _, v := range values {
		if !known(v) {
			continue
		}
		if _, err := strconv.Atoi(v); o.Number && err != nil {
			return &Error{Message: fmt.Sprintf("invalid literal for int() with base 10: '%s'", v), Status: ExitGeneral}
		}
		if o.Choices != nil && !slices.Contains(o.Choices, v) {
			return badChoice("--"+o.Name, v, o.Choices)
		}
	}
	return nil
}

// judge finds what is missing and what is too much.
func (c *Command) judge(l *CommandLine, unknown []string) error {
	var missing []string
	if len(l.Operands) < c.Least {
		missing = append(missing, c.Operands[min(len(l.Operands), len(c.Operands)-1):]...)
	}
	for _, o := range c.Options {
		if o.Required && !l.Has(o.Name) {
			missing = append(missing, "--"+o.Name)
		}
	}
	if len(missing) > 0 {
		return usage("the following arguments are required: %s", strings.Join(missing, ", "))
	}
	if len(l.Operands) > c.Most {
		unknown = append(unknown, l.Operands[c.Most:]...)
		l.Operands = l.Operands[:c.Most]
	}
	if len(unknown) > 0 {
		return invalid("Unknown options: %s", strings.Join(unknown, ","))
	}
	return nil
}
