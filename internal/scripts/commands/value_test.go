package commands

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Which word is a value is what the command's own parser makes of it: options that take one take it, and nothing else is one.
func TestValuesOfOptionsAreTold(t *testing.T) {
	t.Parallel()
	table := Table(Options{})
	for line, want := range map[string]bool{
		"grep -e VALUE f": true, "grep -ie VALUE": true, "grep VALUE f": false, "grep -i VALUE": false,
		"grep --regexp VALUE": true, "grep --reg VALUE": true,
		"grep --regexp=x VALUE": false, "head -n VALUE": true, "head -n5 VALUE": false, "cut -d VALUE -f 1": true,
		"cut -d , VALUE": false, "sort -t VALUE": true,
		"curl -H VALUE u": true, "curl --header VALUE": true, "curl -s VALUE": false, "curl VALUE": false,
		"date -d VALUE": true, "date VALUE": false,
		"jq --arg VALUE v .": true, "jq --arg n VALUE .": true, "jq --arg n v VALUE": false, "jq -r VALUE": false,
		"cat VALUE": false, "sleep VALUE": false,
		"tr -d VALUE": false, "wc -l VALUE": false,
	} {
		words := strings.Fields(line)
		at := 0
		for i, w := range words {
			if w == "VALUE" {
				words[i], at = "-x", i
			}
		}
		taker, ok := table[words[0]].(procedures.ValueTaker)
		if got := ok && taker.TakesValue(words, at); got != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
}
