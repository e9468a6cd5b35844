// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package interp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// TODO: given the categories below, perhaps this should be more like:
//
//   func IsBuiltin(lang syntax.LangVariant, name string) bool
//
// or perhaps some API that also lets the user iterate through the builtins?
//
// Also, should we move this to the syntax package too?
// It's not a syntactical property strictly speaking,
// but it's also odd to require importing the interp package for it.

// IsBuiltin returns true if the given word is a POSIX Shell
// or Bash builtin.
func IsBuiltin(name string) bool {
	switch name {
	case
		// POSIX Shell regular built-ins, that is, the utilities which the shell
		// must provide as built-ins, from section 1.d obtained in September 2025 from:
		// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_09_01_01
		"alias",
		"bg",
		"cd",
		"command",
		"false",
		"fc",
		"fg",
		"getopts",
		"hash",
		"jobs",
		"kill",
		"newgrp",
		"pwd",
		"read",
		"true",
		"umask",
		"unalias",
		"wait",

		// POSIX Shell special built-ins, obtained in September 2025 from:
		// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_14
		"break",
		":",
		"continue",
		".",
		"eval",
		"exec",
		"exit",
		"export",   // NOTE: our parser treats this as a keyword
		"readonly", // NOTE: our parser treats this as a keyword
		"return",
		"set",
		"shift",
		"times",
		"trap",
		"unset",

		// Bash built-ins which are not present in POSIX, obtained in September 2025 from:
		// https://man.archlinux.org/man/bash.1.en#SHELL_BUILTIN_COMMANDS
		"source",
		"bind",
		"builtin",
		"caller",
		"compgen",
		"complete",
		"compopt",
		"declare", // NOTE: our parser treats this as a keyword
		"typeset", // NOTE: our parser treats this as a keyword
		"dirs",
		"disown",
		"enable",
		"history",
		"help",
		"let", // NOTE: our parser treats this as a keyword
		"local",
		"logout",
		"mapfile",
		"readarray",
		"popd",
		"pushd",
		"shopt",
		"suspend",
		"type",
		"ulimit",

		// POSIX utilities which the shell need not provide as built-ins,
		// so they are separate executables found via PATH, but which we
		// implement as built-ins just like Bash does. Obtained in September
		// 2025 from https://pubs.opengroup.org/onlinepubs/9699919799/utilities/contents.html
		"echo",
		"printf",
		"test",
		"[": // NOTE: an alias for "test", not documented separately
		return true
	}
	return false
}

// TODO: atoi is duplicated in the expand package.

// atoi is like [strconv.ParseInt](s, 10, 64), but it ignores errors and trims whitespace.
func atoi(s string) int64 {
	s = strings.TrimSpace(s)
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

type errBuiltinExitStatus exitStatus

func (e errBuiltinExitStatus) Error() string {
	return fmt.Sprintf("builtin exit status %d", e.code)
}

// Builtin allows [ExecHandlerFunc] implementations to execute any builtin,
// which can be useful for an exec handler to wrap or combine builtin calls.
//
// Note that a non-nil error may be returned in cases where the builtin
// alters the control flow of the runner, even if the builtin did not fail.
// For example, this is the case with `exit 0` or `return`.
func (hc HandlerContext) Builtin(ctx context.Context, args []string) error {
	if hc.kind != handlerKindExec {
		return fmt.Errorf("HandlerContext.Builtin can only be called via an ExecHandlerFunc")
	}
	exit := hc.runner.builtin(ctx, hc.Pos, args[0], expand.Texts(args[1:], nil))
	if exit != (exitStatus{}) {
		return errBuiltinExitStatus(exit)
	}
	return nil
}

func (r *Runner) builtin(ctx context.Context, pos syntax.Pos, name string, texts []expand.Text) (exit exitStatus) {
	args, marks := expand.Untext(texts)
	// Opsbook: marked reports whether an argument is, from the beginning, what a person typed.
	marked := func(i int) bool {
		if i >= len(marks) {
			return false
		}
		_, ok := marks[i].Lead()
		return ok
	}
	// named ends the run where one of the last n arguments, which are names or text that is parsed, is marked.
	named := func(n int, what string) bool {
		for _, t := range texts[len(texts)-n:] {
			if err := t.NameError(len(t.Str), pos, what); err != nil {
				exit.fatal(err)
				return true
			}
		}
		return false
	}
	failf := func(code uint8, format string, args ...any) exitStatus {
		r.errf(format, args...)
		exit.code = code
		return exit
	}
	switch name {
	case ":", "true":
	case "false":
		exit.code = 1
	case "help":
		return r.runHelp(args)
	case "times":
		// js/wasm has no per-process CPU accounting at all, so report zeros
		// in bash's format — shell user/sys, then children user/sys — rather
		// than fail.
		// TODO: report real times on platforms that can, via os/exec's
		// ProcessState or syscall.Getrusage. Not urgent; nothing depends on
		// the values being non-zero.
		r.out("0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n")
	case "exit":
		exit.exiting = true
		if len(args) > 0 && args[0] == "--" {
			args = args[1:]
		}
		if len(args) == 0 {
			exit.code = r.lastExit.code
			break
		}
		n, err := strconv.ParseInt(strings.TrimSpace(args[0]), 10, 64)
		if err != nil {
			return failf(2, "bash: line %d: exit: %s: numeric argument required\n", pos.Line(), args[0])
		}
		if len(args) > 1 {
			exit.exiting = false
			return failf(1, "bash: line %d: exit: too many arguments\n", pos.Line())
		}
		exit.code = uint8(n)
	case "set":
		if len(args) == 0 {
			r.printVariables()
			break
		}
		if err := Params(args...)(r); err != nil {
			if not, is := errors.AsType[notCarriedOut](err); is {
				exit.fatal(not)
				return exit
			}
			return failf(2, "set: %v\n", err)
		}
		if n := len(r.Params); n == 0 {
			r.paramMarks = nil
		} else if n <= len(args) && &r.Params[0] == &args[len(args)-n] {
			r.paramMarks = nil
			if marks != nil {
				r.paramMarks = marks[len(args)-n:]
			}
		}
		r.updateExpandOpts()
	case "shift":
		n := 1
		if len(args) > 0 && args[0] == "--" {
			args = args[1:]
		}
		if len(args) > 0 {
			var err error
			if n, err = strconv.Atoi(strings.TrimSpace(args[0])); err != nil {
				return failf(1, "bash: line %d: shift: %s: numeric argument required\n", pos.Line(), args[0])
			}
		}
		if len(args) > 1 {
			return failf(1, "bash: line %d: shift: too many arguments\n", pos.Line())
		}
		if n < 0 {
			return failf(1, "bash: line %d: shift: %d: shift count out of range\n", pos.Line(), n)
		}
		if n > len(r.Params) {
			exit.code = 1
			break
		}
		r.Params = r.Params[n:]
		if r.paramMarks != nil {
			r.paramMarks = r.paramMarks[n:]
		}
	case "unset":
		if named(len(args), "a variable") {
			return exit
		}
		vars := true
		funcs := true
		refs := false
		for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
			option := args[0]
			args = args[1:]
			if option == "--" {
				break
			}
			for _, letter := range option[1:] {
				switch letter {
				case 'v':
					funcs = false
				case 'f':
					vars = false
				case 'n':
					refs = true
				default:
					return failf(2, "bash: line %d: unset: -%c: invalid option\n", pos.Line(), letter)
				}
			}
		}

		if !vars && !funcs {
			return failf(1, "bash: line %d: unset: cannot simultaneously unset a function and a variable\n", pos.Line())
		}
		for _, arg := range args {
			if name, sub, ok := cutElemSubscript(arg); vars && ok {
				if r.lookupVar(name).ReadOnly {
					return failf(1, "bash: line %d: unset: %s: cannot unset: readonly variable\n", pos.Line(), name)
				}
				r.exit = exitStatus{}
				if r.unsetElem(name, sub); !r.exit.ok() {
					exit = r.exit
				}
			} else if vars && !funcs && !syntax.ValidName(arg) || vars && arg == "" {
				exit = failf(1, "bash: line %d: unset: `%s': not a valid identifier\n", pos.Line(), arg)
			} else if vr := r.lookupVarNamed(arg); vars && vr.Declared() {
				if refs && vr.Kind != expand.NameRef {
					continue
				}
				if target, _ := vr.Resolve(r.writeEnv); target != "" && !refs {
					if base, sub, ok := cutElemSubscript(target); ok {
						r.unsetElem(base, sub)
						continue
					}
					arg = target
				}
				if r.lookupVar(arg).ReadOnly {
					exit = failf(1, "bash: line %d: unset: %s: cannot unset: readonly variable\n", pos.Line(), arg)
					continue
				}
				r.delVar(arg)
			} else if _, ok := r.Funcs[arg]; ok && funcs {
				delete(r.Funcs, arg)
			}
		}
	case "echo":
		newline, doExpand := true, false
		// Opsbook: options are joined, as in bash, and what is marked is none.
		for len(args) > 0 && len(texts[len(texts)-len(args)].Marks) == 0 &&
			len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
			for _, letter := range args[0][1:] {
				switch letter {
				case 'n':
					newline = false
				case 'e':
					doExpand = true
				case 'E':
					doExpand = false
				}
			}
			args = args[1:]
		}
		for i, arg := range args {
			if i > 0 {
				r.out(" ")
			}
			if doExpand {
				var over bool
				if arg, over = expand.Unescape(arg); over {
					r.out(arg)
					newline = false
					break
				}
			}
			r.out(arg)
		}
		if newline {
			r.out("\n")
		}
	case "printf":
		if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0][1] != 'v' && args[0][1] != '-' && !marked(0) {
			return failf(2, "bash: line %d: printf: %s: invalid option\nprintf: usage: printf [-v var] format [arguments]\n", pos.Line(), args[0])
		}
		defer r.saysLine(pos.Line())()
		if len(args) > 0 && strings.HasPrefix(args[0], "-v") && !marked(0) {
			if args[0] == "-v" {
				return r.printfInto(ctx, pos, texts[1:])
			}
			return r.printfInto(ctx, pos, append([]expand.Text{texts[0].From(2)}, texts[1:]...))
		}
		r.exit = exitStatus{}
		r.exec(ctx, pos, append([]string{"printf"}, args...))
		return r.exit
	case "break", "continue":
		if !r.inLoop {
			return failf(0, "bash: line %d: %s: only meaningful in a `for', `while', or `until' loop\n", pos.Line(), name)
		}
		enclosing := &r.breakEnclosing
		if name == "continue" {
			enclosing = &r.contnEnclosing
		}
		n := 1
		if len(args) > 0 {
			var err error
			if n, err = strconv.Atoi(strings.TrimSpace(args[0])); err != nil {
				exit.exiting = true
				return failf(128, "bash: line %d: %s: %s: numeric argument required\n", pos.Line(), name, args[0])
			}
		}
		if n <= 0 {
			r.breakEnclosing = max(r.loops, 1)
			return failf(1, "bash: line %d: %s: %d: loop count out of range\n", pos.Line(), name, n)
		}
		*enclosing = min(n, max(r.loops, 1))
	case "pwd":
		evalSymlinks := false
		for len(args) > 0 {
			switch args[0] {
			case "-L":
				evalSymlinks = false
			case "-P":
				evalSymlinks = true
			default:
				return failf(2, "invalid option: %q\n", args[0])
			}
			args = args[1:]
		}
		pwd := r.envGet("PWD")
		_ = evalSymlinks // Opsbook: links of the host are not the script's
		r.outf("%s\n", pwd)
	case "cd":
		return r.cd(ctx, texts)
	case "wait":
		exit = r.waitFor(ctx, args)
	case "kill":
		exit = r.kill(args)
	case "jobs":
		exit = r.listJobs(args)
	case "disown":
		exit = r.disown(args)
	case "builtin":
		if len(args) < 1 {
			break
		}
		if !IsBuiltin(args[0]) {
			return failf(1, "bash: line %d: builtin: %s: not a shell builtin\n", pos.Line(), args[0])
		}
		r.callNamed(ctx, pos, args, marks, false)
		return r.exit
	case "type":
		anyNotFound := false
		mode := ""
		fp := flagParser{remaining: args}
		for fp.more() {
			switch flag := fp.flag(); flag {
			case "-a", "-f", "--help":
				return failf(3, "type: NOT IMPLEMENTED\n")
			case "-p", "-P", "-t":
				mode = flag
			default:
				return failf(2, "type: invalid option %q\n", flag)
			}
		}
		args := fp.args()
		for _, arg := range args {
			if _, isFunc := r.Funcs[arg]; mode == "-p" && (isFunc || IsBuiltin(arg) || syntax.IsKeyword(arg)) {
				continue // it is no file
			}
			if mode == "-p" || mode == "-P" {
				if path, ok := r.lookUp(arg); ok {
					r.outf("%s\n", path)
				} else {
					anyNotFound = true
				}
				continue
			}
			if mode == "" {
				anyNotFound = !r.describeName("type", arg) || anyNotFound
				if r.exit.fatalExit {
					return r.exit
				}
				continue
			}
			_, isAlias := r.alias[arg]
			_, isFile := r.lookUp(arg)
			switch {
			case isAlias && r.opts[optExpandAliases]:
				r.out("alias\n")
			case syntax.IsKeyword(arg):
				r.out("keyword\n")
			case r.Funcs[arg] != nil:
				r.out("function\n")
			case IsBuiltin(arg):
				r.out("builtin\n")
			case isFile:
				r.out("file\n")
			default:
				anyNotFound = true
			}
		}
		if anyNotFound {
			exit.code = 1
		}
	case "hash":
		return r.hash(args)
	case "umask":
		return r.umaskBuiltin(args)
	case "ulimit": // see analyse: it is given a limit, which the step has anyway
	case "eval":
		if named(len(args), "a command") {
			return exit
		}
		src := strings.Join(args, " ")
		p := syntax.NewParser()
		file, err := p.Parse(strings.NewReader(src), "")
		if err != nil {
			return failf(1, "eval: %v\n", err)
		}
		r.stmts(ctx, file.Stmts)
		exit = r.exit
	case "source", ".":
		if len(args) < 1 {
			return failf(2, "%v: source: need filename\n", pos)
		}
		if err := texts[0].NameError(len(args[0]), pos, "a script"); err != nil {
			exit.fatal(err)
			return exit
		}
		path := args[0] // Opsbook: only the open handler knows files
		f, err := r.open(ctx, path, os.O_RDONLY, 0, false)
		if err != nil {
			return failf(1, "source: %v\n", err)
		}
		text, err := io.ReadAll(io.LimitReader(f, mostSourced)) // Opsbook: it is looked at before anything of it is run
		f.Close()
		if err != nil {
			return failf(1, "source: %v\n", err)
		}
		if r.sourced != nil {
			if err := r.sourced(path, string(text)); err != nil {
				exit.fatal(err)
				return exit
			}
		}
		if err := r.meter.Charge(treeBytes * int64(len(text))); err != nil { // until the step ends: functions stay
			exit.fatal(err)
			return exit
		}
		p := syntax.NewParser()
		file, err := p.Parse(bytes.NewReader(text), path)
		if err != nil {
			return failf(1, "source: %v\n", err)
		}
		outer := r.file
		r.file = path
		r.calls = append(r.calls, called{name: "source", line: pos.Line(), file: path})

		// Keep the current versions of some fields we might modify.
		oldParams, oldMarks := r.Params, r.paramMarks
		oldSourceSetParams := r.sourceSetParams
		oldInSource := r.inSource

		// If we run "source file args...", set said args as parameters.
		// Otherwise, keep the current parameters.
		sourceArgs := len(args[1:]) > 0
		if sourceArgs {
			r.Params, r.paramMarks = args[1:], nil
			if marks != nil {
				r.paramMarks = marks[1:]
			}
			r.sourceSetParams = false
		}
		// We want to track if the sourced file explicitly sets the
		// parameters.
		r.sourceSetParams = false
		r.inSource = true // know that we're inside a sourced script.
		r.stmts(ctx, file.Stmts)

		// If we modified the parameters and the sourced file didn't
		// explicitly set them, we restore the old ones.
		if sourceArgs && !r.sourceSetParams {
			r.Params, r.paramMarks = oldParams, oldMarks
		}
		r.sourceSetParams = oldSourceSetParams
		r.inSource = oldInSource
		r.file, r.calls = outer, r.calls[:len(r.calls)-1]

		exit = r.exit
		exit.returning = false
	case "[":
		if len(args) == 0 || args[len(args)-1] != "]" || marked(len(args)-1) {
			return failf(2, "bash: line %d: [: missing `]'\n", pos.Line())
		}
		texts = texts[:len(texts)-1]
		fallthrough
	case "test":
		return r.classicTest(ctx, pos, name, texts)
	case "exec":
		// TODO: Consider unix.Exec, i.e. actually replacing
		// the process. It's in theory what a shell should do,
		// but in practice it would kill the entire Go process
		// and it's not available on Windows.
		if len(args) == 0 {
			r.keepRedirs = true
			break
		}
		r.callNamed(ctx, pos, args, marks, false)
		exit = r.exit
		exit.exiting = true
	case "command":
		show, describe := false, false
		fp := flagParser{remaining: args}
		for fp.more() {
			switch flag := fp.flag(); flag {
			case "-v":
				show = true
			case "-V":
				show, describe = true, true
			case "-p": // there are no others than those of the usual path
			default:
				return failf(2, "command: invalid option %q\n", flag)
			}
		}
		args := fp.args()
		if len(args) == 0 {
			break
		}
		if !show {
			// Opsbook: the call handler decides on this command as on any other.
			var rest []expand.Marks
			if marks != nil {
				rest = marks[len(marks)-len(args):]
			}
			r.callNamed(ctx, pos, args, rest, false)
			return r.exit
		}
		exit.code = 1 // one that is found is enough
		for _, arg := range args {
			found, path := true, ""
			switch _, isAlias := r.alias[arg]; {
			case describe:
				if found = r.describeName("command", arg); r.exit.fatalExit {
					return r.exit
				}
			case isAlias && r.opts[optExpandAliases]:
				r.aliases([]string{arg})
			case r.Funcs[arg] != nil || IsBuiltin(arg) || syntax.IsKeyword(arg):
				r.outf("%s\n", arg)
			default:
				if path, found = r.lookUp(arg); found {
					r.outf("%s\n", path)
				}
			}
			if found {
				exit.code = 0
			}
		}
	case "dirs", "pushd", "popd":
		return r.directories(ctx, name, texts)
	case "return":
		if !r.inFunc && !r.inSource {
			return failf(2, "bash: line %d: return: can only `return' from a function or sourced script\n", pos.Line())
		}
		if len(args) > 0 && args[0] == "--" {
			args = args[1:]
		}
		exit.returning = true
		if len(args) == 0 {
			exit.code = r.lastExit.code
			break
		}
		n, err := strconv.ParseInt(strings.TrimSpace(args[0]), 10, 64)
		if err != nil {
			return failf(2, "bash: line %d: return: %s: numeric argument required\n", pos.Line(), args[0])
		}
		if len(args) > 1 {
			exit.returning = false
			return failf(1, "bash: line %d: return: too many arguments\n", pos.Line())
		}
		exit.code = uint8(n)
	case "read":
		return r.read(ctx, pos, texts)
	case "getopts":
		return r.getoptsBuiltin(pos, texts)
	case "shopt":
		return r.shopt(args)
	case "alias":
		if named(len(args), "a command") {
			return exit
		}
		return r.aliases(args)
	case "unalias":
		for _, name := range args {
			if name == "-a" {
				clear(r.alias)
			} else if _, ok := r.alias[name]; !ok {
				exit = failf(1, "bash: line %d: unalias: %s: not found\n", pos.Line(), name)
			}
			delete(r.alias, name)
		}

	case "trap":
		return r.setTrap(pos, texts)
	case "readarray", "mapfile":
		return r.mapfile(ctx, pos, name, texts)
	default:
		return failf(2, "%s: unsupported builtin\n", name)
	}
	return exit
}

func (r *Runner) changeDir(ctx context.Context, cmd, path string) uint8 {
	if path == "" {
		r.errf("%s: empty directory path\n", cmd)
		return 1
	}
	apath := r.absPath(path)
	info, err := r.entered(ctx, apath)
	if err != nil || !info.IsDir() {
		r.errf("%s: no such file or directory: %q\n", cmd, path)
		return 1
	}
	r.Dir = apath
	r.setVarText("OLDPWD", r.lookupVar("PWD").Text())
	r.setVarString("PWD", apath)
	return 0
}

func absPath(dir, path string) string {
	if path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	// Note that [filepath.Join] cleans its result, but an already absolute
	// path needs cleaning too, such as turning "/a/../b" into "/b".
	return filepath.Clean(path)
}

func (r *Runner) absPath(path string) string {
	return absPath(r.Dir, path)
}

// flagParser is used to parse builtin flags.
//
// It's similar to the getopts implementation, but with some key differences.
// First, the API is designed for Go loops, making it easier to use directly.
// Second, it doesn't require the awkward ":ab" syntax that getopts uses.
// Third, it supports "-a" flags as well as "+a".
type flagParser struct {
	current   string
	remaining []string
}

func (p *flagParser) more() bool {
	if p.current != "" {
		// We're still parsing part of "-ab".
		return true
	}
	if len(p.remaining) == 0 {
		// Nothing left.
		p.remaining = nil
		return false
	}
	arg := p.remaining[0]
	if arg == "--" {
		// We explicitly stop parsing flags.
		p.remaining = p.remaining[1:]
		return false
	}
	if len(arg) == 0 || (arg[0] != '-' && arg[0] != '+') {
		// The next argument is not a flag.
		return false
	}
	// More flags to come.
	return true
}

func (p *flagParser) flag() string {
	arg := p.current
	if arg == "" {
		arg = p.remaining[0]
		p.remaining = p.remaining[1:]
	} else {
		p.current = ""
	}
	if len(arg) > 2 {
		// We have "-ab", so return "-a" and keep "-b".
		p.current = arg[:1] + arg[2:]
		arg = arg[:2]
	}
	return arg
}

func (p *flagParser) value() string {
	if len(p.remaining) == 0 {
		return ""
	}
	arg := p.remaining[0]
	p.remaining = p.remaining[1:]
	return arg
}

func (p *flagParser) args() []string { return p.remaining }
