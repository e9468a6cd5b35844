package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// How signing in is slowed down: after so many failures each attempt waits twice as long as the one before, up to the longest. Without
// an attempt for forgetAfter all is forgotten.
const (
	longestWait = 15 * time.Minute
	forgetAfter = 24 * time.Hour
	// ofAddress is how many times as many failures of one address are free: a team has one.
	ofAddress = 10
	// nameBits is of how many bits the names are by which attempts are kept: whoever tries with names without end makes no more rows.
	nameBits = 18
)

// attemptName is the name by which attempts are kept. It is made of whatever was typed, whether or not there is such an account.
func attemptName(kind, value string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + value))
	return fmt.Sprintf("%s %05x", kind, binary.BigEndian.Uint32(sum[:4])>>(32-nameBits))
}

// network is the part of an address that is one subscriber's: of IPv6 the first 64 bits (RFC 6177).
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}

// waits is how long the next attempt waits after some failures.
func waits(failures, free int64) time.Duration {
	if failures < free {
		return 0
	}
	if over := failures - free; over < 20 {
		return min(longestWait, time.Second<<over)
	}
	return longestWait
}

// attempt is an attempt to sign in that counts as failed until it is known better.
type attempt struct {
	s        *Service
	names    []string
	failures int64 // of the account, before it
}

// begin counts an attempt for an account, by whatever says which one it is, from an address, before anything is compared: so that many at
// the same time are no more than one after the other. Its error is that of the bound.
func (s *Service) begin(ctx context.Context, account, address string) (*attempt, error) {
	a := &attempt{s: s, names: []string{attemptName("account", account), attemptName("address", network(address))}}
	now := s.Now()
	free := []int64{limits.SignInAttempts.Value, ofAddress * limits.SignInAttempts.Value}
	allowed, err := s.Links.Attempt(ctx, a.names, now, func(i int, failures int64, tried time.Time) (int64, bool) {
		if now.Sub(tried) > forgetAfter {
			failures = 0
		}
		if i == 0 {
			a.failures = failures
		}
		return failures + 1, now.Sub(tried) >= waits(failures, free[i])
	})
	if err == nil && !allowed {
		err = limits.SignInAttempts.Reached()
	}
	return a, err
}

// right forgets the failures of the account, and takes the attempt back of the address.
func (a *attempt) right(ctx context.Context) error {
	if err := a.s.Links.DropAttempts(ctx, a.names[0]); err != nil {
		return err
	}
	return a.back(ctx, a.names[1:])
}

// half takes the attempt back: what was compared was right, and more is asked for.
func (a *attempt) half(ctx context.Context) error { return a.back(ctx, a.names) }

// back takes an attempt back of some names.
func (a *attempt) back(ctx context.Context, names []string) error {
	_, err := a.s.Links.Attempt(ctx, names, a.s.Now(), func(_ int, failures int64, _ time.Time) (int64, bool) {
		return max(0, failures-1), true
	})
	return err
}
