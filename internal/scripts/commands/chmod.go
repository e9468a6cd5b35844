package commands

import (
	"context"
	"io/fs"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

var chmodOptions = []option{{'f', "silent", noArgument}, {0, "quiet", noArgument}}

// removedMode is a mode that looks like an option: chmod -x FILE.
var removedMode = lazy.Regexp(`^-[rwxX]+(?:[-+=,].*)?$`)

// chmodWords are the words without such a mode.
func chmodWords(args []string) []string {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if removedMode().MatchString(arg) {
			out := append([]string{}, args[:i]...)
			return append(out, append([]string{"--", "a" + arg}, args[i+1:]...)...)
		}
	}
	return args
}

// runChmod sets who may read, write and execute files of the run.
func runChmod(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], chmodWords(inv.Args[1:]), chmodOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	switch {
	case len(p.operands) == 0:
		return complain(inv, 1, "missing operand")
	case len(p.operands) == 1:
		return complain(inv, 1, "missing operand after ‘%s’", p.operands[0])
	}
	mode, status := p.operands[0], 0
	if _, ok := changedMode(0, mode); !ok {
		return complain(inv, 1, "invalid mode: ‘%s’", mode)
	}
	quiet := p.has("silent") || p.has("quiet")
	for _, name := range p.operands[1:] {
		info, err := inv.Files.Stat(name)
		if err != nil {
			if status = 1; !quiet {
				complain(inv, 1, "cannot access '%s': %s", name, fileError(err))
			}
			continue
		}
		to, _ := changedMode(info.Mode().Perm(), mode)
		if to&0o400 == 0 {
			return complain(inv, 1, "%v", missing(mode, "the run has to be able to read its files"))
		}
		if inv.Chmod == nil {
			err = fs.ErrPermission
		} else {
			err = inv.Chmod(name, to)
		}
		if err != nil {
			if status = 1; !quiet {
				complain(inv, 1, "changing permissions of '%s': %s", name, fileError(err))
			}
		}
	}
	return status
}

var (
	octalMode  = lazy.Regexp(`^[0-7]{1,4}$`)
	modeClause = lazy.Regexp(`^([ugoa]*)((?:[-+=][rwxX]*)+)$`)
	modeAction = lazy.Regexp(`[-+=][rwxX]*`)
)

// changedMode is a file's mode that was changed as chmod is told, for a mask of 022; false where that is no mode that is known here.
func changedMode(mode fs.FileMode, text string) (fs.FileMode, bool) {
	if octalMode().MatchString(text) {
		n, err := strconv.ParseUint(text, 8, 16)
		return fs.FileMode(n), err == nil && n <= 0o777
	}
	for clause := range strings.SplitSeq(text, ",") {
		parts := modeClause().FindStringSubmatch(clause)
		if parts == nil {
			return 0, false
		}
		who, masked := fs.FileMode(0), fs.FileMode(0)
		for _, letter := range parts[1] {
			who |= map[rune]fs.FileMode{'u': 0o700, 'g': 0o070, 'o': 0o007, 'a': 0o777}[letter]
		}
		if who == 0 {
			who, masked = 0o777, 0o022
		}
		for _, action := range modeAction().FindAllString(parts[2], -1) {
			bits := fs.FileMode(0)
			for _, letter := range action[1:] {
				if letter == 'X' && mode&0o111 == 0 {
					continue
				}
				bits |= map[rune]fs.FileMode{'r': 0o444, 'w': 0o222, 'x': 0o111, 'X': 0o111}[letter]
			}
			switch bits &= who &^ masked; action[0] {
			case '+':
				mode |= bits
			case '-':
				mode &^= bits
			default:
				mode = mode&^who | bits
			}
		}
	}
	return mode, true
}
