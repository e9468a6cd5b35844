package aws

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
)

// marking sends the requests of a run, and says when the sandbox answered one with nothing for want of the operation.
type marking struct {
	run   *run
	inner http.RoundTripper // nil: http.DefaultTransport
}

// RoundTrip implements http.RoundTripper.
func (m marking) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := m.inner
	if inner == nil {
		inner = http.DefaultTransport
	}
	response, err := inner.RoundTrip(r)
	if err == nil && response.Header.Get(knowledge.Simulated) != "" && !m.run.simulated.Swap(true) && m.run.inv.Note != nil {
		m.run.inv.Note(knowledge.Empty(m.run.call.Command).Reason)
	}
	return response, err
}
