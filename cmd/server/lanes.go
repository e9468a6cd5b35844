package main

import (
	"io"
	"sync"
)

// lanes are the outputs of steps that run at the same time: the first one's goes through at once, the others' are
// held until those before are done. What is held is held in memory. It is safe for use by the steps at once.
type lanes struct {
	out, err io.Writer

	mu    sync.Mutex
	first int // the lane that goes through
	ended []bool
	held  [][]chunk
}

// chunk is what one Write of a held lane printed, and where.
type chunk struct {
	stderr bool
	data   []byte
}

// newLanes makes n lanes; each has to be ended with done.
func newLanes(n int, out, err io.Writer) *lanes {
	return &lanes{out: out, err: err, ended: make([]bool, n), held: make([][]chunk, n)}
}

// writer is where the step i prints.
func (l *lanes) writer(i int, stderr bool) io.Writer { return lane{l, i, stderr} }

// done says that the step i prints nothing more. It prints what the next lane has held so far, which goes through
// from then on.
func (l *lanes) done(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[i] = true
	for l.first < len(l.ended) && l.ended[l.first] {
		l.first++
		if l.first < len(l.ended) {
			for _, c := range l.held[l.first] {
				_, _ = l.to(c.stderr).Write(c.data) // a reader that has gone is no error of the step
			}
			l.held[l.first] = nil
		}
	}
}

// to is where a lane prints in the end. The lock is held.
func (l *lanes) to(stderr bool) io.Writer {
	if stderr {
		return l.err
	}
	return l.out
}

// lane is the writer of one step; its two streams are held in the order in which they were written.
type lane struct {
	*lanes
	i      int
	stderr bool
}

// Write implements io.Writer.
func (w lane) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.i == w.first {
		return w.to(w.stderr).Write(p)
	}
	w.held[w.i] = append(w.held[w.i], chunk{w.stderr, append([]byte(nil), p...)})
	return len(p), nil
}
