package interpret

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// The value of a field is one word, wherever it stands: it is not split, not a pattern, no option, no name and no command. The variables of
// fields are marked, and package expand passes the marks on to what is expanded, assigned, read and called. What is decided here is
// decided by the marks of the words at the moment of the call, however the script came to it.

// fieldVariables are variables whose values are marked as those of fields.
type fieldVariables struct {
	expand.Environ
	marks map[string]expand.Mark
}

// Get implements expand.Environ.
func (f fieldVariables) Get(name string) expand.Variable { return f.marked(name, f.Environ.Get(name)) }

// Each implements expand.Environ.
func (f fieldVariables) Each(yield func(string, expand.Variable) bool) {
	f.Environ.Each(func(name string, v expand.Variable) bool { return yield(name, f.marked(name, v)) })
}

func (f fieldVariables) marked(name string, v expand.Variable) expand.Variable {
	if mark, ok := f.marks[name]; ok && v.Kind == expand.String {
		v.Marks = expand.Whole(v.Str, mark)
	}
	return v
}

// fieldMarks are the marks of the script's given variables: those of fields, and those that stand for placeholders.
func (r *running) fieldMarks(variables map[string]string) map[string]expand.Mark {
	out := map[string]expand.Mark{}
	for name := range variables {
		field := name
		if parameter, ok := r.placeholders[name]; ok {
			field = parameter
		}
		if r.isField(field) {
			out[name] = expand.Mark{Field: field, List: slices.Contains(r.Lists, field)}
		}
	}
	return out
}

// isField reports whether a parameter's value may be a person's.
func (e *Execution) isField(name string) bool { return !slices.Contains(e.Configured, name) }

// argumentMarks are the marks of the script's positional parameters: those of the line that calls it, else those of the fields 1, 2 …
func (r *running) argumentMarks() []expand.Marks {
	if r.depth > 0 {
		return r.argMarks
	}
	var out []expand.Marks
	for i, arg := range r.Args {
		name := fmt.Sprint(i + 1)
		out = append(out, expand.Whole(arg, expand.Mark{Field: name, List: slices.Contains(r.Lists, name)}))
	}
	return out
}

// fieldCommand says why the script is not run at all: a field's value would name a command in it. Empty where none would.
func (r *running) fieldCommand() string {
	for _, use := range r.study.Analysis.FieldUses {
		if use.Kind != procedures.FieldCommand {
			continue
		}
		if _, given := r.Parameters[use.Name]; !given || !r.isField(use.Name) {
			continue
		}
		if r.State != nil && r.State.Variables[use.Name] != nil {
			continue // an earlier step has set it: its marks decide
		}
		return fmt.Sprintf("Line %d: the value of the field %s would be the name of a command. %s", use.Line, use.Name, commandAdvice)
	}
	return ""
}

const commandAdvice = "A command is written in the runbook, and no value becomes one: write the commands that may be meant, with case."

// plain are builtins that have no options: what they are given is a value.
var plain = []string{":", "true", "false", "echo", "[", "test"}

// fieldError says why a call is not made whose words hold values of fields; nil where it may be.
func (r *running) fieldError(h interp.HandlerContext, args []string) error {
	if err := r.sourceError(h, args); err != nil {
		return err
	}
	_, wraps := wrappers[args[0]] // a program of awk, a script of sed, and the line of xargs are the author's
	if h.Marks == nil {
		if slices.Contains(shell.Builtins, args[0]) || h.IsFunction(args[0]) || r.known(args[0]) && !wraps {
			return nil
		}
		return r.runError(h, args)
	}
	if mark, ok := h.Marks[0].First(); ok {
		return &expand.FieldError{Field: mark.Field, Pos: h.Pos, Why: "would be the name of a command. " + commandAdvice}
	}
	name := args[0]
	switch {
	case slices.Contains(plain, name):
		return nil
	case h.IsFunction(name):
		return nil // its arguments are values until it uses them
	case !r.known(name) || wraps:
		if err := r.runError(h, args); err != nil {
			return err
		}
	}
	if err := queryError(h, args); err != nil {
		return err
	}
	for i := 1; i < len(args); i++ {
		mark, ok := h.Marks[i].Lead()
		switch { // what begins with the author's dash is an option, and what begins with a value's dash would be one
		case args[i] == "--" && len(h.Marks[i]) == 0:
			return nil // what follows are operands
		case name == "printf" && !strings.HasPrefix(args[i], "-"):
			return nil // what follows the format are values
		case !strings.HasPrefix(args[i], "-") && (args[i] == "" || args[i][0] != '+' || !switches(name)):
			continue
		case !ok:
			if mark, ok = r.optionMark(name, args, i, h.Marks[i]); !ok {
				continue
			}
			return &expand.FieldError{Field: mark.Field, Pos: h.Pos, Why: "would be a part of an option's name. Write the option out, " +
				"and the value behind it as a word of its own or after ="}
		case authored(h, i-1) && r.takesValue(name, args, i):
			continue
		}
		return &expand.FieldError{Field: mark.Field, Pos: h.Pos, Why: fmt.Sprintf("begins with %q where an option of %s could stand. "+
			"Write it behind --, or as the value of an option: --option=\"$%s\"", args[i][:1], name, mark.Field)}
	}
	return nil
}

// runError is an error where a program runs a field's value.
func (r *running) runError(h interp.HandlerContext, args []string) error {
	l := programLine{h: h, by: args[0], args: args, marks: h.Marks}
	if l.marks == nil {
		l.marks = make([]expand.Marks, len(args))
	}
	if !r.Rehearse || r.known(args[0]) { // no program is run on the sandbox
		l.input = h.TypedInput()
	}
	return l.runs()
}

// known reports whether a name is that of a command of the table.
func (r *running) known(name string) bool {
	_, ok := r.Commands(name)
	return ok
}

// sourceError is an error of a script that the run has written itself after a field's value was used: it may hold the value, and would be
// parsed.
func (r *running) sourceError(h interp.HandlerContext, args []string) error {
	if name := args[0]; name != "source" && name != "." || len(args) < 2 || h.Typed() == "" {
		return nil
	}
	if !r.mayHoldValue(r.under(h.Dir).at(args[1])) {
		return nil
	}
	return &expand.FieldError{
		Field: h.Typed(), Pos: h.Pos, Why: "may be in " + args[1] + ", which the run has written: a script is a file of the runbooks",
	}
}

// wrote reports whether the run itself has made a file, whose path is given: it, and its name, may hold a value.
func (r *running) wrote(path string) bool {
	own, ok := r.Files.(interface{ Made(name string) bool })
	return ok && own.Made(path)
}

// switches reports whether a builtin takes what begins with a plus for an option.
func switches(name string) bool {
	return slices.Contains([]string{"set", "shopt", "read", "mapfile", "readarray", "type", "wait", "command", "trap"}, name)
}

// isMarked reports whether a word holds a field's value.
func isMarked(h interp.HandlerContext, i int) bool { return i < len(h.Marks) && len(h.Marks[i]) > 0 }

// takesValue reports whether a word of a command's line is the value of the option in front of it.
func (r *running) takesValue(name string, args []string, i int) bool {
	if slices.Contains(shell.Builtins, name) && name != "printf" {
		return name == "read" && i > 1 && strings.HasSuffix(args[i-1], "p") // its prompt
	}
	command, ok := r.Commands(name)
	if !ok {
		return false // nothing is known of a program's options
	}
	taker, ok := command.(procedures.ValueTaker)
	return ok && taker.TakesValue(args, i)
}

// optionMark is the mark of a value in the name of an option that the author began: in --$V, but not in --name=$V, nor in -n$V where -n
// takes a value.
func (r *running) optionMark(name string, args []string, i int, marks expand.Marks) (expand.Mark, bool) {
	mark, ok := marks.First()
	if !ok {
		return mark, false
	}
	text, from := args[i], marks[0].From
	if at := strings.IndexByte(text, '='); at >= 0 && at < from {
		return mark, false
	}
	if strings.HasPrefix(text, "--") || from < 2 {
		return mark, true
	}
	words := append(slices.Clone(args[:i]), text[:from], text[from:])
	return mark, !r.takesValue(name, words, i+1)
}

// authored reports whether the beginning of a word is the author's.
func authored(h interp.HandlerContext, i int) bool {
	_, led := h.Marks[i].Lead()
	return !led
}

// joinValues joins the values that begin with a dash to the options in front of them, for a command that asks for it.
func joinValues(command procedures.Command, h interp.HandlerContext, args []string) (interp.HandlerContext, []string) {
	joiner, ok := command.(procedures.ValueJoiner)
	if !ok || h.Marks == nil {
		return h, args
	}
	var texts []expand.Text
	for i, t := range expand.Texts(args, h.Marks) {
		if !authored(h, i) && strings.HasPrefix(t.Str, "-") && authored(h, i-1) && joiner.TakesValue(args, i) {
			last := len(texts) - 1
			texts[last] = expand.Join([]expand.Text{texts[last], {Str: "="}, t}, "")
			continue
		}
		texts = append(texts, t)
	}
	args, h.Marks = expand.Untext(texts)
	return h, args
}

// callError is an error of a variable that decides where a call goes, or as whom, and has a field's value.
func callError(h interp.HandlerContext) error {
	var found error
	h.Env.Each(func(name string, _ expand.Variable) bool {
		if !steersCalls(name) {
			return true
		}
		v := h.Env.Get(name) // what stands over it in the script counts
		if mark, ok := v.AnyMark(); ok && v.IsSet() {
			found = &expand.FieldError{Field: mark.Field, Pos: h.Pos, Why: "is in the variable " + name +
				", which decides where calls go and as whom: that is written in the runbook or in the configuration"}
		}
		return found == nil
	})
	return found
}

// steering are the variables that decide where a call goes, as whom, or what a program runs. One with an asterisk is a beginning of names.
// AWS's keys are not among them: they may be answers of AWS STS, and the account that they are of is verified.
var steering = strings.Fields(`AWS_ENDPOINT_URL* AWS_PROFILE AWS_DEFAULT_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_CA_BUNDLE
	AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_CREDENTIALS_* AWS_CONTAINER_AUTHORIZATION_TOKEN* AWS_EC2_METADATA_*
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_USE_FIPS_ENDPOINT AWS_USE_DUALSTACK_ENDPOINT AWS_STS_REGIONAL_ENDPOINTS AWS_DATA_PATH
	HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE
	SSL_CERT_DIR PATH LD_* DYLD_* BASH_ENV ENV GIT_SSH* GIT_DIR GIT_WORK_TREE GIT_CONFIG* GIT_EXTERNAL_DIFF GIT_PAGER GIT_EDITOR
	GIT_SEQUENCE_EDITOR GIT_PROXY_COMMAND GIT_EXEC_PATH GIT_ASKPASS PAGER EDITOR VISUAL PYTHONPATH PYTHONHOME PYTHONSTARTUP NODE_OPTIONS
	PERL5LIB PERL5OPT RUBYOPT RUBYLIB KUBECONFIG DOCKER_HOST TF_CLI_CONFIG_FILE`)

// steersCalls reports whether a variable decides where a call goes, as whom, or what a program runs.
func steersCalls(name string) bool {
	return slices.ContainsFunc(steering, func(s string) bool {
		beginning, many := strings.CutSuffix(s, "*")
		return name == s || many && strings.HasPrefix(name, beginning)
	})
}

// refuseField ends the step because of a field's value.
func (r *running) refuseField(h interp.HandlerContext, err error) error {
	why := r.fieldText(h.Pos, err)
	fmt.Fprintf(h.Stderr, "opsbook: %s\n", why)
	r.stopFor(errors.New(why))
	return context.Canceled
}

// fieldText says why a line was not run.
func (r *running) fieldText(at syntax.Pos, err error) string {
	var field *expand.FieldError
	if errors.As(err, &field) && field.Pos.IsValid() {
		at = field.Pos
	}
	if !at.IsValid() {
		return err.Error() + "; the step was stopped"
	}
	return fmt.Sprintf("line %d was not run: %s", shell.LineOf(r.script, at), err)
}

// fieldNames are the names of the fields that the words of a call come from in part; nil where none does.
func fieldNames(marks []expand.Marks) []string {
	var out []string
	for i, m := range marks {
		if mark, ok := m.First(); ok {
			if out == nil {
				out = make([]string, len(marks))
			}
			out[i] = mark.Field
		}
	}
	return out
}

// fieldStarts are the bytes at which the values begin in the words of a call; nil where there is none.
func fieldStarts(marks []expand.Marks) []int {
	out := make([]int, len(marks))
	for i, m := range marks {
		if len(m) > 0 {
			out[i] = m[0].From
		}
	}
	return out
}
