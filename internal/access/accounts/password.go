package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// The parameters of argon2id: memory in KiB, passes and lanes, as OWASP's Password Storage Cheat Sheet has them, and the lengths of salt
// and key in bytes (RFC 9106, 4).
const (
	hashMemory = 19 * 1024
	hashTime   = 2
	hashLanes  = 1
	saltLength = 16
	keyLength  = 32
)

// hashPrefix begins every hash: of other parameters there is none.
var hashPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, hashMemory, hashTime, hashLanes)

// hashing bounds how many passwords are hashed at the same time, whoever asks: each holds hashMemory.
var hashing = make(chan struct{}, limits.PasswordHashes.Size())

// hashes counts the passwords that were hashed.
var hashes atomic.Int64

// derive hashes a password when it is its turn.
func derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	wait := time.NewTimer(limits.PasswordWait.Time())
	defer wait.Stop()
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-wait.C:
		return nil, limits.PasswordHashes.Reached()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	hashes.Add(1)
	return argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashLanes, keyLength), nil
}

// hashPassword is what is kept of a password.
func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key, err := derive(ctx, password, salt)
	return hashPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key), err
}

// nobodys is the hash of no password: what is typed for an account that is not there is compared with it, for as long as with another.
var nobodys = hashPrefix + base64.RawStdEncoding.EncodeToString(make([]byte, saltLength)) + "$" +
	base64.RawStdEncoding.EncodeToString(make([]byte, keyLength))

// is reports whether a hash is of a password. It takes the same time for every password and hash.
func is(ctx context.Context, password, hash string) (bool, error) {
	salt, key := make([]byte, saltLength), make([]byte, keyLength)
	rest, known := strings.CutPrefix(hash, hashPrefix)
	text, sum, _ := strings.Cut(rest, "$")
	if a, err := base64.RawStdEncoding.DecodeString(text); known && err == nil && len(a) == saltLength {
		salt = a
	}
	if b, err := base64.RawStdEncoding.DecodeString(sum); known && err == nil && len(b) == keyLength {
		key = b
	}
	got, err := derive(ctx, password, salt)
	return err == nil && known && hash != nobodys && subtle.ConstantTimeCompare(got, key) == 1, err
}

// common are passwords of at least minPassword letters that many people have, in lower case and sorted.
//
//go:embed common.txt
var common string

var commons = sync.OnceValue(func() []string { return strings.Fields(common) })

// minPassword is how many letters a password has at least, minOwn how many besides words that everybody knows of the person, and
// minDifferent how many different ones.
const (
	minPassword  = 12
	minOwn       = 8
	minDifferent = 5
)

// checkPassword says why a password is none that can be chosen. Nothing is said of what kinds of letters it has: any will do (ASVS 5.0,
// 6.2.5). It is taken as it was typed.
func checkPassword(password, email, name string) error {
	wrong := func(why string) error {
		return procedures.Errorf(procedures.CodeInvalid, "%s. Nothing was done", why).Of("password")
	}
	small := strings.ToLower(password)
	switch {
	case len(password) > limits.PasswordBytes.Size():
		return limits.PasswordBytes.Reached()
	case !utf8.ValidString(password):
		return wrong("the password is not text")
	case utf8.RuneCountInString(password) < minPassword:
		return wrong(fmt.Sprintf("a password has at least %d characters; a few words are a good one", minPassword))
	case isCommon(small):
		return wrong("this password is one of the most common ones; choose another")
	case repeats(small):
		return wrong("this password repeats itself; choose another")
	}
	for _, word := range append(strings.FieldsFunc(strings.ToLower(email+" "+name), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}), "opsbook") {
		if utf8.RuneCountInString(word) >= 3 {
			small = strings.ReplaceAll(small, word, "")
		}
	}
	if utf8.RuneCountInString(small) < minOwn {
		return wrong("this password consists of your name, your address or the product's name; choose another")
	}
	return nil
}

// isCommon reports whether a password is common, with what is often put behind one.
func isCommon(small string) bool {
	for _, text := range []string{small, strings.TrimRightFunc(small, func(c rune) bool { return !unicode.IsLetter(c) })} {
		if _, found := slices.BinarySearch(commons(), text); found {
			return true
		}
	}
	return false
}

// repeats reports whether a text is a shorter one again and again, or has few different letters.
func repeats(small string) bool {
	different := map[rune]bool{}
	for _, c := range small {
		different[c] = true
	}
	if len(different) < minDifferent {
		return true
	}
	for n := 1; n <= len(small)/2; n++ {
		if strings.Repeat(small[:n], len(small)/n+1)[:len(small)] == small && n < minPassword {
			return true
		}
	}
	return false
}
