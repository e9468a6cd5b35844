package reads

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"slices"
)

// ErrNotApproved says that a line reads what was not a part of what was approved.
var ErrNotApproved = errors.New("it is not a part of what was approved")

// errOther says that a file changed between the last comparison and its reading.
var errOther = errors.New("its content is not what was approved")

// Verified reads a file whose sum is known. Its last part is only handed over when all of it is as the sum says; else the reading ends with
// an error before that, so that nothing that is sent is complete.
func Verified(f fs.File, sum Sum) fs.File {
	return &verified{File: f, sum: sum, hash: sha256.New()}
}

type verified struct {
	fs.File
	sum   Sum
	hash  hash.Hash
	size  int64
	ready []byte // may be handed over
	held  []byte // may not yet
	err   error  // with which the reading ends after ready
}

// Read implements fs.File.
func (v *verified) Read(p []byte) (int, error) {
	for len(v.ready) == 0 && v.err == nil {
		part := make([]byte, 32<<10)
		n, err := io.ReadFull(v.File, part)
		v.hash.Write(part[:n])
		v.size += int64(n)
		switch {
		case err == nil:
			v.ready, v.held = v.held, part
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if v.size != v.sum.Size || [sha256.Size]byte(v.hash.Sum(nil)) != v.sum.Digest {
				v.err = errOther
				break
			}
			v.ready, v.held, v.err = slices.Concat(v.held, part[:n]), nil, io.EOF
		default:
			v.err = err
		}
	}
	if len(v.ready) == 0 {
		return 0, v.err
	}
	n := copy(p, v.ready)
	v.ready = v.ready[n:]
	return n, nil
}
