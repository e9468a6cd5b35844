package bc

import (
	"math/big"
)

// The functions of -l: computed with more places than the scale, which are cut off.

// fixed are numbers with w places, as whole ones.
type fixed struct {
	w    int
	one  *big.Int
	work func(digits int) error
	err  error
}

func newFixed(w int, work func(int) error) *fixed { return &fixed{w: w, one: power10(w), work: work} }

func (f *fixed) of(n number) *big.Int { return n.at(f.w).digits }

func (f *fixed) mul(a, b *big.Int) *big.Int {
	out := new(big.Int).Mul(a, b)
	return out.Quo(out, f.one)
}

func (f *fixed) div(a, b *big.Int) *big.Int {
	out := new(big.Int).Mul(a, f.one)
	return out.Quo(out, b)
}

func (f *fixed) sqrt(a *big.Int) *big.Int {
	out := new(big.Int).Mul(a, f.one)
	return out.Sqrt(out)
}

// series adds terms, each made of the one before, until they are nothing.
func (f *fixed) series(term *big.Int, next func(term *big.Int, i int64) *big.Int, part func(term *big.Int, i int64) *big.Int) *big.Int {
	sum := big.NewInt(0)
	for i := int64(0); term.Sign() != 0 && f.err == nil; i++ {
		sum.Add(sum, part(term, i))
		term = next(term, i)
		f.err = f.work(f.w / 16)
	}
	return sum
}

func same(term *big.Int, _ int64) *big.Int { return term }

// exp is e to the power of x.
func (f *fixed) exp(x *big.Int, halves int) *big.Int {
	x = new(big.Int).Quo(x, new(big.Int).Lsh(big.NewInt(1), uint(halves)))
	sum := f.series(f.one, func(term *big.Int, i int64) *big.Int {
		term = f.mul(term, x)
		return term.Quo(term, big.NewInt(i+1))
	}, same)
	for range halves {
		sum = f.mul(sum, sum)
	}
	return sum
}

// atanh is that of a small number; alternating makes it the arc tangent.
func (f *fixed) atanh(x *big.Int, alternating bool) *big.Int {
	square := f.mul(x, x)
	if alternating {
		square.Neg(square)
	}
	return f.series(x, func(term *big.Int, _ int64) *big.Int { return f.mul(term, square) }, func(term *big.Int, i int64) *big.Int {
		return new(big.Int).Quo(term, big.NewInt(2*i+1))
	})
}

// ln is the logarithm of a number from 1 to 10.
func (f *fixed) ln(x *big.Int) *big.Int {
	const roots = 8
	for range roots {
		x = f.sqrt(x)
	}
	y := f.div(new(big.Int).Sub(x, f.one), new(big.Int).Add(x, f.one))
	return new(big.Int).Lsh(f.atanh(y, false), roots+1)
}

func (f *fixed) pi() *big.Int {
	part := func(n, times int64) *big.Int {
		return new(big.Int).Mul(f.atanh(new(big.Int).Quo(f.one, big.NewInt(n)), true), big.NewInt(times))
	}
	return part(5, 16).Sub(part(5, 16), part(239, 4))
}

func (f *fixed) atan(x *big.Int) *big.Int {
	const halves = 5
	for range halves {
		root := f.sqrt(new(big.Int).Add(f.one, f.mul(x, x)))
		x = f.div(x, root.Add(root, f.one))
	}
	return new(big.Int).Lsh(f.atanh(x, true), halves)
}

func (f *fixed) sin(x *big.Int) *big.Int {
	turn := new(big.Int).Lsh(f.pi(), 1)
	x = new(big.Int).Rem(x, turn)
	square := f.mul(x, x)
	return f.series(x, func(term *big.Int, i int64) *big.Int {
		term = f.mul(term, square)
		return term.Neg(term.Quo(term, big.NewInt((2*i+2)*(2*i+3))))
	}, same)
}

// guard are the places that are computed more than are shown.
const guard = 20

// library is a function of -l; ok is false where there is none of that name.
func (m *Machine) library(name string, args []number) (out number, ok bool, err error) {
	if !m.Math || len(name) != 1 {
		return out, false, nil
	}
	if name == "j" {
		return out, true, &NotHereError{"j()"}
	}
	if len(args) != 1 {
		return out, false, nil
	}
	x, scale := args[0], m.scale
	size := len(new(big.Int).Abs(x.at(0).digits).String()) // digits before the point
	var f *fixed
	var result *big.Int
	switch name {
	case "e":
		if size > 5 {
			return out, true, &NotHereError{"e() of a number with more than 5 digits"}
		}
		halves := x.at(0).digits.BitLen() + 4
		whole := int(x.at(0).digits.Int64())*10/23 + 1
		f = newFixed(scale+guard+max(0, whole)+halves, m.Work)
		if whole < -scale-guard {
			return number{big.NewInt(0), scale}, true, nil
		}
		result = f.exp(f.of(x), halves)
	case "l":
		if x.digits.Sign() <= 0 {
			return divide(add(whole(1), number{power10(scale), 0}, -1), whole(1), scale), true, nil
		}
		f = newFixed(scale+guard, m.Work)
		power := len(x.digits.String()) - 1 - x.scale // x is m * 10^power
		mantissa := divide(number{x.digits, 0}, number{power10(len(x.digits.String()) - 1), 0}, f.w)
		result = f.ln(mantissa.digits)
		if power != 0 {
			result.Add(result, new(big.Int).Mul(f.ln(new(big.Int).Mul(f.one, ten)), big.NewInt(int64(power))))
		}
	case "s", "c":
		if size > 2+scale/10 { // GNU's are not exact there
			return out, true, &NotHereError{name + "() of so large an angle"}
		}
		f = newFixed(scale+guard+size, m.Work)
		angle := f.of(x)
		if name == "c" {
			angle = new(big.Int).Add(angle, new(big.Int).Rsh(f.pi(), 1))
		}
		result = f.sin(angle)
	case "a":
		f = newFixed(scale+guard+2*size, m.Work)
		result = f.atan(f.of(x))
	default:
		return out, false, nil
	}
	nudge := power10(f.w - scale - guard/2) // what is .99999… is 1, as the last places are not certain
	result.Add(result, nudge.Mul(nudge, big.NewInt(int64(result.Sign()))))
	return number{result, f.w}.at(scale), true, f.err
}

// mostCalls is how deep functions may call each other.
const mostCalls = 500

func (m *Machine) call(n *node) (number, error) {
	var values []number
	arrays := map[int]map[int64]number{}
	for i, kid := range n.kids {
		if kid.op == "array" {
			copied := map[int64]number{}
			for k, v := range m.arrays[kid.text] {
				copied[k] = v
			}
			if err := m.Work(len(copied) * 8); err != nil {
				return number{}, err
			}
			arrays[i] = copied
			values = append(values, number{})
			continue
		}
		v, err := m.eval(kid)
		if err != nil {
			return number{}, err
		}
		values = append(values, v)
	}
	f, ok := m.functions[n.text]
	if !ok {
		out, ok, err := m.library(n.text, values)
		if !ok && err == nil {
			err = &runtimeError{"Function " + n.text + " not defined."}
		}
		return out, err
	}
	if f.given != len(values) {
		return number{}, &runtimeError{"Parameter number mismatch"}
	}
	if m.depth++; m.depth > mostCalls {
		return number{}, &NotHereError{"functions that call each other more than 500 deep"}
	}
	defer func() { m.depth-- }()
	for i, name := range f.names { // its own variables hide those around
		if base, isArray := cutArray(name); isArray {
			before := m.arrays[base]
			m.arrays[base] = arrays[i]
			defer func() { m.arrays[base] = before }()
			continue
		}
		before, there := m.vars[name]
		if m.vars[name] = whole(0); i < f.given {
			m.vars[name] = values[i]
		}
		defer func() {
			if m.vars[name] = before; !there {
				delete(m.vars, name)
			}
		}()
	}
	m.value = whole(0)
	if flow, err := m.statement(f.kids[0]); err != nil || flow != returns {
		return whole(0), err
	}
	return m.value, nil
}

func cutArray(name string) (string, bool) {
	if n := len(name); n > 2 && name[n-2:] == "[]" {
		return name[:n-2], true
	}
	return name, false
}
