package session

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
)

// marking sends the requests of a session, and notes when the sandbox answered one with nothing for want of the operation.
type marking struct {
	session *Session
	inner   http.RoundTripper // nil: http.DefaultTransport
}

// RoundTrip implements http.RoundTripper.
func (m marking) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := m.inner
	if inner == nil {
		inner = http.DefaultTransport
	}
	response, err := inner.RoundTrip(r)
	if err == nil && response.Header.Get(knowledge.Simulated) == "empty" && !m.session.simulated.Swap(true) {
		m.session.Note("%s", knowledge.Empty(m.session.Call.Command).Reason)
	}
	return response, err
}
