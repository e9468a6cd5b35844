package accounts

import (
	"context"
	"log/slog"
	"net/url"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// sealedOnly is a store of accounts whose secrets are encrypted anew.
type sealedOnly struct {
	Store
	all []*procedures.Account
}

func (s *sealedOnly) Accounts(context.Context) ([]*procedures.Account, error) { return s.all, nil }

func (s *sealedOnly) KeepSecret(_ context.Context, id string, version int64, secret []byte) error {
	for _, a := range s.all {
		if a.ID == id && a.Version == version {
			a.Secret = secret
			return nil
		}
	}
	return procedures.Errorf(procedures.CodeConflict, "it was changed")
}

// TestCodesOutliveAnExchangeOfTheKey: a server that starts while the key is exchanged encrypts the secrets of codes with the new one, so
// that they are there when the one of before is gone. What neither opens stays as it is, and is said to who types a code.
func TestCodesOutliveAnExchangeOfTheKey(t *testing.T) {
	old, next := [32]byte{1}, [32]byte{2}
	store := &sealedOnly{all: []*procedures.Account{{ID: "none"}, {ID: "ada"}, {ID: "lost"}}}
	with := func(key [32]byte, other *[32]byte) *Service {
		t.Helper()
		s, err := New(Options{
			Store: store, Key: key, OtherKey: other, URL: &url.URL{Scheme: "https", Host: "x"}, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := with(old, nil)
	var err error
	if store.all[1].Secret, err = before.sealer.Seal(secretPurpose("ada"), []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if store.all[2].Secret, err = with([32]byte{3}, nil).sealer.Seal(secretPurpose("lost"), []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if err := with(next, &old).Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := with(next, nil)
	if secret, err := after.secretOf(store.all[1]); err != nil || string(secret) != "secret" {
		t.Errorf("%q, %v", secret, err)
	}
	if _, err := after.secretOf(store.all[2]); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("of a key that is lost: %v", err)
	}
	swapped := *store.all[1]
	swapped.ID = "eve"
	if _, err := after.secretOf(&swapped); err == nil {
		t.Error("a secret of one account is another's")
	}
}
