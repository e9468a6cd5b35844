package commands

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// readers are the commands of the table that write no file of the run, whatever their options are. What they run in turn is read as a
// line of its own.
var readers = strings.Fields(`dig host nc nslookup openssl cmp comm column env nice nohup printenv timeout xargs ls stat expr fold nl
	paste join od xxd realpath
	rev tac uname bc base64 basename cat cut date gdate diff dirname egrep fgrep grep head jq printf seq sleep tail tr wc zcat
	md5sum sha1sum sha224sum sha256sum sha384sum sha512sum`)

// writers say of the commands that write files with some of their options, or some of their words, whether a line may. Those that are
// neither here nor among the readers write.
var writers = map[string]func(words []procedures.Word) bool{
	"awk": awkWrites, "gawk": awkWrites, "mawk": awkWrites,
	"curl": optionsWrite(curlOptions, "output", "remote-name"),
	"find": findWrites,
	"sed":  sedWrites,
	"sort": optionsWrite(sortOptions, "output"),
	"tee":  func(words []procedures.Word) bool { return len(words) > 1 },
	"uniq": uniqWrites,
}

// mayWriteFiles reports whether a line may write or remove files of the run by itself, without a redirection.
func mayWriteFiles(words []procedures.Word) bool {
	name := words[0].Text
	if writes := writers[name]; writes != nil {
		return writes(words)
	}
	return !slices.Contains(readers, name)
}

// splits reports a word that may become several, and so options that nobody can read here.
func splits(w procedures.Word) bool { return !w.Known && w.Split }

// optionsWrite is of a command that writes files with these options alone.
func optionsWrite(options []option, names ...string) func(words []procedures.Word) bool {
	return func(words []procedures.Word) bool {
		if slices.ContainsFunc(words, splits) {
			return true
		}
		p, err := parseOptions(words[0].Text, texts(words[1:]), options)
		return err != nil || slices.ContainsFunc(names, p.has)
	}
}

// texts are the words as they are shown, known or not.
func texts(words []procedures.Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}

// awkWrites takes every > behind a print for a redirection, also one that compares.
func awkWrites(words []procedures.Word) bool {
	return slices.ContainsFunc(words[1:], func(w procedures.Word) bool {
		_, behind, prints := strings.Cut(w.Text, "print")
		inFile := strings.HasPrefix(w.Text, "-f") || strings.HasPrefix(w.Text, "--file")
		return splits(w) || inFile || prints && strings.Contains(behind, ">")
	})
}

// findWrites reports a line that deletes. What it executes is a line of its own.
func findWrites(words []procedures.Word) bool {
	return slices.ContainsFunc(words, func(w procedures.Word) bool {
		return splits(w) || w.Text == "-delete" || strings.HasPrefix(w.Text, "-fprint") || w.Text == "-fls"
	})
}

func sedWrites(words []procedures.Word) bool {
	if slices.ContainsFunc(words, splits) {
		return true
	}
	p, err := parseOptions(words[0].Text, texts(words[1:]), sedOptions)
	if err != nil || p.has("in-place") {
		return true
	}
	script, _, err := sedScript(nil, p, nil)
	return err != nil || slices.ContainsFunc(script.commands, func(c sedCommand) bool {
		return c.name == 'w' || c.name == 'W' || c.sub != nil && c.sub.file != ""
	})
}

// uniqWrites reports a second operand: uniq [OPTION]... [INPUT [OUTPUT]].
func uniqWrites(words []procedures.Word) bool {
	p, err := parseOptions(words[0].Text, texts(words[1:]), uniqOptions)
	return err != nil || len(p.operands) > 1 || slices.ContainsFunc(words, splits)
}
