package session

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
)

// marking sends the requests of a session, and notes what the sandbox says of its answers.
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
	if err != nil {
		return response, err
	}
	mark, had := response.Header.Get(knowledge.Simulated), m.session.Mark()
	if mark == "" || had == mark || had == knowledge.Sample || had == knowledge.EmptyAnswer {
		return response, nil
	}
	m.session.mark.Store(mark)
	switch mark {
	case knowledge.EmptyAnswer:
		m.session.Note("%s", knowledge.Empty(m.session.Call.Command).Reason)
	case knowledge.Sample:
		m.session.Note("%s", knowledge.Sampled(m.session.Call.Command).Reason)
	}
	return response, nil
}
