// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package interp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/internal"
	"github.com/opsbook/opsbook/internal/scripts/posix"
	"mvdan.cc/sh/v3/syntax"
)

// non-empty string is true, empty string is false
func (r *Runner) bashTest(ctx context.Context, expr syntax.TestExpr) string {
	switch x := expr.(type) {
	case *syntax.Word:
		return r.literal(x)
	case *syntax.ParenTest:
		return r.bashTest(ctx, inOrder(x.X))
	case *syntax.BinaryTest:
		switch x.Op {
		case syntax.TsMatchShort, syntax.TsMatch, syntax.TsNoMatch:
			str := r.literal(x.X.(*syntax.Word))
			yw := x.Y.(*syntax.Word)
			pattern := r.pattern(yw)
			if !r.exit.exiting && r.match(pattern, str) == (x.Op != syntax.TsNoMatch) {
				return "1"
			}
			return ""
		}
		if n, ok := x.X.(*syntax.Word); ok { // Opsbook: marked operands
			m, ok := x.Y.(*syntax.Word)
			switch {
			case !ok:
			case x.Op == syntax.TsReMatch:
				text := r.literalText(n)
				if !r.binTest(ctx, x.Op, text.Str, r.expression(m)) {
					return ""
				}
				if mark, ok := text.First(); ok { // what it matched is a part of the value
					found := r.lookupVar("BASH_REMATCH")
					for _, s := range found.List {
						found.ListMarks = append(found.ListMarks, expand.Whole(s, mark))
					}
					r.setVar("BASH_REMATCH", found)
				}
				return "1"
			case x.Op == syntax.TsEql || x.Op == syntax.TsNeq || x.Op == syntax.TsLeq || x.Op == syntax.TsGeq ||
				x.Op == syntax.TsLss || x.Op == syntax.TsGtr:
				a, ok := r.operand(n)
				if !ok {
					return ""
				}
				b, ok := r.operand(m)
				if ok && compare(x.Op.String(), a, b) {
					return "1"
				}
				return ""
			case x.Op == syntax.TsBefore || x.Op == syntax.TsAfter || x.Op == syntax.TsNewer || x.Op == syntax.TsOlder || x.Op == syntax.TsDevIno:
				if r.binTest(ctx, x.Op, r.literal(n), r.literal(m)) && !r.exit.exiting {
					return "1"
				}
				return ""
			}
		}
		left := r.bashTest(ctx, x.X) != "" // the right side only where it counts
		if r.exit.exiting || left == (x.Op == syntax.OrTest) {
			if left {
				return "1"
			}
			return ""
		}
		return r.bashTest(ctx, x.Y)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot { // Opsbook: a test that is none does not become true
			if r.bashTest(ctx, x.X) == "" && !r.exit.exiting {
				return "1"
			}
			return ""
		}
		if word, ok := x.X.(*syntax.Word); ok && (x.Op == syntax.TsVarSet || x.Op == syntax.TsRefVar) { // Opsbook
			text := r.literalText(word)
			if err := text.NameError(len(text.Str), word.Pos(), "a variable"); err != nil {
				r.expandErr(err)
				return ""
			}
		}
		if r.unTest(ctx, x.Op, r.bashTest(ctx, x.X)) {
			return "1"
		}
		return ""
	}
	return ""
}

// operand is one of a comparison of numbers: an expression. (Opsbook)
func (r *Runner) operand(word *syntax.Word) (n int64, ok bool) {
	text := r.literalText(word)
	if r.exit.exiting {
		return 0, false
	}
	var err error
	if len(text.Marks) > 0 {
		n, err = expand.Number(text, word.Pos())
	} else {
		var value int
		value, err = expand.Compute(r.ecfg, text.Str)
		n = int64(value)
	}
	if wrong, is := errors.AsType[*expand.ArithmError](err); is {
		r.errf("bash: line %d: [[: %v\n", r.line, wrong)
		r.exit.code = 1
		return 0, false
	}
	r.expandErr(err)
	return n, err == nil
}

func (r *Runner) binTest(ctx context.Context, op syntax.BinTestOperator, x, y string) bool {
	switch op {
	case syntax.TsReMatch:
		re, err := posix.Compile(r.statement(), posix.Options{Syntax: posix.Strict, IgnoreCase: r.opts[optNoCaseMatch]}, y)
		if err != nil {
			if isBound(err) {
				r.expandErr(err)
			}
			r.exit.code = 2
			return false
		}
		loc, err := re.Find(x, 0)
		if err != nil {
			r.exit.fatal(err)
			return false
		}
		if loc == nil {
			r.setVar("BASH_REMATCH", expand.Variable{Set: true, Kind: expand.Indexed, List: []string{}})
			return false
		}
		m := make([]string, len(loc)/2)
		for i := range m {
			if loc[2*i] >= 0 {
				if err := r.statement().Charge(int64(loc[2*i+1] - loc[2*i] + memberBytes)); err != nil {
					r.exit.fatal(err)
					return false
				}
				m[i] = strings.Clone(x[loc[2*i]:loc[2*i+1]])
			}
		}
		vr := expand.Variable{
			Set:  true,
			Kind: expand.Indexed,
			List: m,
		}
		r.setVar("BASH_REMATCH", vr)
		return true
	case syntax.TsNewer, syntax.TsOlder:
		info1, err1 := r.stat(ctx, x)
		info2, err2 := r.stat(ctx, y)
		// -ot is the mirror of -nt, so swap the operands and share the logic.
		if op == syntax.TsOlder {
			info1, info2, err1, err2 = info2, info1, err2, err1
		}
		// True if the first operand exists and the second does not,
		// or if both exist and the first is newer.
		if err1 != nil {
			return false
		}
		if err2 != nil {
			return true
		}
		return info1.ModTime().After(info2.ModTime())
	case syntax.TsDevIno:
		info1, err1 := r.stat(ctx, x)
		info2, err2 := r.stat(ctx, y)
		if err1 != nil || err2 != nil {
			return false
		}
		return os.SameFile(info1, info2)
	case syntax.TsBefore:
		return x < y
	case syntax.TsAfter:
		return x > y
	default:
		// Should only happen if we forgot a case above.
		panic(fmt.Sprintf("unexpected binary test operator: %q", op))
	}
}

func (r *Runner) statMode(ctx context.Context, name string, mode os.FileMode) bool {
	info, err := r.stat(ctx, name)
	return err == nil && info.Mode()&mode != 0
}

// isSet reports whether a name, or an element, has a value: test -v. (Opsbook)
func (r *Runner) isSet(x string) bool {
	name, sub, element := cutElemSubscript(x)
	if !element {
		if !syntax.ValidName(x) && (x == "" || strings.Trim(x, "0123456789") != "") {
			return false
		}
		vr := r.lookupVar(x)
		if _, resolved := vr.Resolve(r.writeEnv); vr.Kind == expand.NameRef {
			vr = resolved
		}
		switch vr.Kind {
		case expand.Indexed:
			return vr.HasElement(0)
		case expand.Associative:
			_, ok := vr.Map["0"]
			return ok
		}
		return vr.IsSet()
	}
	vr := r.lookupVar(name)
	if sub == "@" || sub == "*" {
		return len(vr.List)+len(vr.Map) > 0
	}
	if vr.Kind == expand.Associative {
		_, ok := vr.Map[unquotedKey(sub)]
		return ok
	}
	n, err := expand.Compute(r.ecfg, sub)
	if err != nil {
		r.expandErr(err)
		return false
	}
	if vr.Kind != expand.Indexed {
		return n == 0 && vr.IsSet()
	}
	if n < 0 {
		n += internal.IndexedMax(vr.List, vr.Indexes) + 1
	}
	return vr.HasElement(n)
}

func (r *Runner) unTest(ctx context.Context, op syntax.UnTestOperator, x string) bool {
	switch op {
	case syntax.TsFdTerm, syntax.TsEmpStr, syntax.TsNempStr, syntax.TsOptSet, syntax.TsVarSet, syntax.TsRefVar:
	default:
		if x == "" { // Opsbook: no file has no name
			return false
		}
	}
	switch op {
	case syntax.TsExists:
		_, err := r.stat(ctx, x)
		return err == nil
	case syntax.TsRegFile:
		info, err := r.stat(ctx, x)
		return err == nil && info.Mode().IsRegular()
	case syntax.TsDirect:
		return r.statMode(ctx, x, os.ModeDir)
	case syntax.TsCharSp:
		return r.statMode(ctx, x, os.ModeCharDevice)
	case syntax.TsBlckSp:
		info, err := r.stat(ctx, x)
		return err == nil && info.Mode()&os.ModeDevice != 0 &&
			info.Mode()&os.ModeCharDevice == 0
	case syntax.TsNmPipe:
		return r.statMode(ctx, x, os.ModeNamedPipe)
	case syntax.TsSocket:
		return r.statMode(ctx, x, os.ModeSocket)
	case syntax.TsSmbLink:
		info, err := r.lstat(ctx, x)
		return err == nil && info.Mode()&os.ModeSymlink != 0
	case syntax.TsSticky:
		return r.statMode(ctx, x, os.ModeSticky)
	case syntax.TsUIDSet:
		return r.statMode(ctx, x, os.ModeSetuid)
	case syntax.TsGIDSet:
		return r.statMode(ctx, x, os.ModeSetgid)
	case syntax.TsModif:
		info, err := r.stat(ctx, x)
		if err != nil {
			return false
		}
		return info.ModTime().After(getAtime(info))
	case syntax.TsRead:
		return r.access(ctx, x, AccessRead) == nil
	case syntax.TsWrite:
		return r.access(ctx, x, AccessWrite) == nil
	case syntax.TsExec:
		return r.access(ctx, x, AccessExec) == nil
	case syntax.TsNoEmpty:
		info, err := r.stat(ctx, x)
		return err == nil && info.Size() > 0
	case syntax.TsFdTerm:
		fd := atoi(x)
		var f any
		switch fd {
		case 0:
			f = r.stdin
		case 1:
			f = r.stdout
		case 2:
			f = r.stderr
		}
		if f, ok := f.(interface{ Fd() uintptr }); ok {
			// Support [os.File.Fd] methods such as the one on [*os.File].
			return term.IsTerminal(int(f.Fd()))
		}
		// TODO: allow term.IsTerminal here too if running in the
		// "single process" mode.
		return false
	case syntax.TsEmpStr:
		return x == ""
	case syntax.TsNempStr:
		return x != ""
	case syntax.TsOptSet:
		if opt := r.posixOptByName(x); opt != nil {
			return *opt
		}
		return false
	case syntax.TsVarSet:
		return r.isSet(x)
	case syntax.TsRefVar:
		return x != "" && r.lookupVar(x).Kind == expand.NameRef
	case syntax.TsNot:
		return x == ""
	case syntax.TsUsrOwn, syntax.TsGrpOwn:
		return r.unTestOwnOrGrp(ctx, op, x)
	default:
		// Should only happen if we forgot a case above.
		panic(fmt.Sprintf("unexpected unary test op: %v", op))
	}
}
