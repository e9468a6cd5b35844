package interp

// Opsbook: what a program holds and computes is charged to the meter of its step.

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strconv"

	"github.com/opsbook/opsbook/internal/limits"
)

// errCommand is why a program that would run a command ends. Such programs are refused before they run.
var errCommand = newError("a program of awk runs no commands here")

// bounds is what is charged.
type bounds struct {
	ops   int // instructions since the last pause
	held  int64
	since int64 // charged since it was looked through
	work  int64
	// failed ends the program at the next instruction.
	failed error
}

const (
	checkContextOps = 1000
	// opBytes is what an instruction keeps at most besides texts: an element of an array.
	opBytes = 200
	opWork  = 2
	// seldom is how much is charged before what is held is looked through.
	seldom = 4 << 20
	entry  = 120 // an element of an array
)

// pause counts the instructions since the last one, and ends the program with its step.
func (p *interp) pause() error {
	if p.failed != nil {
		return p.failed
	}
	ops := p.ops
	p.ops = 0
	if err := p.meter.Work(int64(ops) * opWork); err != nil {
		return err
	}
	if err := p.checkContextNow(); err != nil {
		return err
	}
	return p.hold(int64(ops) * opBytes)
}

// charge counts bytes that may be kept. A text that is made is work, too.
func (p *interp) charge(n int) error {
	if n <= 0 {
		return nil
	}
	if p.work += int64(n); p.work > 1<<16 {
		if err := p.meter.Work(p.work); err != nil {
			return err
		}
		p.work = 0
		if err := p.checkContextNow(); err != nil {
			return err
		}
	}
	return p.hold(int64(n))
}

// hold counts bytes that may be kept, and looks through what is held from time to time.
func (p *interp) hold(n int64) error {
	if err := p.meter.Charge(n); err != nil {
		return err
	}
	if p.since += n; p.since > seldom && p.since > p.held/2 {
		now := p.size()
		p.meter.Release(p.held + p.since - now)
		p.held, p.since = now, 0
	}
	return nil
}

// keep counts what is held until the program ends.
func (p *interp) keep(n int) error { return p.meter.Charge(int64(n)) }

// size is what the program holds.
func (p *interp) size() int64 {
	n := int64(len(p.line)) + int64(len(p.fields))*64
	for _, f := range p.fields {
		n += int64(len(f))
	}
	for _, list := range [][]value{p.globals, p.stack} {
		for _, v := range list {
			n += int64(len(v.s)) + 40
		}
	}
	for _, a := range p.arrays {
		for k, v := range a {
			n += int64(len(k)+len(v.s)) + entry
		}
	}
	return n
}

// keys are the indexes of an array in an order that is the same each time: awk's own promises none. Whole numbers come first.
func (p *interp) keys(array map[string]value) ([]string, error) {
	if err := p.charge(32 * len(array)); err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(array))
	for k := range array {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		m, errA := strconv.Atoi(a)
		n, errB := strconv.Atoi(b)
		switch {
		case errA == nil && errB == nil:
			return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
		case errA == nil:
			return -1
		case errB == nil:
			return 1
		}
		return cmp.Compare(a, b)
	})
	return keys, nil
}

// cause words an error of the file system as the C library does.
func (p *interp) cause(err error) string {
	var bound *limits.Error
	switch {
	case errors.As(err, &bound):
		p.failed = err
		return err.Error()
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied (a script sees its run's folder and the runbooks' folder only)"
	}
	return err.Error()
}
