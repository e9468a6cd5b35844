package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/opsbook/opsbook/internal/hosts"
)

// Bounds of one attempt.
const (
	attemptTime = 15 * time.Second // until the answer is read
	maxAnswer   = 4 << 10          // bytes of the answer that are read
	maxQuoted   = 200              // bytes of it that are quoted
	maxAfter    = time.Hour        // that Retry-After may ask for
)

// refusal is an answer that is not a success.
type refusal struct {
	status int
	text   string
	after  time.Duration // that the receiver asks to wait; 0 for nothing
}

// Error implements error.
func (r *refusal) Error() string {
	out := fmt.Sprintf("it answered %d %s", r.status, http.StatusText(r.status))
	if r.status >= 300 && r.status < 400 {
		return out + "; redirects are not followed, so name the address that it leads to"
	}
	if r.text != "" {
		out += ": " + r.text
	}
	return out
}

// client makes the requests of one target.
func client(t *Target, patience time.Duration) *http.Client {
	transport := hosts.Transport(t.reach)
	transport.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{
		Timeout: patience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes one attempt. Its error never has the address, which may be a secret.
func send(ctx context.Context, t *Target, id string, at time.Time, patience time.Duration, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("its address cannot be used")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Opsbook")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	if t.Secret != nil {
		r.Header.Set("Webhook-Signature", Sign(t.Secret, id, at, body))
	}
	answer, err := client(t, patience).Do(r)
	if err != nil {
		return said(err, patience)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return nil
	}
	return &refusal{answer.StatusCode, quotable(string(text)), retryAfter(answer.Header.Get("Retry-After"))}
}

// said is an error of a request without its address.
func said(err error, patience time.Duration) error {
	var whole *url.Error
	var network net.Error
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return fmt.Errorf("its name %s was not found (DNS)", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("nothing listens at its address")
	case errors.As(err, &network) && network.Timeout():
		return fmt.Errorf("it did not answer within %s", patience)
	case errors.As(err, &whole):
		return whole.Err
	}
	return err
}

// Sign is the header webhook-signature: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
// It signs the id, the time in seconds and the body with HMAC-SHA256.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	sum := hmac.New(sha256.New, secret)
	fmt.Fprintf(sum, "%s.%d.", id, at.Unix())
	sum.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

// ParseSecret reads a key as Standard Webhooks writes it: whsec_ and 24 to 64 bytes in base64. Its error does not quote it.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("is no signing secret: whsec_ and 24 to 64 bytes in base64, as whsec_$(openssl rand -base64 32) makes one")
	}
	return key, nil
}

// quotable is the beginning of an answer on one line, without what a terminal would act on.
func quotable(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar
	}), " ")
	if len(text) > maxQuoted {
		text = strings.ToValidUTF8(text[:maxQuoted], "") + "…"
	}
	return text
}

// retryAfter reads the header; receivers that name a date are tried again as usual.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxAfter)
}
