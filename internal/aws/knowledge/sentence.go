package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// blank is a place for a value in a declared sentence: {Member}, or {Member:text %s} that is left out without one.
var blank = lazy.Regexp(`\{(\w+)(?::([^}]*))?\}`)

// gaps are what values that are not there leave before marks.
var gaps = strings.NewReplacer(" :", ":", " ,", ",", " ;", ";")

// Sentence is one sentence about what a call does, with its values.
func (o Operation) Sentence(input *document.Object) string {
	if o.sentence == "" {
		return o.generic(input)
	}
	sentence := blank().ReplaceAllStringFunc(o.sentence, func(part string) string {
		m := blank().FindStringSubmatch(part)
		value := textOf(input, m[1])
		switch {
		case m[2] == "":
			return value
		case value == "":
			return ""
		}
		return strings.ReplaceAll(m[2], "%s", value)
	})
	return gaps.Replace(strings.Join(strings.Fields(sentence), " ")) + "."
}

// words are those of an operation's name.
var words = lazy.Regexp(`[A-Z]+[a-z0-9]*`)

// generic makes a sentence of an operation's name: "Modify db instance orders-1."
func (o Operation) generic(input *document.Object) string {
	parts := words().FindAllString(o.Name, -1)
	for i := range parts {
		if i > 0 {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	sentence := strings.Join(parts, " ")
	if r := o.Resource(input); r != "" {
		sentence += " " + r
	}
	return sentence + "."
}
