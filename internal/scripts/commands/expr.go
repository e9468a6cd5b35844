package commands

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/posix"
)

// expression is the words of expr that are left to read.
type expression struct {
	words []string
	meter *limits.Meter
	depth int
	idle  int // above zero: what is read decides nothing any more, and is not computed
}

// unless reads the right side of | or &, which is not computed where the left one has decided.
func (e *expression) unless(decided bool, next func() (string, error)) (string, error) {
	if decided {
		e.idle++
		defer func() { e.idle-- }()
	}
	return next()
}

// exprError is an error with its exit status.
type exprError struct {
	status int
	text   string
}

func (e exprError) Error() string { return e.text }

var errSyntax = exprError{2, "syntax error"}

// runExpr evaluates an expression of whole numbers and texts. The status is 1 where the result is empty or zero, 2 for an expression that
// cannot be read, 3 for another error.
func runExpr(_ context.Context, inv *procedures.Invocation) int {
	args := inv.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return complain(inv, 2, "missing operand")
	}
	e := &expression{words: args, meter: inv.Meter}
	value, err := e.or()
	if err == nil && len(e.words) > 0 {
		err = exprError{2, "syntax error: unexpected argument ‘" + e.words[0] + "’"}
	}
	if err != nil {
		var known exprError
		if errors.As(err, &known) {
			return complain(inv, known.status, "%s", known.text)
		}
		return complain(inv, 2, "%v", err)
	}
	if write(inv.Stdout, []byte(value+"\n")) != nil {
		return 3
	}
	if isNull(value) {
		return 1
	}
	return 0
}

// isNull reports whether a value is empty or a zero.
func isNull(v string) bool {
	if v == "" {
		return true
	}
	digits := strings.TrimPrefix(v, "-")
	return digits != "" && strings.Trim(digits, "0") == ""
}

// take takes the next word, if it is one of these.
func (e *expression) take(words ...string) string {
	for _, w := range words {
		if len(e.words) > 0 && e.words[0] == w {
			e.words = e.words[1:]
			return w
		}
	}
	return ""
}

func (e *expression) or() (string, error) {
	if e.depth++; e.depth > 500 {
		return "", exprError{3, "the expression is nested too deep"}
	}
	defer func() { e.depth-- }()
	left, err := e.and()
	for err == nil && e.take("|") != "" {
		var right string
		if right, err = e.unless(!isNull(left), e.and); err == nil && isNull(left) {
			if left = right; isNull(left) {
				left = "0"
			}
		}
	}
	return left, err
}

func (e *expression) and() (string, error) {
	left, err := e.compare()
	for err == nil && e.take("&") != "" {
		var right string
		if right, err = e.unless(isNull(left), e.compare); err == nil && (isNull(left) || isNull(right)) {
			left = "0"
		}
	}
	return left, err
}

func (e *expression) compare() (string, error) {
	left, err := e.sum()
	for err == nil {
		op := e.take("<", "<=", "=", "==", "!=", ">=", ">")
		if op == "" {
			break
		}
		var right string
		if right, err = e.sum(); err != nil {
			break
		}
		c := strings.Compare(left, right)
		x, y := exprNumber(left), exprNumber(right)
		if x != nil && y != nil {
			c = x.Cmp(y)
		}
		yes := map[string]bool{"<": c < 0, "<=": c <= 0, "=": c == 0, "==": c == 0, "!=": c != 0, ">=": c >= 0, ">": c > 0}[op]
		if left = "0"; yes {
			left = "1"
		}
	}
	return left, err
}

// exprNumber is a number as expr has it; nil for a text that is none.
func exprNumber(s string) *big.Int {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(digits) > 10_000 {
		return nil
	}
	n, _ := new(big.Int).SetString(s, 10)
	return n
}

func (e *expression) sum() (string, error) {
	return e.arithmetic(e.product, "+", "-")
}

func (e *expression) product() (string, error) {
	return e.arithmetic(e.match, "*", "/", "%")
}

func (e *expression) arithmetic(next func() (string, error), ops ...string) (string, error) {
	left, err := next()
	for err == nil {
		op := e.take(ops...)
		if op == "" {
			break
		}
		var right string
		if right, err = next(); err != nil {
			break
		}
		if e.idle > 0 {
			continue
		}
		x, y := exprNumber(left), exprNumber(right)
		if x == nil || y == nil {
			return "", exprError{2, "non-integer argument"}
		}
		if err := e.meter.Work(int64(len(left)+1) * int64(len(right)+1)); err != nil {
			return "", err
		}
		switch {
		case (op == "/" || op == "%") && y.Sign() == 0:
			return "", exprError{2, "division by zero"}
		case op == "+":
			x.Add(x, y)
		case op == "-":
			x.Sub(x, y)
		case op == "*":
			x.Mul(x, y)
		case op == "/":
			x.Quo(x, y)
		default:
			x.Rem(x, y)
		}
		left = x.String()
	}
	return left, err
}

// match is TEXT : EXPRESSION: how many characters match from the beginning on, or the text of the first group.
func (e *expression) match() (string, error) {
	left, err := e.function()
	for err == nil && e.take(":") != "" {
		var right string
		if right, err = e.function(); err == nil && e.idle == 0 {
			left, err = e.matches(left, right)
		}
	}
	return left, err
}

func (e *expression) matches(text, pattern string) (string, error) {
	re, err := posix.Compile(e.meter, posix.Options{Anchored: true}, pattern)
	if err != nil {
		return "", exprError{2, err.Error()}
	}
	loc, err := re.Find(text, 0)
	if loc != nil && loc[0] > 0 {
		loc = nil
	}
	switch {
	case err != nil:
		return "", err
	case re.Groups > 0 && (loc == nil || loc[2] < 0):
		return "", nil
	case re.Groups > 0:
		return text[loc[2]:loc[3]], nil
	case loc == nil:
		return "0", nil
	}
	return itoa(utf8.RuneCountInString(text[:loc[1]])), nil
}

func itoa(n int) string { return big.NewInt(int64(n)).String() }

// function is length, substr, index, match, a word, or an expression in parentheses.
func (e *expression) function() (string, error) {
	if len(e.words) == 0 {
		return "", exprError{2, "syntax error: missing argument"}
	}
	word := e.words[0]
	e.words = e.words[1:]
	switch word {
	case "(":
		value, err := e.or()
		if err == nil && e.take(")") == "" {
			err = exprError{2, "syntax error: expecting ')'"}
		}
		return value, err
	case ")":
		return "", errSyntax
	case "+":
		if len(e.words) == 0 {
			return "", errSyntax
		}
		word, e.words = e.words[0], e.words[1:]
		return word, nil
	case "length":
		text, err := e.function()
		return itoa(utf8.RuneCountInString(text)), err
	case "match", "index":
		text, err := e.function()
		if err != nil {
			return "", err
		}
		other, err := e.function()
		if err != nil || word == "match" {
			if err != nil {
				return "", err
			}
			return e.matches(text, other)
		}
		if at := strings.IndexAny(text, other); at >= 0 {
			return itoa(utf8.RuneCountInString(text[:at]) + 1), nil
		}
		return "0", nil
	case "substr":
		text, err := e.function()
		if err != nil {
			return "", err
		}
		var at [2]*big.Int
		for i := range at {
			value, err := e.function()
			if err != nil {
				return "", err
			}
			at[i] = exprNumber(value)
		}
		runes := []rune(text)
		if at[0] == nil || at[1] == nil || at[0].Sign() <= 0 || at[1].Sign() <= 0 || at[0].Cmp(big.NewInt(int64(len(runes)))) > 0 {
			return "", nil
		}
		from := int(at[0].Int64()) - 1
		n := len(runes) - from
		if at[1].IsInt64() {
			n = int(min(int64(n), at[1].Int64()))
		}
		return string(runes[from : from+n]), nil
	}
	return word, nil
}
