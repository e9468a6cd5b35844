package web

import (
	"context"
	"net"
	"runtime/debug"
	"time"
)

// detach continues a stream that has begun on its connection alone, and reports whether it does: net/http would hold its
// buffers, the request and the stack of all guards for as long as a page is open, four times as much as the stream itself. It does not
// where the connection is not the stream's alone, as with HTTP/2.
func (s *Server) detach(out writer, to *reader, ends ending) bool {
	connection, _, err := out.control.Hijack()
	if err != nil {
		return false
	}
	s.Detached(func() {
		defer ends.now()
		defer connection.Close() //nolint:errcheck // the reader may have gone
		defer func() {           // as net/http does for requests: one stream takes no other away
			if err := recover(); err != nil {
				s.Logger.Error("a stream failed", "request", to.request, "error", err, "stack", string(debug.Stack()))
			}
		}()
		ctx, gone := context.WithCancel(context.Background())
		defer gone()
		go func() { // nothing more is asked on it: whatever comes, the reader has gone
			defer gone()
			_, _ = connection.Read(make([]byte, 1))
		}()
		s.streamAll(ctx, socket{connection}, to)
	})
	return true
}

// socket writes a stream to its own connection.
type socket struct{ net.Conn }

// send writes one message within writeTime.
func (w socket) send(message []byte) error {
	if len(message) == 0 {
		return nil
	}
	if err := w.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := w.Write(message)
	return err
}
