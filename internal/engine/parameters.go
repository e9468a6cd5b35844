package engine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Parameters are the values with which steps of a procedure are executed: those given, then the environment's variables, then
// defaults. A missing or wrong one is an error with the code invalid, before anything is called.
// An empty value counts as not given. The result belongs to the caller.
func Parameters(p *procedures.Procedure, steps []*procedures.Step, given, variables map[string]string) (map[string]string, error) {
	out := maps.Clone(variables)
	if out == nil {
		out = map[string]string{}
	}
	// Sorted, so that of several wrong values the same one is named each time.
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := checkValue(p, name, given[name]); err != nil {
			return nil, err
		}
		if given[name] != "" {
			out[name] = given[name]
		}
	}
	var missing []string // all of them, so that nobody learns of them one by one
	first := ""
	for i := range p.Parameters {
		q := &p.Parameters[i]
		if out[q.Name] == "" && q.Default != "" {
			out[q.Name] = q.Default
		}
		used := slices.ContainsFunc(steps, func(s *procedures.Step) bool { return slices.Contains(s.Parameters, q.Name) })
		if out[q.Name] == "" && q.Required && used {
			name := q.Name
			if q.Example != "" {
				name += " (for example " + q.Example + ")"
			}
			if first == "" {
				first = q.Name
			}
			missing = append(missing, name)
		}
	}
	switch len(missing) {
	case 0:
		return out, nil
	case 1:
		return nil, procedures.Errorf(procedures.CodeInvalid, "the parameter %s has no value; nothing was called", missing[0]).Of(first)
	default:
		return nil, procedures.Errorf(procedures.CodeInvalid, "the parameters %s have no values; nothing was called",
			strings.Join(missing, ", ")).Of(first)
	}
}

// Secrets are the values of a procedure's secret parameters among those that are given.
// They are masked wherever the run shows a text.
func Secrets(p *procedures.Procedure, values map[string]string) []string {
	var out []string
	for i := range p.Parameters {
		if q := &p.Parameters[i]; q.Secret && values[q.Name] != "" {
			out = append(out, values[q.Name])
		}
	}
	return out
}

// checkValue checks one given value against its parameter; the error names what is allowed.
func checkValue(p *procedures.Procedure, name, value string) error {
	q := p.Parameter(name)
	switch {
	case q == nil:
		names := make([]string, len(p.Parameters))
		for i := range p.Parameters {
			names[i] = p.Parameters[i].Name
		}
		if len(names) == 0 {
			return procedures.Errorf(procedures.CodeInvalid, "%s has no parameter %q; it takes none", p.Title, name)
		}
		return procedures.Errorf(procedures.CodeInvalid, "%s has no parameter %q; it has %s", p.Title, name, strings.Join(names, ", "))
	case len(value) > limits.FieldBytes.Size():
		return procedures.Errorf(procedures.CodeInvalid, "%w", limits.FieldBytes.Reached().At("the parameter "+name)).Of(name)
	case strings.ContainsRune(value, 0):
		return procedures.Errorf(procedures.CodeInvalid, "the value of %s has a NUL byte, which no command line can hold", name).Of(name)
	case !utf8.ValidString(value): // a journal would hold another one than was sent
		return procedures.Errorf(procedures.CodeInvalid,
			"the value of %s is no text: it has bytes that are not UTF-8; encode it, such as with base64", name).Of(name)
	case value != "" && len(q.Choices) > 0 && !slices.Contains(q.Choices, value):
		return procedures.Errorf(procedures.CodeInvalid, "%s must be one of %s", isNow(q, value), strings.Join(q.Choices, ", ")).Of(name)
	}
	if value == "" || q.Pattern == "" {
		return nil
	}
	if ok, err := regexp.MatchString(`^(?:`+q.Pattern+`)$`, value); err != nil || !ok {
		return procedures.Errorf(procedures.CodeInvalid, "%s %s", isNow(q, value), form(q)).Of(name)
	}
	return nil
}

// isNow begins a sentence about a value that is wrong. One that is secret is not said.
func isNow(q *procedures.Parameter, value string) string {
	if q.Secret {
		return q.Name
	}
	return fmt.Sprintf("%s is %q; it", q.Name, value)
}

// Earlier returns the steps that have to be executed before this one because they set what it uses, in the order of the
// page. done reports whether a step was executed already.
// It follows the steps that those need in turn.
func Earlier(p *procedures.Procedure, step *procedures.Step, done func(*procedures.Step) bool) []*procedures.Step {
	needed := map[string]bool{}
	var visit func(*procedures.Step)
	visit = func(s *procedures.Step) {
		for _, e := range sources(p, s) {
			if !needed[e.ID] && !done(e) {
				needed[e.ID] = true
				visit(e)
			}
		}
	}
	visit(step)
	var out []*procedures.Step
	for _, s := range p.Steps {
		if needed[s.ID] {
			out = append(out, s)
		}
	}
	return out
}

// sources are the steps that set what a step uses: for each name the last one before it.
func sources(p *procedures.Procedure, step *procedures.Step) []*procedures.Step {
	if step.ScriptFile != "" {
		return nil // a script file is a world of its own
	}
	at := slices.Index(p.Steps, step)
	var out []*procedures.Step
	for _, name := range append(slices.Clone(step.Analysis.Uses), step.Analysis.Programs...) {
		for i := at - 1; i >= 0; i-- {
			s := p.Steps[i]
			if s.Kind == procedures.KindScript && s.ScriptFile == "" && slices.Contains(s.Analysis.Sets, name) {
				if !slices.Contains(out, s) {
					out = append(out, s)
				}
				break
			}
		}
	}
	return out
}
