package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// invited makes an account of an address.
func invited(t *testing.T, db *store.DB, email string) *procedures.Account {
	t.Helper()
	now := time.Now().Truncate(time.Millisecond)
	l := &procedures.AccountLink{ID: "l " + email, Kind: procedures.LinkInvite, Email: email, Made: now, Expires: now.Add(time.Hour)}
	if err := db.InsertLink(t.Context(), l, "hash "+email, 100); err != nil {
		t.Fatal(err)
	}
	a := &procedures.Account{ID: "id " + email, Email: email, Name: "Ada", Groups: []string{"a", "b"}, Password: "$x", By: "Bob", Made: now}
	if err := db.InsertAccount(t.Context(), a, "hash "+email, false, 10); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAccountsAreKept: as they were made; a change is of the version that was read, has its sign-ins follow it, and takes away what it
// says.
func TestAccountsAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		made := invited(t, db, "ada@example.com")
		other := invited(t, db, "bob@example.com")
		if other.Version <= made.Version {
			t.Errorf("versions %d and %d", made.Version, other.Version)
		}
		got, err := db.AccountOf(ctx, "ada@example.com")
		if err != nil || got.ID != made.ID || got.Name != "Ada" || !slices.Equal(got.Groups, made.Groups) || got.Password != "$x" ||
			got.By != "Bob" || !got.Made.Equal(made.Made) || !got.Used.Equal(made.Made) || !got.Disabled.IsZero() || len(got.Secret) > 0 {
			t.Fatalf("it is %+v, %v", got, err)
		}
		now := time.Now().Truncate(time.Millisecond)
		for _, id := range []string{"one", "two"} {
			in := &procedures.SignIn{ID: id, Provider: "local", Issuer: "local", Subject: made.ID, Begun: now}
			if err := db.InsertSignIn(ctx, in); err != nil {
				t.Fatal(err)
			}
		}
		stale := *got
		if err := db.SetSecret(ctx, made.ID, got.Version, []byte("sealed"), 7, []string{"c1", "c2"}); err != nil {
			t.Fatal(err)
		}
		_, err = db.ChangeAccount(ctx, "local", procedures.AccountChange{Account: &stale})
		if procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("a change of what was changed meanwhile: %v", err)
		}
		if err := db.SetSecret(ctx, made.ID, got.Version, nil, 0, nil); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("and of its codes: %v", err)
		}
		got, _ = db.Account(ctx, made.ID)
		if string(got.Secret) != "sealed" || got.Step != 7 {
			t.Errorf("its codes are %+v", got)
		}
		got.Name, got.Groups, got.Disabled = "Countess", []string{"c"}, now
		ended, err := db.ChangeAccount(ctx, "local", procedures.AccountChange{Account: got, End: true, Keep: "two", Factors: true})
		if err != nil || !slices.Equal(ended, []string{"one"}) {
			t.Fatalf("ended %v, %v", ended, err)
		}
		if in, err := db.SignIn(ctx, "two"); err != nil || in.Name != "Countess" || !slices.Equal(in.Groups, []string{"c"}) {
			t.Errorf("the sign-in is %+v, %v", in, err)
		}
		got, _ = db.Account(ctx, made.ID)
		left, _ := db.CountCodes(ctx, made.ID)
		version, _ := db.AccountsVersion(ctx)
		if len(got.Secret) > 0 || left > 0 || !got.Disabled.Equal(now) || version != got.Version {
			t.Errorf("it is %+v, %d codes, version %d", got, left, version)
		}
	})
}

// TestWhatCountsOnceCountsOnce: of many who use one link, one code or one recovery code at the same time, one does.
func TestWhatCountsOnceCountsOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		now := time.Now()
		a := invited(t, db, "ada@example.com")
		if err := db.SetSecret(ctx, a.ID, a.Version, []byte("s"), 1, []string{"c"}); err != nil {
			t.Fatal(err)
		}
		link := &procedures.AccountLink{ID: "r", Kind: procedures.LinkInvite, Email: "eve@example.com", Made: now, Expires: now}
		if err := db.InsertLink(ctx, link, "link", 100); err != nil {
			t.Fatal(err)
		}
		for name, use := range map[string]func(i int) (bool, error){
			"a link": func(i int) (bool, error) {
				who := "eve" + string(rune('a'+i)) // addresses do not keep them apart
				err := db.InsertAccount(ctx, &procedures.Account{ID: who, Email: who, Made: now}, "link", false, 100)
				if procedures.CodeOf(err) == procedures.CodeNotFound {
					err = nil
					return false, err
				}
				return err == nil, err
			},
			"a code":          func(int) (bool, error) { return db.UseStep(ctx, a.ID, 9) },
			"a recovery code": func(int) (bool, error) { return db.UseCode(ctx, a.ID, "c") },
		} {
			var mu sync.Mutex
			used := 0
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					ok, err := use(i)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					if ok {
						used++
					}
				})
			}
			all.Wait()
			if used != 1 {
				t.Errorf("%s was used %d times", name, used)
			}
		}
		if used, err := db.UseStep(ctx, a.ID, 8); used || err != nil {
			t.Errorf("an earlier code: %t, %v", used, err)
		}
		if used, err := db.UseCode(ctx, "eve", "c"); used || err != nil {
			t.Errorf("somebody else's code: %t, %v", used, err)
		}
	})
}

// TestTheFirstAccountIsTheFirst: a link for it makes none where there is one, whoever made that.
func TestTheFirstAccountIsTheFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		now := time.Now()
		for _, hash := range []string{"replica one", "replica two", "replica three"} {
			l := &procedures.AccountLink{ID: hash, Kind: procedures.LinkFirst, Made: now, Expires: now.Add(time.Hour)}
			if err := db.InsertLink(ctx, l, hash, 100); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		made, refused := 0, 0
		for _, hash := range []string{"replica one", "replica two", "replica three"} {
			all.Go(func() {
				err := db.InsertAccount(ctx, &procedures.Account{ID: hash, Email: hash, Made: now}, hash, true, 10)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					made++
				case procedures.CodeOf(err) == procedures.CodeNotFound:
					refused++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if made != 1 || refused != 2 {
			t.Errorf("%d first accounts, %d refused", made, refused)
		}
	})
}

// TestLinksAreKept until they are used or ended; the newest one of a person counts, and there are at most so many.
func TestLinksAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		now := time.Now().Truncate(time.Millisecond)
		l := &procedures.AccountLink{
			ID: "one", Kind: procedures.LinkReset, Email: "ada@example.com", Groups: []string{"g"}, Account: "a", Factors: true, By: "Bob",
			Maker: "local b", Made: now, Expires: now.Add(time.Hour),
		}
		if err := db.InsertLink(ctx, l, "h1", 2); err != nil {
			t.Fatal(err)
		}
		got, err := db.Link(ctx, "h1")
		if err != nil || got.ID != "one" || got.Kind != l.Kind || got.Email != l.Email || !slices.Equal(got.Groups, l.Groups) ||
			got.Account != "a" || !got.Factors || got.By != "Bob" || got.Maker != "local b" || !got.Expires.Equal(l.Expires) {
			t.Fatalf("%+v, %v", got, err)
		}
		newer := *l
		newer.ID = "two"
		first := &procedures.AccountLink{ID: "three", Kind: procedures.LinkFirst, Made: now, Expires: now.Add(-time.Hour)}
		if err := errors.Join(db.InsertLink(ctx, &newer, "h2", 2), db.InsertLink(ctx, first, "h3", 2)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Link(ctx, "h1"); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("the older one: %v", err)
		}
		if err := db.InsertLink(ctx, first, "h4", 2); procedures.CodeOf(err) != procedures.CodeConflict {
			t.Errorf("one beyond the most: %v", err)
		}
		if err := db.DropOldLinks(ctx, now, now); err != nil {
			t.Fatal(err)
		}
		if all, err := db.Links(ctx); err != nil || len(all) != 1 || all[0].ID != "two" {
			t.Errorf("%v, %v", all, err)
		}
		if ended, err := db.EndLink(ctx, "two"); err != nil || ended.Email != "ada@example.com" {
			t.Errorf("%+v, %v", ended, err)
		}
		if _, err := db.EndLink(ctx, "two"); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("again: %v", err)
		}
	})
}

// TestAttemptsAreCounted one after the other, in all processes: none of those at the same time is forgotten, and one that is refused
// counts for none of its names.
func TestAttemptsAreCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		now := time.Now().Truncate(time.Millisecond)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				names := []string{"account x", "address y"}
				ok, err := db.Attempt(ctx, names, now, func(_ int, n int64, _ time.Time) (int64, bool) { return n + 1, true })
				if err != nil || !ok {
					t.Error(ok, err)
				}
			})
		}
		all.Wait()
		count := func(name string) (n int64, at time.Time) {
			if _, err := db.Attempt(ctx, []string{name}, now, func(_ int, was int64, tried time.Time) (int64, bool) {
				n, at = was, tried
				return was, false
			}); err != nil {
				t.Fatal(err)
			}
			return n, at
		}
		if n, at := count("account x"); n != 10 || !at.Equal(now) {
			t.Errorf("%d attempts at %s", n, at)
		}
		ok, err := db.Attempt(ctx, []string{"account x", "address z"}, now, func(i int, n int64, _ time.Time) (int64, bool) {
			return n + 1, i == 0
		})
		if n, _ := count("account x"); ok || err != nil || n != 10 {
			t.Errorf("one that is refused: %t, %v, %d", ok, err, n)
		}
		if err := db.DropAttempts(ctx, "account x"); err != nil {
			t.Fatal(err)
		}
		if n, _ := count("account x"); n != 0 {
			t.Errorf("%d are left", n)
		}
		if err := db.DropOldLinks(ctx, now, now.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if n, _ := count("address y"); n != 0 {
			t.Errorf("%d old ones are left", n)
		}
	})
}

// TestBesideAServer: a short change is made beside a process that uses the folder, which sees it.
func TestBesideAServer(t *testing.T) {
	folder := t.TempDir()
	server, err := store.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	beside, err := store.OpenBeside(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	invited(t, beside, "ada@example.com")
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	if a, err := server.AccountOf(t.Context(), "ada@example.com"); err != nil || a.Name != "Ada" {
		t.Errorf("%+v, %v", a, err)
	}
	const newest = "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)"
	if _, err := server.SQL().ExecContext(t.Context(), newest); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenBeside(t.Context(), folder); procedures.CodeOf(err) != procedures.CodeConflict {
		t.Errorf("beside a server of another version: %v", err)
	}
}

// TestPasskeysAreKept: under an identifier of their own, so many of an account; a challenge, and whatever was made before it, counts once
// with one; those of an account go with its factors.
func TestPasskeysAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.DB) {
		ctx, db := t.Context(), open()
		now := time.Now().Truncate(time.Millisecond)
		a := invited(t, db, "ada@example.com")
		p := &procedures.Passkey{ID: "id", Account: a.ID, Name: "laptop", Key: []byte{0, 1}, Counter: 1<<32 - 1, Challenged: now, Made: now}
		if err := db.InsertPasskey(ctx, p, 1); err != nil {
			t.Fatal(err)
		}
		other := *p
		other.ID = "other"
		for most, q := range map[int]*procedures.Passkey{1: &other, 9: p} {
			if err := db.InsertPasskey(ctx, q, most); procedures.CodeOf(err) != procedures.CodeConflict {
				t.Errorf("%s beyond %d: %v", q.ID, most, err)
			}
		}
		got, err := db.Passkey(ctx, "id")
		if err != nil || got.Account != a.ID || got.Name != "laptop" || string(got.Key) != "\x00\x01" || got.Counter != p.Counter ||
			!got.Challenged.Equal(now) || !got.Used.IsZero() {
			t.Fatalf("%+v, %v", got, err)
		}
		for _, c := range []struct {
			after time.Duration
			want  bool
		}{{0, false}, {time.Second, true}, {time.Second, false}, {time.Millisecond, false}, {2 * time.Second, true}} {
			if used, err := db.UsePasskey(ctx, "id", 0, now.Add(c.after), now); err != nil || used != c.want {
				t.Errorf("a challenge of %s later counts: %t, %v", c.after, used, err)
			}
		}
		if err := db.DropPasskey(ctx, "somebody else", "id"); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("somebody else removes it: %v", err)
		}
		if _, err := db.ChangeAccount(ctx, "local", procedures.AccountChange{Account: a, Factors: true}); err != nil {
			t.Fatal(err)
		}
		if all, err := db.PasskeysOf(ctx, a.ID); err != nil || len(all) != 0 {
			t.Errorf("%v, %v", all, err)
		}
	})
}
