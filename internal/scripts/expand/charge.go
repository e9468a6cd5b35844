// This file is Opsbook's: how expansions are charged for what they hold.

package expand

import (
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/syntax"
)

const (
	fieldBytes = 160  // of a field besides its text: its parts, its place in lists that grow
	lookWork   = 5000 // of reading a folder
	spanBytes  = 64   // of a mark
	arithmWork = 50   // of a part of an expression
	heldWork   = 8    // bytes that are held for one unit of work
)

// meter is what is charged now; nil for nothing.
func (cfg *Config) meter() *limits.Meter {
	if cfg == nil || cfg.Meter == nil {
		return nil
	}
	return cfg.Meter()
}

// charge counts bytes that will be held, and that they are written.
func (cfg *Config) charge(n int) error {
	m := cfg.meter()
	if err := m.Work(int64(n) / heldWork); err != nil {
		return err
	}
	return m.Charge(int64(n))
}

// work counts what is computed.
func (cfg *Config) work(n int) error { return cfg.meter().Work(int64(n)) }

// chargeValue counts the bytes of one value.
func (cfg *Config) chargeValue(n int) error {
	m := cfg.meter()
	if err := m.Value(int64(n)); err != nil {
		return err
	}
	return m.Charge(int64(n))
}

// partsLen is the length of parts together.
func partsLen(parts []fieldPart) int {
	n := 0
	for _, part := range parts {
		n += len(part.val)
	}
	return n
}

// elemsLen is the length of elements joined by a separator.
func elemsLen(elems []Text) int {
	n := len(elems)
	for _, elem := range elems {
		n += len(elem.Str) + spanBytes*len(elem.Marks)
	}
	return n
}

// substWriter holds what a command substitution prints. Commands of a pipe may write to it at the same time.
type substWriter struct {
	cfg   *Config
	meter *limits.Meter

	mu    sync.Mutex
	buf   strings.Builder
	err   error // why nothing more is taken
	ended bool
}

// Write implements io.Writer.
func (w *substWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return len(p), nil
	}
	if w.err == nil {
		if w.err = w.meter.Value(int64(w.buf.Len() + len(p))); w.err == nil {
			w.err = w.meter.Charge(2 * int64(len(p)))
		}
	}
	if w.err != nil {
		return 0, w.err
	}
	return w.buf.Write(p)
}

// chargeOperator counts what the operator of an expansion makes of a value, or of elements: the runes of it, and texts that are
// longer than it.
func (cfg *Config) chargeOperator(pe *syntax.ParamExp, str Text, elems []Text) error {
	n := len(str.Str)
	if len(elems) > 1 {
		n = elemsLen(elems)
	}
	switch {
	case pe.Length:
		return cfg.work(n)
	case pe.Excl:
		return cfg.charge(n + fieldBytes*len(elems))
	case pe.Slice != nil:
		return cfg.charge(5 * n)
	case pe.Exp != nil:
		switch pe.Exp.Op {
		case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll, syntax.OtherParamOps:
			return cfg.charge(6 * n)
		case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
			return cfg.charge(2 * n)
		}
	}
	return nil
}

// compile is internal.Compile with what is charged now.
func (cfg *Config) compile(expr string) (*internal.Regexp, error) {
	return internal.Compile(cfg.meter(), expr)
}

// Collected is what a command prints, charged while it is held.
type Collected struct {
	Meter *limits.Meter
	buf   strings.Builder
}

// Write implements io.Writer.
func (c *Collected) Write(p []byte) (int, error) {
	if err := c.Meter.Value(int64(c.buf.Len() + len(p))); err != nil {
		return 0, err
	}
	if err := c.Meter.Charge(2 * int64(len(p))); err != nil {
		return 0, err
	}
	return c.buf.Write(p)
}

// String is what was printed, without the zero bytes, which no variable holds.
func (c *Collected) String() string { return strings.ReplaceAll(c.buf.String(), "\x00", "") }
