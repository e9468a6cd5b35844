package bind

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Line is one command line, bound.
type Line struct {
	Service   *models.Service
	Operation *models.Operation
	Waiter    *models.Waiter // of `wait`; Operation is then the one that is polled
	Input     *document.Object
	Globals   Globals
	Outfile   string
	Paging    Paging
	// Saves are parts of the answer that go into files; Opens, where not "", is the file of the private key that opens a password.
	Saves []Save
	Opens string
	// RootObject, where not "", is all that changes of a distribution: the rest of Input is read before it is sent.
	RootObject string
	// Skeleton is "input", "output" or "yaml-input" where --generate-cli-skeleton asks for one.
	Skeleton string
	// Warning is what the AWS CLI writes to standard error before anything else; "" for nothing.
	Warning string
	// Once reports that a file or the clock is in Input: the same words may bind otherwise the next time.
	Once bool
}

// Save is a part of an answer that goes into a file.
type Save struct {
	Query  string // JMESPath, of the part
	File   string
	Binary bool // the part is base64 of what is written, and is taken out of the answer together with Drop
	Drop   []string
}

// Paging says how the pages of an answer are asked for.
// MaxItems and PageSize count items of the answer's list, StartingToken is what an earlier, limited call printed as
// NextToken.
type Paging struct {
	Auto          bool // the client asks for all pages
	MaxItems      int
	Limited       bool // by MaxItems; else all
	PageSize      int
	StartingToken string
}

// Files opens what file:// and fileb:// name.
type Files interface {
	Open(name string) (fs.File, error)
}

// Parse binds the words after "aws". The error is an *Error.
// Every member of Input has the type of its shape when there is no error; what only the service can judge is left to
// it. files may be nil: each file is then missing.
func Parse(args []string, files Files) (*Line, error) {
	r := &reader{Line: &Line{}, files: files, known: func(string) bool { return true }}
	values := make([]Value, len(args))
	for i, text := range args {
		values[i] = Value{Text: text, Word: i + 1}
	}
	if err := r.read(values); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Before = r.Warning
		}
		return nil, err
	}
	return r.Line, nil
}

// At picks the words at some places.
func At[T any](words []T, places []int) []T {
	out := make([]T, len(places))
	for i, at := range places {
		out[i] = words[at]
	}
	return out
}

// read reads a whole line: its global options, its service, its operation, and that one's own options.
func (r *reader) read(args []Value) error {
	args, err := r.globals(args)
	if err != nil {
		return err
	}
	name, rest := operand(args)
	switch {
	case name.Text == "":
		return usage("the following arguments are required: command")
	case !r.known(name.Text):
		return nil
	}
	if err := r.service(name); err != nil {
		return err
	}
	if name, rest = operand(rest); name.Text == "" {
		return usage("the following arguments are required: operation")
	}
	if rest, err = r.operation(name, rest); err != nil || r.Operation == nil {
		return err
	}
	return r.bind(rest)
}

// operand takes the first word that is no option out.
func operand(args []Value) (Value, []Value) {
	for i, arg := range args {
		if !isOption(arg.Text) {
			return arg, slices.Delete(slices.Clone(args), i, i+1)
		}
	}
	return Value{}, args
}

// service finds the model of a command. The names that are suggested are all that the CLI has.
func (r *reader) service(name Value) error {
	folder := Folder(name.Text)
	if folder == "" {
		return at(badChoice("command", name.Text,
			append(ServiceCommands(), "s3", "configure", "ddb", "help", "login", "history")).of(KindService, name.Text), name.Word)
	}
	s, err := models.Load(folder)
	if err != nil {
		return &Error{Message: err.Error(), Status: ExitGeneral}
	}
	r.Service = s
	return nil
}

// customOperations are commands that services have besides their operations. They are suggested.
var customOperations = map[string][]string{
	"logs": {"tail", "start-live-tail"}, "ecr": {"get-login-password"}, "eks": {"update-kubeconfig", "get-token"},
	"cloudformation": {"deploy", "package"}, "cloudtrail": {"validate-logs"}, "sso": {"login", "logout"},
}

// operation finds the operation, which stays nil where its name is not known.
func (r *reader) operation(name Value, rest []Value) ([]Value, error) {
	if !r.known(name.Text) {
		return rest, nil
	}
	if name.Text != "wait" || len(r.Service.Waiters) == 0 {
		if r.Operation = FindOperation(r.Service, name.Text); r.Operation == nil {
			choices := append(OperationCommands(r.Service), customOperations[CommandOf(r.Service.Name)]...)
			return nil, at(badChoice("operation", name.Text, choices).of(KindChoice, name.Text), name.Word)
		}
		return rest, nil
	}
	waiter, rest := operand(rest)
	switch {
	case waiter.Text == "":
		return nil, invalid("usage: aws [options] %s wait <subcommand> [parameters]\naws: [ERROR]: too few arguments",
			CommandOf(r.Service.Name))
	case !r.known(waiter.Text):
		return rest, nil
	}
	if r.Waiter = FindWaiter(r.Service, waiter.Text); r.Waiter == nil {
		var names []string
		for w := range r.Service.Waiters {
			names = append(names, Dashed(w))
		}
		slices.Sort(names)
		return nil, at(badChoice("subcommand", waiter.Text, names).of(KindChoice, waiter.Text), waiter.Word)
	}
	r.Operation = r.Service.Operation(r.Waiter.Operation)
	return rest, nil
}

// bind reads the operation's own options.
// The order of the checks is the CLI's, which decides what is reported where several things are wrong: first what
// cannot be parsed, then own options, what is missing, unknown words, pages, values, documents, and botocore's
// validation at last.
func (r *reader) bind(args []Value) error {
	set := optionsOf(r.Operation)
	tree := &inputTree{reader: r, input: &document.Object{}}
	r.Input = tree.input
	w, err := r.split(args, set)
	if err != nil {
		return err
	}
	if set.outfile && r.Waiter == nil && len(w.operands) > 0 {
		r.Outfile, w.operands = w.operands[0].Text, w.operands[1:]
	}
	own, found, err := r.ownOptions(w.found)
	if err != nil {
		return err
	}
	if err := r.required(set, found, own); err != nil {
		return err
	}
	if len(w.operands) > 0 && w.operands[0].Text != "" { // the CLI takes the first for "help" at first, and then puts it last
		w.unknown = append(w.unknown, w.operands[0])
	}
	if err := r.unknownOptions(w.unknown); err != nil {
		return err
	}
	if err := r.note(set.conflicting(found), 0); err != nil {
		return err
	}
	if found, err = r.paging(own, found, set); err != nil {
		return err
	}
	found = lastOfEach(found)
	// Customizations rely on the model's order, which is also the order in which the CLI converts values.
	slices.SortStableFunc(found, func(a, b *Given) int { return slices.Index(set.list, a.Option) - slices.Index(set.list, b.Option) })
	for _, g := range found {
		if err := r.note(tree.set(g), g.Word); err != nil {
			return err
		}
	}
	if err := r.note(tree.readInput(own), 0); err != nil {
		return err
	}
	// A skeleton of the input is printed without any call, so nothing needs to be valid.
	if r.Skeleton == "input" || r.Skeleton == "yaml-input" {
		return nil
	}
	if set.complete != nil {
		set.complete(r.Input)
	}
	r.pageOptions(own)
	return r.validate(found, tree.partial)
}

// lastOfEach keeps of the flags of one member the one that is given last: --x or --no-x.
func lastOfEach(found []*Given) []*Given {
	var out []*Given
	for i, g := range found {
		m := g.Option.Member
		if m != nil && m.Shape.Type == models.TypeBoolean && slices.ContainsFunc(found[i+1:], func(later *Given) bool {
			return later.Option.Member == m
		}) {
			continue
		}
		out = append(out, g)
	}
	return out
}

// written is what stands behind an operation's name.
type written struct {
	found             []*Given
	unknown, operands []Value
}

// split reads the options, in the manner of argparse. Of the operands only the first is
// no unknown option, or the first two where the operation writes to a file.
// A word that is not known may be an option, its value, or nothing. From there on (loose) a surplus operand is not
// refused.
func (r *reader) split(args []Value, set *optionSet) (w written, err error) {
	places := 1
	if set.outfile && r.Waiter == nil {
		places = 2
	}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !isOption(arg.Text) {
			switch isKnown := r.known(arg.Text); {
			case !isKnown && (places == 1 || len(w.operands) > 0):
				r.before.Open = true
			case len(w.operands) < places-1, len(w.operands) < places && !r.loose:
				w.operands = append(w.operands, arg)
			case r.loose: // it may be the value of what comes before
			default:
				w.unknown = append(w.unknown, arg)
			}
			r.loose = r.loose || arg.several || r.before != nil && r.before.Open
			continue
		}
		name, value, attached := strings.Cut(strings.TrimPrefix(arg.Text, "--"), "=")
		if !r.known(name) {
			r.before.Open, r.loose = true, true
			continue
		}
		o, err := r.lookUp(set, name)
		if err := r.note(err, arg.Word); err != nil {
			return w, err
		}
		if o == nil || !strings.HasPrefix(arg.Text, "--") {
			if err == nil {
				w.unknown = append(w.unknown, arg)
			}
			r.loose = r.loose || r.before != nil
			continue
		}
		g := &Given{Option: o, Word: arg.Word, exact: !attached && name == o.Name}
		used, err := g.take(Value{Text: value, Word: arg.Word, several: arg.several}, attached, args[i+1:])
		if err == nil {
			err = r.converted(g)
		}
		if err := r.note(err, arg.Word); err != nil {
			return w, err
		}
		for _, v := range g.Values {
			r.loose = r.loose || v.several
		}
		i += used
		w.found = append(w.found, g)
		if r.before != nil {
			r.before.Given = append(r.before.Given, g)
		}
	}
	return w, nil
}

// lookUp finds an option by its name or by a unique beginning of it, the command's own before the model's.
// It is argparse's rule of prefixes, which is why --vpc finds --vpc-ids where no other option begins so. Neither an
// option nor an error means an unknown name.
func (r *reader) lookUp(set *optionSet, name string) (*Option, error) {
	own := r.ownTable(set)
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

// take reads the option's values: the attached one, or some of the next words. used is how many words they are.
func (g *Given) take(value Value, attached bool, next []Value) (used int, err error) {
	o := g.Option
	switch {
	case o.Boolean() && attached:
		return 0, usage("argument --%s: ignored explicit argument '%s'", o.Name, value.Text)
	case o.Boolean():
		return 0, nil
	case attached:
		g.Values = []Value{value}
		return 0, nil
	case o.List():
		for used < len(next) && !isOption(next[used].Text) {
			used++
		}
	case len(next) > 0 && !isOption(next[0].Text):
		used = 1
	case o.optional != "":
		g.Values = []Value{{Text: o.optional, Word: g.Word}}
		return 0, nil
	default:
		return 0, usage("argument --%s: expected one argument", o.Name).of(KindNoValue, o.Name)
	}
	g.Values = next[:used]
	return used, nil
}

// unknownOptions refuses words that are no options of the operation: all at once for a line that runs, else each.
// Usage lines stand before this message, unlike those of argparse's other errors.
func (r *reader) unknownOptions(words []Value) error {
	if len(words) == 0 {
		return nil
	}
	refuse := func(words []Value) *Error {
		texts := make([]string, len(words))
		for i, w := range words {
			texts[i] = w.Text
		}
		e := &Error{
			Message: "Unknown options: " + strings.Join(texts, ", "), Status: ExitUsage, First: true,
			Option: strings.TrimLeft(texts[0], "-"),
		}
		return e.of(KindOption, texts[0])
	}
	if r.before == nil {
		return refuse(words)
	}
	for _, w := range words {
		_ = r.note(refuse([]Value{w}), w.Word) // which is nil for a line that is only read
	}
	return nil
}
