package commands

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// quoted writes a text as bash's %q does.
// Control characters make it $'…'; otherwise each special character has a backslash, and the empty
// text is a pair of single quotes.
func quoted(text string) string {
	if text == "" {
		return "''"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		if out, err := syntax.Quote(text, syntax.LangBash); err == nil {
			return out
		}
	}
	var out strings.Builder
	for i, r := range text {
		if strings.ContainsRune(" !\"#$&'()*,;<>?[\\]^`{|}", r) && !(r == '#' && i > 0) || r == '~' && i == 0 {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
