package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// One-time codes as apps make them (RFC 6238): of the time in steps of 30 seconds, six digits, by HMAC-SHA-1 of a secret of 160 bits.
const (
	codeStep     = 30 * time.Second
	codeDigits   = 6
	secretLength = 20
)

// codeAt is the code of a step of time (RFC 4226, 5.3).
func codeAt(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// stepOf is the step of time that a code is of: that of now, or the one before or after, as clocks differ (RFC 6238, 5.2).
func stepOf(secret []byte, code string, now time.Time) (step int64, ok bool) {
	last := now.Unix()/int64(codeStep.Seconds()) + 1
	for at := last - 2; at <= last; at++ {
		if subtle.ConstantTimeCompare([]byte(codeAt(secret, at)), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}

// secretPurpose is what the secret of an account's codes is encrypted as.
func secretPurpose(id string) string { return "codes of " + id }

// secretOf is the secret of an account's codes.
func (s *Service) secretOf(a *procedures.Account) ([]byte, error) {
	var secret []byte
	if err := s.sealer.Open(secretPurpose(a.ID), a.Secret, &secret); err != nil {
		return nil, procedures.Errorf(procedures.CodeConflict, "the server's key was exchanged, and your app's codes cannot be compared "+
			"any more: use a recovery code, or ask for a link that sets a new password and takes the codes away")
	}
	return secret, nil
}

// Enrolment is a secret that an app is given, before a code has shown that it has it.
type Enrolment struct {
	Secret string // as people type it
	Ticket string // the same, encrypted, for the form that confirms it
	// Address is what the picture says: otpauth://totp/…
	Address string
	// Size is how many squares the picture has in a row, Dark those that are dark: a path of SVG.
	Size int
	Dark string
}

// enrolling is what the ticket of an enrolment holds.
type enrolling struct {
	Account string
	Version int64
	Secret  []byte
	Made    time.Time
}

const enrolPurpose = "secret that is being enrolled"

// Enrol makes a secret for the codes of somebody. Nothing is kept of it: the form that confirms it carries it, encrypted.
func (s *Service) Enrol(ctx context.Context, id string) (*Enrolment, error) {
	a, err := s.Store.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	secret := make([]byte, secretLength)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	sealed, err := s.sealer.Seal(enrolPurpose, enrolling{a.ID, a.Version, secret, s.Now()})
	if err != nil {
		return nil, err
	}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	label := "Opsbook " + s.URL.Host
	to := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + label + ":" + a.Email,
		RawQuery: strings.ReplaceAll(url.Values{"secret": {text}, "issuer": {label}}.Encode(), "+", "%20"),
	}
	e := &Enrolment{Secret: inFours(text), Ticket: base64.RawURLEncoding.EncodeToString(sealed), Address: to.String()}
	picture, err := qr.Encode(e.Address, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw the code: %w", err)
	}
	e.Size, e.Dark = picture.Size, pathOf(picture)
	return e, nil
}

// pathOf are the dark squares of a picture, as a path of SVG: a stroke for each run of them in a row.
func pathOf(c *qr.Code) string {
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			n := 0
			for x+n < c.Size && c.Black(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, n, n)
				x += n
			}
		}
	}
	return b.String()
}

// Confirm takes over the secret of an enrolment, once a code of it was typed by who also knows the password, and returns recovery codes,
// which are nowhere afterwards. Other sessions of the person end.
func (s *Service) Confirm(ctx context.Context, id, carried, code, password, address, keep string) (recovery []string, err error) {
	var e enrolling
	sealed, err := base64.RawURLEncoding.DecodeString(carried)
	if err != nil || s.sealer.Open(enrolPurpose, sealed, &e) != nil || e.Account != id || s.Now().Sub(e.Made) > time.Hour {
		return nil, procedures.Errorf(procedures.CodeConflict, "this took too long; begin again. Nothing was done")
	}
	a, err := s.confirm(ctx, id, password, address)
	if err != nil {
		return nil, err
	}
	step, ok := stepOf(e.Secret, strings.ReplaceAll(strings.TrimSpace(code), " ", ""), s.Now())
	if !ok {
		return nil, procedures.Errorf(procedures.CodeInvalid, "this is not the code that the app shows now; its clock, or the server's, "+
			"may be wrong. Nothing was done").Of("code")
	}
	kept, err := s.sealer.Seal(secretPurpose(id), e.Secret)
	if err != nil {
		return nil, err
	}
	recovery, hashes := newRecovery(id)
	if err := s.Store.SetSecret(ctx, id, e.Version, kept, step, hashes); err != nil {
		return nil, err
	}
	return recovery, s.endOthers(ctx, a.ID, keep)
}

// endOthers ends the sessions of somebody but one.
func (s *Service) endOthers(ctx context.Context, id, keep string) error {
	a, err := s.Store.Account(ctx, id)
	if err != nil {
		return err
	}
	return s.change(ctx, procedures.AccountChange{Account: a, End: true, Keep: keep})
}

// RemoveCodes takes the codes of somebody away, who knows the password.
func (s *Service) RemoveCodes(ctx context.Context, id, password, address string) error {
	a, err := s.confirm(ctx, id, password, address)
	if err != nil {
		return err
	}
	return s.Store.SetSecret(ctx, id, a.Version, nil, 0, nil)
}

// RenewRecovery exchanges the recovery codes of somebody who knows the password.
func (s *Service) RenewRecovery(ctx context.Context, id, password, address string) ([]string, error) {
	if _, err := s.confirm(ctx, id, password, address); err != nil {
		return nil, err
	}
	recovery, hashes := newRecovery(id)
	return recovery, s.Store.SetCodes(ctx, id, hashes)
}

// Recovery codes: so many, each of 24 letters and digits, which are 120 bits: so many that their hash needs no salt and no time (ASVS 5.0,
// 6.5.2).
const (
	recoveryCodes  = 10
	recoveryLength = 24
)

// newRecovery makes recovery codes, and their hashes.
func newRecovery(id string) (codes, hashes []string) {
	for range recoveryCodes {
		code := rand.Text()[:recoveryLength]
		codes, hashes = append(codes, inFours(code)), append(hashes, recoveryHash(id, code))
	}
	return codes, hashes
}

// recoveryHash is what is stored of a recovery code.
func recoveryHash(id, code string) string { return hashOf(id + " " + strings.ToUpper(code)) }

// inFours is a text in groups of four letters, as people read it.
func inFours(text string) string {
	var b strings.Builder
	for i, c := range text {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// nameOf is a name as others see it.
func nameOf(text string) string { return access.CleanName(text) }

// Renew encrypts the secrets of all codes with the server's key of now, while it is exchanged: afterwards that of before opens nothing.
func (s *Service) Renew(ctx context.Context) error {
	if s.OtherKey == nil {
		return nil
	}
	all, err := s.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if len(a.Secret) == 0 {
			continue
		}
		secret, err := s.secretOf(a)
		if err != nil {
			s.Logger.WarnContext(ctx, "the codes of an account are of a key that is not known", "account", a.Email)
			continue
		}
		sealed, err := s.sealer.Seal(secretPurpose(a.ID), secret)
		if err == nil {
			err = s.Store.KeepSecret(ctx, a.ID, a.Version, sealed)
		}
		if err != nil && procedures.CodeOf(err) != procedures.CodeConflict {
			return err
		}
	}
	return nil
}

// RecoveryLeft is how many recovery codes of somebody were not used.
func (s *Service) RecoveryLeft(ctx context.Context, id string) (int, error) {
	return s.Store.CountCodes(ctx, id)
}
