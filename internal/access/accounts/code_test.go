package accounts

import (
	"encoding/hex"
	"testing"
	"time"
)

// TestCodesOfTheStandard are the test vectors of RFC 4226, appendix D, and of RFC 6238, appendix B, whose last six digits count here.
func TestCodesOfTheStandard(t *testing.T) {
	secret := []byte("12345678901234567890")
	for step, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := codeAt(secret, int64(step)); got != want {
			t.Errorf("step %d: %s, want %s", step, got, want)
		}
	}
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if step, ok := stepOf(secret, want, time.Unix(at, 0)); !ok || step != at/30 {
			t.Errorf("at %d: step %d, %t", at, step, ok)
		}
	}
	now := time.Unix(1111111111, 0)
	for ahead, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		if _, ok := stepOf(secret, codeAt(secret, now.Unix()/30+ahead), now); ok != want {
			t.Errorf("a code of %d steps ahead counts: %t", ahead, ok)
		}
	}
	for _, code := range []string{"", "28708", "2870821", "28708a", "٢٨٧٠٨٢"} {
		if _, ok := stepOf(secret, code, time.Unix(59, 0)); ok {
			t.Errorf("%q counts", code)
		}
	}
}

// TestRecoveryCodes: each is another one, of so many bits that a hash without a salt keeps it, and of one account.
func TestRecoveryCodes(t *testing.T) {
	codes, hashes := newRecovery("a")
	seen := map[string]bool{}
	for i, code := range codes {
		if len(code) != recoveryLength+5 || seen[code] || recoveryHash("b", code) == hashes[i] {
			t.Errorf("%q", code)
		}
		seen[code] = true
		if sum, err := hex.DecodeString(hashes[i]); err != nil || len(sum) != 32 {
			t.Errorf("%q", hashes[i])
		}
	}
	if len(codes) != recoveryCodes {
		t.Errorf("%d codes", len(codes))
	}
}
