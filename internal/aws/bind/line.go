package bind

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

var negative = regexp.MustCompile(`^-\d+$|^-\d*\.\d+$`)

// Line is one command line, bound.
type Line struct {
	Service   *models.Service
	Operation *models.Operation
	Waiter    *models.Waiter // of `wait`; Operation is then the one that is polled
	Input     *document.Object
	Globals   Globals
	Outfile   string
	Paging    Paging
	// Skeleton is "input", "output" or "yaml-input" where --generate-cli-skeleton asks for one.
	Skeleton string
}

// Globals are the options that every command has.
type Globals struct {
	Region, Profile, Output, Query, Endpoint, BinaryFormat string
	Expression                                             *document.Query // of Query
	Unsigned, NoPaginate                                   bool
	ReadTimeout, ConnectTimeout                            string // seconds
}

// Paging says how the pages of an answer are asked for.
type Paging struct {
	Auto          bool // the client asks for all pages
	MaxItems      int
	Limited       bool // by MaxItems; else all
	PageSize      int
	StartingToken string
}

// Exit statuses of the AWS CLI v2:
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
const (
	ExitUsage   = 252
	ExitConfig  = 253
	ExitService = 254
	ExitGeneral = 255
)

// Error is what is wrong with a command line, in the CLI's words.
type Error struct {
	Message string
	Status  int
	Usage   bool // the usage lines follow
	First   bool // the usage lines stand before it
	Option  string
}

func (e *Error) Error() string { return e.Message }

const usageLines = `usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help
`

// Text is what the CLI writes to standard error.
func (e *Error) Text() string {
	switch {
	case e.First:
		return "\n" + usageLines + "\n" + "\naws: [ERROR]: " + strings.TrimSpace(e.Message) + "\n"
	case e.Usage:
		return "\naws: [ERROR]: " + e.Message + "\n\n" + usageLines
	}
	return "\naws: [ERROR]: " + strings.TrimSpace(e.Message) + "\n"
}

// Usage is a mistake in what was typed, with the usage lines behind it.
func Usage(format string, args ...any) *Error { return usage(format, args...) }

func usage(format string, args ...any) *Error {
	return &Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: ExitUsage, Usage: true}
}

func invalid(format string, args ...any) *Error {
	return &Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: ExitUsage}
}

// Files opens what file:// and fileb:// name.
type Files interface {
	Open(name string) (fs.File, error)
}

// Parse binds the words after "aws". The error is an *Error.
func Parse(args []string, files Files) (*Line, error) {
	l := &Line{}
	places, err := l.globals(args)
	if err != nil {
		return nil, err
	}
	name, rest := operand(At(args, places))
	if name == "" {
		return nil, usage("the following arguments are required: command")
	}
	if err := l.service(name); err != nil {
		return nil, err
	}
	if name, rest = operand(rest); name == "" {
		return nil, usage("the following arguments are required: operation")
	}
	if rest, err = l.operation(name, rest); err != nil {
		return nil, err
	}
	return l, l.bind(rest, files)
}

// SplitGlobals takes the options out that every command has. rest are the places of the other words.
func SplitGlobals(args []string) (globals Globals, rest []int, err error) {
	l := &Line{}
	rest, err = l.globals(args)
	return l.Globals, rest, err
}

// At picks the words at some places.
func At[T any](words []T, places []int) []T {
	out := make([]T, len(places))
	for i, at := range places {
		out[i] = words[at]
	}
	return out
}

// operand takes the first word that is no option out.
func operand(args []string) (string, []string) {
	for i, arg := range args {
		if !isOption(arg) {
			return arg, slices.Delete(slices.Clone(args), i, i+1)
		}
	}
	return "", args
}

func (l *Line) service(name string) error {
	folder := Folder(name)
	if folder == "" {
		return badChoice("command", name, append(ServiceCommands(), "s3", "configure", "ddb", "help", "login", "history"))
	}
	s, err := models.Load(folder)
	if err != nil {
		return &Error{Message: err.Error(), Status: ExitGeneral}
	}
	l.Service = s
	return nil
}

// BadChoice says that a value is none of the choices, and which are like it.
func BadChoice(what, name string, choices []string) *Error { return badChoice(what, name, choices) }

func badChoice(what, name string, choices []string) *Error {
	message := fmt.Sprintf("argument %s: Found invalid choice '%s'\n", what, name)
	if near := Closest(name, choices); len(near) > 0 {
		message += "\nMaybe you meant:\n\n  * " + strings.Join(near, "\n  * ")
	}
	e := usage("%s", message)
	e.Option = what
	return e
}

// customOperations are commands that services have besides their operations. They are suggested.
var customOperations = map[string][]string{"logs": {"tail", "start-live-tail"}, "ecr": {"get-login-password"}, "eks": {"update-kubeconfig", "get-token"}, "cloudformation": {"deploy", "package"}, "cloudtrail": {"validate-logs"}, "sso": {"login", "logout"}}

func (l *Line) operation(name string, rest []string) ([]string, error) {
	if name == "wait" && len(l.Service.Waiters) > 0 {
		name, rest = operand(rest)
		if name == "" {
			return nil, invalid("usage: aws [options] %s wait <subcommand> [parameters]\naws: [ERROR]: too few arguments", CommandOf(l.Service.Name))
		}
		if l.Waiter = FindWaiter(l.Service, name); l.Waiter == nil {
			var names []string
			for w := range l.Service.Waiters {
				names = append(names, Dashed(w))
			}
			slices.Sort(names)
			return nil, badChoice("subcommand", name, names)
		}
		l.Operation = l.Service.Operation(l.Waiter.Operation)
		return rest, nil
	}
	if l.Operation = FindOperation(l.Service, name); l.Operation == nil {
		return nil, badChoice("operation", name, append(OperationCommands(l.Service), customOperations[CommandOf(l.Service.Name)]...))
	}
	return rest, nil
}

// globals takes the global options out, wherever they stand, and returns the places of the other words.
// One that the operation has too (after argrename none is left) would be the global's.
func (l *Line) globals(args []string) ([]int, error) {
	var rest []int
	for i := 0; i < len(args); i++ {
		name, value, attached := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") || name == "" {
			rest = append(rest, i)
			continue
		}
		name, err := wholeGlobal(name)
		if err != nil {
			return nil, err
		}
		choices, takesValue := globalValues[name]
		switch {
		case globalFlags[name] && !attached:
			l.setFlag(name)
		case takesValue:
			if !attached {
				if i+1 >= len(args) || isOption(args[i+1]) {
					return nil, usage("argument --%s: expected one argument", name)
				}
				i++
				value = args[i]
			}
			if choices != nil && !slices.Contains(choices, value) {
				return nil, badChoice("--"+name, value, choices)
			}
			if err := l.setGlobal(name, value); err != nil {
				return nil, err
			}
		default:
			rest = append(rest, i)
		}
	}
	return rest, nil
}

// wholeGlobal completes a unique beginning of a global option's name.
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

func (l *Line) setFlag(name string) {
	switch name {
	case "no-paginate":
		l.Globals.NoPaginate = true
	case "no-sign-request":
		l.Globals.Unsigned = true
	}
}

func (l *Line) setGlobal(name, value string) error {
	g := &l.Globals
	switch name {
	case "region":
		g.Region = value
	case "profile":
		g.Profile = value
	case "output":
		g.Output = value
	case "endpoint-url":
		if !strings.Contains(value, "://") {
			return invalid("Bad value for --endpoint-url \"%s\": scheme is missing.  Must be of the form http://<hostname>/ or https://<hostname>/", value)
		}
		g.Endpoint = value
	case "cli-binary-format":
		g.BinaryFormat = value
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
			return invalid("Bad value for --query %s: %v", value, err)
		}
		g.Query, g.Expression = value, q
	}
	return nil
}

// given is an option with what was written behind it.
type given struct {
	option *Option
	values []string
}

// bind reads the operation's own options.
func (l *Line) bind(args []string, files Files) error {
	set := optionsOf(l.Operation)
	tree := &inputTree{line: l, files: files, input: &document.Object{}}
	found, unknown, operands, err := l.split(args, set)
	if err != nil {
		return err
	}
	if set.outfile && l.Waiter == nil && len(operands) > 0 {
		l.Outfile, operands = operands[0], operands[1:]
	}
	own, found, err := l.ownOptions(found)
	if err != nil {
		return err
	}
	if own["cli-input-json"] == nil && own["cli-input-yaml"] == nil && (l.Skeleton == "" || l.Skeleton == "output") {
		if missing := l.missing(set, found); len(missing) > 0 {
			return usage("the following arguments are required: %s", strings.Join(missing, ", "))
		}
	}
	if len(operands) > 0 { // the CLI takes the first for "help" at first, and then puts it last
		unknown = append(unknown, operands[0])
	}
	if len(unknown) > 0 {
		return &Error{Message: "Unknown options: " + strings.Join(unknown, ", "), Status: ExitUsage, First: true, Option: strings.TrimLeft(unknown[0], "-")}
	}
	if found, err = l.paging(own, found, set); err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b given) int { return slices.Index(set.list, a.option) - slices.Index(set.list, b.option) })
	for _, g := range found {
		if err := tree.set(g); err != nil {
			return err
		}
	}
	if err := tree.readInput(own); err != nil {
		return err
	}
	l.Input = tree.input
	if l.Skeleton == "input" || l.Skeleton == "yaml-input" {
		return nil
	}
	if set.complete != nil {
		set.complete(l.Input)
	}
	if p := paginated(l.Operation); p != nil && slices.ContainsFunc(l.Input.Keys(), func(name string) bool { return slices.Contains(p.InputToken, name) || name == p.LimitKey }) {
		l.Paging.Auto = false // --cli-input-json says which page
	}
	return Validate(l.Operation, l.Input)
}

// split reads the options, in the manner of argparse. Of the operands only the first is
// no unknown option, or the first two where the operation writes to a file.
func (l *Line) split(args []string, set *optionSet) (found []given, unknown, operands []string, err error) {
	places := 1
	if set.outfile && l.Waiter == nil {
		places = 2
	}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !isOption(arg) {
			if len(operands) < places {
				operands = append(operands, arg)
			} else {
				unknown = append(unknown, arg)
			}
			continue
		}
		name, value, attached := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		o, err := l.lookUp(set, name)
		if err != nil {
			return nil, nil, nil, err
		}
		if o == nil || !strings.HasPrefix(arg, "--") {
			unknown = append(unknown, arg)
			continue
		}
		values, used, err := valuesOf(o, value, attached, args[i+1:])
		if err != nil {
			return nil, nil, nil, err
		}
		i += used
		found = append(found, given{o, values})
	}
	return found, unknown, operands, nil
}

// lookUp finds an option by its name or by a unique beginning of it, the command's own before the model's.
func (l *Line) lookUp(set *optionSet, name string) (*Option, error) {
	own := l.ownTable(set)
	if o := own[name]; o != nil {
		return o, nil
	}
	if o := set.by[name]; o != nil {
		return o, nil
	}
	var matches []*Option
	for _, o := range set.list {
		if strings.HasPrefix(o.Name, name) && own[o.Name] == nil {
			matches = append(matches, o)
		}
	}
	for _, n := range ownNames {
		if o := own[n]; o != nil && strings.HasPrefix(n, name) {
			matches = append(matches, o)
		}
	}
	if len(matches) > 1 {
		var names []string
		for _, o := range matches {
			names = append(names, "--"+o.Name)
		}
		return nil, usage("ambiguous option: --%s could match %s", name, strings.Join(names, ", "))
	}
	if len(matches) == 1 {
		return matches[0], nil
	}
	return nil, nil
}

func valuesOf(o *Option, value string, attached bool, next []string) (values []string, used int, err error) {
	switch {
	case o.Boolean():
		if attached {
			return nil, 0, usage("argument --%s: ignored explicit argument '%s'", o.Name, value)
		}
		return nil, 0, nil
	case attached:
		return []string{value}, 0, nil
	case o.List():
		for used < len(next) && !isOption(next[used]) {
			used++
		}
		return next[:used], used, nil
	case len(next) == 0 || isOption(next[0]):
		if o.optional != "" {
			return []string{o.optional}, 0, nil
		}
		return nil, 0, usage("argument --%s: expected one argument", o.Name)
	}
	return next[:1], 1, nil
}

func (l *Line) missing(set *optionSet, found []given) []string {
	var out []string
	for _, o := range set.list {
		if o.Required && !slices.ContainsFunc(found, func(g given) bool { return g.option == o || g.option.Negates && g.option.Member == o.Member }) {
			out = append(out, "--"+o.Name)
		}
	}
	if set.outfile && l.Outfile == "" && l.Waiter == nil {
		out = append(out, "outfile")
	}
	return out
}
