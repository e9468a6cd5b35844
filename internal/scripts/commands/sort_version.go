package commands

import (
	"cmp"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

var versionSuffix = lazy.Regexp(`(\.[A-Za-z~][A-Za-z0-9~]*)*$`)

// compareVersions is gnulib's filevercmp: runs of digits are numbers, ~ comes before everything, and what looks like the suffix of a
// file's name counts only where the rest is equal.
// https://www.gnu.org/software/coreutils/manual/html_node/Version-sort-ordering-rules.html
func compareVersions(a, b string) int {
	if a == b {
		return 0
	}
	for _, special := range []string{"", ".", ".."} {
		if a == special || b == special {
			return cmp.Compare(btoi(a != special), btoi(b != special))
		}
	}
	hiddenA, hiddenB := a[0] == '.', b[0] == '.'
	if hiddenA != hiddenB {
		return cmp.Compare(btoi(hiddenB), btoi(hiddenA))
	}
	if hiddenA {
		a, b = a[1:], b[1:]
	}
	x, y := a[:1+versionSuffix().FindStringIndex(a[1:])[0]], b[:1+versionSuffix().FindStringIndex(b[1:])[0]]
	return cmp.Or(compareRuns(x, y), compareRuns(a, b))
}

// compareRuns compares what is no digit by letters first, and then the digits behind it as a number, in turn.
func compareRuns(a, b string) int {
	order := func(s string, i int) int {
		switch {
		case i >= len(s):
			return -1
		case s[i] >= '0' && s[i] <= '9':
			return 0
		case s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z':
			return int(s[i])
		case s[i] == '~':
			return -2
		}
		return int(s[i]) + 256
	}
	digit := func(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		for i < len(a) && !digit(a, i) || j < len(b) && !digit(b, j) {
			if c := cmp.Compare(order(a, i), order(b, j)); c != 0 {
				return c
			}
			i++
			j++
		}
		from, other := i, j
		for digit(a, i) {
			i++
		}
		for digit(b, j) {
			j++
		}
		x := strings.TrimLeft(a[min(from, len(a)):min(i, len(a))], "0")
		y := strings.TrimLeft(b[min(other, len(b)):min(j, len(b))], "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
			return c
		}
	}
	return 0
}
