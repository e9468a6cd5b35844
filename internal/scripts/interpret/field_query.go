package interpret

import (
	"regexp"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
)

// A query is a text in a language of its own: a program of jq, or JMESPath behind --query. A field's value stays one value in it: a part
// of a text between quotes, a number, or the name of a member.

// language says how a value stands in a query.
type language struct {
	quotes  string // each opens a text that ends with the next one
	comment byte   // begins what ends with the line; 0 for none
	inner   bool   // \( in a text leads back into the query
	name    func() *regexp.Regexp
	advice  string
}

var (
	// A name of jq's is a member only behind a dot: elsewhere it is a function, or a value such as true.
	jqLanguage = language{
		quotes: `"`, comment: '#', inner: true, name: lazy.Regexp(`^(-?\d+(\.\d+)?|true|false|null)$`),
		advice: "Give it to jq as --arg name VALUE, and write $name in the program",
	}
	queryLanguage = language{
		quotes: "'\"`", name: lazy.Regexp(`^(-?\d+|[A-Za-z_][A-Za-z0-9_]*)$`),
		advice: "A value in a query has no quotes and no backslash, and outside of quotes only letters, digits and _",
	}
	memberName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// queryError is an error where a field's value would be more than one value of a query.
func queryError(h interp.HandlerContext, args []string) error {
	switch args[0] {
	case "jq":
		if i := jqProgram(args); i > 0 {
			return jqLanguage.check(h, args[i], h.Marks[i])
		}
	case "aws":
		for i, word := range args {
			name, query, here := strings.Cut(word, "=")
			if len(name) < len("--q") || !strings.HasPrefix("--query", name) { // the AWS CLI takes the beginning of a name for it
				continue
			}
			from := len(word) - len(query)
			if !here {
				if i++; i == len(args) {
					return nil
				}
				from = 0
			}
			marks := h.Marks[i]
			if len(marks) == 1 && marks[0].From == from && marks[0].To == len(args[i]) {
				return nil // all of it is the person's
			}
			return queryLanguage.check(h, args[i], marks)
		}
	}
	return nil
}

// jqProgram is which word is jq's program; 0 where it is in a file, or missing.
func jqProgram(args []string) int {
	two := []string{"--arg", "--argjson", "--slurpfile", "--rawfile", "--argfile"}
	for i := 1; i < len(args); i++ {
		switch word := args[i]; {
		case slices.Contains(two, word):
			i += 2
		case word == "--indent", word == "-L":
			i++
		case word == "-f", word == "--from-file":
			return 0
		case word == "--":
			if i+1 < len(args) {
				return i + 1
			}
			return 0
		case len(word) > 1 && word[0] == '-':
		default:
			return i
		}
	}
	return 0
}

// check is an error where one of the marked parts of a query is not one value in it.
func (l language) check(h interp.HandlerContext, text string, marks expand.Marks) error {
	s := state{language: l}
	at := 0
	for _, span := range marks {
		s.read(text[at:span.From])
		at = span.To
		value := text[span.From:span.To]
		if value == "" || s.holds(value) {
			continue
		}
		const why = "would be read as a part of the query, and not as a value of it. "
		return &expand.FieldError{Field: span.Mark.Field, Pos: h.Pos, Why: why + l.advice}
	}
	return nil
}

// state is where in a query its reading is: texts that are open, the innermost last, and how deep the query in each is in brackets.
type state struct {
	language
	open      []byte // the quotes; ( for the query that a text leads back into
	deep      []int
	last      byte // the newest byte of the query itself
	commented bool
}

// read goes on behind what the author wrote.
func (s *state) read(text string) {
	for i := 0; i < len(text); i++ {
		c, quote := text[i], s.quote()
		switch {
		case s.commented:
			s.commented = c != '\n'
		case quote != 0 && c == '\\':
			if i++; i < len(text) && s.inner && text[i] == '(' {
				s.open, s.deep = append(s.open, '('), append(s.deep, 0)
			}
		case quote != 0 && c == quote:
			s.open = s.open[:len(s.open)-1]
		case quote != 0:
		case strings.IndexByte(s.quotes, c) >= 0:
			s.open = append(s.open, c)
		case s.comment != 0 && c == s.comment:
			s.commented = true
		case c == '(' && len(s.deep) > 0:
			s.deep[len(s.deep)-1]++
		case c == ')' && len(s.deep) > 0:
			if s.deep[len(s.deep)-1]--; s.deep[len(s.deep)-1] < 0 {
				s.open, s.deep = s.open[:len(s.open)-1], s.deep[:len(s.deep)-1]
			}
		}
		s.last = c
	}
}

// quote is the quote of the text that is open; 0 in the query itself.
func (s *state) quote() byte {
	if n := len(s.open); n > 0 && s.open[n-1] != '(' {
		return s.open[n-1]
	}
	return 0
}

// holds reports whether a value is one value where the reading is.
func (s *state) holds(value string) bool {
	switch quote := s.quote(); {
	case s.commented:
		return !strings.Contains(value, "\n")
	case quote == '`': // JSON
		return !strings.ContainsAny(value, "`\"\\")
	case quote != 0:
		return !strings.ContainsAny(value, string(quote)+`\`)
	case s.last == '.' && s.inner, s.last == '$' && s.inner:
		return memberName().MatchString(value)
	}
	return s.name().MatchString(value)
}
