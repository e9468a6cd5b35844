package shell

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"

	"mvdan.cc/sh/v3/syntax"
)

// A text that is nested deeper than the stack of what walks it is refused; it would end the process.
func TestTextsThatAreTooDeepAreRefused(t *testing.T) {
	t.Parallel()
	const deep = ": more than 1,000 brackets are open; write it with fewer parts in one another"
	tests := []struct{ name, text, why string }{
		{"subshells", "echo a\n" + strings.Repeat("(", 60_000), "line 8" + deep},
		{"substitutions", strings.Repeat("$(", 1001) + "a", "line 7" + deep},
		{"arithmetic", "(( " + strings.Repeat("a[", 2000), "line 7" + deep},
		{
			"conditions", strings.Repeat("if a; then ", 30_000),
			"the script is larger than 64 kB; make several scripts of it, and keep data in files of their own",
		},
		{"the most", strings.Repeat("(", 990) + "a" + strings.Repeat(")", 990), ""},
		{"and", strings.Repeat(": && ", 5000) + ":", "the parts"},
		{"or", strings.Repeat(": || ", 5000) + ":", "the parts"},
		{"pipes", strings.Repeat(": | ", 5000) + ":", "the parts"},
		{"elif", "if :; then :; " + strings.Repeat("elif :; then :; ", 4000) + "fi", ""},
		{"if in if", strings.Repeat("if :; then ", 2600) + ":" + strings.Repeat("; fi", 2600), "the parts"},
		{"sums", "x=$((" + strings.Repeat("1+", 9000) + "1))", "the parts"},
		{"assignments", "x=$((" + strings.Repeat("a=", 9000) + "1))", "the parts"},
		{"choices", "x=$((" + strings.Repeat("1?1:", 9000) + "1))", "the parts"},
		{"signs", "x=$((" + strings.Repeat("- ", 9000) + "1))", "the parts"},
		{"tests", "[[ " + strings.Repeat("a && ", 9000) + "a ]]", "the parts"},
		{"not", "[[ " + strings.Repeat("! ", 9000) + "a ]]", "the parts"},
		{"many words", ": " + strings.Repeat("a ", 30_000), ""},
		{"a hundred &&", strings.Repeat(": && ", 1000) + ":", ""},
		{"patterns of case", "case x in\n" + strings.Repeat("a) ;;\n", 2000) + "esac", ""},
	}
	for _, test := range tests {
		_, err := Parse(procedures.Script{Text: test.text, Line: 7})
		if test.why == "" && err != nil || test.why != "" && (err == nil || !strings.HasPrefix(err.Error(), test.why)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.why)
		}
	}
}

// What is masked while a text is parsed is in the tree as it was written, and all that stands behind it where it was.
func TestExpressionsThatTheParserDoesNotKnowAreText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`echo $(( echo abc )) end`:                  `$(( echo abc ))`,
		`echo $(( n + 1 | n += 1 )) end`:            `$(( n + 1 | n += 1 ))`,
		`echo $(( $# + m["a b"] * ${x[1]} )) end`:   `$(( $# + m["a b"] * ${x[1]} ))`,
		`echo $((3.5 + 1)) end`:                     `$((3.5 + 1))`,
		`echo $(( (n, 3.5) + $(echo "a b") )) end`:  `$(( (n, 3.5) + $(echo "a b") ))`,
		`echo $(( echo a; echo b ) | cat) end`:      `$(( echo a; echo b ) | cat)`,
		`echo "$(( echo "a b"'c' )) y"$((2 3)) end`: `"$(( echo "a b"'c' )) y"$((2 3))`,
	} {
		s := procedures.Script{Text: text, Line: 1}
		file, err := Parse(s)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		words := file.Stmts[0].Cmd.(*syntax.CallExpr).Args
		if got := Source(s, words[1]); got != want || words[len(words)-1].Lit() != "end" {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		syntax.Walk(file, func(n syntax.Node) bool {
			if l, ok := n.(*syntax.Lit); ok && strings.ContainsAny(l.Value, masks) {
				t.Errorf("%s: %q is left masked", text, l.Value)
			}
			return true
		})
	}
	for _, text := range []string{"echo $(( a b", "(( ! ))(", "for ((a b; c; d)); do :; done"} {
		if _, err := Parse(procedures.Script{Text: text, Line: 1}); err == nil || strings.ContainsAny(err.Error(), masks[2:]) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
