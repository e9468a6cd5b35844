package bind

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Words are the options that give an operation this input, as they would be typed: what Parse makes the input of. Members
// that no option takes are left out.
// It serves to show a call that was made of an input, such as a rollback, as a line that a person can run.
//
//	{"VpcIds": ["vpc-1", "vpc-2"]}   becomes   --vpc-ids vpc-1 vpc-2
func Words(op *models.Operation, input *document.Object) []string {
	var out []string
	for _, o := range Options(op) {
		if o.Member == nil || o.Negates || o.hidden || o.own {
			continue
		}
		value, ok := input.Get(o.Member.Name)
		if !ok || value == nil {
			continue
		}
		if o.Member.Shape.Type == models.TypeBoolean {
			if value == true {
				out = append(out, "--"+o.Name)
			} else {
				out = append(out, "--no-"+o.Name)
			}
			continue
		}
		out = append(out, "--"+o.Name)
		if list, ok := value.(document.List); ok && plainList(list) {
			for _, item := range list {
				out = append(out, word(item))
			}
			continue
		}
		if text := word(value); isOption(text) { // it is a value only where it is joined
			out[len(out)-1] += "=" + text
		} else {
			out = append(out, text)
		}
	}
	return out
}

// plainList reports whether each item can be a word of its own.
func plainList(l document.List) bool {
	for _, item := range l {
		switch item.(type) {
		case *document.Object, document.List, nil:
			return false
		}
	}
	return len(l) > 0
}

// word is a value as an option takes it: a text as it is, what is made of parts as JSON.
func word(v document.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case *document.Object, document.List:
		if text, err := document.Marshal(v); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v)
}

// Typed are words as one would type them in a shell, quoted where it is necessary.
func Typed(words []string) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = w
		if quoted, err := syntax.Quote(w, syntax.LangBash); err == nil {
			parts[i] = quoted
		}
	}
	return strings.Join(parts, " ")
}

// FirstOperands are the first two words that are no options, "" where there are fewer.
// A value behind an option counts too, so global options should have been taken out before.
func FirstOperands(args []string) (first, second string) {
	words := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-") })
	words = append(words, "", "")
	return words[0], words[1]
}
