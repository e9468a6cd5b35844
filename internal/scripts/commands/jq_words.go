package commands

import "slices"

// jqTakesValue reports whether a word of jq's line belongs to the option in front of it: --arg has a name and a value.
func jqTakesValue(words []string, i int) bool {
	pairs := []string{"--arg", "--argjson", "--slurpfile", "--rawfile"}
	behind := func(n int, options []string) bool { return i > n && slices.Contains(options, words[i-n]) }
	return behind(1, append([]string{"--from-file", "-f", "--indent", "-L"}, pairs...)) || behind(2, pairs)
}
