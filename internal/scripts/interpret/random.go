package interpret

import (
	"crypto/sha256"
	"math/rand/v2"
	"sync"
)

// random makes the values of RANDOM and SRANDOM of a planned change: those that the plan saw come again when it is carried out. It is safe
// for concurrent use.
type random struct {
	salt string

	mu      sync.Mutex
	from    *rand.Rand
	readers int // how many of random bytes were opened
}

// newRandom is nil without a salt: the values are then new each time.
func newRandom(salt string) *random {
	if salt == "" {
		return nil
	}
	from := rand.New(rand.NewChaCha8(sha256.Sum256([]byte("random " + salt)))) //nolint:gosec // of an unguessable salt
	return &random{salt: salt, from: from}
}

// next is 32 bits.
func (r *random) next() uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from.Uint32()
}
