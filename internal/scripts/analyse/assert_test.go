package analyse

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestComparisonsAtTheEndAreFound(t *testing.T) {
	a := &Analyser{Command: func(string) (procedures.Command, bool) { return nil, false }}
	for text, want := range map[string]bool{
		"n=1\n[ \"$n\" -gt 0 ]": true, "[[ a = b ]]": true, "test -n x": true, "diff a b": true,
		"cat x | grep -q y": true, "grep -iq y x": true, "echo a && [ 1 = 1 ]": true,
		"[ 1 = 1 ] || echo no": false, "[ 1 = 1 ]\necho done": false, "grep y x": false,
		"if [ 1 = 1 ]; then echo; fi": false, "echo [": false, "": false,
	} {
		if got := a.Analyse(procedures.Script{Text: text + "\n"}).Asserts; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
