package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// option is one that a command knows.
type option struct {
	short rune
	long  string // without the dashes
	value argument
}

// argument says whether an option takes a value.
type argument int

const (
	noArgument argument = iota
	needsArgument
	mayHaveArgument // only attached: -Iseconds, --rfc=x
)

// parsed holds what a command line asks for.
type parsed struct {
	command  string
	values   map[string][]string // by long name, or the short one where there is no long
	order    []string            // the options in the order in which they came
	operands []string            // the operands
}

// has reports whether an option was given. An option is named by its long name, or by its letter
// where it has no long one.
func (p *parsed) has(name string) bool { return len(p.values[name]) > 0 }

// last returns the value that was given last, or "".
func (p *parsed) last(name string) string {
	v := p.values[name]
	if len(v) == 0 {
		return ""
	}
	return v[len(v)-1]
}

// add records an option; one that is given again keeps its earlier values.
func (p *parsed) add(o option, value string) {
	name := o.name()
	p.values[name] = append(p.values[name], value)
	p.order = append(p.order, name)
}

// name is the option's name in parsed.
func (o option) name() string {
	if o.long != "" {
		return o.long
	}
	return string(o.short)
}

// parseOptions reads args (without the command's name) as GNU getopt_long does:
// options and operands in any order, "--" ends the options, long names may be
// shortened while they stay unique.
// A lone "-" is an operand: standard input. The errors are worded as GNU's, without the command's
// name.
//
// name is the command's: an option that only the real program has is a notHereError.
func parseOptions(name string, args []string, known []option) (*parsed, error) {
	p := &parsed{command: name, values: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			p.operands = append(p.operands, args[i+1:]...)
			return p, nil
		case strings.HasPrefix(arg, "--"):
			used, err := p.long(arg[2:], args[i+1:], known)
			if err != nil {
				return nil, err
			}
			i += used
		case len(arg) > 1 && arg[0] == '-':
			used, err := p.short(arg[1:], args[i+1:], known)
			if err != nil {
				return nil, err
			}
			i += used
		default:
			p.operands = append(p.operands, arg)
		}
	}
	return p, nil
}

// badWordError is a value of an option that is none of the words that it takes.
type badWordError struct{ option, value string }

func (b *badWordError) Error() string {
	return fmt.Sprintf("invalid argument ‘%s’ for ‘--%s’", b.value, b.option)
}

// wordStatus is the exit status of an error: 1 for a badWordError, whatever the program's usual one is.
func wordStatus(err error, usual int) int {
	var bad *badWordError
	if errors.As(err, &bad) {
		return 1
	}
	return usual
}

// shortens reports whether a word is the beginning of another one.
func shortens(word, whole string) bool { return word != "" && strings.HasPrefix(whole, word) }

// awaitsValue reports whether the last of args is an option that takes the next word as its value, whatever that is.
func awaitsValue(name string, args []string, known []option) bool {
	if len(known) == 0 || len(args) == 0 {
		return false
	}
	p := &parsed{command: name, values: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		arg, used := args[i], 0
		var err error
		switch next := append(slices.Clone(args[i+1:]), "value"); {
		case arg == "--":
			return false
		case strings.HasPrefix(arg, "--"):
			used, err = p.long(arg[2:], next, known)
		case len(arg) > 1 && arg[0] == '-':
			used, err = p.short(arg[1:], next, known)
		}
		if err != nil {
			return false
		}
		if i += used; i == len(args) {
			return true
		}
	}
	return false
}

// long reads --name, --name=value and --name value; used is how many of the next arguments it
// takes.
func (p *parsed) long(arg string, next []string, known []option) (used int, err error) {
	name, value, attached := strings.Cut(arg, "=")
	o, err := p.findLong(name, known)
	if err != nil {
		return 0, err
	}
	switch {
	case o.value == noArgument && attached:
		return 0, fmt.Errorf("option '--%s' doesn't allow an argument", o.long)
	case o.value == needsArgument && !attached:
		if len(next) == 0 {
			return 0, fmt.Errorf("option '--%s' requires an argument", o.long)
		}
		value, used = next[0], 1
	}
	p.add(o, value)
	return used, nil
}

// findLong returns the option of a whole or shortened name. A shortened one that fits several of the real program's is an error.
func (p *parsed) findLong(name string, known []option) (option, error) {
	whole := func(o option) bool { return o.long == name }
	if i := slices.IndexFunc(known, whole); i >= 0 {
		return known[i], nil
	}
	theirs := recorded(p.command)
	if slices.ContainsFunc(theirs, whole) {
		return option{}, missing("--"+name, "")
	}
	var found []option
	for _, o := range slices.Concat(known, theirs) {
		if o.long != "" && strings.HasPrefix(o.long, name) && !slices.ContainsFunc(found, func(f option) bool { return f.long == o.long }) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) == 0:
		return option{}, &noOptionError{"--" + name, fmt.Sprintf("unrecognized option '--%s'", name)}
	case len(found) > 1:
		return option{}, fmt.Errorf("option '--%s' is ambiguous", name)
	case !slices.ContainsFunc(known, func(o option) bool { return o.long == found[0].long }):
		return option{}, missing("--"+found[0].long, "")
	}
	return found[0], nil
}

// short reads letters joined behind one dash, as -nr or -k2: what follows a letter that takes a
// value is the value.
func (p *parsed) short(letters string, next []string, known []option) (used int, err error) {
	for i, letter := range letters {
		at := slices.IndexFunc(known, func(o option) bool { return o.short == letter })
		if at < 0 {
			if slices.ContainsFunc(recorded(p.command), func(o option) bool { return o.short == letter }) {
				return 0, missing("-"+string(letter), "")
			}
			return 0, &noOptionError{"-" + string(letter), fmt.Sprintf("invalid option -- '%c'", letter)}
		}
		o := known[at]
		rest := letters[i+len(string(letter)):]
		switch {
		case o.value == noArgument:
			p.add(o, "")
			continue
		case o.value == needsArgument && rest == "":
			if len(next) == 0 {
				return 0, fmt.Errorf("option requires an argument -- '%c'", letter)
			}
			rest, used = next[0], 1
		}
		p.add(o, rest)
		return used, nil
	}
	return 0, nil
}
