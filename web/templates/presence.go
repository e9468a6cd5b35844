package templates

import (
	"fmt"
	"strings"
	"unicode"
)

// Visitors is who has a page open.
type Visitors struct {
	People      []Visitor
	More        int // people who are not listed
	WithoutName int // tabs of people without a name
}

// Visitor is somebody who has a page open.
type Visitor struct {
	Name    string
	Claimed bool // the name is only what the person said it is
}

// Initials are at most two letters of a name.
func (v Visitor) Initials() string {
	var out []rune
	for _, word := range strings.FieldsFunc(v.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if len(out) < 2 {
			out = append(out, unicode.ToUpper([]rune(word)[0]))
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return string(out)
}

// Title is the full name, and that nobody checked it.
func (v Visitor) Title() string {
	if v.Claimed {
		return v.Name + " (not verified)"
	}
	return v.Name
}

// times is a number that is not one.
func times(n int) string {
	if n == 1 {
		return ""
	}
	return "×" + fmt.Sprint(n)
}
