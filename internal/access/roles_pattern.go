package access

import (
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// validPattern is what a pattern of procedures consists of: names with or without *, between slashes.
var validPattern = lazy.Regexp(`^!?[^!/\s][^/\s]*(/[^/\s]+)*/?$`)

// ValidPattern reports whether a text is a pattern of procedures: ** stands alone between slashes.
func ValidPattern(text string) bool {
	parts := "/" + strings.TrimPrefix(text, "!") + "/"
	return validPattern().MatchString(text) && !strings.Contains(strings.ReplaceAll(parts, "/**/", "//"), "**")
}

// pattern is a compiled entry of a role's procedures: a path in which * stands for any part of a name and ** for any number of
// names, or, without either, an identifier or a folder with all that is below it.
type pattern struct {
	text  string
	not   bool // begins with !
	parts []string
}

// newPattern compiles a pattern.
func newPattern(text string) pattern {
	p := pattern{text: text}
	rest, not := strings.CutPrefix(text, "!")
	p.not = not
	rest = strings.TrimSuffix(rest, "/")
	p.parts = strings.Split(rest, "/")
	if !strings.Contains(rest, "*") { // it, and all below it
		p.parts = append(p.parts, "**")
	}
	return p
}

// matches reports whether an identifier is one of the pattern's, whether or not the pattern begins with !.
func (p pattern) matches(id string) bool { return matchParts(p.parts, strings.Split(id, "/")) }

func matchParts(pattern, names []string) bool {
	for i, part := range pattern {
		if part == "**" {
			for j := i; j <= len(names); j++ {
				if matchParts(pattern[i+1:], names[j:]) {
					return true
				}
			}
			return false
		}
		if i >= len(names) || !MatchName(part, names[i]) {
			return false
		}
	}
	return len(pattern) == len(names)
}

// MatchName reports whether a name is of a part of a pattern, in which * stands for any letters.
func MatchName(part, name string) bool {
	pieces := strings.Split(part, "*")
	if len(pieces) == 1 {
		return part == name
	}
	last := len(pieces) - 1
	if len(name) < len(pieces[0])+len(pieces[last]) || !strings.HasPrefix(name, pieces[0]) || !strings.HasSuffix(name, pieces[last]) {
		return false
	}
	name = name[len(pieces[0]) : len(name)-len(pieces[last])]
	for _, piece := range pieces[1:last] {
		at := strings.Index(name, piece)
		if at < 0 {
			return false
		}
		name = name[at+len(piece):]
	}
	return true
}
