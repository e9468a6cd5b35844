// This file is Opsbook's: builtins that print or change what the shell is set to.

package interp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// shownOptions are the options of set, or of shopt, as bash lists them: by name.
func (r *Runner) shownOptions(posix bool) (names []string, on map[string]bool) {
	on = map[string]bool{}
	if posix {
		for i, opt := range &posixOptsTable {
			on[opt.name] = r.opts[i]
		}
	} else {
		for i, opt := range &bashOptsTable {
			on[opt.name] = r.opts[len(posixOptsTable)+i]
		}
	}
	names = slices.Sorted(maps.Keys(on))
	if i := slices.Index(names, "assoc_expand_once"); i >= 0 { // bash has it behind autocd
		names[i], names[i+1] = names[i+1], names[i]
	}
	return names, on
}

// Settings are the commands that bring back what the shell is set to, where that is not as one begins: "set -o pipefail",
// "shopt -s nullglob", "export -f NAME", "umask 0077". Options that keep commands from being run are left out.
func (r *Runner) Settings() []string {
	var out []string
	add := func(name string, on, first bool, set, unset string) {
		switch {
		case on == first || name == "noexec" || name == "onecmd" || name == "verbose":
		case on:
			out = append(out, set+name)
		default:
			out = append(out, unset+name)
		}
	}
	for i, opt := range &posixOptsTable {
		first := i == optBraceExpand || i == optHashAll || i == optInteractiveComments
		add(opt.name, r.opts[i], first, "set -o ", "set +o ")
	}
	for i, opt := range &bashOptsTable {
		add(opt.name, r.opts[len(posixOptsTable)+i], opt.defaultState, "shopt -s ", "shopt -u ")
	}
	for _, name := range slices.Sorted(maps.Keys(r.exported)) {
		if r.exported[name] && r.Funcs[name] != nil {
			out = append(out, "export -f "+name)
		}
	}
	if r.umask != nil && *r.umask != firstMask {
		out = append(out, fmt.Sprintf("umask %04o", *r.umask))
	}
	return out
}

// Begins lets a script begin where $? and PIPESTATUS have the status of a command that was run before.
func (r *Runner) Begins(status int) {
	if !r.didReset {
		r.Reset()
	}
	r.lastExit.code, r.pipeStatus = uint8(status), []string{strconv.Itoa(status)}
}

// firstMask is what umask prints in a shell that begins.
const firstMask = 0o022

// listOptions prints options. Commands print them as they are set.
func (r *Runner) listOptions(posix, commands bool, want func(on bool) bool) {
	names, on := r.shownOptions(posix)
	for _, name := range names {
		if want != nil && !want(on[name]) {
			continue
		}
		r.printOption(name, on[name], posix, commands)
	}
}

func (r *Runner) printOption(name string, on, posix, command bool) {
	state := map[bool]string{true: "on", false: "off"}[on]
	switch {
	case !command:
		r.outf("%-15s\t%s\n", name, state)
	case posix:
		r.outf("set %s %s\n", map[bool]string{true: "-o", false: "+o"}[on], name)
	default:
		r.outf("shopt %s %s\n", map[bool]string{true: "-s", false: "-u"}[on], name)
	}
}

// shopt is the builtin of that name.
func (r *Runner) shopt(args []string) (exit exitStatus) {
	set, unset, posix, quiet, printing := false, false, false, false, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		for _, letter := range option[1:] {
			switch letter {
			case 's':
				set = true
			case 'u':
				unset = true
			case 'o':
				posix = true
			case 'q':
				quiet = true
			case 'p':
				printing = true
			default:
				r.errf("bash: line %d: shopt: -%c: invalid option\nshopt: usage: shopt [-pqsu] [-o] [optname ...]\n", r.line, letter)
				exit.code = 2
				return exit
			}
		}
	}
	if set && unset {
		r.errf("bash: line %d: shopt: cannot set and unset shell options simultaneously\n", r.line)
		exit.code = 1
		return exit
	}
	if len(args) == 0 {
		if !quiet {
			r.listOptions(posix, printing, func(on bool) bool { return set == unset || on == set })
		}
		return exit
	}
	for _, arg := range args {
		opt, supported := (*bool)(nil), true
		if posix {
			opt = r.posixOptByName(arg)
		} else {
			opt, supported = r.bashOptByName(arg)
		}
		if opt == nil {
			r.errf("bash: line %d: shopt: %s: invalid shell option name\n", r.line, arg)
			exit.code = 1
			continue
		}
		if set || unset {
			if *opt != set && (!supported && !Indifferent(arg) || posix && NotCarriedOut(arg, set)) {
				exit.fatal(fmt.Errorf("shopt of %s is not supported here", arg))
				return exit
			}
			*opt = set
			continue
		}
		exit.oneIf(!*opt || exit.code == 1)
		if !quiet {
			r.printOption(arg, *opt, posix, printing)
		}
	}
	r.updateExpandOpts()
	return exit
}

// Indifferent reports whether an option of shopt changes nothing for a script: it is of a terminal, of jobs' ends or of messages.
func Indifferent(name string) bool {
	return slices.Contains(strings.Fields(`autocd cdspell checkhash checkjobs checkwinsize cmdhist complete_fullquote direxpand dirspell
		force_fignore gnu_errfmt histappend histreedit histverify hostcomplete huponexit lithist mailwarn no_empty_cmd_completion
		noexpand_translation progcomp progcomp_alias promptvars shift_verbose`), name)
}

// NotCarriedOut reports whether an option of set, by its name or letter, is not carried out where it is turned on, or off.
func NotCarriedOut(option string, on bool) bool {
	return on && slices.Contains(strings.Fields("k m t v p keyword monitor onecmd verbose posix privileged"), option)
}

// notCarriedOut is an option of set that is not carried out: it ends the step.
type notCarriedOut string

func (n notCarriedOut) Error() string { return "set " + string(n) + " is not supported here" }

// umaskBuiltin is the builtin of that name. What a script writes is seen by the server alone, whatever the mask is.
func (r *Runner) umaskBuiltin(args []string) (exit exitStatus) {
	fail := func(code uint8, format string, args ...any) exitStatus {
		r.errf("bash: line %d: umask: "+format+"\n", append([]any{r.line}, args...)...)
		exit.code = code
		return exit
	}
	symbolic, command := false, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		for _, letter := range option[1:] {
			switch letter {
			case 'S':
				symbolic = true
			case 'p':
				command = true
			default:
				return fail(2, "-%c: invalid option\numask: usage: umask [-p] [-S] [mode]", letter)
			}
		}
	}
	mask := firstMask
	if r.umask != nil {
		mask = *r.umask
	}
	if len(args) > 0 {
		text := args[0]
		switch n, err := strconv.ParseUint(text, 8, 32); {
		case text != "" && text[0] >= '0' && text[0] <= '9' && (err != nil || n > 0o7777):
			return fail(1, "%s: octal number out of range", text)
		case err == nil:
			mask = int(n) & 0o777
		default:
			symbols, wrong := symbolicMask(mask, text)
			if wrong != "" {
				return fail(1, "%s", wrong)
			}
			mask = symbols
		}
		r.umask = &mask
		if symbolic {
			r.outf("%s\n", maskSymbols(mask))
		}
		return exit
	}
	before := ""
	if command {
		before = "umask " + map[bool]string{true: "-S "}[symbolic]
	}
	if symbolic {
		r.outf("%s%s\n", before, maskSymbols(mask))
	} else {
		r.outf("%s%04o\n", before, mask)
	}
	return exit
}

// maskSymbols is what a mask leaves, as umask -S prints it.
func maskSymbols(mask int) string {
	var parts []string
	for i, who := range []string{"u", "g", "o"} {
		part := who + "="
		for k, letter := range "rwx" {
			if mask>>(3*(2-i)+(2-k))&1 == 0 {
				part += string(letter)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

// symbolicMask is a mask that was changed by u=rwx,g-w and its like.
func symbolicMask(mask int, text string) (changed int, wrong string) {
	allowed := ^mask & 0o777
	for clause := range strings.SplitSeq(text, ",") {
		at := strings.IndexAny(clause, "+-=")
		if at < 0 {
			rest := strings.TrimLeft(clause, "ugoa")
			if rest == "" {
				return 0, "`\x00': invalid symbolic mode operator"
			}
			return 0, "`" + rest[:1] + "': invalid symbolic mode operator"
		}
		who := 0
		for _, letter := range clause[:at] {
			switch letter {
			case 'u':
				who |= 0o700
			case 'g':
				who |= 0o070
			case 'o':
				who |= 0o007
			case 'a':
				who |= 0o777
			default:
				return 0, "`" + string(letter) + "': invalid symbolic mode operator"
			}
		}
		if who == 0 {
			who = 0o777
		}
		for rest := clause[at:]; rest != ""; {
			op := rest[0]
			end := strings.IndexAny(rest[1:], "+-=")
			if end < 0 {
				end = len(rest) - 1
			}
			bits := 0
			for _, letter := range rest[1 : end+1] {
				switch letter {
				case 'r':
					bits |= 0o444
				case 'w':
					bits |= 0o222
				case 'x', 'X':
					bits |= 0o111
				default:
					return 0, "`" + string(letter) + "': invalid symbolic mode character"
				}
			}
			switch rest = rest[end+1:]; op {
			case '+':
				allowed |= bits & who
			case '-':
				allowed &^= bits & who
			default:
				allowed = allowed&^who | bits&who
			}
		}
	}
	return ^allowed & 0o777, ""
}

// hash is the builtin of that name: it finds commands, and remembers nothing.
func (r *Runner) hash(args []string) (exit exitStatus) {
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		if option != "-r" {
			exit.fatal(fmt.Errorf("hash %s is not supported here", option))
			return exit
		}
	}
	for _, arg := range args {
		if _, found := r.lookUp(arg); !found && !strings.Contains(arg, "/") && r.Funcs[arg] == nil && !IsBuiltin(arg) {
			r.errf("bash: line %d: hash: %s: not found\n", r.line, arg)
			exit.code = 1
		}
	}
	return exit
}

// aliases is the alias builtin.
func (r *Runner) aliases(args []string) (exit exitStatus) {
	show := func(name string) {
		r.outf("alias %s='%s'\n", name, strings.ReplaceAll(r.alias[name].text, "'", `'\''`))
	}
	all := len(args) == 0
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		if option != "-p" {
			r.errf("bash: line %d: alias: %s: invalid option\nalias: usage: alias [-p] [name[=value] ... ]\n", r.line, option)
			exit.code = 2
			return exit
		}
		all = true
	}
	if all {
		for _, name := range slices.Sorted(maps.Keys(r.alias)) {
			show(name)
		}
	}
	for _, arg := range args {
		name, src, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			if _, ok := r.alias[arg]; !ok {
				r.errf("bash: line %d: alias: %s: not found\n", r.line, arg)
				exit.code = 1
				continue
			}
			show(arg)
			continue
		}
		if err := r.meter.Charge(treeBytes * int64(len(src))); err != nil { // until the step ends
			exit.fatal(err)
			return exit
		}
		var words []*syntax.Word
		var wrong error
		for w, err := range syntax.NewParser().WordsSeq(strings.NewReader(src)) {
			if wrong = err; err != nil {
				break
			}
			words = append(words, w)
		}
		if r.alias == nil {
			r.alias = make(map[string]alias)
		}
		r.alias[name] = alias{text: src, args: words, wrong: wrong, blank: strings.TrimRight(src, " \t") != src}
	}
	return exit
}

// describe says what a name is, as type and command -V do; false where it is nothing.
func (r *Runner) describeName(builtin, name string) bool {
	als, isAlias := r.alias[name]
	switch {
	case isAlias && r.opts[optExpandAliases]:
		r.outf("%s is aliased to `%s'\n", name, als.text)
	case syntax.IsKeyword(name):
		r.outf("%s is a shell keyword\n", name)
	case r.Funcs[name] != nil:
		r.exit.fatal(fmt.Errorf("%s of the function %s prints its text, which is not supported here; use type -t", builtin, name))
	case IsBuiltin(name):
		r.outf("%s is a shell builtin\n", name)
	default:
		path, found := r.lookUp(name)
		if !found {
			r.errf("bash: line %d: %s: %s: not found\n", r.line, builtin, name)
			return false
		}
		r.outf("%s is %s\n", name, path)
	}
	return true
}

// cd is the builtin of that name.
func (r *Runner) cd(ctx context.Context, texts []expand.Text) (exit exitStatus) {
	args, _ := expand.Untext(texts)
	fail := func(code uint8, format string, args ...any) exitStatus {
		r.errf("bash: line %d: cd: "+format+"\n", append([]any{r.line}, args...)...)
		exit.code = code
		return exit
	}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		if strings.Trim(option[1:], "LPe") != "" { // links of the host are not the script's
			return fail(2, "%s: invalid option\ncd: usage: cd [-L|[-P [-e]] [-@]] [dir]", option)
		}
	}
	if len(args) > 1 {
		return fail(1, "too many arguments")
	}
	dir := r.envGet("HOME")
	if len(args) > 0 {
		dir = args[0]
	}
	switch {
	case len(args) == 0 && dir == "" && !r.lookupVar("HOME").IsSet():
		return fail(1, "HOME not set")
	case dir == "":
		return exit // it stays
	case dir == "-":
		if dir = r.envGet("OLDPWD"); dir == "" {
			if !r.lookupVar("OLDPWD").IsSet() {
				return fail(1, "OLDPWD not set")
			}
			r.out("\n")
			return exit
		}
		if exit.code = r.changeDir(ctx, "cd", dir); exit.code == 0 {
			r.outf("%s\n", r.Dir)
		}
		r.markFolder(texts)
		return exit
	}
	if among := r.envGet("CDPATH"); among != "" && !strings.HasPrefix(dir, "/") && dir != "." && dir != ".." &&
		!strings.HasPrefix(dir, "./") && !strings.HasPrefix(dir, "../") {
		for folder := range strings.SplitSeq(among, ":") {
			path := r.absPath(cmp.Or(strings.TrimSuffix(folder, "/"), ".") + "/" + dir)
			if strings.HasPrefix(folder, "/") && strings.Trim(folder, "/") == "" {
				path = "/" + dir
			}
			if info, err := r.stat(ctx, path); err != nil || !info.IsDir() {
				continue
			}
			exit.code = r.changeDir(ctx, "cd", path)
			if folder != "" && exit.code == 0 {
				r.outf("%s\n", r.Dir)
			}
			r.markFolder(texts)
			return exit
		}
	}
	exit.code = r.changeDir(ctx, "cd", dir)
	r.markFolder(texts)
	return exit
}

// directories is dirs, pushd and popd. The stack's last folder is where the script stands.
func (r *Runner) directories(ctx context.Context, name string, texts []expand.Text) (exit exitStatus) {
	args, _ := expand.Untext(texts)
	fail := func(code uint8, format string, args ...any) exitStatus {
		r.errf("bash: line %d: %s: "+format+"\n", append([]any{r.line, name}, args...)...)
		exit.code = code
		return exit
	}
	if err := r.meter.Charge(int64(memberBytes + len(r.Dir) + len(strings.Join(args, " ")))); err != nil { // until the step ends
		exit.fatal(err)
		return exit
	}
	r.dirStack[len(r.dirStack)-1] = r.Dir
	size := len(r.dirStack)
	stay, clear, long, lines, numbers := false, false, false, false, false
	position, given, folder := 0, false, ""
	for i, arg := range args {
		if arg == "--" {
			args = args[i+1:]
			if len(args) > 0 {
				folder, given = args[0], false
			}
			break
		}
		n, err := strconv.Atoi(strings.TrimLeft(arg, "+-"))
		switch {
		case len(arg) > 1 && (arg[0] == '+' || arg[0] == '-') && err == nil && n >= 0:
			position, given = n, true
			if arg[0] == '-' {
				position = size - 1 - n
			}
			if position < 0 || position >= size {
				if size == 1 && name != "dirs" {
					return fail(1, "directory stack empty")
				}
				if name == "dirs" && size == 1 {
					return fail(1, "directory stack empty")
				}
				return fail(1, "%s: directory stack index out of range", strings.TrimPrefix(arg, map[bool]string{true: "+"}[name == "dirs"]))
			}
		case arg == "-n" && name != "dirs":
			stay = true
		case name == "dirs" && len(arg) > 1 && arg[0] == '-' && strings.Trim(arg[1:], "clpv") == "":
			clear, long = clear || strings.Contains(arg, "c"), long || strings.Contains(arg, "l")
			lines, numbers = lines || strings.Contains(arg, "p"), numbers || strings.Contains(arg, "v")
		case arg != "-" && strings.HasPrefix(arg, "-") || name != "pushd":
			usage := map[string]string{
				"dirs": "dirs [-clpv] [+N] [-N]", "pushd": "pushd [-n] [+N | -N | dir]", "popd": "popd [-n] [+N | -N]",
			}[name]
			if name == "popd" && !strings.HasPrefix(arg, "-") {
				return fail(2, "%s: invalid argument\npopd: usage: %s", arg, usage)
			}
			return fail(2, "%s: invalid option\n%s: usage: %s", arg, name, usage)
		case folder != "":
			return fail(1, "too many arguments")
		default:
			folder = arg
		}
	}
	at := func(position int) int { return size - 1 - position } // the place in dirStack
	show := func() {
		home := r.envGet("HOME")
		shown := func(dir string) string {
			if rest, below := strings.CutPrefix(dir, home); !long && len(home) > 1 && below && (rest == "" || rest[0] == '/') {
				return "~" + rest
			}
			return dir
		}
		for i, dir := range slices.Backward(r.dirStack) {
			number := len(r.dirStack) - 1 - i
			switch {
			case given && name == "dirs" && number != position:
			case numbers:
				r.outf("%2d  %s\n", number, shown(dir))
			case lines || given && name == "dirs":
				r.outf("%s\n", shown(dir))
			case i > 0:
				r.outf("%s ", shown(dir))
			default:
				r.outf("%s\n", shown(dir))
			}
		}
	}
	enter := func(dir string) bool {
		if exit.code = r.changeDir(ctx, name, dir); exit.code != 0 {
			return false
		}
		r.markFolder(texts)
		return true
	}
	switch {
	case name == "dirs" && clear:
		r.dirStack = append(r.dirStack[:0], r.Dir)
		return exit
	case name == "dirs":
		show()
		return exit
	case name == "popd":
		if size == 1 {
			return fail(1, "directory stack empty")
		}
		if stay && !given {
			position = 1
		}
		if position == 0 {
			if stay {
				r.dirStack = slices.Delete(r.dirStack, size-2, size-1)
			} else if !enter(r.dirStack[size-2]) {
				return exit
			} else {
				r.dirStack = r.dirStack[:size-1]
			}
		} else {
			r.dirStack = slices.Delete(r.dirStack, at(position), at(position)+1)
		}
	case folder != "":
		if stay {
			r.dirStack = slices.Insert(r.dirStack, size-1, folder)
		} else if !enter(folder) {
			return exit
		} else {
			r.dirStack = append(r.dirStack, r.Dir)
		}
	case !given && size == 1:
		return fail(1, "no other directory")
	case !given && stay:
	case !given:
		if !enter(r.dirStack[size-2]) {
			return exit
		}
		r.dirStack[size-1], r.dirStack[size-2] = r.dirStack[size-2], r.dirStack[size-1]
	default:
		rotated := slices.Concat(r.dirStack[at(position)+1:], r.dirStack[:at(position)+1])
		if !stay && !enter(rotated[size-1]) {
			return exit
		}
		r.dirStack = rotated
	}
	r.dirStack[len(r.dirStack)-1] = r.Dir
	show()
	return exit
}
