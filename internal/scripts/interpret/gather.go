package interpret

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// counter counts bytes.
type counter struct{ n atomic.Int64 }

// gatherer passes output on at once, and gathers it into events: one for some kilobytes or
// some tens of milliseconds. What the events hold is masked: an end that may be the beginning of a secret waits for what comes next.
type gatherer struct {
	emit    func(procedures.Event)
	mask    *secrets
	stream  string
	through io.Writer
	printed *counter
	limit   int64
	stop    func(format string, args ...any)

	mu     sync.Mutex
	buffer []byte
	timer  *time.Timer
	closed bool // the reader of through has gone
}

// gatherBytes and gatherTime are when an event is sent, whichever comes first.
const (
	gatherBytes = 8 << 10
	gatherTime  = 30 * time.Millisecond
	holdTime    = 500 * time.Millisecond // that an end without a line break waits for more
)

// errTooMuch is what a command sees when it prints more than the step may; the step ends with a
// message of its own.
var errTooMuch = errors.New("too much output")

// through is nil where nobody reads along. printed is shared by the outputs of a step, whose sum
// limit bounds, in bytes; stop ends the step.
func newGatherer(emit func(procedures.Event), mask *secrets, stream string, through io.Writer, printed *counter,
	limit int64, stop func(string, ...any)) *gatherer {
	return &gatherer{emit: emit, mask: mask, stream: stream, through: through, printed: printed, limit: limit, stop: stop}
}

// Write implements io.Writer.
// A reader of through that has gone does not end the step.
func (g *gatherer) Write(p []byte) (int, error) {
	if g.printed.n.Add(int64(len(p))) > g.limit {
		g.stop("the step printed more than %d MB and was stopped", g.limit>>20)
		return 0, errTooMuch
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.through != nil && !g.closed {
		if _, err := g.through.Write(p); err != nil {
			g.closed = true // the reader has gone; the record goes on
		}
	}
	g.buffer = append(g.buffer, p...)
	if len(g.buffer) >= gatherBytes {
		g.send(g.mask.showable(g.buffer))
	}
	if g.timer == nil && len(g.buffer) > 0 {
		g.timer = time.AfterFunc(gatherTime, g.flush)
	}
	return len(p), nil
}

// flush emits what can be shown already; an end that is held back is shown soon after.
func (g *gatherer) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send(g.mask.showable(g.buffer))
	if len(g.buffer) > 0 {
		g.timer = time.AfterFunc(holdTime, g.end)
	}
}

// end emits everything.
// It is called at the end of the step, and by the timer for an end that waited long enough.
func (g *gatherer) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send(len(g.buffer))
}

// send emits the beginning of what was gathered; g.mu is held.
func (g *gatherer) send(n int) {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if n == 0 {
		return
	}
	text := g.mask.text(string(g.buffer[:n]))
	g.buffer = g.buffer[:copy(g.buffer, g.buffer[n:])]
	g.emit(procedures.Event{Kind: procedures.EventOutput, Stream: g.stream, Text: text})
}
