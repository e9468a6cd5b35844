package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/aws/bind"
)

// flagged is what takes flags. flags also sets their defaults.
type flagged interface {
	flags(f *pflag.FlagSet)
}

// action is what a command does. Its words are what its line has besides flags.
type action interface {
	flagged
	run(ctx context.Context, o *options, t terminal, words []string) error
}

// command is a command as the command line and its help know it.
type command struct {
	name    string
	summary string // one line, for the list of commands
	help    string // paragraphs with examples, none for a command that explains itself
	action  action
	reaches string // for the table of rights: what of a portal it talks to, or reads past it

	// argument is the one word that the command demands, "" for none, and of what kind it is.
	argument, argumentHelp string
	// several is what the command takes any number of, "" for nothing.
	several string
	// verbatim commands are given all that follows their name, and parse it themselves.
	verbatim bool
}

// wanted is what a command demands, in a sentence that says that it is not there.
func (c *command) wanted() string {
	if c.argument == "procedure" {
		return "procedure; opsbook list shows what there is"
	}
	return c.argument
}

// commandLine is a parsed line. After an error it is as far as it was understood.
type commandLine struct {
	options  options
	commands []*command
	command  *command // what is executed; serve where none is named
	named    bool     // whether the command was named
	words    []string
	help     bool // whether help is asked for, in place of the command

	getenv func(string) string
	common *pflag.FlagSet // the flags of all commands
	all    *pflag.FlagSet // with those of the command
}

// newCommandLine is an empty line, whose flags may be variables of getenv.
func newCommandLine(getenv func(string) string) *commandLine {
	l := &commandLine{commands: allCommands(), getenv: getenv}
	l.common = pflag.NewFlagSet("opsbook", pflag.ContinueOnError)
	l.common.SortFlags = false
	l.options.flags(l.common)
	l.take(l.commands[0])
	return l
}

// take makes c the command, with its flags.
func (l *commandLine) take(c *command) {
	l.command = c
	l.all = pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	l.all.SortFlags = false
	l.all.BoolVarP(&l.help, "help", "h", l.help, "Show this help.")
	c.action.flags(l.all)
	l.all.AddFlagSet(l.common)
}

// parse reads a line: flags of all commands, a command's name, and its flags and words in any order. A line without
// a name is serve's. A flag that is not given is read from its variable, where that is not empty.
func (l *commandLine) parse(args []string) error {
	l.all.SetInterspersed(false)
	if err := l.all.Parse(args); err != nil {
		return err
	}
	if rest := l.all.Args(); len(rest) > 0 {
		if err := l.choose(rest[0]); err != nil {
			return err
		}
		if l.words = rest[1:]; !l.command.verbatim {
			l.all.SetInterspersed(true)
			if err := l.all.Parse(rest[1:]); err != nil {
				return err
			}
			l.words = l.all.Args()
		}
	}
	if l.command.verbatim && asksForHelp(l.words) {
		l.help = true
	}
	if l.help {
		return nil
	}
	if err := l.readVariables(); err != nil {
		return err
	}
	return l.checkWords()
}

// choose takes the command of that name. Flags that only serve has cannot stand before the name of another one.
func (l *commandLine) choose(name string) error {
	i := slices.IndexFunc(l.commands, func(c *command) bool { return c.name == name })
	if i < 0 {
		names := make([]string, len(l.commands))
		for i, c := range l.commands {
			names[i] = c.name
		}
		return fmt.Errorf("there is no command %q%s", name, didYouMean("", name, names))
	}
	l.named = true
	if l.commands[i] == l.command {
		return nil
	}
	var err error
	l.all.Visit(func(f *pflag.Flag) {
		if f.Name != "help" && l.common.Lookup(f.Name) == nil {
			err = fmt.Errorf("--%s is a flag of serve, not of %s", f.Name, name)
		}
	})
	if err == nil {
		l.take(l.commands[i])
	}
	return err
}

// checkWords counts words.
func (l *commandLine) checkWords() error {
	want := 0
	if l.command.argument != "" {
		want = 1
	}
	switch {
	case l.command.verbatim, l.command.several != "":
	case len(l.words) > want:
		return fmt.Errorf("unexpected argument %s", l.words[want])
	case len(l.words) < want:
		return fmt.Errorf("%s wants a %s", l.command.name, l.command.wanted())
	}
	return nil
}

// variableOf is the annotation of flags that may be variables: its name.
const variableOf = "opsbook/variable"

// variables makes variables of flags: OPSBOOK_BEHIND_PROXY is --behind-proxy.
func variables(f *pflag.FlagSet, names ...string) {
	for _, name := range names {
		flag := f.Lookup(name)
		flag.Annotations = map[string][]string{variableOf: {"OPSBOOK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}}
	}
}

// readVariables sets the flags that the line does not have. Errors name the variable.
func (l *commandLine) readVariables() error {
	var failed error
	l.all.VisitAll(func(f *pflag.Flag) {
		names := f.Annotations[variableOf]
		if f.Changed || failed != nil || len(names) == 0 {
			return
		}
		text := l.getenv(names[0])
		if text == "" {
			return
		}
		if err := l.all.Set(f.Name, text); err != nil {
			failed = errors.New(explain(err, names[0]))
		}
	})
	return failed
}

// choice is a flag that takes one of some words.
type choice struct {
	value  *string
	of     []string
	orNone bool // whether it may be empty
}

// String implements pflag.Value.
func (c *choice) String() string { return *c.value }

// Type implements pflag.Value.
func (c *choice) Type() string { return "choice" }

// Set implements pflag.Value.
func (c *choice) Set(text string) error {
	if !slices.Contains(c.of, text) && (text != "" || !c.orNone) {
		return fmt.Errorf("is %q; it must be one of %s", text, strings.Join(c.of, ", "))
	}
	*c.value = text
	return nil
}

// assignments is a flag that is repeated, each time in the form NAME=VALUE. A value may be empty, and hold = and commas.
type assignments struct {
	of   map[string]string
	form string // as people read it
}

// String implements pflag.Value.
func (a assignments) String() string { return "" }

// Type implements pflag.Value.
func (a assignments) Type() string { return "assignment" }

// Set implements pflag.Value. The last value of a name counts.
func (a assignments) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("expected %s but got %q", a.form, text)
	}
	a.of[name] = value
	return nil
}

// usage says what is wrong with a line, and where to read on. The help of the command is proposed only where the
// command was named.
func (l *commandLine) usage(err error) string {
	text, command := err.Error(), ""
	if l.named {
		command = l.command.name + " "
	}
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		text = l.unknownFlag(unknown)
	case errors.As(err, &empty):
		text = "--" + empty.GetFlag().Name + " wants a value"
	case errors.As(err, &invalid):
		text = explain(err, "--"+invalid.GetFlag().Name)
	}
	return fmt.Sprintf("opsbook: %s\nTry: opsbook %s--help", text, command)
}

// explain words the error of a value, given by a flag or variable of that name.
func explain(err error, name string) string {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return fmt.Sprintf("%s: %v", name, err)
	}
	switch invalid.GetFlag().Value.Type() {
	case "choice":
		return fmt.Sprintf("%s %v", name, invalid.Unwrap())
	case "bool":
		return fmt.Sprintf("%s is %q; it must be true or false", name, invalid.GetValue())
	}
	return fmt.Sprintf("%s: %v", name, invalid.Unwrap())
}

// unknownFlag says that a flag is none, and which one may have been meant: with one dash, a whole word may have been.
func (l *commandLine) unknownFlag(err *pflag.NotExistError) string {
	typed, name := "--"+err.GetSpecifiedName(), err.GetSpecifiedName()
	if short := err.GetSpecifiedShortnames(); short != "" {
		typed, name = "-"+short, short
	}
	var names []string
	l.all.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return "unknown flag " + typed + didYouMean("--", name, names)
}

// didYouMean proposes the name that is most like a word, if any is, as it is typed.
func didYouMean(dashes, word string, names []string) string {
	if near := bind.Nearest(word, names); near != "" {
		return fmt.Sprintf(", did you mean %q?", dashes+near)
	}
	return ""
}
