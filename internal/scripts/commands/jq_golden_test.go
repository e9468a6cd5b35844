package commands_test

import (
	"os"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// jqDifferences are filters of testdata/jq.txt whose answers are not jq's, with the reason.
var jqDifferences = map[string]string{
	`8|significand, logb, gamma, lgamma, frexp, modf, trunc, exp10, nearbyint`: "exp10 of that C library is not exact",
	`9|log2,exp2,sqrt,cbrt,floor,ceil,round,fabs`:                              "the last digit of log2 is another in Go's library",
	`"a" as $x | "b" as $y | {$x,$y,"z":3,"a b":4,@base64 "x":1}`:              "gojq's parser does not take a format before a name",
	`{a:1} | .a as $x | .b = $x, {$x}, {"y": $x}, {(("k","l")): $x}, {a, "b c": 2}, {"a\(1)": 1}, {@base64 "k": 1}, {$__loc__}, ` +
		`{"x":1 + 1}`: "gojq's parser does not take a format before a name",
}

// TestJQGolden compares with what jq 1.8.2 printed for `jq -nc FILTER` (testdata/jq.txt): results, messages and status. What is said of a
// filter that does not compile is gojq's parser's, and only the status is compared.
func TestJQGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/jq.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases, same := 0, 0
	for _, block := range strings.Split(string(data), "\n\n") {
		var filter, out, errs string
		status := 0
		for line := range strings.SplitSeq(strings.TrimSuffix(block, "\n"), "\n") {
			mark, rest, _ := strings.Cut(line, " ")
			switch mark {
			case "$":
				filter = rest
			case ">":
				out += rest + "\n"
			case "!":
				errs += rest + "\n"
			case "?":
				status = int(rest[0] - '0')
			}
		}
		if filter == "" {
			continue
		}
		cases++
		stdout, stderr, got := run(t, commands.Options{}, "", nil, "jq", "-nc", filter)
		if status == 3 {
			stderr = ""
		}
		ok := stdout == out && strings.TrimSuffix(stderr, "\n") == strings.TrimSuffix(errs, "\n") && got == status
		if reason, known := jqDifferences[filter]; known == ok {
			t.Errorf("%s (%s)\nprinted %q\nwant    %q\nsaid %q\nwant %q\nstatus %d, want %d", filter, reason, stdout,
				out, stderr, errs, got, status)
			continue
		}
		if ok {
			same++
		}
	}
	t.Logf("%d of %d answers are jq's", same, cases)
}
