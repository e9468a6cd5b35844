package s3

import (
	"context"
	"errors"
	"io"

	"github.com/opsbook/opsbook/internal/limits"
)

// From threshold on an object is written in parts, of which some are sent at once.
// The threshold is the CLI's multipart_threshold and its multipart_chunksize; 10,000 parts are S3's limit for one
// upload. Parts of an upload are held in memory: those that are being sent, and the next; see limits.UploadParts.
const (
	threshold   = 8 << 20 // bytes
	maxParts    = 10_000
	partsAtOnce = 3
)

// partSize is 8 MiB, or as much more as keeps the parts under S3's number.
// It is for copies, whose size is known; see grown for streams.
func partSize(size int64) int64 {
	n := int64(threshold)
	for (size+n-1)/n > maxParts {
		n *= 2
	}
	return n
}

// grown is the size of the part behind a number: a stream's length is not known, so its later parts are larger.
// 5,000 parts of 8 MiB hold 39 GiB; the other 5,000, of 16 MiB, hold 78 GiB more. Where --expected-size says how long
// it is, all parts are as large as that needs.
func (s *Session) grown(number int64) int64 {
	if size := int64(s.line.number("expected-size", 0)); size > 0 {
		return partSize(size)
	}
	if number > maxParts/2 {
		return threshold * 2
	}
	return threshold
}

// part is a piece of a stream, with what it takes of the memory of its line.
type part struct {
	data []byte
	room int64
	held *limits.Meter
}

// part reads the next piece of at most so many bytes; size is how many there are, where that is known. It waits until the line's other
// pieces leave room for it. The caller ends it.
func (s *Session) part(ctx context.Context, r io.Reader, most, size int64) (*part, error) {
	p := &part{room: min(most, limits.UploadParts.Value), held: limits.From(ctx).Part(0)}
	if size < p.room {
		p.room = max(size, 0) + 1 // it may have grown
	}
	if err := s.room.Acquire(ctx, p.room); err != nil {
		return nil, err
	}
	for space := min(p.room, most); ; space = min(2*space, most) {
		if err := p.held.Charge(space - int64(cap(p.data))); err != nil {
			s.end(p)
			return nil, err
		}
		p.data = append(make([]byte, 0, space), p.data...)
		n, err := io.ReadFull(r, p.data[len(p.data):space])
		p.data = p.data[:len(p.data)+n]
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), err == nil && space == most:
			return p, nil
		case err != nil:
			s.end(p)
			return nil, err
		}
	}
}

// end gives back what a part takes.
func (s *Session) end(p *part) {
	p.held.Close()
	s.room.Release(p.room)
}
