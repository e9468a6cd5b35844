package accounts

import (
	"context"
	"testing"
	"time"
)

func newCancelled(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// TestWaits: so many are free; then each waits twice as long, and never longer than the longest.
func TestWaits(t *testing.T) {
	for failures, want := range map[int64]time.Duration{
		0: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 10: 32 * time.Second, 15: longestWait, 24: longestWait, 25: longestWait,
		1 << 40: longestWait,
	} {
		if got := waits(failures, 5); got != want {
			t.Errorf("after %d: %s, want %s", failures, got, want)
		}
	}
}

// TestNetworks: whoever has a network of IPv6 has one address for it.
func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "::ffff:192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1%eth0": "2001:db8:1:2::/64", "": "", "x": "x",
	} {
		if got := network(address); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
	names := map[string]bool{}
	for i := range 4 << nameBits >> 2 {
		names[attemptName("account", string(rune(i))+"@example.com")] = true
	}
	if len(names) > 1<<nameBits || len(names) < 1000 {
		t.Errorf("%d names", len(names))
	}
}
