package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

var (
	verb = lazy.Regexp(`^(Batch)?[A-Z][a-z]+`) // of an operation's name
	// word is one word of an operation's name, from its end.
	word = lazy.Regexp(`[A-Z][a-z0-9]*$`)
)

// TellingRead is the command line that tells whether this change was made, as far as the change's own values fill it in:
// what to run after a call that was cut off. Empty where none is known.
func (o Operation) TellingRead(input *document.Object) string {
	s, err := models.Load(o.Service)
	if err != nil {
		return ""
	}
	op := o.telling(s)
	if op == nil {
		return ""
	}
	line := []string{"aws", bind.CommandOf(o.Service), bind.Dashed(op.Name)}
	if op.Input != nil {
		for _, m := range op.Input.Members {
			value, ok := given(input, m.Name)
			switch {
			case ok:
				line = append(line, "--"+bind.Dashed(m.Name), value)
			case op.Input.IsRequired(m.Name):
				line = append(line, "--"+bind.Dashed(m.Name), "…")
			}
		}
	}
	return strings.Join(line, " ")
}

// given is the text of a member that names something; one of the same name with an s holds a list of it.
func given(input *document.Object, name string) (string, bool) {
	for _, n := range []string{name, strings.TrimSuffix(name, "s"), "Target" + name} {
		value, _ := input.Get(n)
		if list, ok := value.(document.List); ok && len(list) == 1 {
			value = list[0]
		}
		// Only plain values are put into a command line that a person may copy: no spaces,
		// quotes or dollars.
		if text, ok := value.(string); ok && text != "" && len(text) < 200 && !strings.ContainsAny(text, " \n'\"$") {
			return text, true
		}
	}
	return "", false
}

// telling finds the operation: the one that is known, else the one that reads what the change's name names, or what
// a shorter part of it does.
func (o Operation) telling(s *models.Service) *models.Operation {
	for _, name := range []string{o.tellingRead, o.change.ReadOperation} {
		if name != "" {
			return s.Operation(name)
		}
	}
	for noun := verb().ReplaceAllString(o.Name, ""); noun != ""; {
		for _, name := range []string{
			"Head" + noun, "Describe" + noun, "Get" + noun, "Describe" + noun + "s", "Get" + noun + "s", "List" + noun + "s",
		} {
			if op := s.Operation(name); op != nil && !Of(o.Service, name).Effect.Changes() {
				return op
			}
		}
		shorter := word().ReplaceAllString(noun, "")
		if shorter == noun {
			return nil
		}
		noun = shorter
	}
	return nil
}
