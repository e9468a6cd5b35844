package wire

import (
	"context"
	"errors"
	"io"
	"time"
)

// errSilent is why a request was given up whose service said nothing for too long.
var errSilent = errors.New("the service said nothing")

// usualSilence is the AWS CLI's --cli-read-timeout.
const usualSilence = time.Minute

// line is a connection that is given up when nothing comes for too long: neither the head of an answer nor more of its body.
// It is the socket's read timeout of botocore: a long answer is fine as long as something of it keeps coming.
type line struct {
	ctx   context.Context //nolint:containedctx // of the one request
	end   context.CancelCauseFunc
	limit time.Duration
	timer *time.Timer // nil: for ever
}

// listen begins to wait for an answer. hangUp, or closing the answer's body, must end it.
func (c *call) listen(ctx context.Context) *line {
	l := &line{limit: c.Silence}
	if l.limit == 0 {
		l.limit = usualSilence
	}
	l.ctx, l.end = context.WithCancelCause(ctx)
	if l.limit > 0 {
		l.timer = time.AfterFunc(l.limit, func() { l.end(errSilent) })
	}
	return l
}

// hangUp ends the wait and the request with it.
func (l *line) hangUp() {
	if l.timer != nil {
		l.timer.Stop()
	}
	l.end(nil)
}

// reason is the silence, where that is why err came.
func (l *line) reason(err error) error {
	if errors.Is(context.Cause(l.ctx), errSilent) {
		return errSilent
	}
	return err
}

// body is the answer's body, each read of which begins the silence anew; closing it hangs up.
func (l *line) body(b io.ReadCloser) io.ReadCloser { return &timedBody{l, b} }

// timedBody is the body of an answer.
type timedBody struct {
	line *line
	io.ReadCloser
}

// Read implements io.Reader.
func (h *timedBody) Read(p []byte) (int, error) {
	if h.line.timer != nil {
		h.line.timer.Reset(h.line.limit)
	}
	n, err := h.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = h.line.reason(err)
	}
	return n, err
}

// Close implements io.Closer.
func (h *timedBody) Close() error {
	h.line.hangUp()
	return h.ReadCloser.Close()
}
