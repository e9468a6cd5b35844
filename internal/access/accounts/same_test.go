package accounts

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// seen is a store with one account, which keeps what it is asked.
type seen struct {
	Store
	account *procedures.Account
	asked   []string
}

func (s *seen) AccountOf(_ context.Context, email string) (*procedures.Account, error) {
	s.asked = append(s.asked, "account")
	if email == s.account.Email {
		a := *s.account
		return &a, nil
	}
	return nil, procedures.Errorf(procedures.CodeNotFound, "there is none")
}

// unasked are links that are not asked.
type unasked interface {
	Links
}

// tried are the store's links, of which only attempts are asked.
type tried struct {
	unasked
	seen *seen
}

func (s tried) Attempt(_ context.Context, names []string, _ time.Time,
	next func(int, int64, time.Time) (int64, bool)) (bool, error) {
	s.seen.asked = append(s.seen.asked, "attempt")
	for i := range names {
		next(i, 0, time.Time{})
	}
	return true, nil
}

func (s tried) DropAttempts(context.Context, string) error {
	s.seen.asked = append(s.seen.asked, "right")
	return nil
}

func (s *seen) UseAccount(context.Context, string, time.Time) error { return nil }

// TestAsMuchIsDoneForANameThatIsNone: for an address without an account, a wrong password, a disabled account and hostile sizes as many
// passwords are hashed and the database is asked as often, and the same is said.
func TestAsMuchIsDoneForANameThatIsNone(t *testing.T) {
	hash, err := hashPassword(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	store := &seen{account: &procedures.Account{ID: "a", Email: "ada@example.com", Password: hash}}
	s, err := New(Options{Store: store, Links: tried{seen: store}, URL: &url.URL{Scheme: "https", Host: "ops.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	said := errWrong().Error()
	for _, c := range []struct {
		name, email, password string
		disabled              bool
	}{
		{"a wrong password", "ada@example.com", "correct horse batterx", false},
		{"a name that is none", "bob@example.com", "correct horse battery", false},
		{"no name", "", "", false},
		{"no address", "ada", "correct horse battery", false},
		{"a name without end", strings.Repeat("a", 1<<16) + "@example.com", "x", false},
		{"a password without end", "ada@example.com", strings.Repeat("x", 1<<20), false},
		{"one without end for nobody", "bob@example.com", strings.Repeat("x", 1<<20), false},
		{"bytes that are no text", "\xff\x00@example.com", "\xff\x00", false},
		{"a disabled account", "ada@example.com", "correct horse battery", true},
	} {
		store.asked, store.account.Disabled = nil, time.Time{}
		if c.disabled {
			store.account.Disabled = time.Now()
		}
		before := hashes.Load()
		in, err := s.Password(t.Context(), c.email, c.password, "192.0.2.1")
		if in != nil || err == nil || err.Error() != said {
			t.Errorf("%s: %+v, %v", c.name, in, err)
		}
		if n := hashes.Load() - before; n != 1 || !slices.Equal(store.asked, []string{"attempt", "account"}) {
			t.Errorf("%s: %d hashes, %v", c.name, n, store.asked)
		}
	}
	store.account.Disabled = time.Time{}
	if in, err := s.Password(t.Context(), " ADA@example.com ", "correct horse battery", "192.0.2.1"); err != nil || in.Account.ID != "a" {
		t.Errorf("the right one: %+v, %v", in, err)
	}
}
