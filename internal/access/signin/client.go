package signin

import (
	"io"
	"net/http"
	"time"
)

const (
	// askTime is how long a provider may take to answer. Somebody waits for a page meanwhile.
	askTime = 8 * time.Second
	// maxAnswer bounds an answer of a provider, in bytes.
	maxAnswer = 1 << 20
)

// NewClient is what providers are asked with: within askTime, and not more than maxAnswer is read.
func NewClient() *http.Client {
	return &http.Client{Timeout: askTime, Transport: short{http.DefaultTransport}}
}

// short cuts answers off that are too long.
type short struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t short) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxAnswer), response.Body}
	}
	return response, err
}
