// Package sandbox is a simulated AWS account that speaks AWS's real protocols. It
// is one http.Handler: in process it is the transport of the default environment,
// so that every call is bound, signed, sent, decoded and retried as a real one and
// cannot reach AWS; on a loopback address the AWS CLI, Terraform or boto3 can be
// pointed at it.
//
// Its world is small, consistent and healthy at first; faults break it by name.
// An operation that it does not have is answered with an empty result of the right
// shape where it only lists or describes, and otherwise with an error that says so:
// never with an invented success.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Options say how a sandbox lives.
type Options struct {
	Now func() time.Time // nil: the machine's clock
	// Changed is called, without locks held by the caller's goroutine being needed, after
	// the world changed; Snapshot then has the new one. Nil for a world that nobody keeps.
	Changed func()
	// Answer, where it is set, may answer an operation that the sandbox does not have; nil leaves it
	// to the sandbox.
	Answer func(op *models.Operation, input *document.Object) *document.Object
}

// Sandbox is a simulated account. It is safe for concurrent use.
type Sandbox struct {
	now      func() time.Time
	onChange func()
	other    func(*models.Operation, *document.Object) *document.Object

	mu       sync.Mutex
	world    *world
	throttle int
	dirty    bool
}

// New returns a healthy account.
func New(o Options) *Sandbox {
	s := &Sandbox{now: o.Now, onChange: o.Changed, other: o.Answer}
	if s.now == nil {
		s.now = time.Now
	}
	s.world = newWorld(s.now())
	return s
}

// Reset makes everything healthy again: the faults and all changes are gone.
func (s *Sandbox) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world = newWorld(s.now())
	s.changed()
}

// Snapshot returns the world, for Restore.
func (s *Sandbox) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Marshal(s.world)
}

// Restore puts a world back. One of another version is an error, and the present one stays.
func (s *Sandbox) Restore(data []byte) error {
	w := &world{}
	if err := json.Unmarshal(data, w); err != nil {
		return fmt.Errorf("read the sandbox's world: %w", err)
	}
	if w.Version != worldVersion {
		return fmt.Errorf("the stored sandbox is of version %d, this Opsbook has %d; reset it", w.Version, worldVersion)
	}
	if w.Faults == nil {
		w.Faults = map[string]bool{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world = w
	return nil
}

// changed tells the keeper of the world, after the lock was given back.
func (s *Sandbox) changed() {
	if s.onChange != nil {
		go s.onChange()
	}
}

// Transport sends requests to the sandbox without leaving the process.
func (s *Sandbox) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sandbox *Sandbox }

// RoundTrip answers in process. Like a network it gives up when the request's context ends.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.sandbox.slow(r.Context()); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	clone := r.Clone(r.Context())
	if clone.Body == nil {
		clone.Body = http.NoBody
	}
	t.sandbox.serve(w, clone)
	response := w.Result()
	response.Request = r
	response.ContentLength = int64(w.Body.Len())
	return response, nil
}

// ServeHTTP answers one request of a real client.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.slow(r.Context()) != nil {
		return
	}
	s.serve(w, r)
}

// slow waits where the fault slow is on.
func (s *Sandbox) slow(ctx context.Context) error {
	s.mu.Lock()
	on := s.world.Faults["slow"]
	s.mu.Unlock()
	if !on {
		return nil
	}
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// request is one call, decoded.
type request struct {
	service   *models.Service
	operation string
	op        *models.Operation
	input     *document.Object
	body      []byte // of a streaming member
	http      *http.Request
	now       time.Time
	id        string // the request's
}

// maxRequest bounds what a request may send: a part of a multipart upload is at most this.
const maxRequest = 64 << 20 // bytes

func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil || len(body) > maxRequest {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	if body, err = plainBody(r, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	req, p, err := route(r, body)
	if err != nil {
		var refused *serviceError
		if errors.As(err, &refused) && p != nil {
			p.fail(w, req, refused)
			return
		}
		http.Error(w, "the sandbox does not know this request: "+err.Error(), http.StatusNotFound)
		return
	}
	output, err := s.answer(req)
	var refused *serviceError
	switch {
	case errors.As(err, &refused):
		p.fail(w, req, refused)
	case err != nil:
		p.fail(w, req, refuse(http.StatusInternalServerError, "InternalFailure", "the sandbox failed: %v", err))
	default:
		p.answer(w, req, output)
	}
}

// answer carries a call out.
func (s *Sandbox) answer(r *request) (*document.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.now = s.now().UTC()
	r.id = uuid(r.operation, r.now.String(), fmt.Sprint(s.world.Serial))
	if err := s.faultFor(r); err != nil {
		return nil, err
	}
	handle, ok := handlers[r.service.Name+" "+r.operation]
	if !ok {
		if s.other != nil {
			if output := s.other(r.op, r.input); output != nil {
				return output, nil
			}
		}
		return s.generic(r)
	}
	before := s.world.Serial
	output, err := handle(s, r)
	if s.world.Serial != before {
		s.changed()
	}
	return output, err
}

// touch records that the world changed, and the call in the trail.
func (s *Sandbox) touch(r *request, resource, kind string) {
	s.world.Serial++
	s.world.Trail = append(s.world.Trail, trailEvent{
		Name: r.operation, Source: r.service.EndpointPrefix + ".amazonaws.com", User: "opsbook", Resource: resource, Type: kind, At: r.now,
	})
	if over := len(s.world.Trail) - 500; over > 0 {
		s.world.Trail = s.world.Trail[over:]
	}
}

// handler answers one operation, with the sandbox's lock held.
type handler func(s *Sandbox, r *request) (*document.Object, error)

// handlers are the operations that the sandbox has, by "service Operation".
var handlers = merge(
	lambdaHandlers, dynamodbHandlers, cloudwatchHandlers, logsHandlers, iamHandlers, ecrHandlers, cloudtrailHandlers, costHandlers,
	cloudfrontHandlers, s3Handlers, supportHandlers, eventsHandlers, apigatewayHandlers, stsHandlers,
)

func merge(tables ...map[string]handler) map[string]handler {
	all := map[string]handler{}
	for _, t := range tables {
		for k, v := range t {
			all[k] = v
		}
	}
	return all
}

// Operations lists what the sandbox has, as "service Operation".
func Operations() []string {
	out := make([]string, 0, len(handlers))
	for k := range handlers {
		out = append(out, k)
	}
	return out
}
