package procedures

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// expressionPart is a piece of a JMESPath expression that stands for itself, quoted, or a parameter: $LIMIT, ${LIMIT}.
var expressionPart = lazy.Regexp("'(?:[^'\\\\]|\\\\.)*'|\"(?:[^\"\\\\]|\\\\.)*\"|`(?:[^`\\\\]|\\\\.)*`|" +
	"\\$(?:[A-Za-z_][A-Za-z0-9_]*|\\{[A-Za-z_][A-Za-z0-9_]*\\})")

func parameterIn(part string) (name string, ok bool) {
	if !strings.HasPrefix(part, "$") {
		return "", false
	}
	return strings.Trim(part, "${}"), true
}

// FillExpression puts the values of parameters into an expression, as numbers where they are numbers, else as texts. A value
// is never parsed as anything but one literal.
func FillExpression(expression string, value func(name string) string) string {
	return expressionPart().ReplaceAllStringFunc(expression, func(part string) string {
		name, ok := parameterIn(part)
		if !ok {
			return part
		}
		text := value(name)
		var number json.Number
		if err := json.Unmarshal([]byte(text), &number); err == nil && number != "" && text[0] != '"' {
			if _, err := number.Float64(); err == nil { // neither is one that is too large
				return "`" + text + "`"
			}
		}
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	})
}

// inSentence is a parameter in what an expectation says, outside of its {expressions} too.
var inSentence = lazy.Regexp(`\{([^{}]*)\}|\$[A-Za-z_][A-Za-z0-9_]*`)

func fillSentence(sentence string, value func(name string) string) string {
	return inSentence().ReplaceAllStringFunc(sentence, func(part string) string {
		if name, ok := parameterIn(part); ok {
			return value(name)
		}
		return "{" + FillExpression(part[1:len(part)-1], value) + "}"
	})
}

// Parameters are the names of those that an expectation compares with, or speaks of.
func (e Expectation) Parameters() []string {
	var out []string
	note := func(name string) string {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
		return "0"
	}
	FillExpression(e.That, note)
	fillSentence(e.Say, note)
	fillSentence(e.Holds, note)
	return out
}

// Filled is the step with the values of parameters in what it expects.
func (s *Step) Filled(values map[string]string) *Step {
	if !slices.ContainsFunc(append(slices.Clone(s.Annotations.Expect), s.Annotations.Warn...), func(e Expectation) bool {
		return len(e.Parameters()) > 0
	}) {
		return s
	}
	value := func(name string) string { return values[name] }
	fill := func(list []Expectation) []Expectation {
		list = slices.Clone(list)
		for i, e := range list {
			list[i].That, list[i].Say, list[i].Holds = FillExpression(e.That, value), fillSentence(e.Say, value),
				fillSentence(e.Holds, value)
		}
		return list
	}
	out := *s
	out.Annotations.Expect, out.Annotations.Warn = fill(s.Annotations.Expect), fill(s.Annotations.Warn)
	return &out
}
