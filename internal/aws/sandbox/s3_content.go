package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
)

// piece is a part of an object's content: a range of what was uploaded, which the world keeps once for all
// objects that have it, or of a text that is made from a seed.
type piece struct {
	Blob string `json:"blob,omitempty"` // the hash of what was uploaded
	Seed string `json:"seed,omitempty"`
	From int64  `json:"from,omitempty"`
	Size int64  `json:"size"`
}

// content is an object's bytes.
func (w *world) content(o *object) []byte {
	out := make([]byte, 0, o.Size)
	for _, p := range o.Pieces {
		out = w.appendPiece(out, p)
	}
	return out
}

// appendPiece adds the bytes of a piece.
func (w *world) appendPiece(out []byte, p piece) []byte {
	if p.Seed == "" {
		blob := w.Blobs[p.Blob]
		return append(out, blob[min(p.From, int64(len(blob))):min(p.From+p.Size, int64(len(blob)))]...)
	}
	// The content of the estate's objects is computed from a seed: it takes no room in the
	// stored world.
	line := []byte(fmt.Sprintf("{\"from\":%q}\n", p.Seed))
	at := int(p.From % int64(len(line)))
	for left := int(p.Size); left > 0; {
		n := min(left, len(line)-at)
		out = append(out, line[at:at+n]...)
		left, at = left-n, 0
	}
	return out
}

// part is the content from a byte to another one, without copying.
func (o *object) part(from, to int64) []piece {
	var out []piece
	at := int64(0)
	for _, p := range o.Pieces {
		first, last := max(from-at, 0), min(to-at, p.Size)
		at += p.Size
		if first < last {
			out = append(out, piece{Blob: p.Blob, Seed: p.Seed, From: p.From + first, Size: last - first})
		}
	}
	return out
}

// maxHeld bounds what the world keeps of uploads, in all.
const maxHeld = 24 << 20 // bytes

// store keeps an upload, unless it would go beyond the bound, and returns it as a piece.
func (w *world) store(body []byte) (piece, error) {
	p := piece{Blob: md5Text(body), Size: int64(len(body))}
	// Equal uploads are kept once.
	if w.Blobs[p.Blob] != nil {
		return p, nil
	}
	w.sweep()
	held := len(body)
	for _, b := range w.Blobs {
		held += len(b)
	}
	if held > maxHeld {
		return piece{}, refuse(http.StatusInsufficientStorage, "SandboxFull",
			"the sandbox keeps %d MiB of uploads in all; nothing was stored: delete objects, or reset the sandbox", maxHeld>>20)
	}
	w.Blobs[p.Blob] = body
	return p, nil
}

// sweep forgets uploads that no object has any more.
func (w *world) sweep() {
	used := map[string]bool{}
	mark := func(o *object) {
		for _, p := range o.Pieces {
			used[p.Blob] = true
		}
	}
	for _, b := range w.Buckets {
		for _, o := range b.Objects {
			mark(o)
		}
	}
	for _, u := range w.Uploads {
		for _, p := range u.Parts {
			mark(p)
		}
	}
	for hash := range w.Blobs {
		if !used[hash] {
			delete(w.Blobs, hash)
		}
	}
}

// md5Text is the hash of a content in hexadecimal digits, which is its ETag.
func md5Text(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}
