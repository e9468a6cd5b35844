package commands

import (
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// What follows only ever makes a line worse: it finds what a line that counts as a change takes away for good.

// carriers run the line behind their own words: as somebody else, in a project's environment, in a container, on another machine.
var carriers = setOfWords("sudo doas env nice nohup time timeout stdbuf npx bunx pnpx npm pnpm yarn bun poetry pipenv uv uvx rye pdm " +
	"hatch bundle direnv dotenv ssh kubectl oc docker podman docker-compose podman-compose")

// innerLines are the lines that one may run: what begins with a program of which it is known what it takes away.
func innerLines(name string, args []string) [][]string {
	if !carriers[path.Base(name)] {
		return nil
	}
	out := linesWithin(args)
	if n := len(args); n > 0 && strings.Contains(args[n-1], " ") { // ssh HOST 'COMMAND'
		words := strings.FieldsFunc(args[n-1], func(r rune) bool { return strings.ContainsRune(" \t\n;&|'\"()", r) })
		out = append(out, linesWithin(words)...)
		out = append(out, []string{"psql", args[n-1]}) // or it is a statement
	}
	return out
}

func linesWithin(args []string) [][]string {
	var out [][]string
	for i, arg := range args {
		rule, known := programRules[path.Base(arg)]
		if known && (len(rule.destroys) > 0 || rule.takesAway != nil) && (len(args) > i+1 || arg != "rm") {
			out = append(out, append([]string{path.Base(arg)}, args[i+1:]...))
		}
	}
	return out
}

// installers remove what can be installed again.
var installers = setOfWords("npm pnpm yarn bun pip pip3 pipx uv poetry brew apt apt-get yum dnf apk snap choco winget gem cargo go conda")

var (
	takingWords  = setOfWords("destroy delete del drop purge terminate uninstall teardown wipe nuke erase truncate undeploy remove rm")
	lookingWords = setOfWords("check list show get describe verify find test detect report preview plan diff before after no not dont " +
		"help soft post pre on")
	wordEnd = lazy.Regexp(`[^a-z0-9]+`)
)

// unknownEffect is the effect of a program of which nothing is known: a change, and worse where its name, its first operands or an option
// say that it takes something away: ./destroy.sh, make infra-destroy, serverless remove, ./deploy.sh --destroy.
func unknownEffect(name string, args []string) procedures.Effect {
	if installers[path.Base(name)] {
		return procedures.EffectChange
	}
	if takes(path.Base(name)) {
		return procedures.EffectDestroy
	}
	n := 0
	for _, arg := range args {
		switch word, option := strings.CutPrefix(arg, "--"); {
		case option:
			if first, _, _ := strings.Cut(word, "-"); takingWords[first] && first != "remove" && first != "rm" && first != "drop" {
				return procedures.EffectDestroy
			}
		case strings.HasPrefix(arg, "-"), strings.ContainsAny(arg, " =\x00"):
		case installers[path.Base(arg)]: // sudo apt-get remove
			return procedures.EffectChange
		case n < 2:
			if n++; takes(path.Base(arg)) {
				return procedures.EffectDestroy
			}
		}
	}
	return procedures.EffectChange
}

// takes reports a name with a word for taking something away, and none before it for looking: infra-destroy, db:drop, delete_old.py.
func takes(name string) bool {
	for _, word := range wordEnd().Split(strings.ToLower(name), -1) {
		if lookingWords[word] {
			return false
		}
		if takingWords[word] {
			return true
		}
	}
	return false
}

// anyOperand is of programs that take away whatever they are given.
func anyOperand(args []string) bool { return len(operands(args)) > 0 }

// removes is of programs that take something away with one of some options.
func removes(options string) func(args []string) bool {
	return func(args []string) bool {
		return slices.ContainsFunc(args, func(arg string) bool { return slices.Contains(strings.Fields(options), arg) })
	}
}

// takingQuery is a statement that takes rows, tables or databases away.
var takingQuery = lazy.Regexp(`(?i)\b(?:drop\s+(?:table|database|schema|index|view|user|role|column|constraint|materialized|keyspace|` +
	`collection|owned|extension|function|trigger|type)|truncate\s+\w|delete\s+from|alter\s+table\s.*\bdrop\b)|` +
	`\.(?:drop|dropDatabase|deleteMany|deleteOne|remove)\(`)

// queries is of clients of databases, whose words are statements.
func queries(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return takingQuery().MatchString(arg) })
}

var takingKeys = setOfWords("flushall flushdb del unlink xtrim ltrim")

// keys is of clients of Redis: the first operand that is a command.
func keys(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return takingKeys[strings.ToLower(arg)] })
}
