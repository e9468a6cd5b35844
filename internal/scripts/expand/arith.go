// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package expand

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Opsbook: an expression is first expanded to a text, as bash does it, and the text is computed. What a variable holds is computed like an
// expression of its own.

// ArithmError says that an expression is none.
type ArithmError struct{ Text, Why string }

// Error implements error.
func (e *ArithmError) Error() string { return e.Text + ": " + e.Why }

// Arithm computes an expression.
func Arithm(cfg *Config, expr syntax.ArithmExpr) (int, error) {
	cfg = prepareConfig(cfg)
	text, err := cfg.arithmText(expr, false)
	if err != nil {
		return 0, err
	}
	return Compute(cfg, text)
}

// ArithmWord computes an argument of let, whose quotes are those of a word.
func ArithmWord(cfg *Config, expr syntax.ArithmExpr) (int, error) {
	cfg = prepareConfig(cfg)
	text, err := cfg.arithmText(expr, true)
	if err != nil {
		return 0, err
	}
	return Compute(cfg, text)
}

// Compute computes a text that is expanded already.
func Compute(cfg *Config, text string) (int, error) {
	a := arithm{cfg: cfg, text: text}
	n, err := a.whole()
	return int(n), err
}

// arithmText is an expression as a text in which all is expanded. unquote takes quotes away as a word's are.
func (cfg *Config) arithmText(expr syntax.ArithmExpr, unquote bool) (string, error) {
	if word, ok := expr.(*syntax.Word); ok {
		return cfg.arithmWord(word, unquote)
	}
	var b strings.Builder
	err := cfg.writeArithm(&b, expr, unquote)
	return b.String(), err
}

func (cfg *Config) writeArithm(b *strings.Builder, expr syntax.ArithmExpr, unquote bool) error {
	if err := cfg.work(arithmWork); err != nil { // an expression may have thousands of parts
		return err
	}
	switch expr := expr.(type) {
	case nil:
		return nil
	case *syntax.Word:
		text, err := cfg.arithmWord(expr, unquote)
		if err == nil {
			err = cfg.charge(2 * len(text))
		}
		b.WriteString(text)
		return err
	case *syntax.ParenArithm:
		b.WriteByte('(')
		err := cfg.writeArithm(b, expr.X, unquote)
		b.WriteByte(')')
		return err
	case *syntax.UnaryArithm:
		if expr.Post {
			err := cfg.writeArithm(b, expr.X, unquote)
			b.WriteString(expr.Op.String())
			return err
		}
		b.WriteString(expr.Op.String())
		if _, sign := expr.X.(*syntax.UnaryArithm); sign {
			b.WriteByte(' ')
		}
		return cfg.writeArithm(b, expr.X, unquote)
	case *syntax.BinaryArithm:
		if err := cfg.writeArithm(b, expr.X, unquote); err != nil {
			return err
		}
		op := expr.Op.String()
		if expr.X.End() != expr.OpPos {
			b.WriteByte(' ')
		}
		b.WriteString(op)
		if expr.Y.Pos().Offset() != expr.OpPos.Offset()+uint(len(op)) {
			b.WriteByte(' ')
		}
		return cfg.writeArithm(b, expr.Y, unquote)
	default: // e.g. zsh's ${a[(r)b]}
		return fmt.Errorf("unsupported")
	}
}

// arithmWord is an operand: what is marked in it is one number.
func (cfg *Config) arithmWord(word *syntax.Word, unquote bool) (string, error) {
	var texts []Text
	for _, part := range word.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			value := p.Value
			if unquote {
				value = unescaped(value)
			}
			texts = append(texts, Text{Str: value})
			continue
		case *syntax.SglQuoted:
			if !unquote && !p.Dollar {
				texts = append(texts, Text{Str: "'" + p.Value + "'"})
				continue
			}
		case *syntax.ParamExp:
			if p.Short && !p.Dollar.IsValid() || p.Short && p.Index != nil { // a[i]
				index, err := cfg.arithmText(p.Index, unquote)
				if err != nil {
					return "", err
				}
				texts = append(texts, Text{Str: p.Param.Value + "[" + index + "]"})
				continue
			}
		}
		text, err := cfg.single([]syntax.WordPart{part}, quoteDouble)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	whole := Join(texts, "")
	if len(whole.Marks) > 0 { // a value is a number, and names nothing
		n, err := Number(whole, word.Pos())
		if err != nil {
			return "", err
		}
		return "(" + strconv.FormatInt(n, 10) + ")", nil
	}
	return whole.Str, nil
}

// unescaped is a literal without its backslashes.
func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if i++; s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// arithm computes one text by going down through the operators, from those that bind least.
type arithm struct {
	cfg   *Config
	text  string
	at    int
	deep  int // in parentheses and behind signs
	names int // in variables whose values are expressions
	skips int // how many operands around are not computed
}

// How deep an expression may be. Names of names are as deep as in bash.
const (
	maxArithmDepth = 10_000
	maxArithmNames = 1024
)

func (a *arithm) fail(why string) error {
	token := strings.TrimLeft(a.text[min(a.at, len(a.text)):], " \t\n")
	return &ArithmError{shortened(a.text), fmt.Sprintf("%s (error token is \"%s\")", why, shortened(token))}
}

// whole is the value of all of the text.
func (a *arithm) whole() (int64, error) {
	if strings.TrimLeft(a.text, " \t\n") == "" {
		return 0, nil
	}
	n, err := a.comma()
	if err != nil {
		return 0, err
	}
	if a.space(); a.at < len(a.text) {
		if c := a.text[a.at]; isNameByte(c, false) || c == '\'' || c == '"' || c == '(' {
			return 0, a.fail("syntax error in expression")
		}
		return 0, a.fail("syntax error: invalid arithmetic operator")
	}
	return n, nil
}

func (a *arithm) space() {
	for a.at < len(a.text) && strings.IndexByte(" \t\n", a.text[a.at]) >= 0 {
		a.at++
	}
}

// next takes an operator, unless a longer one that begins with it stands there.
func (a *arithm) next(op string, not ...string) bool {
	a.space()
	rest := a.text[a.at:]
	if !strings.HasPrefix(rest, op) {
		return false
	}
	for _, longer := range not {
		if strings.HasPrefix(rest, longer) {
			return false
		}
	}
	a.at += len(op)
	return true
}

func (a *arithm) comma() (int64, error) {
	n, err := a.assignment()
	for err == nil && a.next(",") {
		n, err = a.assignment()
	}
	return n, err
}

// assigns are the operators that assign, longest first.
var assigns = []string{"<<=", ">>=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|="}

// assignment is a place, an operator that assigns and a value; or a choice.
func (a *arithm) assignment() (int64, error) {
	if a.deep++; a.deep > maxArithmDepth {
		return 0, a.fail("expression recursion level exceeded")
	}
	defer func() { a.deep-- }()
	begin := a.at
	if place, ok, err := a.place(); err != nil {
		return 0, err
	} else if ok {
		if a.next("=", "==") {
			n, err := a.assignment()
			if err != nil {
				return 0, err
			}
			return n, a.assign(place, n)
		}
		a.space()
		for _, op := range assigns {
			if !strings.HasPrefix(a.text[a.at:], op) {
				continue
			}
			before, err := a.value(place)
			if err != nil {
				return 0, err
			}
			a.at += len(op)
			n, err := a.assignment()
			if err != nil {
				return 0, err
			}
			if n, err = a.operate(strings.TrimSuffix(op, "="), before, n); err != nil {
				return 0, err
			}
			return n, a.assign(place, n)
		}
	}
	a.at = begin
	return a.choice()
}

func (a *arithm) choice() (int64, error) {
	n, err := a.binary(0)
	if err != nil {
		return 0, err
	}
	if !a.next("?") {
		if a.space(); a.at < len(a.text) && a.text[a.at] == '=' && !strings.HasPrefix(a.text[a.at:], "==") {
			return 0, a.fail("attempted assignment to non-variable")
		}
		for _, op := range assigns {
			if strings.HasPrefix(a.text[a.at:], op) {
				return 0, a.fail("attempted assignment to non-variable")
			}
		}
		return n, nil
	}
	if a.space(); a.at == len(a.text) || a.text[a.at] == ':' {
		return 0, a.fail("expression expected")
	}
	yes, err := a.skipping(n == 0, a.comma)
	if err != nil {
		return 0, err
	}
	if !a.next(":") {
		return 0, a.fail("`:' expected for conditional expression")
	}
	if a.space(); a.at == len(a.text) {
		return 0, a.fail("expression expected")
	}
	no, err := a.skipping(n != 0, a.assignmentOrChoice)
	if n != 0 {
		return yes, err
	}
	return no, err
}

// assignmentOrChoice is what stands behind the colon of a choice, where no assignment may.
func (a *arithm) assignmentOrChoice() (int64, error) { return a.choice() }

// skipping goes over a part, and computes it only where it counts.
func (a *arithm) skipping(skip bool, part func() (int64, error)) (int64, error) {
	if skip {
		a.skips++
		defer func() { a.skips-- }()
	}
	return part()
}

// levels are the binary operators, from those that bind least. Of two that begin alike the longer one stands first.
var levels = [][]string{
	{"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="}, {"<=", ">=", "<", ">"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"},
}

// longerThan are the operators that an operator is not, although they begin with it.
var longerThan = map[string][]string{
	"|": {"||", "|="}, "&": {"&&", "&="}, "^": {"^="}, "<": {"<<"}, ">": {">>"}, "<<": {"<<="}, ">>": {">>="},
	"+": {"+="}, "-": {"-="}, "*": {"**", "*="}, "/": {"/="}, "%": {"%="},
}

func (a *arithm) binary(level int) (int64, error) {
	if level == len(levels) {
		return a.power()
	}
	left, err := a.binary(level + 1)
	for err == nil {
		op := ""
		for _, candidate := range levels[level] {
			if a.next(candidate, longerThan[candidate]...) {
				op = candidate
				break
			}
		}
		if op == "" {
			return left, nil
		}
		skip := op == "&&" && left == 0 || op == "||" && left != 0
		var right int64
		if right, err = a.skipping(skip, func() (int64, error) { return a.binary(level + 1) }); err == nil {
			left, err = a.operate(op, left, right)
		}
	}
	return left, err
}

func (a *arithm) power() (int64, error) {
	base, err := a.unary()
	if err != nil || !a.next("**") {
		return base, err
	}
	if a.deep++; a.deep > maxArithmDepth {
		return 0, a.fail("expression recursion level exceeded")
	}
	defer func() { a.deep-- }()
	n, err := a.power()
	if err != nil {
		return 0, err
	}
	if n < 0 {
		if a.skips > 0 {
			return 0, nil
		}
		return 0, a.fail("exponent less than 0")
	}
	return intPow(base, n), nil
}

func (a *arithm) unary() (int64, error) {
	if a.deep++; a.deep > maxArithmDepth {
		return 0, a.fail("expression recursion level exceeded")
	}
	defer func() { a.deep-- }()
	if err := a.cfg.work(arithmWork); err != nil {
		return 0, err
	}
	a.space()
	rest := a.text[a.at:]
	for _, op := range []string{"++", "--"} {
		if strings.HasPrefix(rest, op) {
			behind := strings.TrimLeft(rest[2:], " \t\n")
			if behind == "" || !isNameByte(behind[0], true) {
				break // two signs
			}
			a.at += 2
			place, _, err := a.place()
			if err != nil {
				return 0, err
			}
			n, err := a.value(place)
			if err != nil {
				return 0, err
			}
			n += step(op)
			return n, a.assign(place, n)
		}
	}
	switch {
	case rest == "":
		return 0, a.fail("syntax error: operand expected")
	case rest[0] == '!' && !strings.HasPrefix(rest, "!="):
		a.at++
		n, err := a.unary()
		return int64(oneIf(n == 0)), err
	case rest[0] == '~':
		a.at++
		n, err := a.unary()
		return ^n, err
	case rest[0] == '-':
		a.at++
		n, err := a.unary()
		return -n, err
	case rest[0] == '+':
		a.at++
		return a.unary()
	}
	return a.operand()
}

func step(op string) int64 {
	if op == "++" {
		return 1
	}
	return -1
}

// operand reads one, and that what stands behind it may stand there: bash has looked at that before it assigns anything.
func (a *arithm) operand() (int64, error) {
	n, err := a.bare()
	if err != nil {
		return 0, err
	}
	return n, a.behind()
}

// behind is an error where what stands behind an operand may not stand there.
func (a *arithm) behind() error {
	if a.space(); a.at < len(a.text) && !isNameByte(a.text[a.at], false) && strings.IndexByte("()+-*/%<>=!&|^?:,~", a.text[a.at]) < 0 {
		return a.fail("syntax error: invalid arithmetic operator")
	}
	return nil
}

func (a *arithm) bare() (int64, error) {
	c := a.text[a.at]
	switch {
	case c == '(':
		a.at++
		n, err := a.comma()
		if err != nil {
			return 0, err
		}
		if !a.next(")") {
			return 0, a.fail("missing `)'")
		}
		return n, nil
	case '0' <= c && c <= '9':
		begin := a.at
		for a.at < len(a.text) && (isNameByte(a.text[a.at], false) || a.text[a.at] == '#' || a.text[a.at] == '@') {
			a.at++
		}
		n, why := arithmNumber(a.text[begin:a.at])
		if why != "" {
			a.at = begin
			return 0, a.fail(why)
		}
		return n, nil
	case isNameByte(c, true):
		place, _, err := a.place()
		if err == nil {
			err = a.behind() // before a name is looked up
		}
		if err != nil {
			return 0, err
		}
		n, err := a.value(place)
		if err != nil {
			return 0, err
		}
		for _, op := range []string{"++", "--"} {
			if a.next(op) {
				return n, a.assign(place, n+step(op))
			}
		}
		return n, nil
	}
	return 0, a.fail("syntax error: operand expected")
}

func isNameByte(c byte, first bool) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || !first && '0' <= c && c <= '9'
}

// arithmNumber reads 10, 010, 0x1f and 2#101; why says how it is none.
func arithmNumber(s string) (n int64, why string) {
	base := int64(10)
	digits := s
	before, behind, based := strings.Cut(s, "#")
	switch {
	case based:
		for _, c := range []byte(before) {
			if c < '0' || c > '9' {
				return 0, "value too great for base"
			}
			if base = base*10 + int64(c-'0'); base > 1<<40 {
				break
			}
		}
		if base, _ = strconv.ParseInt(before, 10, 64); base < 2 || base > 64 {
			return 0, "invalid arithmetic base"
		}
		if digits = behind; digits == "" {
			return 0, "invalid integer constant"
		}
	case strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X"):
		base, digits = 16, s[2:]
	case strings.HasPrefix(s, "0"):
		base, digits = 8, s[1:]
	}
	for _, c := range []byte(digits) {
		var d int64
		switch {
		case c >= '0' && c <= '9':
			d = int64(c - '0')
		case c >= 'a' && c <= 'z':
			d = int64(c-'a') + 10
		case c >= 'A' && c <= 'Z' && base <= 36:
			d = int64(c-'A') + 10
		case c >= 'A' && c <= 'Z':
			d = int64(c-'A') + 36
		case c == '@':
			d = 62
		case c == '_':
			d = 63
		default:
			return 0, "invalid number"
		}
		if d >= base {
			return 0, "value too great for base"
		}
		n = n*base + d
	}
	return n, ""
}

// arithmPlace is a variable, or an element of one.
type arithmPlace struct {
	name, index string
	element     bool
	pos         syntax.Pos
}

// place reads a name with its subscript.
func (a *arithm) place() (p arithmPlace, ok bool, err error) {
	a.space()
	begin := a.at
	for a.at < len(a.text) && isNameByte(a.text[a.at], a.at == begin) {
		a.at++
	}
	if a.at == begin {
		return p, false, nil
	}
	p.name = a.text[begin:a.at]
	if a.at < len(a.text) && a.text[a.at] == '[' {
		open := 0
		for i := a.at; i < len(a.text); i++ {
			switch a.text[i] {
			case '[':
				open++
			case ']':
				open--
			}
			if open == 0 {
				p.index, p.element = a.text[a.at+1:i], true
				a.at = i + 1
				return p, true, nil
			}
		}
		return p, false, a.fail("bad array subscript")
	}
	return p, true, nil
}

// variable is what a place is in.
func (a *arithm) variable(p *arithmPlace) Variable {
	vr := a.cfg.Env.Get(p.name)
	if name, resolved := vr.Resolve(a.cfg.Env); name != "" {
		p.name, vr = name, resolved
	}
	return vr
}

// element is the index of a place in an indexed array.
func (a *arithm) element(p arithmPlace, vr Variable) (int, error) {
	if !p.element {
		return 0, nil
	}
	inner := arithm{cfg: a.cfg, text: p.index, deep: a.deep + 1, names: a.names + 1}
	k, err := inner.whole()
	if err != nil {
		return 0, err
	}
	if k < 0 {
		if k += int64(vr.maxIndex()) + 1; k < 0 {
			return 0, &ArithmError{p.name + "[" + p.index + "]", badSubscript}
		}
	}
	return int(k), nil
}

const badSubscript = "bad array subscript"

// value is the number that a place holds: what it holds is an expression.
func (a *arithm) value(p arithmPlace) (int64, error) {
	if a.skips > 0 {
		return 0, nil
	}
	vr := a.variable(&p)
	var text Text
	switch {
	case vr.Kind == Associative:
		key := "0"
		if p.element {
			key = strings.Trim(p.index, `"'`)
		}
		text = Text{vr.Map[key], vr.MapMarks[key]}
	case vr.Kind == Indexed || p.element:
		k, err := a.element(p, vr)
		if wrong, ok := errors.AsType[*ArithmError](err); ok && wrong.Why == badSubscript {
			a.cfg.say(wrong.Error()) // to read it is no error
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if vr.Kind == Indexed {
			text, _ = vr.element(k)
		} else if k == 0 {
			text = vr.Text()
		}
	default:
		text = vr.Text()
	}
	if !vr.IsSet() && a.cfg.NoUnset { // an element that is not set is zero
		return 0, UnsetParameterError{Name: p.name, Message: unboundVariable}
	}
	if len(text.Marks) > 0 {
		pos := p.pos
		if a.cfg.curParam != nil {
			pos = a.cfg.curParam.Pos()
		}
		return Number(text, pos)
	}
	if n, why := arithmNumber(text.Str); text.Str != "" && text.Str[0] != '0' && why == "" {
		return n, nil
	}
	if a.names >= maxArithmNames {
		return 0, a.fail("expression recursion level exceeded")
	}
	if err := a.cfg.work(10*arithmWork + len(text.Str)); err != nil {
		return 0, err
	}
	inner := arithm{cfg: a.cfg, text: text.Str, deep: a.deep + 1, names: a.names + 1}
	return inner.whole()
}

// assign sets a place to a number.
func (a *arithm) assign(p arithmPlace, n int64) error {
	if a.skips > 0 {
		return nil
	}
	wenv, ok := a.cfg.Env.(WriteEnviron)
	if !ok {
		return fmt.Errorf("environment is read-only")
	}
	vr := a.variable(&p)
	text := Text{Str: strconv.FormatInt(n, 10)}
	switch {
	case vr.Kind == Associative:
		key := "0"
		if p.element {
			key = strings.Trim(p.index, `"'`)
		}
		vr = vr.WithMember(Text{Str: key}, text)
	case vr.Kind == Indexed || p.element:
		k, err := a.element(p, vr)
		if err != nil {
			return err
		}
		if err := a.cfg.charge(24 * len(vr.List)); err != nil {
			return err
		}
		if vr.Kind == String && vr.Set {
			vr.List, vr.Indexes = []string{vr.Str}, nil
			vr = vr.withListMarks(vr.Marks)
		}
		vr = vr.WithElement(k, text)
	default:
		vr.Kind, vr.Str, vr.Marks = String, text.Str, nil
	}
	vr.Set = true
	return wenv.Set(p.name, vr)
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func intPow(a, b int64) int64 {
	p := int64(1)
	for b > 0 {
		if b&1 != 0 {
			p *= a
		}
		b >>= 1
		a *= a
	}
	return p
}

// operate is the result of a binary operator.
func (a *arithm) operate(op string, x, y int64) (int64, error) {
	truth := func(b bool) (int64, error) { return int64(oneIf(b)), nil }
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/", "%":
		if y == 0 {
			if a.skips > 0 {
				return 0, nil
			}
			return 0, a.fail("division by 0")
		}
		if y == -1 { // the smallest number has no opposite
			if op == "%" {
				return 0, nil
			}
			return -x, nil
		}
		if op == "/" {
			return x / y, nil
		}
		return x % y, nil
	case "<<":
		return x << (uint64(y) & 63), nil
	case ">>":
		return x >> (uint64(y) & 63), nil
	case "==":
		return truth(x == y)
	case "!=":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case ">":
		return truth(x > y)
	case "<=":
		return truth(x <= y)
	case ">=":
		return truth(x >= y)
	case "&&":
		return truth(x != 0 && y != 0)
	case "||":
		return truth(x != 0 || y != 0)
	case "&":
		return x & y, nil
	case "|":
		return x | y, nil
	case "^":
		return x ^ y, nil
	}
	return 0, fmt.Errorf("unsupported binary arithmetic operator: %q", op)
}

// atoi is the number of a text that is one, and zero of any other.
func atoi(s string) int64 {
	s = strings.TrimSpace(s)
	digits, negative := strings.CutPrefix(s, "-")
	digits = strings.TrimPrefix(digits, "+")
	n, why := arithmNumber(digits)
	if why != "" || digits == "" {
		return 0
	}
	if negative {
		return -n
	}
	return n
}
