package limits

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

// Meter counts what a step, or a part of one, holds and computes. A nil one counts nothing and refuses nothing.
// It is safe for concurrent use.
//
// A part (see [Meter.Part]) gives everything back when it is closed, so what works for a while charges and need not release:
//
//	if err := inv.Meter.Charge(int64(len(line))); err != nil { … } // before line is kept
//
// Where a bound is met the step ends: every later charge fails with the same error, and the owner is told.
type Meter struct {
	parent *Meter // the step's own; nil in it
	line   int    // of the script, for messages; 0 where it is not known
	held   atomic.Int64
	since  atomic.Int64 // work since its share of the processors was looked at
	shares *Meter       // whose share is its own too; nil for none

	// of a step's own meter
	ctx    context.Context //nolint:containedctx // a charge waits for memory as long as its step lasts
	pool   *Pool
	most   Most
	hooks  Hooks
	waited sync.Once
	failed atomic.Pointer[Error]
	work   atomic.Int64
	now    atomic.Int64 // the line that runs now

	mu       sync.Mutex
	reserved atomic.Int64 // bytes of the pool that the step has; changed under mu
	taken    int64        // the same, under the pool's lock
	closed   bool
}

// Hooks are what the owner of a meter is told. Each may be nil.
type Hooks struct {
	Waits   func()       // the step waits for memory; called once
	Reached func(*Error) // a bound was met, and the step has to end; called for the first one
}

// Most is what a step may hold and compute. Zero fields are those of the rows.
type Most struct {
	Memory int64 // bytes; StepMemory
	Value  int64 // bytes of one value; StepValue
	Work   int64 // StepWork
}

// NewMeter returns the meter of a step that takes its memory from a pool, nil for none. Charges wait until ctx ends.
// The owner closes it.
func NewMeter(ctx context.Context, pool *Pool, most Most, hooks Hooks) *Meter {
	most.Memory = cmp.Or(most.Memory, StepMemory.Value)
	most.Value = cmp.Or(most.Value, StepValue.Value)
	most.Work = cmp.Or(most.Work, StepWork.Value)
	return &Meter{ctx: ctx, pool: pool, most: most, hooks: hooks}
}

// Part returns a meter whose charges are the step's too, and are given back when the part is closed. line is the script's line
// that works with it, for messages; 0 where none is known. A part of a part is one of the step.
func (m *Meter) Part(line int) *Meter {
	if m == nil {
		return nil
	}
	return &Meter{parent: m.step(), line: line}
}

// Share lets a meter compute in the share of another one of its step, and returns it: they are used by one goroutine.
func (m *Meter) Share(of *Meter) *Meter {
	if m != nil {
		m.shares = of
	}
	return m
}

// Line says which line of the script runs now, for the messages of parts without one.
func (m *Meter) Line(line int) {
	if m != nil {
		m.step().now.Store(int64(line))
	}
}

// step is the step's own meter.
func (m *Meter) step() *Meter {
	if m.parent != nil {
		return m.parent
	}
	return m
}

// Charge counts bytes that will be held, before they are. It waits where the server's steps hold all that there is, until the
// step ends. Nothing is counted with an error, which is an *Error, or says why the step has ended.
func (m *Meter) Charge(n int64) error {
	if m == nil || n <= 0 {
		return nil
	}
	s := m.step()
	if err := s.failed.Load(); err != nil {
		return err
	}
	if n > s.most.Memory || s.held.Load()+n > s.most.Memory {
		return m.Fail(StepMemory, s.most.Memory)
	}
	if err := s.reserve(n); err != nil {
		return err
	}
	if m != s {
		m.held.Add(n)
	}
	return nil
}

// Left is how many bytes more may be charged before the step's bound is met.
func (m *Meter) Left() int64 {
	if m == nil {
		return math.MaxInt64
	}
	s := m.step()
	return s.most.Memory - s.held.Load()
}

// reserve counts bytes of a step, and takes what is missing from the pool.
func (m *Meter) reserve(n int64) error {
	held := m.held.Add(n)
	if m.pool == nil || held <= m.reserved.Load() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		m.held.Add(-n)
		return errClosed
	}
	missing := m.held.Load() - m.reserved.Load()
	if missing <= 0 {
		return nil
	}
	missing = (missing + chunk - 1) / chunk * chunk
	if room := m.most.Memory - m.reserved.Load(); missing > room && room > 0 { // two charges at once may pass the limit by a little
		missing = room
	}
	if err := m.pool.take(m.ctx, m, missing, m.said); err != nil {
		m.held.Add(-n)
		return err
	}
	m.reserved.Add(missing)
	return nil
}

// said tells, once a step, that it waits.
func (m *Meter) said() {
	if m.hooks.Waits != nil {
		m.waited.Do(m.hooks.Waits)
	}
}

// Fail ends the step because a bound was met that the caller keeps, and returns why it ends: the first bound that was met.
// value is what holds in the row's place, or the row's own.
func (m *Meter) Fail(row *Row, value int64) *Error {
	if m == nil {
		return row.ReachedAt(value)
	}
	s := m.step()
	if err := s.failed.Load(); err != nil {
		return err
	}
	err := &Error{Row: row, Value: value}
	if line := cmp.Or(int64(m.line), s.now.Load()); line > 0 {
		err.Where = fmt.Sprintf("line %d", line)
	}
	if !s.failed.CompareAndSwap(nil, err) {
		return s.failed.Load()
	}
	row.reached.Add(1)
	if s.hooks.Reached != nil {
		s.hooks.Reached(err)
	}
	return err
}

// Release gives bytes back that were charged and are no longer held.
func (m *Meter) Release(n int64) {
	if m == nil || n <= 0 {
		return
	}
	s := m.step()
	if m != s {
		m.held.Add(-n)
	}
	s.release(n)
}

// release gives a step's bytes back, and chunks that are free to the pool.
func (m *Meter) release(n int64) {
	held := m.held.Add(-n)
	if m.pool == nil || m.reserved.Load()-held < 4*chunk && held > 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	keep := (max(m.held.Load(), 0) + chunk - 1) / chunk * chunk
	if over := m.reserved.Load() - keep; over > 0 {
		m.reserved.Add(-over)
		m.pool.give(m, over)
	}
}

// Work counts what is computed, in bytes gone through or thousandths of a statement, and waits where other steps compute: see processors.
// No lock that another step needs is held at a call. Its error is an *Error, or says why the
// step has ended: a loop that calls it needs to look at no context.
func (m *Meter) Work(n int64) error {
	if m == nil {
		return nil
	}
	s := m.step()
	if s.work.Add(n) > s.most.Work {
		return m.Fail(StepWork, s.most.Work)
	}
	if err := s.failed.Load(); err != nil {
		return err
	}
	if s.pool != nil {
		if t := cmp.Or(m.shares, m); t.since.Add(n) > shareCheck {
			t.since.Store(0)
			s.pool.processors.take(s.ctx, t)
		}
	}
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return nil
}

// Value refuses one value of so many bytes where it is too large. It charges nothing.
func (m *Meter) Value(n int64) error {
	if m == nil {
		return nil
	}
	if most := m.step().most.Value; n > most {
		return m.Fail(StepValue, most)
	}
	return nil
}

// Held is what is charged at this moment, in bytes.
func (m *Meter) Held() int64 {
	if m == nil {
		return 0
	}
	return m.held.Load()
}

// Close gives everything back. A step that has closed its meter takes nothing more from the pool.
func (m *Meter) Close() {
	if m == nil {
		return
	}
	if m.parent == nil {
		m.mu.Lock()
		m.closed = true
		m.mu.Unlock()
	}
	m.Release(m.held.Load())
}

var errClosed = errors.New("the step has ended")

type meterKey struct{}

// With returns a context that carries a meter, for calls that are many functions away from the command which makes them.
func With(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// From returns the meter that a context carries; nil for none.
func From(ctx context.Context) *Meter {
	m, _ := ctx.Value(meterKey{}).(*Meter)
	return m
}
