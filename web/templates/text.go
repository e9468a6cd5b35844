package templates

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/web/templates/terminal"
)

func prefixed(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// valueOr is a text, or what stands for an empty one.
func valueOr(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}

// someone is a name as the pages show it: people may press without one.
func someone(name string) string {
	if name == "" {
		return "someone"
	}
	return name
}

// Plural is a number with its noun.
func Plural(n int, one, many string) string { return plural(n, one, many) }

// plural is a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// Visible shows control characters, and what turns the direction of text around, as signs.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t':
			return r
		case '\r':
			return -1
		}
		return terminal.Glyph(r)
	}, text)
}
