// This file is Opsbook's: the test builtin, with the rules that POSIX has for its arguments.

package interp

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// classic is one call of test, or [. An operator is one only where the author wrote it.
type classic struct {
	r    *Runner
	ctx  context.Context
	pos  syntax.Pos
	name string
	args []expand.Text
	at   int
}

// testError is why a test is none.
type testError struct{ why string }

func (e *testError) Error() string { return e.why }

// classicTest is the builtin; its status is 2 where the test is none.
func (r *Runner) classicTest(ctx context.Context, pos syntax.Pos, name string, args []expand.Text) (exit exitStatus) {
	c := &classic{r: r, ctx: ctx, pos: pos, name: name, args: args}
	is, err := c.all()
	if r.exit.fatalExit {
		return r.exit
	}
	if err != nil {
		r.errf("bash: line %d: %s: %v\n", pos.Line(), name, err)
		exit.code = 2
		return exit
	}
	exit.oneIf(!is)
	return exit
}

// operator is the text of an argument that may be an operator; "" for one that a person typed.
func (c *classic) operator(i int) string {
	if i >= len(c.args) || len(c.args[i].Marks) > 0 {
		return ""
	}
	return c.args[i].Str
}

// all decides by how many arguments there are, as POSIX does for up to four.
func (c *classic) all() (bool, error) {
	switch len(c.args) {
	case 0:
		return false, nil
	case 1:
		return c.args[0].Str != "", nil
	case 2:
		return c.two(0)
	case 3:
		return c.three(0)
	case 4:
		if c.operator(0) == "!" {
			is, err := c.three(1)
			return !is, err
		}
		if c.operator(0) == "(" && c.operator(3) == ")" {
			return c.two(1)
		}
	}
	is, err := c.or()
	if err == nil && c.at < len(c.args) {
		err = &testError{"too many arguments"}
	}
	return is, err
}

func (c *classic) two(at int) (bool, error) {
	if c.operator(at) == "!" {
		return c.args[at+1].Str == "", nil
	}
	if op := testUnaryOp(c.operator(at)); op != 0 {
		return c.unary(op, at+1)
	}
	return false, &testError{c.args[at].Str + ": unary operator expected"}
}

func (c *classic) three(at int) (bool, error) {
	switch op := c.operator(at + 1); {
	case isBinary(op):
		return c.binary(at)
	case op == "-a":
		return c.args[at].Str != "" && c.args[at+2].Str != "", nil
	case op == "-o":
		return c.args[at].Str != "" || c.args[at+2].Str != "", nil
	case c.operator(at) == "!":
		is, err := c.two(at + 1)
		return !is, err
	case c.operator(at) == "(" && c.operator(at+2) == ")":
		return c.args[at+1].Str != "", nil
	}
	return false, &testError{c.args[at+1].Str + ": binary operator expected"}
}

func (c *classic) or() (bool, error) {
	is, err := c.and()
	for err == nil && c.operator(c.at) == "-o" {
		c.at++
		var more bool
		more, err = c.and()
		is = is || more
	}
	return is, err
}

func (c *classic) and() (bool, error) {
	is, err := c.term()
	for err == nil && c.operator(c.at) == "-a" {
		c.at++
		var more bool
		more, err = c.term()
		is = is && more
	}
	return is, err
}

func (c *classic) term() (bool, error) {
	if c.at >= len(c.args) {
		return false, &testError{"argument expected"}
	}
	op := c.operator(c.at)
	switch {
	case op == "!":
		c.at++
		is, err := c.term()
		return !is, err
	case op == "(":
		c.at++
		is, err := c.or()
		if err != nil {
			return false, err
		}
		if c.operator(c.at) != ")" {
			return false, &testError{"`)' expected"}
		}
		c.at++
		return is, nil
	case c.at+2 < len(c.args) && isBinary(c.operator(c.at+1)):
		at := c.at
		c.at += 3
		return c.binary(at)
	case testUnaryOp(op) != 0:
		if c.at+1 >= len(c.args) {
			c.at++
			return true, nil
		}
		at := c.at + 1
		c.at += 2
		return c.unary(testUnaryOp(op), at)
	}
	c.at++
	return c.args[c.at-1].Str != "", nil
}

// isBinary reports whether a text is an operator between two others.
func isBinary(op string) bool {
	switch op {
	case "=", "==", "!=", "<", ">", "-nt", "-ot", "-ef", "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
		return true
	}
	return false
}

func (c *classic) unary(op syntax.UnTestOperator, at int) (bool, error) {
	if op == syntax.TsVarSet || op == syntax.TsRefVar {
		if err := c.args[at].NameError(len(c.args[at].Str), c.pos, "a variable"); err != nil {
			c.r.exit.fatal(err)
			return false, nil
		}
	}
	if op == syntax.TsFdTerm {
		if _, err := strconv.Atoi(strings.TrimSpace(c.args[at].Str)); err != nil {
			return false, &testError{c.args[at].Str + ": integer expression expected"}
		}
	}
	return c.r.unTest(c.ctx, op, c.args[at].Str), nil
}

func (c *classic) binary(at int) (bool, error) {
	x, op, y := c.args[at], c.args[at+1].Str, c.args[at+2]
	switch op {
	case "=", "==":
		return x.Str == y.Str, nil
	case "!=":
		return x.Str != y.Str, nil
	case "<":
		return x.Str < y.Str, nil
	case ">":
		return x.Str > y.Str, nil
	case "-nt":
		return c.r.binTest(c.ctx, syntax.TsNewer, x.Str, y.Str), nil
	case "-ot":
		return c.r.binTest(c.ctx, syntax.TsOlder, x.Str, y.Str), nil
	case "-ef":
		return c.r.binTest(c.ctx, syntax.TsDevIno, x.Str, y.Str), nil
	}
	a, err := c.number(x)
	if err != nil {
		return false, err
	}
	b, err := c.number(y)
	if err != nil {
		return false, err
	}
	return compare(op, a, b), nil
}

// number is a whole number, with blanks around it.
func (c *classic) number(t expand.Text) (int64, error) {
	n, err := strconv.ParseInt(strings.Trim(t.Str, " \t\n\r\v\f"), 10, 64)
	if err != nil {
		return 0, &testError{fmt.Sprintf("%s: integer expression expected", t.Str)}
	}
	return n, nil
}

// compare is what an operator between numbers says.
func compare(op string, a, b int64) bool {
	switch op {
	case "-eq":
		return a == b
	case "-ne":
		return a != b
	case "-lt":
		return a < b
	case "-le":
		return a <= b
	case "-gt":
		return a > b
	}
	return a >= b
}

// testUnaryOp is the operator in front of one argument; 0 for none.
func testUnaryOp(val string) syntax.UnTestOperator {
	switch val {
	case "-e", "-a":
		return syntax.TsExists
	case "-f":
		return syntax.TsRegFile
	case "-d":
		return syntax.TsDirect
	case "-c":
		return syntax.TsCharSp
	case "-b":
		return syntax.TsBlckSp
	case "-p":
		return syntax.TsNmPipe
	case "-S":
		return syntax.TsSocket
	case "-L", "-h":
		return syntax.TsSmbLink
	case "-k":
		return syntax.TsSticky
	case "-g":
		return syntax.TsGIDSet
	case "-u":
		return syntax.TsUIDSet
	case "-G":
		return syntax.TsGrpOwn
	case "-O":
		return syntax.TsUsrOwn
	case "-N":
		return syntax.TsModif
	case "-r":
		return syntax.TsRead
	case "-w":
		return syntax.TsWrite
	case "-x":
		return syntax.TsExec
	case "-s":
		return syntax.TsNoEmpty
	case "-t":
		return syntax.TsFdTerm
	case "-z":
		return syntax.TsEmpStr
	case "-n":
		return syntax.TsNempStr
	case "-o":
		return syntax.TsOptSet
	case "-v":
		return syntax.TsVarSet
	case "-R":
		return syntax.TsRefVar
	}
	return 0
}
