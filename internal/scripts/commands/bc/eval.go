package bc

import (
	"errors"
	"fmt"
	"math"
	"math/big"
)

func (m *Machine) eval(n *node) (number, error) {
	if err := m.Work(1); err != nil {
		return number{}, err
	}
	switch n.op {
	case "number":
		return parse(n.text, m.ibase), nil
	case "parens":
		return m.eval(n.kids[0])
	case "name", "element":
		return m.get(n)
	case "assign":
		return m.assign(n)
	case "before", "behind":
		before, err := m.get(n.kids[0])
		if err != nil {
			return number{}, err
		}
		sign := int64(1)
		if n.text == "-" {
			sign = -1
		}
		after := add(before, whole(1), sign)
		if n.op == "before" {
			before = after
		}
		return before, m.set(n.kids[0], after)
	case "call":
		return m.call(n)
	case "array":
		return number{}, &runtimeError{"syntax error"}
	}
	x, err := m.eval(n.kids[0])
	if err != nil {
		return number{}, err
	}
	switch n.op {
	case "negative":
		return add(whole(0), x, -1).at(x.scale), nil
	case "!":
		return truth(x.isZero()), nil
	case "length":
		return whole(int64(x.length())), nil
	case "scale":
		return whole(int64(x.scale)), nil
	case "sqrt":
		if x.digits.Sign() < 0 {
			return number{}, &runtimeError{"Square root of a negative number"}
		}
		return root(x, m.scale), m.Work(x.scale + m.scale)
	}
	y, err := m.eval(n.kids[1])
	if err != nil {
		return number{}, err
	}
	return m.operate(n.op, x, y)
}

func (m *Machine) operate(op string, x, y number) (number, error) {
	if err := m.Work((x.digits.BitLen() + y.digits.BitLen()) / 64); err != nil {
		return number{}, err
	}
	var out number
	switch op {
	case "+":
		out = add(x, y, 1)
	case "-":
		out = add(x, y, -1)
	case "*":
		out = multiply(x, y, m.scale)
	case "/", "%":
		switch {
		case y.isZero() && op == "/":
			return number{}, &runtimeError{errDivide.Error()}
		case y.isZero():
			return number{}, &runtimeError{"Modulo by zero"}
		case op == "/":
			out = divide(x, y, m.scale)
		default:
			out = modulo(x, y, m.scale)
		}
	case "^":
		if y.scale > 0 && !y.isZero() {
			fmt.Fprintf(m.Problems, "Runtime warning (func=(main), adr=0): non-zero scale in exponent\n")
		}
		e := y.at(0).digits
		if !e.IsInt64() || e.Int64() > math.MaxInt32 || e.Int64() < -math.MaxInt32 {
			return number{}, &runtimeError{"exponent too large in raise"}
		}
		var err error
		if out, err = raise(x, e.Int64(), m.scale); errors.Is(err, errDivide) {
			return out, &runtimeError{err.Error()}
		} else if err != nil {
			return out, &NotHereError{err.Error()}
		}
	case "&&":
		out = truth(!x.isZero() && !y.isZero())
	case "||":
		out = truth(!x.isZero() || !y.isZero())
	default:
		c := x.compare(y)
		out = truth(map[string]bool{"==": c == 0, "!=": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op])
	}
	if out.long() {
		return out, &NotHereError{ErrTooLong.Error()}
	}
	return out, nil
}

func (m *Machine) assign(n *node) (number, error) {
	place := n.kids[0]
	v, err := m.eval(n.kids[1])
	if err == nil && n.text != "" {
		var before number
		if before, err = m.get(place); err == nil {
			v, err = m.operate(n.text, before, v)
		}
	}
	if err != nil {
		return number{}, err
	}
	return v, m.set(place, v)
}

// index is the place in an array.
func (m *Machine) index(n *node) (int64, error) {
	v, err := m.eval(n.kids[0])
	if err != nil {
		return 0, err
	}
	i := v.at(0).digits
	if !i.IsInt64() || i.Int64() < 0 || i.Int64() > 16_777_215 {
		return 0, &runtimeError{fmt.Sprintf("Array %s subscript out of bounds.", n.text)}
	}
	return i.Int64(), nil
}

func (m *Machine) get(n *node) (number, error) {
	if n.op == "element" {
		i, err := m.index(n)
		if v, ok := m.arrays[n.text][i]; ok && err == nil {
			return v, nil
		}
		return whole(0), err
	}
	switch n.text {
	case "scale":
		return whole(int64(m.scale)), nil
	case "ibase":
		return whole(m.ibase), nil
	case "obase":
		return whole(m.obase), nil
	case "last":
		return m.last, nil
	}
	if v, ok := m.vars[n.text]; ok {
		return v, nil
	}
	return whole(0), nil
}

func (m *Machine) set(n *node, v number) error {
	if n.op == "element" {
		i, err := m.index(n)
		if err != nil {
			return err
		}
		if m.arrays[n.text] == nil {
			m.arrays[n.text] = map[int64]number{}
		}
		m.arrays[n.text][i] = v
		return m.Work(8)
	}
	small := func(least, most int64, low, high string) int64 {
		i := v.at(0).digits
		switch {
		case i.Cmp(big.NewInt(least)) < 0:
			fmt.Fprintf(m.Problems, "Runtime warning (func=(main), adr=0): %s\n", low)
			return least
		case i.Cmp(big.NewInt(most)) > 0:
			fmt.Fprintf(m.Problems, "Runtime warning (func=(main), adr=0): %s\n", high)
			return most
		}
		return i.Int64()
	}
	switch n.text {
	case "scale":
		if v.compare(whole(mostDigits)) > 0 {
			return &NotHereError{fmt.Sprintf("a scale of more than %d", mostDigits)}
		}
		m.scale = int(small(0, mostDigits, "negative scale, set to 0", ""))
	case "ibase":
		m.ibase = small(2, 16, "ibase too small, set to 2", "ibase too large, set to 16")
	case "obase":
		m.obase = small(2, 1<<31-1, "obase too small, set to 2", "obase too large, set to 2147483647")
	case "last":
		m.last = v
	default:
		m.vars[n.text] = v
	}
	return nil
}
