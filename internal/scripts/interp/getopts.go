// This file is Opsbook's: getopts, with the state that bash keeps between its calls.

package interp

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// getopts is where getopts stands: at a word, and at a letter of it.
type getopts struct {
	index int // of the next word, from 1; 0 begins anew
	word  int // of the letters that are read
	at    int // where in that word, in bytes; 0 for none
}

// optionsAnew notes that OPTIND was set, which moves getopts there. A new OPTIND of a function begins anew.
func (r *Runner) optionsAnew(vr expand.Variable) {
	n := int(atoi(vr.String()))
	if n < 0 || n == 1 {
		n = 0
	}
	r.optState.index = n
}

// What getopts finds.
const (
	optionEnd     = -1
	optionInvalid = '?'
	optionMissing = ':'
)

// next is the next option of some words; what is found tells whether it is one. The words of an argument are those of from.
func (g *getopts) next(options string, words []string) (found rune, letter string, argument int, from int) {
	argument = -1
	word := func(n int) string { return words[n-1] }
	if g.index > len(words) || g.index < 0 {
		g.index = len(words) + 1
		return optionEnd, "", -1, 0
	}
	if g.index == 0 {
		g.index, g.at = 1, 0
		if len(words) == 0 {
			return optionEnd, "", -1, 0
		}
	}
	if g.at > 0 && (g.word > len(words) || g.at >= len(word(g.word))) {
		g.at = 0
	}
	if g.at == 0 {
		switch text := word(g.index); {
		case text == "--":
			g.index++
			return optionEnd, "", -1, 0
		case len(text) < 2 || text[0] != '-':
			return optionEnd, "", -1, 0
		}
		g.word, g.at = g.index, 1
	}
	text := word(g.word)
	_, size := utf8.DecodeRuneInString(text[g.at:])
	letter = text[g.at : g.at+size]
	g.at += size
	rest := g.at < len(text)
	ends := func() {
		if !rest {
			g.index, g.at = g.index+1, 0
		}
	}
	i := strings.Index(options, letter)
	switch {
	case i < 0 || letter == ":":
		ends()
		return optionInvalid, letter, -1, 0
	case !strings.HasPrefix(options[i+size:], ":"):
		ends()
		return 0, letter, -1, 0
	case rest:
		argument, from = g.word, g.at
		g.index++
	case g.index < len(words):
		argument = g.index + 1
		g.index += 2
	default:
		g.index, g.at = g.index+1, 0
		return optionMissing, letter, -1, 0
	}
	g.at = 0
	return 0, letter, argument, from
}

// getoptsBuiltin is the builtin of that name.
func (r *Runner) getoptsBuiltin(pos syntax.Pos, texts []expand.Text) (exit exitStatus) {
	fail := func(code uint8, format string, args ...any) exitStatus {
		r.errf(format, args...)
		exit.code = code
		return exit
	}
	if len(texts) > 0 && texts[0].Str == "--" {
		texts = texts[1:]
	} else if len(texts) > 0 && len(texts[0].Str) > 1 && texts[0].Str[0] == '-' {
		return fail(2, "bash: line %d: getopts: %s: invalid option\n", r.line, texts[0].Str[:2])
	}
	if len(texts) < 2 {
		return fail(2, "getopts: usage: getopts optstring name [arg ...]\n")
	}
	options, name := texts[0].Str, texts[1].Str
	if err := texts[1].NameError(len(name), pos, "a variable"); err != nil {
		exit.fatal(err)
		return exit
	}
	from := texts[2:]
	if len(from) == 0 {
		from = expand.Texts(r.Params, r.paramMarks)
	}
	if at := r.optState.index; r.optState.at == 0 && max(at, 1) <= len(from) {
		text := from[max(at, 1)-1]
		if mark, ok := text.Lead(); ok && strings.HasPrefix(text.Str, "-") {
			exit.fatal(&expand.FieldError{Field: mark.Field, Pos: pos, Why: `begins with "-" where an option could stand`})
			return exit
		}
	}
	options, silent := strings.CutPrefix(options, ":")
	words, _ := expand.Untext(from)
	found, letter, argument, start := r.optState.next(options, words)
	if !silent && r.envGet("OPTERR") != "0" {
		switch found {
		case optionInvalid:
			r.errf("%s: illegal option -- %s\n", r.envGet("0"), letter)
		case optionMissing:
			r.errf("%s: option requires an argument -- %s\n", r.envGet("0"), letter)
		}
	}
	state := r.optState
	r.setVarString("OPTIND", strconv.Itoa(max(state.index, 1)))
	r.optState = state // it was not moved
	value := "?"
	switch {
	case found == 0:
		value = letter
		if r.delVar("OPTARG"); argument > 0 {
			r.setVarText("OPTARG", from[argument-1].From(start))
		}
	case found != optionEnd && silent:
		value = string(found)
		r.setVarString("OPTARG", letter)
	default:
		r.delVar("OPTARG")
	}
	if !syntax.ValidName(name) {
		return fail(1, "bash: line %d: getopts: `%s': not a valid identifier\n", r.line, name)
	}
	if r.lookupVar(name).ReadOnly {
		return fail(1, "bash: line %d: %s: readonly variable\n", r.line, name)
	}
	r.setVarString(name, value)
	exit.oneIf(found == optionEnd)
	return exit
}
