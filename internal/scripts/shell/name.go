package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// CallName is the name of the command that a call names literally; empty where it is only known when the script runs.
func CallName(c *syntax.CallExpr) string {
	if len(c.Args) == 0 {
		return ""
	}
	return c.Args[0].Lit()
}

// ParamName is the name of the variable that an expansion expands.
func ParamName(p *syntax.ParamExp) string {
	if p.Param == nil {
		return ""
	}
	return p.Param.Value
}

// Ambient are variables that every script has.
var Ambient = []string{
	"HOME", "PWD", "OLDPWD", "USER", "RANDOM", "SECONDS", "LINENO", "HOSTNAME", "IFS", "PATH", "UID", "EUID", "PPID", "OSTYPE",
	"SHLVL", "BASH", "BASH_SOURCE", "BASH_VERSION", "FUNCNAME", "PIPESTATUS", "REPLY", "OPTARG", "OPTIND", "EPOCHSECONDS",
	"EPOCHREALTIME", "BASH_LINENO", "BASH_VERSINFO", "BASHPID", "HOSTTYPE", "MACHTYPE", "SHELLOPTS", "SRANDOM",
	"DIRSTACK", "GROUPS", "BASH_SUBSHELL",
}

// Builtins are the interpreter's own commands that a script may use.
var Builtins = []string{
	"echo", "printf", "cd", "pwd", "true", "false", ":", "test", "[", "read", "exit", "return", "break", "continue", "set", "shift",
	"unset", "type", "getopts", "mapfile", "readarray", "shopt", "wait", "pushd", "popd", "dirs", "hash", "umask", "ulimit", "let",
	"command", "alias", "unalias", "times", "trap", "builtin", "kill", "jobs", "disown",
}

// IntegerTests are the operators of [ that compare whole numbers.
var IntegerTests = []string{"-gt", "-ge", "-lt", "-le", "-eq", "-ne"}

// Quote writes a command line as one would type it.
func Quote(args []string) string {
	parts := make([]string, len(args))
	for i, a := range args {
		quoted, err := syntax.Quote(a, syntax.LangBash)
		if err != nil {
			quoted = strconv.Quote(a)
		}
		parts[i] = quoted
	}
	return strings.Join(parts, " ")
}

// Invoked reads the words of `bash [OPTION…] FILE [ARGUMENT…]` and `bash -c TEXT`: which of them is the file or the text, and the options
// as set takes them. ok is false where there are others.
func Invoked(words []string) (at int, options []string, text, ok bool) {
	for at = 1; at < len(words); at++ {
		word := words[at]
		if len(word) < 2 || word[0] != '-' && word[0] != '+' {
			break
		}
		if word == "--" {
			at++
			break
		}
		letters := word[:1]
		for _, letter := range word[1:] {
			switch {
			case letter == 'c' && word[0] == '-':
				text = true
			case letter == 'o' && at+1 < len(words):
				at++
				options = append(options, word[:1]+"o", words[at])
			case strings.ContainsRune("aefuxBCEh", letter):
				letters += string(letter)
			default:
				return 0, nil, false, false
			}
		}
		if len(letters) > 1 {
			options = append(options, letters)
		}
	}
	return at, options, text, at < len(words)
}
