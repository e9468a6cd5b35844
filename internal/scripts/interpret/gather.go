package interpret

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// counter counts bytes.
type counter struct{ n atomic.Int64 }

// gatherer gathers output into events: one for some kilobytes or some tens of milliseconds. What the events hold is masked, and
// what a reader gets: an end that may be the beginning of a secret waits for what comes next.
type gatherer struct {
	emit    func(procedures.Event)
	mask    *mask.Stream
	stream  string
	through io.Writer
	raw     bool // through is another command of the script, which gets the output as it is, at once
	printed *counter
	limit   int64
	stop    func(error)

	mu     sync.Mutex
	seen   int    // bytes that were waiting when they were looked at last
	ready  string // what was masked and passed on, and no event has yet
	timer  *time.Timer
	closed bool // the reader of through has gone
}

// gatherBytes and gatherTime are when an event is sent, whichever comes first.
const (
	gatherBytes = 8 << 10
	gatherTime  = 30 * time.Millisecond
	holdTime    = 500 * time.Millisecond // that an unfinished word waits for more
)

// errTooMuch is what a command sees when it prints more than the step may; the step ends with a
// message of its own.
var errTooMuch = errors.New("too much output")

// through is nil where nobody reads along. printed is shared by the outputs of a step, whose sum
// limit bounds, in bytes; stop ends the step.
func newGatherer(emit func(procedures.Event), m *mask.Mask, stream string, through io.Writer, raw bool, printed *counter,
	limit int64, stop func(error)) *gatherer {
	return &gatherer{
		emit: emit, mask: m.Stream(), stream: stream, through: through, raw: raw, printed: printed, limit: limit, stop: stop,
	}
}

// Write implements io.Writer.
// A reader of through that has gone does not end the step.
func (g *gatherer) Write(p []byte) (int, error) {
	if g.printed.n.Add(int64(len(p))) > g.limit {
		g.stop(limits.StepOutput.ReachedAt(g.limit))
		return 0, errTooMuch
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.raw {
		g.pass(p)
	}
	g.mask.Write(p)
	if g.through != nil && !g.raw && bytes.IndexByte(p, '\n') >= 0 { // a reader gets whole lines at once
		g.take(g.mask.Ready(false))
	}
	if g.mask.Waiting()-g.seen+len(g.ready) >= gatherBytes {
		g.send(g.mask.Ready(false))
	}
	if g.timer == nil && g.mask.Waiting()+len(g.ready) > 0 {
		g.timer = time.AfterFunc(gatherTime, g.flush)
	}
	return len(p), nil
}

// pass writes to the reader; g.mu is held.
func (g *gatherer) pass(p []byte) {
	if g.through == nil || g.closed {
		return
	}
	if _, err := g.through.Write(p); err != nil {
		g.closed = true // the reader has gone; the record goes on
	}
}

// flush emits what can be shown already; an unfinished word is shown soon after.
func (g *gatherer) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send(g.mask.Ready(false))
	if g.mask.Waiting() > 0 {
		g.timer = time.AfterFunc(holdTime, g.settle)
	}
}

// settle emits all but what looks like the beginning of a secret.
func (g *gatherer) settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send(g.mask.Ready(true))
}

// end emits everything, at the end of the step.
func (g *gatherer) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send(g.mask.Rest())
}

// take passes a masked text on and keeps it for the next event; g.mu is held.
func (g *gatherer) take(text string) {
	g.seen = g.mask.Waiting()
	if text != "" && !g.raw {
		g.pass([]byte(text))
	}
	g.ready += text
}

// send emits a masked text, with what was taken before; g.mu is held.
func (g *gatherer) send(text string) {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	g.take(text)
	if text, g.ready = g.ready, ""; text == "" {
		return
	}
	g.emit(procedures.Event{Kind: procedures.EventOutput, Stream: g.stream, Text: text})
}
