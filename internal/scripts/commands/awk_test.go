package commands_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// Answers were recorded with gawk 5.2.1 --posix.
func TestAwk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		program, out string
		status       int
	}{
		{`{print $2}`, "1024\n2048\n512\n512\ntab\n7\n", 0},
		{`{s += $2} END {print s, s/NR, 1/3, 1e6, 2^53, 1e30}`,
			"4103 683.833 0.333333 1000000 9007199254740992 1000000000000000019884624838656\n", 0},
		{`NR==1 {printf "%5s|%-6.2f|%05d|%x|%c|%g|%%\n", $1, $3, $2, $2, 65, 3.14159265}`, "discovery|12.50 |01024|400|A|3.14159|%\n", 0},
		{`NR==1 {n = gsub(/[aeiou]/, "<&>"); print n, $0; sub(/o*$/, "!"); print}`,
			"6 d<i>sc<o>v<e>ry 1024 12.5 <u>s-<e><a>st-1\nd<i>sc<o>v<e>ry 1024 12.5 <u>s-<e><a>st-1!\n", 0},
		{`NR==6 {print length($1), toupper($1), substr($1, 2, 2), index($1, "b")}`, "4 ÜBER be 2\n", 0},
		{`/api/ {exit 3} END {print NR}`, "3\n", 3},
		{`BEGIN {print substr("hello", 0, 2), substr("hello", -1), log(-1), -log(0)}`, "he hello -nan +inf\n", 0},
		{`BEGIN {while ((getline l < "three") > 0) print "-" l; print (getline l < "none")}`, "-one\n-two\n-three\n-1\n", 0},
		{`BEGIN {print 1/0}`, "", 2},
	} {
		out, errs, status := run(t, commands.Options{}, rows, nil, "awk", c.program)
		if out != c.out || status != c.status {
			t.Errorf("awk '%s': %q, status %d (%s), want %q, status %d", c.program, out, status, errs, c.out, c.status)
		}
	}
}

// What awk would run, and what only gawk has, is refused by name before the program runs.
func TestAwkIsRefusedByName(t *testing.T) {
	t.Parallel()
	awk := commands.Table(commands.Options{})["awk"]
	for program, name := range map[string]string{
		`BEGIN {system("id")}`: "system()",
		`{print | "sort"}`:     "a pipe", `BEGIN {"id" | getline}`: "a pipe", `{print gensub(/a/,"b","g")}`: "gensub",
		`{print strftime("%F")}`: "strftime", `BEGIN {@include "x"}`: "@", `/\<foo/`: `\<`, `{print "unclosed}`: "cmd. line",
	} {
		words := []procedures.Word{{Text: "awk", Known: true}, {Text: program, Known: true, Line: 7, Col: 5}}
		found := awk.Describe(words).Findings
		rule := commands.NotCarriedOut
		if name == "cmd. line" {
			rule = "awk-program"
		}
		if len(found) != 1 || found[0].Rule != rule || found[0].Line != 7 || !strings.Contains(found[0].Message, name) {
			t.Errorf("awk '%s': %+v, want one that names %s", program, found, name)
		}
		out, errs, status := run(t, commands.Options{}, "x\n", nil, "awk", program)
		if status != 1 || out != "" || !strings.Contains(errs, name) {
			t.Errorf("awk '%s': status %d, %q, %q", program, status, out, errs)
		}
	}
}

func TestAwkWritesFilesOfTheRun(t *testing.T) {
	t.Parallel()
	out, errs, status := run(t, commands.Options{}, "a 1\nb 2\n", nil, "awk",
		`{print $2 > $1 ".txt"; close($1 ".txt"); getline x < ($1 ".txt"); print x; print "e" > "/dev/stderr"; print "o" > "/dev/stdout"}`)
	if out != "1\no\n2\no\n" || errs != "e\ne\n" || status != 0 {
		t.Errorf("%q, %q, status %d", out, errs, status)
	}
}
