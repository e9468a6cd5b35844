package accounts

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/limits"
)

// TestPasswordsThatCanBeChosen: long ones of any kind of letters; not what everybody has, what repeats itself, and what is known of the
// person.
func TestPasswordsThatCanBeChosen(t *testing.T) {
	for password, ok := range map[string]bool{
		"correct horse battery staple": true, "nine nine nine ninety": true, "пароль-из-слов": true, "🐎🔋🧷🐎🔋🧷🥕🍞🌲🪑🚪🎈": true,
		" leading and trailing ": true, "averylongwordthatisnone": true, strings.Repeat("a word and another ", 50): true,
		"eleven char": false, "": false, "qwertyuiop123": false, "1QAZ2wsx3edc1!": false, "1234567890qwerty": false,
		"passwordpassword": false, "aaaaaaaaaaaaaaaa": false, "abababababababab": false, "123123123123123": false, "ada@example.com": false,
		"Ada.Lovelace.Opsbook1": false, "opsbookopsbook!": false, "\xff\xfe\xfd and some more": false,
		strings.Repeat("x y z w v u ", 100): false,
	} {
		if err := checkPassword(password, "ada@example.com", "Ada Lovelace"); (err == nil) != ok {
			t.Errorf("%.40q can be chosen: %t (%v)", password, err == nil, err)
		}
	}
	if all := commons(); len(all) < 3000 || !slices.IsSorted(all) || len(all[0]) < minPassword {
		t.Errorf("%d common passwords, sorted: %t", len(all), slices.IsSorted(all)) // ASVS 5.0, 6.2.4
	}
}

// TestPasswordsAreStoredHashed: with a salt of their own, as they were typed; what is no hash is of no password.
func TestPasswordsAreStoredHashed(t *testing.T) {
	ctx, password := t.Context(), " Correct horse, battery "
	one, err := hashPassword(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	other, err := hashPassword(ctx, password)
	if err != nil || one == other || strings.Contains(one, "orrect") || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q and %q, %v", one, other, err)
	}
	for typed, want := range map[string]bool{
		password: true, strings.TrimSpace(password): false, strings.ToLower(password): false, "": false, password + "\x00": false,
	} {
		if got, err := is(ctx, typed, one); err != nil || got != want {
			t.Errorf("%q is it: %t, %v", typed, got, err)
		}
	}
	for _, hash := range []string{"", nobodys, "plain", hashPrefix, hashPrefix + "$", strings.Replace(one, "m=19456", "m=8", 1)} {
		if got, err := is(ctx, "", hash); err != nil || got {
			t.Errorf("nothing is the password of %q: %t, %v", hash, got, err)
		}
	}
}

// TestHashingIsBounded: while as many as may be are hashed, the others wait, and end with their request.
func TestHashingIsBounded(t *testing.T) {
	for range limits.PasswordHashes.Size() {
		hashing <- struct{}{}
	}
	defer func() {
		for range limits.PasswordHashes.Size() {
			<-hashing
		}
	}()
	ctx, cancel := newCancelled(t)
	cancel()
	if _, err := derive(ctx, "x", make([]byte, saltLength)); err == nil {
		t.Error("it is hashed beyond the bound")
	}
}

// TestAddresses are kept in one way of writing them; what is none is refused.
func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		" Ada@Example.COM ": "ada@example.com", "a+b@c": "a+b@c", "é@example.com": "é@example.com",
		"ada": "", "@example.com": "", "ada@": "", "a@b@c": "", "a b@c": "", "a@c\r\nBcc: x": "", "a\x00@c": "", "<a@b>": "", "a,b@c": "",
		strings.Repeat("x", 300) + "@example.com": "", "\xff@example.com": "", "\u200b@example.com": "",
	} {
		if got, err := CleanEmail(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}
