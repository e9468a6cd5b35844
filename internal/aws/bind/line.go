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
	MaxItems      int  // 0 for all
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
	text := "\naws: [ERROR]: " + strings.TrimSpace(e.Message) + "\n"
	switch {
	case e.First:
		return usageLines + "\n" + text
	case e.Usage:
		return text + "\n" + usageLines
	}
	return text
}

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
	rest, err := l.globals(args)
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 || isOption(rest[0]) {
		if len(rest) > 0 {
			return nil, usage("the following arguments are required: command")
		}
		return nil, usage("the following arguments are required: command")
	}
	if err := l.service(rest[0]); err != nil {
		return nil, err
	}
	rest = rest[1:]
	if len(rest) == 0 || isOption(rest[0]) {
		return nil, usage("the following arguments are required: operation")
	}
	if rest, err = l.operation(rest); err != nil {
		return nil, err
	}
	return l, l.bind(rest, files)
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

func badChoice(what, name string, choices []string) *Error {
	message := fmt.Sprintf("argument %s: Found invalid choice '%s'\n\n", what, name)
	if near := Closest(name, choices); len(near) > 0 {
		message += "Maybe you meant:\n\n  * " + strings.Join(near, "\n  * ") + "\n"
	}
	e := usage("%s", message)
	e.Option = what
	return e
}

func (l *Line) operation(rest []string) ([]string, error) {
	name := rest[0]
	if name == "wait" && len(l.Service.Waiters) > 0 {
		if len(rest) < 2 || isOption(rest[1]) {
			return nil, usage("the following arguments are required: subcommand")
		}
		if l.Waiter = FindWaiter(l.Service, rest[1]); l.Waiter == nil {
			var names []string
			for w := range l.Service.Waiters {
				names = append(names, Dashed(w))
			}
			slices.Sort(names)
			return nil, badChoice("operation", rest[1], names)
		}
		l.Operation = l.Service.Operation(l.Waiter.Operation)
		return rest[2:], nil
	}
	if l.Operation = FindOperation(l.Service, name); l.Operation == nil {
		return nil, badChoice("operation", name, OperationCommands(l.Service))
	}
	return rest[1:], nil
}

// globals takes the global options out, wherever they stand. One that the operation has too
// (after argrename none is left) would be the global's.
func (l *Line) globals(args []string) ([]string, error) {
	var rest []string
	for i := 0; i < len(args); i++ {
		name, value, attached := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") {
			rest = append(rest, args[i])
			continue
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
			rest = append(rest, args[i])
		}
	}
	return rest, nil
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
	case "cli-read-timeout":
		g.ReadTimeout = value
	case "cli-connect-timeout":
		g.ConnectTimeout = value
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
	found, unknown, operands, err := l.split(args, set, tree)
	if err != nil {
		return err
	}
	if set.outfile && l.Waiter == nil && len(operands) > 0 {
		l.Outfile, operands = operands[0], operands[1:]
	}
	if l.Skeleton == "" && tree.inputJSON == "" {
		if missing := l.missing(set, found); len(missing) > 0 {
			return usage("the following arguments are required: %s", strings.Join(missing, ", "))
		}
	}
	if unknown = append(unknown, operands...); len(unknown) > 0 {
		return &Error{Message: "Unknown options: " + strings.Join(unknown, ", "), Status: ExitUsage, First: true, Option: strings.TrimLeft(unknown[0], "-")}
	}
	if err := tree.readInput(); err != nil {
		return err
	}
	for _, g := range found {
		if err := tree.set(g); err != nil {
			return err
		}
	}
	l.Input = tree.input
	l.Paging.Auto = l.autoPaging(found)
	if l.Skeleton != "" {
		return nil
	}
	return Validate(l.Operation, l.Input)
}

// split reads the options, in the manner of argparse.
func (l *Line) split(args []string, set *optionSet, tree *inputTree) (found []given, unknown, operands []string, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !isOption(arg) {
			if len(unknown) > 0 {
				unknown = append(unknown, arg)
			} else {
				operands = append(operands, arg)
			}
			continue
		}
		name, value, attached := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if used, ok, err := l.ownOption(tree, name, value, attached, args[i+1:]); ok || err != nil {
			if err != nil {
				return nil, nil, nil, err
			}
			i += used
			continue
		}
		o, err := lookUp(set, name)
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

func lookUp(set *optionSet, name string) (*Option, error) {
	if o := set.by[name]; o != nil {
		return o, nil
	}
	var matches []*Option
	for _, o := range set.list {
		if strings.HasPrefix(o.Name, name) && !o.hidden {
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
		return nil, 0, usage("argument --%s: expected one argument", o.Name)
	}
	return next[:1], 1, nil
}

// ownOption reads the options of the command itself: pages, skeletons, --cli-input-json.
func (l *Line) ownOption(tree *inputTree, name, value string, attached bool, next []string) (used int, ok bool, err error) {
	paging := paginated(l.Operation) != nil && l.Waiter == nil
	known := map[string]bool{
		"max-items": paging, "page-size": paging && paginated(l.Operation).LimitKey != "", "starting-token": paging, "cli-input-json": l.Waiter == nil, "cli-input-yaml": l.Waiter == nil, "generate-cli-skeleton": l.Waiter == nil,
	}
	if !known[name] || optionsOf(l.Operation).by[name] != nil {
		return 0, false, nil
	}
	if !attached {
		switch {
		case len(next) > 0 && !isOption(next[0]):
			value, used = next[0], 1
		case name == "generate-cli-skeleton":
			value = "input"
		default:
			return 0, true, usage("argument --%s: expected one argument", name)
		}
	}
	switch name {
	case "max-items", "page-size":
		n, err := strconv.Atoi(value)
		if err != nil {
			return used, true, usage("argument --%s: invalid literal for int() with base 10: '%s'", name, value)
		}
		if name == "max-items" {
			l.Paging.MaxItems = n
		} else {
			l.Paging.PageSize = n
		}
	case "starting-token":
		l.Paging.StartingToken = value
	case "generate-cli-skeleton":
		if !slices.Contains([]string{"input", "output", "yaml-input"}, value) {
			return used, true, badChoice("--generate-cli-skeleton", value, []string{"input", "output", "yaml-input"})
		}
		l.Skeleton = value
	default:
		tree.inputJSON, tree.inputYAML = value, name == "cli-input-yaml"
	}
	return used, true, nil
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

// autoPaging reports whether the client asks for all pages: not where one of the pages' own members is given.
func (l *Line) autoPaging(found []given) bool {
	p := paginated(l.Operation)
	if p == nil || l.Globals.NoPaginate || l.Waiter != nil {
		return false
	}
	return !slices.ContainsFunc(found, func(g given) bool { return g.option.Member != nil && hidePaging(p, g.option.Member) })
}
