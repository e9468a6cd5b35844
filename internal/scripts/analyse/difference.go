package analyse

import (
	"math"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// differs refuses constructs that the interpreter runs differently from bash, or not at all, and that are not
// rewritten: a wrong answer without an error is the worst kind.
func (w *walker) differs(file *syntax.File) {
	w.extended(file)
	syntax.Walk(file, func(n syntax.Node) bool {
		if s, ok := n.(*syntax.Stmt); ok && slices.Contains(file.Stmts, s) {
			w.top = s
		}
		switch n := n.(type) {
		case *syntax.ParamExp:
			w.differingExpansion(n)
		case *syntax.ProcSubst:
			if n.Op != syntax.CmdIn && n.Op != syntax.CmdOut {
				w.refuse(n, "%s…) is not bash's.", n.Op)
			}
		case *syntax.FuncDecl:
			if n.Name == nil {
				w.refuse(n, "a function without a name is not supported here.")
			}
		case *syntax.DeclClause:
			w.differingDeclaration(n)
		}
		return true
	})
}

// patternTests are the operators of [[ ]] that take a pattern, or an expression.
var patternTests = []syntax.BinTestOperator{syntax.TsMatchShort, syntax.TsMatch, syntax.TsNoMatch, syntax.TsReMatch}

// extended refuses @(a|b) and its like where bash would not parse them: outside of [[ ]] and ${…} they need shopt -s extglob on a line
// before.
func (w *walker) extended(file *syntax.File) {
	from := uint(math.MaxUint)
	syntax.Walk(file, func(n syntax.Node) bool {
		c, ok := n.(*syntax.CallExpr)
		if ok && shell.CallName(c) == "shopt" && slices.Contains(literals(c), "extglob") && slices.Contains(literals(c), "-s") {
			from = min(from, c.Pos().Line())
		}
		return true
	})
	patterns := map[*syntax.Word]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			if slices.Contains(file.Stmts, n) {
				w.top = n
			}
		case *syntax.BinaryTest: // behind == and != a pattern is one in any case
			if word, ok := n.Y.(*syntax.Word); ok && slices.Contains(patternTests, n.Op) {
				patterns[word] = true
			}
		case *syntax.Word:
			if patterns[n] {
				return false
			}
		case *syntax.ParamExp:
			return false
		case *syntax.ExtGlob:
			if n.Pos().Line() <= from {
				w.refuse(n, "%s…) is a pattern only behind shopt -s extglob, on a line of its own before; bash does not parse it.", n.Op)
			}
		}
		return true
	})
}

// differingExpansion refuses the operators that bash has and the interpreter has not.
func (w *walker) differingExpansion(p *syntax.ParamExp) {
	w.Analysis.UsesAny = w.Analysis.UsesAny || p.Excl && p.Names == 0
	if name := shell.ParamName(p); slices.Contains(unknownVariables, name) && !w.set[name] {
		w.refuse(p, "%s is not known here.", name)
	}
	if p.Exp != nil && p.Exp.Op == syntax.OtherParamOps && p.Exp.Word != nil {
		if op := p.Exp.Word.Lit(); op == "P" || op == "k" {
			w.refuse(p, "${…@%s} is not supported here.", op)
		}
	}
}

// unknownVariables are bash's own that scripts are not told.
var unknownVariables = strings.Fields(`BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_ALIASES BASH_EXECUTION_STRING BASHOPTS BASH_XTRACEFD
	COPROC GROUPS HISTCMD COMP_WORDBREAKS COMP_LINE COMP_WORDS COMP_CWORD`)

// refusedRedirect says why a redirection is not carried out; empty where it is.
func refusedRedirect(r *syntax.Redirect) string {
	if r.Op == syntax.RdrInOut {
		return "<> opens a file for reading and writing, which is not supported here; use < or >."
	}
	return ""
}

// devices are those that a script sees, by what it does with them; descriptors (/dev/fd/3) besides.
var devices = map[bool][]string{
	true:  strings.Fields("/dev/null /dev/tty /dev/zero /dev/random /dev/urandom /dev/stdin"), // reads
	false: strings.Fields("/dev/null /dev/tty /dev/stdout /dev/stderr"),
}

// refusedDevice says why a device is not opened; empty where it is, and of what is none.
func refusedDevice(word procedures.Word, op syntax.RedirOperator) string {
	name := word.Text
	switch {
	case op == syntax.WordHdoc, op == syntax.DplIn, op == syntax.DplOut, !word.Known, !strings.HasPrefix(name, "/dev/"),
		strings.HasPrefix(name, "/dev/fd/"), slices.Contains(devices[op == syntax.RdrIn], name):
		return ""
	case strings.HasPrefix(name, "/dev/tcp/"), strings.HasPrefix(name, "/dev/udp/"):
		return name + " is a connection that bash makes, which is not here yet; curl asks a web server."
	}
	return name + " is a device of the host, which a script does not see here."
}

// optionsOf are the options of builtins that are carried out: letters, those with a value behind a colon, as getopts writes them. Builtins
// without a row take words alone, or say themselves what an option is.
var optionsOf = map[string]string{
	"read": "rsea:p:d:n:N:t:u:", "mapfile": "td:n:s:O:u:", "readarray": "td:n:s:O:u:", "unset": "fvn", "type": "ptP", "command": "pvV",
	"wait": "nfp:", "jobs": "pr", "disown": "a", "trap": "lp", "hash": "r", "cd": "LPe", "pwd": "LP", "shopt": "suqpo", "umask": "pS",
	"alias": "p", "unalias": "a", "dirs": "clpv", "printf": "v:", "ulimit": "HScdefilmnqrstuvxPRT",
}

// differingOptions refuses an option of a builtin that is not carried out, so that it is known before anything is run.
func (w *walker) differingOptions(c *syntax.CallExpr, name string, words []procedures.Word) {
	second := append(words, procedures.Word{})[1].Text
	alone := len(words) == 1
	switch {
	case name == "set" && alone:
		w.refuse(c, "set does not list all variables here; declare -p NAME tells of one.")
	case name == "hash" && alone:
		w.refuse(c, "hash does not list where commands were found.")
	case name == "jobs" && (!strings.HasPrefix(second, "-") || !strings.Contains(second, "p")):
		w.refuse(c, "jobs prints what runs in bash's own words, which is not supported here; jobs -p prints the numbers.")
	case name == "kill" && slices.ContainsFunc(words[1:], stops):
		w.refuse(c, "kill with %s would stop a part of the step for ever.", second)
	case name == "ulimit" && (alone || strings.HasPrefix(words[len(words)-1].Text, "-")):
		w.refuse(c, "ulimit does not tell the server's limits.")
	case name == "set":
		w.differingSet(c, words)
	}
	options, known := optionsOf[name]
	if !known {
		return
	}
	w.differingLetters(c, name, options, words)
	if name == "type" && !alone && !strings.HasPrefix(second, "-") || name == "command" && strings.Contains(second, "V") {
		for _, word := range words[1:] {
			if w.isFunction(word.Text) {
				w.refuse(c, "%s prints the text of a function, which is not supported here; use type -t.", name)
			}
		}
	}
	if name == "shopt" {
		w.differingShopt(c, words)
	}
}

// differingLetters refuses the options that a builtin has not here.
func (w *walker) differingLetters(c *syntax.CallExpr, name, options string, words []procedures.Word) {
	for i := 1; i < len(words); i++ {
		word := words[i]
		if !word.Known || len(word.Text) < 2 || word.Text[0] != '-' || word.Text == "--" || name == "dirs" && isNumber(word.Text[1:]) {
			return
		}
		for k, letter := range word.Text[1:] {
			at := strings.IndexRune(options, letter)
			if letter == ':' || at < 0 {
				w.refuse(c, "%s -%c is not supported here.", name, letter)
				return
			}
			if at+1 < len(options) && options[at+1] == ':' {
				if k+2 == len(word.Text) {
					i++
				}
				break
			}
		}
	}
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// stops reports whether a word of kill is a signal that stops a process, or a process that is not the script's.
func stops(word procedures.Word) bool {
	text := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(word.Text), "-"), "SIG")
	return word.Known && slices.Contains([]string{"STOP", "TSTP", "TTIN", "TTOU", "19", "20", "21", "22"}, text)
}

// shellOptions are the options of shopt that change something here. Others are refused where they are set or unset, but for those that
// change nothing for a script.
var shellOptions = strings.Fields(`dotglob expand_aliases extglob globstar nocaseglob nullglob failglob
	inherit_errexit lastpipe nocasematch`)

// onAnyway are the options of shopt that are on, and cannot be turned off here; any other can, as it is never on.
var onAnyway = strings.Fields(`extquote globasciiranges globskipdots interactive_comments patsub_replacement sourcepath`)

// differingShopt refuses options of the shell that are not carried out.
func (w *walker) differingShopt(c *syntax.CallExpr, words []procedures.Word) {
	var flags string
	for _, word := range words[1:] {
		if strings.HasPrefix(word.Text, "-") {
			flags += word.Text
		}
	}
	sets, unsets, posix := strings.Contains(flags, "s"), strings.Contains(flags, "u"), strings.Contains(flags, "o")
	for _, word := range words[1:] {
		if !word.Known || strings.HasPrefix(word.Text, "-") || sets == unsets {
			continue
		}
		switch {
		case posix && interp.NotCarriedOut(word.Text, sets),
			!posix && unsets && slices.Contains(onAnyway, word.Text),
			!posix && sets && !slices.Contains(onAnyway, word.Text) && !slices.Contains(shellOptions, word.Text) &&
				!interp.Indifferent(word.Text):
			w.refuse(c, "shopt of %s is not supported here.", word.Text)
		}
	}
}

// differingSet refuses options of set that are not carried out.
func (w *walker) differingSet(c *syntax.CallExpr, words []procedures.Word) {
	for i := 1; i < len(words); i++ {
		text := words[i].Text
		if !words[i].Known || len(text) < 2 || text[0] != '-' && text[0] != '+' || text == "--" {
			return
		}
		for _, letter := range text[1:] {
			option := string(letter)
			if letter == 'o' {
				if i++; i == len(words) {
					return
				}
				option = words[i].Text
			}
			if interp.NotCarriedOut(option, text[0] == '-') {
				w.refuse(c, "set %s is not supported here.", option)
			}
		}
	}
}

// computed reports whether a word begins with something that is known only when it runs.
func computed(word *syntax.Word) bool {
	if len(word.Parts) == 0 {
		return false
	}
	first := word.Parts[0]
	if q, ok := first.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
		first = q.Parts[0]
	}
	switch first.(type) {
	case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
		return false
	}
	return true
}

// exports reports whether a declaration exports functions, or does not export them any more: it prints nothing then.
func exports(d *syntax.DeclClause) bool {
	flags, named := "", false
	for _, a := range d.Args {
		if a.Naked && a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") {
			flags += a.Value.Lit()
		} else {
			named = true
		}
	}
	return named && !strings.Contains(flags, "p") && (d.Variant.Value == "export" || strings.Contains(flags, "x"))
}

// differingDeclaration refuses the attributes of declare that change what an assignment does.
// -t is refused, and flags that are computed, except with export.
func (w *walker) differingDeclaration(d *syntax.DeclClause) {
	for _, a := range d.Args {
		if !a.Naked || a.Value == nil {
			continue
		}
		if d.Variant.Value != "export" && computed(a.Value) {
			w.refuseAll(d, "what %s declares is written out here, not computed: an attribute could change what later "+
				"lines mean.", d.Variant.Value)
		}
		flags := a.Value.Lit()
		w.Analysis.UsesAny = w.Analysis.UsesAny || strings.HasPrefix(flags, "-") && strings.Contains(flags, "p")
		switch {
		case strings.HasPrefix(flags, "-") && strings.ContainsAny(flags, "tIn") &&
			(d.Variant.Value != "export" || strings.Trim(flags, "-nf") != ""),
			strings.HasPrefix(flags, "+") && strings.ContainsAny(flags, "naAt"):
			w.refuseAll(d, "%s %s is not supported here.", d.Variant.Value, flags)
		case strings.HasPrefix(flags, "-") && strings.Contains(flags, "f") && (!exports(d) || d.Variant.Value == "readonly"):
			w.refuse(d, "%s %s: the text of functions is not printed, and they are not made readonly.", d.Variant.Value, flags)
		case strings.Contains(w.reader.word(a.Value).Text, "=("):
			w.refuseAll(d, "%s of an array in quotes is not supported here; write NAME=(…) without them.", d.Variant.Value)
		}
	}
}
