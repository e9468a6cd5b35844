package jq

import (
	"errors"
	"io"
)

// generators are the functions that evaluate their arguments themselves, by name and number of arguments.
var generators map[string]*generator

func init() { //nolint:gochecknoinits // they evaluate, and evaluating looks them up
	generators = map[string]*generator{
		"empty/0": {
			eval:   func(*machine, *node, *scope, any, *path, results) error { return nil },
			one:    func(*machine, *node, *scope, any, *path) (any, *path, bool, error) { return nil, nil, false, nil },
			single: true,
		},
		"path/1":    {eval: generatePath, follow: true},
		"recurse/0": {eval: generateRecurse},
		"recurse/1": {eval: generateRecurseBy},
		"range/2":   {eval: generateRange},
		"range/3":   {eval: generateRangeBy},
		"first/1":   {eval: generateFirst, one: firstOfArgument, single: true},
		"last/1":    {eval: generateLast, single: true},
		"limit/2":   {eval: generateLimit},
		"skip/2":    {eval: generateSkip},
		"isempty/1": {eval: generateIsEmpty, single: true},
		"getpath/1": {eval: generateGetPath, follow: true},
		"error/0":   {eval: generateError, single: true},
		"_sub/3":    {eval: generateSub},
		"inputs/0":  {eval: generateInputs},
		"debug/0":   {eval: generateDebug, single: true},
		"stderr/0":  {eval: generateStderr, single: true},
	}
}

func generatePath(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.eachPath(n.args[0], s, v, func(q *path) error {
		keys, err := m.keys(q)
		if err != nil {
			return err
		}
		return yield(keys, p)
	})
}

// generateRecurse gives a value and all that is in it: ..
func generateRecurse(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	if err := yield(v, p); err != nil {
		return err
	}
	if kindOf(v) < kindArray {
		return nil
	}
	return m.iterate(&everything, v, p, func(item any, q *path) error {
		if kindOf(item) < kindArray {
			return yield(item, q)
		}
		if err := m.enter(s, item, q); err != nil {
			return err
		}
		err := generateRecurse(m, n, s, item, q, yield)
		m.leave()
		return err
	})
}

// everything is .[]?
var everything = node{op: opIterate, optional: true}

// generateRecurseBy is recurse(f). Where f has one result at most, it needs no memory for each step.
func generateRecurseBy(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	f := n.args[0]
	at := len(m.roots)
	m.hold(v)
	defer m.drop()
	for f.one(s) {
		if err := yield(v, p); err != nil {
			return err
		}
		var ok bool
		var err error
		if v, p, ok, err = m.only(f, s, v, p); err != nil || !ok {
			return err
		}
		m.roots[at] = root{value: v, path: p}
	}
	if err := yield(v, p); err != nil {
		return err
	}
	return m.eval(f, s, v, p, func(v any, p *path) error {
		if err := m.enter(s, v, p); err != nil {
			return err
		}
		err := generateRecurseBy(m, n, s, v, p, yield)
		m.leave()
		return err
	})
}

func generateRange(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.eval(n.args[0], s, v, nil, func(from any, _ *path) error {
		return m.eval(n.args[1], s, v, nil, func(to any, _ *path) error {
			a, okA := number(from)
			b, okB := number(to)
			if !okA || !okB {
				return fail("Range bounds must be numeric")
			}
			for ; a < b; a++ {
				if err := m.work(evalWork); err != nil {
					return err
				}
				if err := yield(box(a), p); err != nil {
					return err
				}
				if a+1 == a { // too large to be counted
					return nil
				}
			}
			return nil
		})
	})
}

func generateRangeBy(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.eval(n.args[0], s, v, nil, func(from any, _ *path) error {
		return m.eval(n.args[1], s, v, nil, func(to any, _ *path) error {
			return m.eval(n.args[2], s, v, nil, func(by any, _ *path) error {
				x := from
				for {
					if err := m.work(evalWork); err != nil {
						return err
					}
					up, err := m.compare(by, small[0])
					if err != nil || up == 0 {
						return err
					}
					r, err := m.compare(x, to)
					if err != nil || up > 0 && r >= 0 || up < 0 && r <= 0 {
						return err
					}
					if err := yield(x, p); err != nil {
						return err
					}
					if x, err = add(m, x, by); err != nil {
						return err
					}
					m.loose = 0
				}
			})
		})
	})
}

func firstOfArgument(m *machine, n *node, s *scope, v any, p *path) (r any, rp *path, ok bool, err error) {
	if n.args[0].one(s) {
		return m.only(n.args[0], s, v, p)
	}
	m.labels++
	label := m.labels
	err = broken(m.eval(n.args[0], s, v, p, func(x any, xp *path) error {
		r, rp, ok = x, xp, true
		return &breakError{label}
	}), label)
	return r, rp, ok && err == nil, err
}

func generateFirst(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	r, rp, ok, err := firstOfArgument(m, n, s, v, p)
	if err != nil || !ok {
		return err
	}
	return yield(r, rp)
}

func generateLast(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	at := len(m.roots)
	m.hold(nil)
	defer m.drop()
	var last any
	var lp *path
	found := false
	err := m.eval(n.args[0], s, v, p, func(x any, xp *path) error {
		last, lp, found = x, xp, true
		m.roots[at] = root{value: x, path: xp}
		return nil
	})
	if err != nil || !found {
		return err
	}
	return yield(last, lp)
}

// counted evaluates the first argument as a number, for limit and skip.
func (m *machine) counted(name string, n *node, s *scope, v any, do func(count float64) error) error {
	return m.eval(n.args[0], s, v, nil, func(x any, _ *path) error {
		r, err := m.compare(x, small[0])
		if err != nil {
			return err
		}
		if r < 0 {
			return fail("%s doesn't support negative count", name)
		}
		count, ok := number(x)
		if !ok {
			return wrongBoth(x, small[1], "cannot be subtracted")
		}
		return do(count)
	})
}

func generateLimit(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.counted("limit", n, s, v, func(count float64) error {
		if count <= 0 {
			return nil
		}
		m.labels++
		label := m.labels
		return broken(m.eval(n.args[1], s, v, p, func(x any, xp *path) error {
			count--
			if err := yield(x, xp); err != nil {
				return err
			}
			if count <= 0 {
				return &breakError{label}
			}
			return nil
		}), label)
	})
}

func generateSkip(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.counted("skip", n, s, v, func(count float64) error {
		return m.eval(n.args[1], s, v, p, func(x any, xp *path) error {
			if count > 0 {
				count--
				return nil
			}
			return yield(x, xp)
		})
	})
}

func generateIsEmpty(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	_, _, ok, err := firstOfArgument(m, n, s, v, nil)
	if err != nil {
		return err
	}
	return yield(!ok, p)
}

func generateGetPath(m *machine, n *node, s *scope, v any, p *path, yield results) error {
	return m.eval(n.args[0], s, v, nil, func(keys any, _ *path) error {
		list, ok := keys.(list)
		if !ok {
			return fail("Path must be specified as an array")
		}
		r, err := m.getPath(v, list)
		if err != nil {
			return err
		}
		if p != nil {
			if !identical(v, p.value) {
				return fail("Invalid path expression with result %s", excerpt(v))
			}
			if err := m.charge(pathBytes * int64(len(list))); err != nil {
				return err
			}
			for _, key := range list {
				p = &path{p, key, nil, p.depth + 1}
			}
			if len(list) > 0 {
				p.value = r
			}
		}
		return yield(r, p)
	})
}

func generateError(_ *machine, _ *node, _ *scope, v any, _ *path, _ results) error {
	return &ValueError{v}
}

func generateInputs(m *machine, _ *node, _ *scope, _ any, p *path, yield results) error {
	for {
		v, err := m.input()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := yield(v, p); err != nil {
			return err
		}
	}
}

// inputWork is what reading an input counts as work, beside what its reader counts.
const inputWork = 64

// input is the next input; io.EOF where there is none.
func (m *machine) input() (any, error) {
	if m.Next == nil {
		return nil, io.EOF
	}
	if err := m.work(inputWork); err != nil {
		return nil, err
	}
	if m.fresh > max(surveyStep, m.live) { // what was read before may be held no longer: its reader charges, and looks at nothing
		if err := m.work(m.live / 16); err != nil {
			return nil, err
		}
		m.survey()
	}
	v, err := m.Next()
	m.adopt()
	var bad *InputError
	if errors.As(err, &bad) {
		return nil, &ValueError{bad.Message}
	}
	return v, err
}

func generateDebug(m *machine, _ *node, _ *scope, v any, p *path, yield results) error {
	if m.Stderr != nil {
		line, err := m.json(list{"DEBUG:", v})
		m.loose = 0
		if err != nil {
			return err
		}
		if _, err := io.WriteString(m.Stderr, line+"\n"); err != nil {
			return err
		}
	}
	return yield(v, p)
}

func generateStderr(m *machine, _ *node, _ *scope, v any, p *path, yield results) error {
	if m.Stderr != nil {
		line, isText := v.(string)
		if !isText {
			var err error
			line, err = m.json(v)
			m.loose = 0
			if err != nil {
				return err
			}
		}
		if _, err := io.WriteString(m.Stderr, line); err != nil {
			return err
		}
	}
	return yield(v, p)
}
