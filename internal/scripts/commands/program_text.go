package commands

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// pages reports whether less and more only show: what begins with + is a command of theirs, and may be anything.
// less +cmd can run programs by its command "!".
func pages(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "+") })
}

// finds reports whether find only lists.
func finds(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{
			"-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls", "-files0-from",
		}, arg)
	})
}

// edits reports whether sed only prints: its options and each of its commands are of those that write and run nothing.
// Unknown options, such as -i and -f, make it a change, and so does a script that is known only
// when it runs.
func edits(args []string) bool {
	var scripts []string
	named := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case slices.Contains([]string{
			"-n", "-E", "-r", "-s", "-u", "-z", "--quiet", "--silent", "--regexp-extended", "--null-data",
			"--unbuffered", "--sandbox", "--posix",
		}, arg):
		case (arg == "-e" || arg == "-ne" || arg == "-Ee" || arg == "-re" || arg == "--expression") && i+1 < len(args):
			i++
			scripts, named = append(scripts, args[i]), true
		case strings.HasPrefix(arg, "--expression="):
			scripts, named = append(scripts, strings.TrimPrefix(arg, "--expression=")), true
		// -i edits files in their place, -f reads a script that is not checked
		case strings.HasPrefix(arg, "-") && arg != "-":
			return false
		case !named:
			scripts, named = append(scripts, arg), true
		}
	}
	return len(scripts) > 0 && !slices.ContainsFunc(scripts, func(s string) bool { return !editsOnly(s) })
}

// sedSimple has no r, w, e or W, and sedFlags no w and e: these read and write files, and run
// programs.
var (
	sedAddress = lazy.Regexp(`^\s*(?:(?:[0-9]+(?:~[0-9]+)?|\$|/(?:[^/\\\n]|\\.)*/I?)`,
		`(?:\s*,\s*(?:[0-9]+|\+[0-9]+|\$|/(?:[^/\\\n]|\\.)*/I?))?)?\s*!?\s*`)
	sedSimple = lazy.Regexp(`^[dDgGhHnNpPqQxz=}{]\s*(?:[;\n]|$)`)
	sedFlags  = lazy.Regexp(`^[gpiI0-9mM]*\s*(?:[;\n}]|$)`)
)

// editsOnly reports whether a script of sed has only commands that print and change the lines on their way.
// It understands addresses, the simple commands, s and y; anything else is not "only".
func editsOnly(script string) bool {
	// see unknownWord
	if strings.ContainsRune(script, 0) {
		return false
	}
	for strings.TrimSpace(script) != "" {
		script = script[len(sedAddress().FindString(script)):]
		if m := sedSimple().FindString(script); m != "" {
			script = script[len(m):]
			continue
		}
		if len(script) < 2 || script[0] != 's' && script[0] != 'y' {
			return false
		}
		rest, ok := pastDelimiter(script[2:], script[1])
		if ok {
			rest, ok = pastDelimiter(rest, script[1])
		}
		if !ok {
			return false
		}
		m := sedFlags().FindString(rest)
		if m == "" && rest != "" {
			return false
		}
		script = rest[len(m):]
	}
	return true
}

// pastDelimiter is what stands behind the next delimiter that is not escaped.
// ok is false where there is none.
func pastDelimiter(text string, delimiter byte) (string, bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case delimiter:
			return text[i+1:], true
		}
	}
	return "", false
}

// writes are the ways in which awk's programs do more than print.
// writes finds pipes, system(), gawk's @ (it loads files and calls functions by name), and print
// into a file.
var writes = lazy.Regexp(`(?s)\||system|@|print.*>`)

// scans reports whether awk only prints: its program runs nothing, and writes into no file.
// Options other than -F and -v, such as -f and -i, make it a change, and so does a program with an
// expansion in it.
func scans(args []string) bool {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case (arg == "-F" || arg == "-v") && i+1 < len(args):
			i++
		case strings.HasPrefix(arg, "-F"):
		case strings.HasPrefix(arg, "-"):
			return false
		default:
			computed := strings.Contains(arg, "${") || strings.Contains(arg, "$(")
			return !writes().MatchString(arg) && !strings.ContainsRune(arg, 0) && !computed
		}
	}
	return false
}
