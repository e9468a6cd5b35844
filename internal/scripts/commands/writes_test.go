package commands

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhoWritesFiles has a line of every command that writes files, and lines of those that do with some of their words.
func TestWhoWritesFiles(t *testing.T) {
	table := Table(Options{})
	told := map[string]bool{}
	for text, writes := range map[string]bool{
		"awk {print>$1}": true, "awk {print}": false, "awk -fprogram": true, "gawk {print>$1}": true,
		"mawk {printf>$1}": true, "mawk $1>5": false,
		"chmod +x a": true, "cp a b": true, "curl -o a http://h": true, "curl -O http://h/a": true,
		"curl http://h":                          false,
		"curl --silent --remote-name http://h/a": true, "find . -delete": true, "find . -name a": false,
		"gzip a": true, "gunzip a.gz": true,
		"mkdir a": true, "mktemp": true, "mv a b": true, "rm a": true, "rmdir a": true, "sed -i s/a/b/ f": true, "sed s/a/w/ f": false,
		"sed --in-place=.bak s/a/b/ f": true, "sed -n s/a/b/w.out f": true, "sed -n wout f": true, "sed -f program f": true,
		"sort -o a b": true, "sort -oa b": true, "sort --output=a b": true, "sort b": false, "split a": true, "tee": false, "tee a": true,
		"tee -a": true, "touch a": true, "uniq": false, "uniq a": false, "uniq a b": true, "cat a": false, "sort ?": true, "find ?": true,
	} {
		words := []procedures.Word{}
		for _, w := range strings.Fields(text) {
			words = append(words, procedures.Word{Text: w, Known: w != "?", Split: w == "?"})
		}
		told[words[0].Text] = told[words[0].Text] || writes
		if got := table[words[0].Text].Describe(words).WritesFiles; got != writes {
			t.Errorf("%s: writes files: %v", text, got)
		}
	}
	for name := range table {
		if reads := slices.Contains(readers, name); reads == told[name] {
			t.Errorf("%s: it is one of those that only read (%v), or a line here shows that it writes", name, reads)
		}
	}
}
