package check

import (
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/aws/bind"
)

// same reports whether two names are one that is spelled in two ways: they differ in capitals and marks alone. Any other name is another
// thing, which is named and never put in the place of what was written.
func same(a, b string) bool {
	letters := func(text string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, text)
	}
	return letters(a) == letters(b)
}

// spelled corrects a word that is a name in another spelling; nil for any other.
func (c *call) spelled(e *bind.Error, near string) map[int]string {
	if !same(e.Name, near) || !c.Words[e.Word].Known {
		return nil
	}
	return map[int]string{e.Word: near}
}

// flagBefore is the flag that stands before a word that is true or false, with its opposite.
func (c *call) flagBefore(e *bind.Error) (flag, off string) {
	if e.Word == 0 || !strings.EqualFold(e.Name, "true") && !strings.EqualFold(e.Name, "false") {
		return "", ""
	}
	before := strings.TrimPrefix(c.Words[e.Word-1].Text, "--")
	for _, o := range bind.Options(c.Operation) {
		if o.Name != before {
			continue
		}
		if name, ok := strings.CutPrefix(before, "no-"); ok {
			return before, name
		}
		return before, "no-" + before
	}
	return "", ""
}
