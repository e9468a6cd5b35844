package jq

import (
	"context"
	"io"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// Runtime is what a filter sees of the world.
type Runtime struct {
	// Meter counts what is held and computed; see [limits.Meter]. Nil bounds nothing.
	Meter *limits.Meter
	// Env are the variables of env and $ENV, each NAME=value.
	Env func() []string
	// Getenv looks the variable TZ up, for localtime.
	Getenv func(name string) (string, bool)
	Now    func() time.Time
	// Next returns the next input, for input and inputs; io.EOF ends them.
	Next func() (any, error)
	// Taken are the bytes that were charged to the meter for the input and for what Next returned, since the last call: the evaluation
	// gives them back when they are no longer held. Nil for none.
	Taken func() int64
	// At says where the inputs stand: the file's name ("" for none), and the number of the line.
	At func() (file string, line int)
	// Stderr takes what debug and stderr print; nil for none.
	Stderr io.Writer
}

// machine evaluates one filter. It is used by one goroutine.
//
// What is built is charged to the meter in pieces of some size. It is not given back when it is let go: from time to time the machine
// looks through what it still holds (see survey), and gives back the rest.
type machine struct {
	ctx context.Context //nolint:containedctx // an evaluation lasts as long as it
	Runtime

	pending int64 // bytes built, and not yet charged
	held    int64 // bytes charged
	live    int64 // bytes that the last survey found
	fresh   int64 // bytes charged since
	loose   int64 // bytes of what a function is building, which no root leads to
	todo    int64 // work not yet told to the meter

	roots  []root
	depth  int
	labels int
	epoch  uint32
	seen   pointers
	stack  []any // of survey
	regexp map[string]*expression
	env    *object
}

// root is what an evaluation under way still needs.
type root struct {
	scope *scope
	value any
	path  *path
}

const (
	chargeStep = 32 << 10 // bytes that are charged together
	workStep   = 4 << 10
	// surveyStep is how much is built at least before the machine looks what of it is still held, in bytes.
	surveyStep = 8 << 20
	evalWork   = 10 // what one step of an evaluation counts as work
)

// work counts n units of computing. Its error ends the evaluation: a bound, or the end of the context.
func (m *machine) work(n int64) error {
	if m.todo += n; m.todo < workStep {
		return nil
	}
	n, m.todo = m.todo, 0
	if err := m.ctx.Err(); err != nil {
		return context.Cause(m.ctx)
	}
	return m.Meter.Work(n)
}

// charge counts bytes of something that a root leads to.
func (m *machine) charge(n int64) error {
	if m.pending += n; m.pending < chargeStep {
		return nil
	}
	return m.settle()
}

// build counts bytes that a function is making, before it returns them.
func (m *machine) build(n int64) error {
	m.loose += n
	return m.charge(n)
}

// settle charges what is pending. Where the meter has not so much left, what is no longer needed is given back first: a charge that
// fails ends the step.
func (m *machine) settle() error {
	n := m.pending
	m.pending = 0
	if left := m.Meter.Left(); m.fresh+n > max(surveyStep, m.live) || n > left {
		if err := m.work(m.live / 16); err != nil {
			return err
		}
		before := m.held
		m.survey()
		// where little was given back, it would be looked for again and again
		if n > left && before-m.held < before/16 {
			n = max(n, m.Meter.Left()+1)
		}
	}
	if err := m.Meter.Charge(n); err != nil {
		return err
	}
	m.held += n
	m.fresh += n
	return nil
}

// survey gives back what is no longer held.
func (m *machine) survey() {
	live := m.measure() + m.loose
	if live < m.held {
		m.Meter.Release(m.held - live)
		m.held = live
	}
	m.live, m.fresh = live, 0
}

// adopt takes over what was charged for an input.
func (m *machine) adopt() {
	if m.Taken != nil {
		n := m.Taken()
		m.held += n
		m.fresh += n
	}
}

// close gives everything back.
func (m *machine) close() {
	m.Meter.Release(m.held)
	m.held = 0
}

// enter begins an evaluation: what it needs is a root until leave.
func (m *machine) enter(s *scope, v any, p *path) error {
	if m.depth++; int64(m.depth) > limits.JQDepth.Value {
		m.depth--
		return limits.JQDepth.Reached()
	}
	m.roots = append(m.roots, root{s, v, p})
	if len(m.roots) == cap(m.roots) { // it grows with the next one, and so does the stack
		if err := m.charge(int64(cap(m.roots)) * (rootBytes + frameBytes)); err != nil {
			m.leave()
			return err
		}
	}
	return nil
}

func (m *machine) leave() {
	m.depth--
	m.roots[len(m.roots)-1] = root{}
	m.roots = m.roots[:len(m.roots)-1]
}

// hold makes a value a root beside the evaluations', until drop.
func (m *machine) hold(v any) { m.roots = append(m.roots, root{value: v}) }

// drop lets go of the last value that hold was given.
func (m *machine) drop() {
	m.roots[len(m.roots)-1] = root{}
	m.roots = m.roots[:len(m.roots)-1]
}
