package signin

import (
	"errors"
	"testing"
)

// TestSignInsOutliveAnExchangeOfTheKey: what one of two keys has encrypted both servers of an exchange open, and nobody else.
func TestSignInsOutliveAnExchangeOfTheKey(t *testing.T) {
	old, next := [32]byte{1}, [32]byte{2}
	with := func(key [32]byte, other *[32]byte) Sealer {
		s, err := NewSealer("opsbook sign-in", key, other)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before, during, after := with(old, &next), with(next, &old), with(next, nil)
	sealed := func(s Sealer) []byte {
		data, err := s.Seal("what", "a refresh token")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, c := range []struct {
		name string
		data []byte
		by   Sealer
		what string
		ok   bool
	}{
		{"of before, by who has exchanged", sealed(before), during, "what", true},
		{"of now, by who has not yet", sealed(during), before, "what", true},
		{"of now, afterwards", sealed(during), after, "what", true},
		{"of before, afterwards", sealed(before), after, "what", false},
		{"as something else", sealed(before), during, "other", false},
	} {
		var got string
		err := c.by.Open(c.what, c.data, &got)
		if (err == nil) != c.ok || c.ok && got != "a refresh token" || !c.ok && !errors.Is(err, errSealed) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}
