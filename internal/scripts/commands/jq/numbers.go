package jq

import "math"

// numbers are the functions of numbers: those of C's math.h, as jq has them.
func numbers() map[string]*native {
	out := map[string]*native{
		"infinite/0": nullary(func(*machine, any) (any, error) { return math.Inf(1), nil }),
		"nan/0":      nullary(func(*machine, any) (any, error) { return math.NaN(), nil }),
		"isinfinite/0": nullary(func(_ *machine, v any) (any, error) {
			f, ok := number(v)
			return ok && math.IsInf(f, 0), nil
		}),
		"isnan/0": nullary(func(_ *machine, v any) (any, error) {
			f, ok := number(v)
			return ok && math.IsNaN(f), nil
		}),
		"isnormal/0": nullary(func(_ *machine, v any) (any, error) {
			f, ok := number(v)
			const least = 2.2250738585072014e-308
			return ok && !math.IsInf(f, 0) && math.Abs(f) >= least, nil
		}),
		"fma/3": {call: func(_ *machine, _ any, args []any) (any, error) {
			var f [3]float64
			for i, a := range args {
				var ok bool
				if f[i], ok = number(a); !ok {
					return nil, wrong(a, "number required")
				}
			}
			return box(math.FMA(f[0], f[1], f[2])), nil
		}},
		"frexp/0": pair(func(f float64) (float64, float64) {
			fraction, exponent := math.Frexp(f)
			return fraction, float64(exponent)
		}),
		"modf/0": pair(func(f float64) (float64, float64) {
			if math.IsInf(f, 0) {
				return math.Copysign(0, f), f
			}
			whole, fraction := math.Modf(f)
			return fraction, whole
		}),
		"lgamma_r/0": pair(func(f float64) (float64, float64) {
			l, sign := math.Lgamma(f)
			return l, float64(sign)
		}),
	}
	lgamma := func(f float64) float64 {
		l, _ := math.Lgamma(f)
		return l
	}
	for name, f := range map[string]func(float64) float64{
		"acos": math.Acos, "acosh": math.Acosh, "asin": math.Asin, "asinh": math.Asinh, "atan": math.Atan, "atanh": math.Atanh,
		"cbrt": math.Cbrt, "ceil": math.Ceil, "cos": math.Cos, "cosh": math.Cosh, "exp": math.Exp, "exp2": math.Exp2,
		"exp10": func(f float64) float64 { return math.Pow(10, f) }, "pow10": func(f float64) float64 { return math.Pow(10, f) },
		"expm1": math.Expm1, "fabs": math.Abs, "floor": math.Floor, "gamma": lgamma, "lgamma": lgamma, "j0": math.J0, "j1": math.J1,
		"log": math.Log, "log10": math.Log10, "log1p": math.Log1p, "log2": math.Log2, "logb": math.Logb,
		"nearbyint": math.RoundToEven, "rint": math.RoundToEven, "round": math.Round, "significand": significand, "sin": math.Sin,
		"sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh, "tgamma": math.Gamma, "trunc": math.Trunc,
		"y0": math.Y0, "y1": math.Y1,
	} {
		out[name+"/0"] = nullary(func(_ *machine, v any) (any, error) {
			n, ok := number(v)
			if !ok {
				return nil, wrong(v, "number required")
			}
			return box(f(n)), nil
		})
	}
	for name, f := range map[string]func(a, b float64) float64{
		"atan2": math.Atan2, "copysign": math.Copysign, "drem": math.Remainder, "fdim": math.Dim, "fmax": fmax,
		"fmin": fmin, "fmod": math.Mod,
		"hypot": math.Hypot, "ldexp": scale, "scalb": scale, "scalbln": scale, "nextafter": math.Nextafter, "nexttoward": math.Nextafter,
		"pow": math.Pow, "remainder": math.Remainder,
		"jn": func(n, x float64) float64 { return math.Jn(truncate(n), x) },
		"yn": func(n, x float64) float64 { return math.Yn(truncate(n), x) },
	} {
		out[name+"/2"] = &native{call: func(_ *machine, _ any, args []any) (any, error) {
			a, okA := number(args[0])
			b, okB := number(args[1])
			if !okA {
				return nil, wrong(args[0], "number required")
			}
			if !okB {
				return nil, wrong(args[1], "number required")
			}
			return box(f(a, b)), nil
		}}
	}
	return out
}

// pair makes a function of a number that gives two.
func pair(f func(float64) (float64, float64)) *native {
	return nullary(func(m *machine, v any) (any, error) {
		n, ok := number(v)
		if !ok {
			return nil, wrong(v, "number required")
		}
		a, b := f(n)
		return list{box(a), box(b)}, m.build(listSize(2))
	})
}

func significand(f float64) float64 {
	if f == 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return f
	}
	fraction, _ := math.Frexp(f)
	return 2 * fraction
}

// scale is a times 2 to the power of b.
func scale(a, b float64) float64 { return math.Ldexp(a, truncate(b)) }

// fmax and fmin are the other number where one is NaN.
func fmax(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	if math.IsNaN(b) {
		return a
	}
	return max(a, b)
}

func fmin(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	if math.IsNaN(b) {
		return a
	}
	return min(a, b)
}
