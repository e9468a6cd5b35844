package main

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// Kinds, flags and codes of HTTP/2 (RFC 9113, 6 and 7).
const (
	frameHeaders, frameReset, frameSettings, framePing = 1, 3, 4, 6
	frameGoAway, frameContinuation                     = 7, 9
	flagEndStream, flagEndHeaders                      = 1, 4
	codeRefusedStream, codeCancel, codeCalm            = 7, 8, 11
)

// peer speaks HTTP/2 frame by frame, as no library would.
type peer struct {
	t    *testing.T
	conn net.Conn
	next uint32 // the stream that is opened next
}

// frame is one frame as it is sent.
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := make([]byte, 9, 9+len(payload))
	head[0], head[1], head[2], head[3], head[4] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload)), kind, flags
	binary.BigEndian.PutUint32(head[5:], stream)
	return append(head, payload...)
}

// fields are the fields of a request for a path, as RFC 7541 writes them without a table of its own.
func fields(path string) []byte {
	out := []byte{0x82, 0x87, 0x04, byte(len(path))} // :method GET, :scheme https, :path
	out = append(out, path...)
	const name = "localhost"
	out = append(out, 0x01, byte(len(name))) // :authority
	return append(out, name...)
}

// meet opens a connection, and sends settings.
func meet(t *testing.T, address string, settings ...byte) *peer {
	t.Helper()
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &peer{t, conn, 1}
	if err := p.send([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(frameSettings, 0, 0, settings)); err != nil {
		t.Fatal(err)
	}
	return p
}

// send writes frames; its error is that of a connection that the server has ended.
func (p *peer) send(frames ...[]byte) error {
	_, err := p.conn.Write(bytes.Join(frames, nil))
	return err
}

// open begins a stream, and returns its number.
func (p *peer) open(path string) (stream uint32, err error) {
	stream = p.next
	p.next += 2
	return stream, p.send(frame(frameHeaders, flagEndStream|flagEndHeaders, stream, fields(path)))
}

// read is the next frame.
func (p *peer) read() (kind byte, stream uint32, payload []byte, err error) {
	head := make([]byte, 9)
	if _, err := io.ReadFull(p.conn, head); err != nil {
		return 0, 0, nil, err
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(p.conn, payload)
	return head[3], binary.BigEndian.Uint32(head[5:]), payload, err
}

// ended reads until the server ends the connection, and returns the code that it said, or 0.
func (p *peer) ended() (code uint32) {
	for {
		kind, _, payload, err := p.read()
		if err != nil {
			return code
		}
		if kind == frameGoAway && len(payload) >= 8 {
			code = binary.BigEndian.Uint32(payload[4:])
		}
	}
}

// overTLS serves a handler as the portal is served, with a certificate for localhost.
func overTLS(t *testing.T, handler http.HandlerFunc) (address string, certificate *certificate) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	cert, key := certified(t, t.TempDir(), 1)
	certificate, err := newCertificate(cert, key, logger)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httpServer(t.Context(), handler, certificate, logger)
	served := make(chan error, 1)
	go func() { served <- serveOn(server, bounded(listener, nil, logger)) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String(), certificate
}

// answered reports whether somebody else is answered meanwhile.
func answered(t *testing.T, address string) {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/other", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Errorf("somebody else is not answered: %v", err)
		return
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		t.Errorf("somebody else is answered %s %s", response.Proto, response.Status)
	}
}

// TestRapidResets opens streams and resets them at once (CVE-2023-44487), while no handler ends: a connection has no more
// of them than it may have streams, and one that goes on is told to be calm and ended.
func TestRapidResets(t *testing.T) {
	var in, most atomic.Int64
	release := make(chan struct{})
	address, _ := overTLS(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/other" {
			return
		}
		n := in.Add(1)
		defer in.Add(-1)
		for before := most.Load(); n > before && !most.CompareAndSwap(before, n); before = most.Load() {
		}
		<-release
	})
	p := meet(t, address)
	code := make(chan uint32, 1)
	go func() { code <- p.ended() }()
	for range 100_000 {
		stream, err := p.open("/held")
		if err == nil {
			err = p.send(frame(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, codeCancel)))
		}
		if err != nil {
			break
		}
	}
	if got := <-code; got != codeCalm || p.next < 1000 {
		t.Errorf("the connection ended with code %d after %d streams", got, p.next/2)
	}
	if most.Load() > httpStreams {
		t.Errorf("%d handlers at once", most.Load())
	}
	answered(t, address)
	close(release)
	eventually(t, "all handlers end", func() bool { return in.Load() == 0 })
}

// TestStreamsOfAConnectionAreBounded opens more streams than the server said that it takes.
func TestStreamsOfAConnectionAreBounded(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	address, _ := overTLS(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/other" {
			<-release
		}
	})
	p := meet(t, address)
	for range httpStreams + 20 {
		if _, err := p.open("/held"); err != nil {
			t.Fatal(err)
		}
	}
	for refused := 0; refused < 20; {
		kind, stream, payload, err := p.read()
		if err != nil {
			t.Fatalf("%d streams were refused: %v", refused, err)
		}
		if kind == frameReset {
			refused++
			if code := binary.BigEndian.Uint32(payload); code != codeRefusedStream || stream <= 2*httpStreams {
				t.Errorf("stream %d was reset with code %d", stream, code)
			}
		}
	}
	answered(t, address)
}

// TestFloodsOfFrames sends frames that cost a server more than their sender, without end and without reading what is
// answered: the connection is ended. The bounds are those of Go's server: of control frames that wait to be sent, of the
// fields of a request (http.Server.MaxHeaderBytes), and of the time that a connection has no request (limits.HTTPIdleTime),
// which frames that begin none do not make longer. What they hold meanwhile does not grow.
func TestFloodsOfFrames(t *testing.T) {
	lent(t, map[*limits.Row]int64{limits.HTTPIdleTime: int64(2 * time.Second)})
	address, _ := overTLS(t, func(http.ResponseWriter, *http.Request) {})
	large := bytes.Repeat([]byte{0x00, 0x01, 'a', 0x01, 'b'}, 3000) // fields of five bytes
	for name, c := range map[string]struct{ first, again []byte }{
		"settings": {nil, frame(frameSettings, 0, 0, nil)},
		"pings":    {nil, frame(framePing, 0, 0, make([]byte, 8))},
		"continued fields": { // CVE-2023-45288
			frame(frameHeaders, flagEndStream, 1, fields("/")), frame(frameContinuation, 0, 1, large),
		},
		"empty continuations": {frame(frameHeaders, flagEndStream, 1, fields("/")), frame(frameContinuation, 0, 1, nil)},
		"resets of nothing":   {nil, frame(frameReset, 0, 1, make([]byte, 4))},
		"data of nothing":     {nil, frame(0, 0, 1, make([]byte, 1000))},
		"a frame too large":   {nil, append([]byte{0xff, 0xff, 0xff, frameHeaders, 0, 0, 0, 0, 1}, make([]byte, 1<<16)...)},
		"no stream":           {nil, frame(frameContinuation, 0, 0, nil)},
		"unknown frames":      {nil, frame(200, 0, 0, make([]byte, 1000))},
	} {
		t.Run(name, func(t *testing.T) {
			p := meet(t, address)
			err := p.send(c.first)
			batch := bytes.Repeat(c.again, max(1, 16<<10/len(c.again)))
			for sent := 0; err == nil; sent += len(batch) {
				if err = p.send(batch); sent > 16<<30 {
					t.Fatalf("%d bytes were taken", sent)
				}
			}
			answered(t, address)
		})
	}
}

// TestAWindowThatStaysShut asks for pages and lets none of them be sent: the streams are ended, and what they held is free.
func TestAWindowThatStaysShut(t *testing.T) {
	lent(t, map[*limits.Row]int64{limits.HTTPAnswerTime: int64(5 * time.Second)})
	var in atomic.Int64
	address, _ := overTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/other" {
			return
		}
		in.Add(1)
		defer in.Add(-1)
		_, _ = w.Write(make([]byte, 1<<20))
	})
	p := meet(t, address, 0, 4, 0, 0, 0, 0) // SETTINGS_INITIAL_WINDOW_SIZE
	for range 50 {
		if _, err := p.open("/large"); err != nil {
			t.Fatal(err)
		}
	}
	for reset := 0; reset < 50; {
		kind, _, _, err := p.read()
		if err != nil {
			break
		}
		if kind == frameReset {
			reset++
		}
	}
	eventually(t, "all handlers end", func() bool { return in.Load() == 0 })
	answered(t, address)
}

// TestCertificatesUnderLoad exchanges the certificate again and again, each file by itself, while others connect: every
// handshake succeeds, with a certificate that was whole; what does not fit is logged and not used.
func TestCertificatesUnderLoad(t *testing.T) {
	address, c := overTLS(t, func(http.ResponseWriter, *http.Request) {})
	log := &lockedBuffer{}
	c.mu.Lock()
	c.logger = slog.New(slog.NewTextHandler(log, nil))
	c.mu.Unlock()
	dir := filepath.Dir(c.certFile)
	again := func() { // as after certificateAge
		c.mu.Lock()
		c.looked = time.Time{}
		c.mu.Unlock()
	}
	serial := func() int64 {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	var all sync.WaitGroup
	ended := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for last := int64(1); ; {
				select {
				case <-ended:
					return
				default:
				}
				again()
				n := serial()
				if n < last || n > 20 {
					t.Errorf("the certificate is number %d after %d", n, last)
				}
				last = n
			}
		})
	}
	for n := int64(2); n <= 20; n++ {
		for _, file := range []string{c.certFile, c.keyFile} { // cut off in the middle, as a slow writer leaves it
			text, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(file, text[:len(text)/2], 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			again()
			serial()
		}
		certified(t, dir, n)
		again()
		if got := serial(); got != n {
			again() // others may have looked between the two files
			if got = serial(); got != n {
				t.Errorf("the certificate is number %d, want %d", got, n)
			}
		}
	}
	close(ended)
	all.Wait()
	if text := log.String(); !strings.Contains(text, "the one before it stays in use") || !strings.Contains(text, c.certFile) {
		t.Errorf("what does not fit is not logged: %s", text)
	}
}

// lockedBuffer is a log that is written by many.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
