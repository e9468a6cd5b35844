package scripts

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
// some tens of milliseconds.
type gatherer struct {
	emit    func(procedures.Event)
	stream  string
	through io.Writer
	printed *counter
	limit   int64
	stop    func(format string, args ...any)

	mu     sync.Mutex
	buffer []byte
	timer  *time.Timer
	closed bool // nobody reads through any more
}

const (
	gatherBytes = 8 << 10
	gatherTime  = 30 * time.Millisecond
)

var errTooMuch = errors.New("too much output")

func newGatherer(emit func(procedures.Event), stream string, through io.Writer, printed *counter, limit int64, stop func(string, ...any)) *gatherer {
	return &gatherer{emit: emit, stream: stream, through: through, printed: printed, limit: limit, stop: stop}
}

// Write implements io.Writer.
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
		g.send()
		return len(p), nil
	}
	if g.timer == nil {
		g.timer = time.AfterFunc(gatherTime, g.flush)
	}
	return len(p), nil
}

func (g *gatherer) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.send()
}

// send emits what was gathered; g.mu is held.
func (g *gatherer) send() {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if len(g.buffer) == 0 {
		return
	}
	text := string(g.buffer)
	g.buffer = g.buffer[:0]
	g.emit(procedures.Event{Kind: procedures.EventOutput, Stream: g.stream, Text: text})
}
