package interp

import (
	"bufio"
	"errors"
	"io"
)

var errDoubleClose = errors.New("close: stream already closed")

type inputStream interface {
	io.ReadCloser
	ExitCode() int
}

type outputStream interface {
	io.WriteCloser
	Flush() error
	ExitCode() int
}

// Opsbook: streams are files of the run, and never commands.
type outFileStream struct {
	*bufio.Writer
	closer io.Closer
	code   int
	closed bool
}

func newOutFileStream(wc io.WriteCloser, size int) outputStream {
	return &outFileStream{Writer: bufio.NewWriterSize(wc, size), closer: wc}
}

func (s *outFileStream) Close() error {
	if s.closed {
		return errDoubleClose
	}
	s.closed = true
	err := errors.Join(s.Flush(), s.closer.Close())
	if err != nil {
		s.code = -1
	}
	return err
}

func (s *outFileStream) ExitCode() int { return s.code }

type inFileStream struct {
	io.ReadCloser
}

func newInFileStream(rc io.ReadCloser) inputStream { return &inFileStream{rc} }

func (s *inFileStream) ExitCode() int { return 0 }
