package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
)

// webSimulation is what curl reaches: the estate's API.
func webSimulation() simulation {
	return simulation{
		service: "",
		faults: []Fault{
			{Name: "unhealthy-api", Title: "The API answers 503"},
			{Name: "unreachable-api", Title: "Nothing answers at the API's address"},
		},
	}
}

// Web answers the requests of curl: every host is healthy, unless a fault says otherwise.
// Which hosts may be asked is the caller's to decide.
func (s *Sandbox) Web() http.RoundTripper { return web{s} }

// web is the transport of curl.
type web struct{ sandbox *Sandbox }

// unreachable is the error of a host at which nobody answers.
type unreachable struct{ host string }

// Error is curl's sentence for its exit status 7.
func (e unreachable) Error() string {
	return "Failed to connect to " + e.host + ": Couldn't connect to server"
}

// RoundTrip answers without leaving the process.
func (w web) RoundTrip(r *http.Request) (*http.Response, error) {
	var down, away, slow bool
	var now time.Time
	if err := w.sandbox.with(r.Context(), func() error {
		on := w.sandbox.world.Faults
		down, away, slow, now = on["unhealthy-api"], on["unreachable-api"], on["slow"], w.sandbox.now()
		return nil
	}); err != nil {
		return nil, err
	}
	late(r.Context(), slow)
	switch {
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	case away:
		return nil, unreachable{r.URL.Host}
	}
	status, body := http.StatusOK, `{"status":"healthy","simulated":true}`+"\n"
	if down {
		status, body = http.StatusServiceUnavailable, `{"status":"unhealthy","simulated":true}`+"\n"
	}
	if r.Method == http.MethodHead {
		body = ""
	}
	header := http.Header{"Content-Type": {"application/json"}, "Date": {now.UTC().Format(http.TimeFormat)}}
	if !strings.Contains(r.URL.Host, estate) { // what other hosts say is not known
		header.Set(knowledge.Simulated, knowledge.Sample)
	}
	return &http.Response{
		StatusCode: status, Status: strconv.Itoa(status) + " " + http.StatusText(status), Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(body)),
		Header: header, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}
