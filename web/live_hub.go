package web

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	// gather is how long a hub waits before it looks again, so that what happens fast is told together.
	gather = 25 * time.Millisecond
	// askAgain is how soon a hub asks again after the database did not answer.
	askAgain = time.Second
	// keepFrames and keepBytes bound what a hub keeps for those who are behind; who is further behind is brought to
	// the newest state at once.
	keepFrames = 256
	keepBytes  = 1 << 20
	// keepCaught bounds how many of those messages are kept: pages that come back at once mostly left at one place.
	keepCaught = 16
)

// position is how far a page has come: the run that it shows and the number of the newest event. Its text is the id
// of a message. Numbers of two runs cannot be compared; a page that shows another run is brought to the newest state
// as a whole.
type position struct {
	of     string
	number int64
}

// String is the text of a message’s id: htmx sends the newest back as Last-Event-ID when it connects again.
func (p position) String() string { return p.of + "." + strconv.FormatInt(p.number, 10) }

// parsePosition reads what String wrote; it comes from a browser.
func parsePosition(text string) (position, error) {
	of, digits, _ := strings.Cut(text, ".")
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < 0 || len(of) > 100 {
		return position{}, procedures.Errorf(procedures.CodeInvalid, "the stream position is not valid")
	}
	return position{of, number}, nil
}

// source is what a hub shows. A hub calls read, topics and place from its one goroutine. The state behind since
// belongs to the hub’s lock: only fold may change it.
type source interface {
	// topics are what it listens to.
	topics() []string
	// place is where those are who have it open; empty where that is not told.
	place() string
	// read finds out what is new, and returns what folds it in: that is called with the hub's lock held, and
	// returns the part of the page that changed. It returns nil when there is nothing new.
	read(ctx context.Context) (fold func() (change, error), err error)
	// since renders what brings a page from a position to the newest state. It is called with the hub's lock held.
	since(from position) (parts, error)
}

// queuing is a source of which something may wait in a line that moves without events. A hub asks it from its one goroutine.
type queuing interface {
	waits() bool
	// line finds out what is waited for, and returns what draws it: that is called with the hub's lock held.
	line(ctx context.Context) (draw func() []templ.Component, err error)
}

// parts are what is put into a page, one after another, each in a time of its own: a browser does nothing else meanwhile.
type parts [][]byte

// change is a step of a page from one state to the next.
type change struct {
	html  parts
	to    position
	whole bool // it draws the whole page again, from whatever state; what the hub listens to may be another
}

// frame is a change as it is sent.
type frame struct {
	from, to position
	message  []byte
}

// hub shows one page to everybody who has it open: it reads the journal once, renders each change once, and keeps
// the bytes for as long as streams may need them. Each stream asks for what comes after its own position, at its own
// pace; nobody is pushed to. A hub lives as long as it has readers. Its goroutine is follow, which join begins and
// the last leave ends.
type hub struct {
	source source
	listen func(topics ...string) (changed <-chan struct{}, stop func())
	logger *slog.Logger
	people *Presence
	may    names                  // what all who read it may view
	edits  func() <-chan struct{} // of what is closed when the runbooks are others; nil where they never are

	cancel  context.CancelFunc
	done    chan struct{}
	readers int // guarded by the hubs' lock

	// mu guards what follows.
	mu   sync.Mutex
	wake chan struct{} // closed, and replaced, when there is something new
	// ready is set after the first read; at is the newest position, to which the frames lead one after another.
	ready         bool
	at            position
	frames        []frame
	held          int // bytes in frames
	caught        map[position][]byte
	present, line []byte // who is there, and what is waited for
	edited        []byte // what the page says of an edit of its runbook
	peopleMessage []byte // all three, as a message: it is about this moment, and has no position
	peopleVersion int64  // how often peopleMessage changed
}

// hubs are those of a server, by what they show.
type hubs struct {
	mu    sync.Mutex
	known map[string]*hub
}

// join returns the hub of a key, and begins it where nobody has it open. The reader leaves it with leave. leave
// returns after the hub’s goroutine has ended, so that nothing reads the database after the streams of a server that
// stops. It may be called once.
func (all *hubs) join(key string, begin func() *hub) (h *hub, leave func()) {
	all.mu.Lock()
	defer all.mu.Unlock()
	h = all.known[key]
	if h == nil {
		h = begin()
		var ctx context.Context
		ctx, h.cancel = context.WithCancel(forAll(context.Background(), h.may))
		// Not the context of the request that came first: the hub serves those that come later, too.
		h.done, h.wake, h.caught = make(chan struct{}), make(chan struct{}), map[position][]byte{}
		if all.known == nil {
			all.known = map[string]*hub{}
		}
		all.known[key] = h
		go h.follow(ctx)
	}
	h.readers++
	return h, func() {
		all.mu.Lock()
		h.readers--
		last := h.readers == 0
		if last {
			delete(all.known, key)
		}
		all.mu.Unlock()
		if last {
			h.cancel()
			<-h.done
		}
	}
}

// follow brings the hub up to date until ctx ends. It subscribes before it reads, so that nothing that happens in
// between is missed. It reads at most once in gather after a change, renders people at the pace that Presence
// allows, and an error is tried again after askAgain: the streams stay open meanwhile.
func (h *hub) follow(ctx context.Context) {
	defer close(h.done)
	changed, stop := h.listen(h.source.topics()...)
	defer func() { stop() }()
	moved, leave := h.people.watch(h.source.place())
	defer leave()
	due := time.After(0) // when who is there is rendered again; nil for not before somebody moves
	var rendered time.Time
	var moves <-chan time.Time // when what is waited for is asked again; nil where nothing waits
	queue, _ := h.source.(queuing)
	var edits <-chan struct{}
	listenToEdits := func() {
		if h.edits != nil {
			edits = h.edits()
		}
	}
	listenToEdits()
	soon := gather // at first
	for {
		again, err := h.advance(ctx)
		if again && err == nil { // what it listens to may be another: listen, then look
			stop()
			changed, stop = h.listen(h.source.topics()...)
			continue
		}
		h.renderNotice()
		var retry <-chan time.Time
		if err != nil && ctx.Err() == nil {
			h.logger.WarnContext(ctx, "a page cannot be kept live; trying again", "error", err)
			retry = time.After(askAgain)
		}
		if moves == nil && queue != nil && queue.waits() {
			moves = time.After(soon)
		}
		select {
		case <-changed:
		case <-edits:
			listenToEdits() // before it looks: what comes after is another change
			continue
		case <-retry:
		case <-moves:
			moves, soon = nil, askAgain
			h.renderLine(ctx, queue)
			continue
		case <-moved:
			if due == nil {
				due = time.After(time.Until(rendered.Add(h.people.pace(h.source.place()))))
			}
			continue
		case <-due:
			due, rendered = nil, time.Now()
			h.renderPeople()
			continue
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(gather):
		case <-ctx.Done():
			return
		}
	}
}

// advance folds in what is new. It reports whether the whole page was drawn again. read is called without the lock,
// as it asks the database: streams go on with what is there. A journal that is longer than one read holds is folded
// in turn by turn.
func (h *hub) advance(ctx context.Context) (again bool, err error) {
	for {
		fold, err := h.source.read(ctx)
		if err != nil || fold == nil {
			return false, err
		}
		h.mu.Lock()
		c, err := fold()
		if err == nil {
			h.publish(c)
		}
		h.mu.Unlock()
		if err != nil || c.whole {
			return c.whole, err
		}
	}
}

// publish keeps a change for the streams and wakes them. The lock is held. After a change of the whole page no older
// frame leads anywhere; pages that are behind are caught up. The newest frame is kept whatever its size.
func (h *hub) publish(c change) {
	// Frames lead from states that are not shown any more.
	if c.whole {
		h.frames, h.held = nil, 0
	}
	if h.ready && len(c.html) > 0 {
		f := frame{from: h.at, to: c.to, message: messages(c.to, c.html)}
		h.frames = append(h.frames, f)
		h.held += len(f.message)
	}
	drop := 0
	for len(h.frames)-drop > keepFrames || len(h.frames)-drop > 1 && h.held > keepBytes {
		h.held -= len(h.frames[drop].message)
		h.frames[drop] = frame{}
		drop++
	}
	h.frames = h.frames[drop:]
	h.ready, h.at = true, c.to
	clear(h.caught)
	if h.line != nil { // it may be about what has begun now
		h.line = nil
		h.compose()
	}
	h.wakeAll()
}

// wakeAll lets all streams ask for what is next. The lock is held.
func (h *hub) wakeAll() {
	close(h.wake)
	h.wake = make(chan struct{})
}

// next is what comes after a position, and after a version of who is there: the frame that leads on from there, else
// all that is missing in one message. Where there is nothing, wake is closed as soon as there is.
func (h *hub) next(from position, peopleVersion int64) (n update, wake <-chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n = update{to: from, peopleVersion: h.peopleVersion}
	if peopleVersion != h.peopleVersion {
		n.people = h.peopleMessage
	}
	if h.ahead(from) {
		return n, h.wake, nil
	}
	// Most readers are at the newest or the one before it.
	for i := len(h.frames) - 1; i >= 0; i-- {
		if h.frames[i].from == from {
			n.message, n.to = h.frames[i].message, h.frames[i].to
			return n, h.wake, nil
		}
	}
	n.message, err = h.catchUp(from)
	n.to = h.at
	return n, h.wake, err
}

// whole is what brings a page to the newest state in one message, without waiting; nil where it is there.
func (h *hub) whole(from position) ([]byte, position, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ahead(from) {
		return nil, from, nil
	}
	html, err := h.source.since(from)
	return bytes.Join(html, nil), h.at, err
}

// waitReady waits for the hub's first read, and reports whether it came before ctx ended. Before it nothing can be
// said of any position.
func (h *hub) waitReady(ctx context.Context) bool {
	for {
		h.mu.Lock()
		ready, wake := h.ready, h.wake
		h.mu.Unlock()
		if ready {
			return true
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return false
		}
	}
}

// ahead reports whether a page has seen as much as the hub: it may have been drawn since the hub looked last. Then
// there is nothing to send, and not an older state.
func (h *hub) ahead(from position) bool {
	return !h.ready || from.of == h.at.of && from.number >= h.at.number
}

// catchUp is the message that brings a page from a position to the newest state. It is kept until the next change:
// after a restart, many pages come back from the same position. The lock is held.
func (h *hub) catchUp(from position) ([]byte, error) {
	if m, ok := h.caught[from]; ok {
		return m, nil
	}
	html, err := h.source.since(from)
	if err != nil {
		return nil, err
	}
	m := messages(h.at, html)
	if len(h.caught) < keepCaught {
		h.caught[from] = m
	}
	return m, nil
}

// update is what a stream sends next. A nil message changes nothing of the page; people are sent beside it, under a
// version of their own.
type update struct {
	message       []byte
	to            position
	people        []byte
	peopleVersion int64
}
