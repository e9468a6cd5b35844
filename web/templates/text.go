package templates

import "fmt"

func prefixed(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func valueOr(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}

func someone(name string) string {
	if name == "" {
		return "someone"
	}
	return name
}

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
