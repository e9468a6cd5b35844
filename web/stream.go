package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	// heartbeat keeps proxies from closing a quiet stream, and lets a page know that it is live. static/live.js
	// waits for a little more than two of them.
	heartbeat = 10 * time.Second
	// writeTime is how long a reader may take to take in one message. A slow one does; one that is dead does not.
	writeTime = 30 * time.Second
	// firstRead is how long a page that asks once waits until its hub has read the journal for the first time.
	firstRead = 5 * time.Second
)

// beat is a message that changes nothing. An event without data is not dispatched (HTML, 9.2.6), so that it has an
// empty line of it.
var beat = []byte("event: beat\ndata: \n\n")

// ended tells the page that its person is signed out.
var ended = []byte("event: signed-out\ndata: \n\n")

// goodbye asks the page to come back soon: another replica may be there, or this one again. retry is in
// milliseconds. It is sent on SIGTERM, when the server cuts its streams, before the connection ends.
var goodbye = []byte("event: goodbye\ndata: \nretry: 250\n\n")

// stream brings a page what happens: the parts of the page that changed after what it has seen. A message's id is
// RUN.NUMBER, and a page that comes back is brought on from there, by whichever replica. It returns nil when the
// reader has gone. The first message is a beat, which proves to the page that nothing on the way holds messages
// back. Then come parts of the page, who has it open, and beats. The hub is left, and the tab is no longer counted,
// when it returns.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) error {
	f, err := s.follow(r)
	if err != nil {
		return err
	}
	h, leave := s.hubs.join(f.key, f.begin)
	ends := ending{leave}
	defer ends.now()
	if !isStream(r) {
		return s.streamOnce(w, r, h, f.from)
	}
	who := s.streamer(r)
	if err := s.streams.add(who, 1, limits.HTTPStreams, limits.HTTPPersonStreams); err != nil {
		return err
	}
	ends = append(ends, func() { s.streams.remove(who, 1) })
	if s.Streaming != nil {
		ends = append(ends, s.Streaming(r.Context()))
	}
	ends = append(ends, s.people.enter(f.place, s.person(r)))
	if s.Observer != nil {
		s.Observer.Streams(1)
		ends = append(ends, func() { s.Observer.Streams(-1) })
	}
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	// A proxy that compresses gathers what it compresses (RFC 9111, 5.2.2.6).
	head.Set("Cache-Control", "no-store, no-transform")
	// nginx buffers answers unless this header tells it not to.
	head.Set("X-Accel-Buffering", "no")
	detaches := s.Detached != nil && r.ProtoMajor == 1
	if detaches { // what is sent later is sent as it is, and ends with the connection (RFC 9112, 6.3)
		head.Set("Transfer-Encoding", "identity")
	}
	w.WriteHeader(http.StatusOK)
	out := writer{w, http.NewResponseController(w)}
	if out.send(beat) != nil {
		return nil
	}
	to := &reader{person: s.person(r), request: requestID(r), following: f, hub: h}
	var unwatch func()
	to.signIn, to.changed, unwatch = s.watched(r)
	ends = append(ends, unwatch)
	if detaches && s.detach(out, to, ends) {
		ends = nil // they are the detached stream's
		return nil
	}
	s.streamAll(r.Context(), out, to)
	return nil
}

// ending is what has to be done when a stream ends, the last first.
type ending []func()

func (e *ending) now() {
	for _, end := range slices.Backward(*e) {
		end()
	}
}

// mayFollow reports whether a reader may still be shown what the stream shows: as much, and not less. A page whose
// stream ends comes back, and is told what it may be shown then.
func (s *Server) mayFollow(ctx context.Context, to *reader) bool {
	ctx = context.WithValue(ctx, personKey{}, to.person)
	return s.reads.may(ctx, to.subject.environment, to.subject.procedure) == nil &&
		to.visible == to.sees(ctx) &&
		(to.subject.procedure == "" || to.lacks == s.lacks(ctx, to.person, to.subject))
}

// isStream reports whether a request for the stream wants one that lasts.
func isStream(r *http.Request) bool { return r.URL.Query().Get("once") != "true" }

// streamer is whom the bound of a person's streams counts: nobody, where nobody signs in. Their connections are bounded.
func (s *Server) streamer(r *http.Request) string {
	if p := s.person(r); p.Issuer != "" && !p.Claimed {
		return p.Key()
	}
	return ""
}

// reader is who reads a stream, and what. It holds nothing of the request.
type reader struct {
	*following
	hub     *hub
	person  access.Person
	request string // identifier of the request, for the log
	signIn  string // of the person; empty where nobody signs in here
	glass   string // who had broken glass when it was told last
	changed <-chan struct{}
}

// sink is where a stream is written to.
type sink interface{ send(message []byte) error }

// streamAll sends what comes until the reader goes, as ctx tells, the server ends, or the reader may not view it any more. Each
// message is asked about again, because the policy may change while a page is open. A slow reader is not waited for
// by others: it comes back to next when it has taken a message, and gets what it missed in one where the frames do not reach back to it.
func (s *Server) streamAll(ctx context.Context, out sink, to *reader) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	from, peopleVersion := to.from, int64(0)
	for {
		n, wake, err := to.hub.next(from, peopleVersion)
		if err != nil {
			s.Logger.ErrorContext(ctx, "a stream ended", "request", to.request, "run", from.of, "error", err)
			return
		}
		if n.message == nil && n.people == nil {
			select {
			case <-wake:
				continue
			case <-to.changed:
				if s.stays(ctx, out, to) {
					continue
				}
				return
			case <-ticker.C:
				n.message = beat
			case <-s.Streams.Done():
				_ = out.send(goodbye) // nobody may be there
				return
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-to.changed: // also where there is always more
			if !s.stays(ctx, out, to) {
				return
			}
		default:
		}
		if !s.mayFollow(ctx, to) || out.send(n.message) != nil || out.send(n.people) != nil || out.send(s.glassNews(ctx, to)) != nil {
			return
		}
		from, peopleVersion = n.to, n.peopleVersion
		if s.Streams.Err() != nil { // also where there is always more
			_ = out.send(goodbye)
			return
		}
	}
}

// streamOnce answers with what came after the page's position, for a page that no stream reaches: some proxies keep
// back what is not finished. The header says what the page has seen then. The page asks every few seconds. It gets
// parts like those of a stream, without their frames, or nothing.
func (s *Server) streamOnce(w http.ResponseWriter, r *http.Request, h *hub, from position) error {
	ctx, cancel := context.WithTimeout(r.Context(), firstRead)
	defer cancel()
	if !h.waitReady(ctx) {
		return procedures.Errorf(procedures.CodeUnavailable, "The journal cannot be read at the moment")
	}
	html, to, err := h.whole(from)
	if err != nil {
		return err
	}
	w.Header().Set("Opsbook-Position", to.String())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write(html)
	return err
}

// following is what a stream was asked for.
type following struct {
	key     string
	place   string
	subject subject // asked about again before each message
	visible string  // what its reader sees, as sees tells
	sees    func(context.Context) string
	lacks   string // of the page of a run: what the reader may not do
	from    position
	begin   func() *hub
}

// follow reads which page a stream is for, and how far that has come. Last-Event-ID, which a page sends that comes
// back, goes before the position in the address, at which the page was drawn. Streams of one key share a hub: all
// that differs between their readers is the position.
func (s *Server) follow(r *http.Request) (*following, error) {
	q := r.URL.Query()
	e, err := s.environment(r)
	if err != nil {
		return nil, err
	}
	f := &following{subject: subject{environment: e.Name}}
	at := r.Header.Get("Last-Event-ID")
	if at == "" && q.Get("run") != "" {
		at = q.Get("run") + "." + q.Get("after")
	} else if at == "" && q.Get("text") != "" {
		at = "text-" + q.Get("text") + ".0"
	}
	if at != "" {
		if f.from, err = parsePosition(at); err != nil {
			return nil, err
		}
	}
	if q.Get("home") == "true" {
		part, err := homePartOf(q)
		if err != nil {
			return nil, err
		}
		f.sees = func(ctx context.Context) string { return s.visible(ctx, e.Name, s.shelf(ctx, e.Name).Procedures()...) }
		f.visible = f.sees(r.Context())
		f.key = "home\x00" + e.Name + "\x00" + part.key() + "\x00" + f.visible
		source := &homeSource{server: s, environment: e, visible: f.visible, part: part, at: position{of: newKey()}}
		f.begin = s.newHub(source, setOf(f.visible))
		return f, nil
	}
	source := &runSource{server: s, environment: e, fixed: q.Get("fixed") == "true"}
	if source.fixed {
		if source.run, err = s.reads.Run(r.Context(), q.Get("run")); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(s.Environments, func(e procedures.Environment) bool { return e.Name == source.run.Environment })
		if i < 0 {
			return nil, procedures.Errorf(procedures.CodeUnavailable,
				"this run was made in the environment %s, which is no longer configured", source.run.Environment)
		}
		source.environment = s.Environments[i]
		source.procedure, err = s.reads.Procedure(r.Context(), source.run)
	} else {
		source.procedure, err = s.find(r.Context(), e.Name, q.Get("procedure"))
	}
	if err != nil {
		return nil, err
	}
	f.subject, f.place = subject{source.environment.Name, source.procedure.ID}, source.place()
	f.key = "procedure\x00" + source.environment.Name + "\x00" + source.procedure.ID
	if source.fixed {
		f.key = "run\x00" + source.run.ID
	}
	source.rights = s.rightsOn(r.Context(), s.person(r), source.environment.Name, source.procedure)
	f.key += "\x00" + source.rights.Key()
	f.lacks = s.lacks(r.Context(), s.person(r), f.subject)
	if drawn := q.Get("rights"); drawn != "" && drawn != markOfRights(f.lacks) { // its buttons are not those of today
		f.from = position{of: "other rights"}
	}
	// The source is used by the reader that begins the hub; later ones find it and drop theirs.
	f.sees = func(ctx context.Context) string { return s.visibleOf(ctx, f.subject.environment, f.subject.procedure) }
	f.visible = f.sees(r.Context())
	f.key += "\x00" + f.visible
	f.begin = s.newHub(source, setOf(f.visible))
	return f, nil
}

// newHub makes the hub of a page that nobody has open yet.
func (s *Server) newHub(source source, may names) func() *hub {
	return func() *hub {
		return &hub{source: source, may: may, listen: s.reads.Subscribe, logger: s.Logger, people: s.people, edits: s.edits}
	}
}

// writer writes messages, each in its time.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController
}

// send writes one message within writeTime, and sends it off. Between messages there is no deadline: over HTTP/2 one
// that passes ends the stream, whether or not something is being written.
func (w writer) send(message []byte) error {
	if len(message) == 0 {
		return nil
	}
	if err := w.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.control.Flush(); err != nil {
		return err
	}
	_ = w.control.SetWriteDeadline(time.Time{}) // as above
	return nil
}

// messages are the parts of a change, each as a message. The last one says that the page is there. Until it is, the page is at no
// event of the run: one that comes back from in between is brought on from its beginning, so that no line is added twice.
func messages(to position, html parts) (out []byte) {
	for i, part := range html {
		id := position{of: to.of}
		if i == len(html)-1 {
			id = to
		}
		out = append(out, message(id.String(), part)...)
	}
	return out
}

// message is one message of a stream. Each line of the markup is a data field of its own: a line break in it would
// end the field (HTML, 9.2.6). Without an id the reader keeps the last one.
func message(id string, html []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, len(html)+len(html)/32+64))
	if id != "" {
		out.WriteString("id: " + id + "\n")
	}
	for line := range bytes.Lines(html) {
		out.WriteString("data: ")
		out.Write(bytes.TrimRight(line, "\r\n"))
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
	return out.Bytes()
}
