// Package sandbox is a simulated AWS account that speaks AWS's real protocols. It
// is one http.Handler: in process it is the transport of the default environment,
// so that every call is bound, signed, sent, decoded and retried as a real one and
// cannot reach AWS; on a loopback address the AWS CLI, Terraform or boto3 can be
// pointed at it.
//
// Its world is small, consistent and healthy at first; faults break it by name. What a runbook's line names is there
// too: see Named.
// An operation that it does not have is answered with an empty result of the right
// shape where it only lists or describes, and otherwise with an error that says so:
// never with an invented success.
//
// Time is computed rather than run: a resource keeps the moment at which it has settled, and every read compares
// it with the clock. Nothing runs in the background, and a stored world is right again after any pause. What takes
// minutes on AWS takes seconds here (see settling and restoring), long enough for a waiter to poll more than once
// and short enough for a rehearsal.
//
// What looks like chance (noise of metrics, costs, request ids) is a hash of names and times, so that the same
// question has the same answer in every process.
//
// Deliberately not simulated: signatures and permissions beyond the faults, regions other than a bucket's
// location, eventual consistency, quotas beyond those that verdict rules and limits ask for, and billing.
package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Options say how a sandbox lives.
type Options struct {
	Now func() time.Time // nil: the machine's clock
	// Keeper keeps the world beyond this process; nil for one that ends with it. See Load.
	Keeper Keeper
	// Answer, where it is set, may answer an operation that the sandbox does not have; nil leaves it
	// to the sandbox.
	Answer func(op *models.Operation, input *document.Object) *document.Object
	// Named are the calls of the open runbooks: see Named. nil for none.
	Named func() []Named
	// Grows says that what other programs name grows too, as what a line of a runbook names does.
	Grows bool
	// Stretch makes the times longer in which resources change by themselves; 0 is 1.
	Stretch float64
}

// Sandbox is a simulated account. It is safe for concurrent use.
type Sandbox struct {
	now    func() time.Time
	keeper Keeper
	other  func(*models.Operation, *document.Object) *document.Object
	named  func() []Named
	grown  bool // Options.Grows
	// stretch is Options.Stretch.
	stretch float64
	// metrics are those of all services.
	metrics []series

	mu       sync.Mutex // of what follows
	world    *world
	revision int64 // under which the keeper has the world
	throttle int
	// known and made are the resources that are there by their names, and those that lines are to create: true of knownAt.
	known   map[string]origin
	made    map[string]bool
	knownAt knownAt
	grownAt map[string]knownAt // for which names resources of a kind have grown: see grow
}

// New returns a healthy account.
func New(o Options) *Sandbox {
	s := &Sandbox{
		now: o.Now, keeper: o.Keeper, other: o.Answer, named: o.Named, grown: o.Grows, stretch: o.Stretch, metrics: allSeries(),
		grownAt: map[string]knownAt{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.world = newWorld(s.now())
	return s
}

// Reset makes everything healthy again: the faults and all changes are gone.
func (s *Sandbox) Reset(ctx context.Context) error {
	return s.with(ctx, func() error {
		if err := s.world.gameRefuses(); err != nil {
			return err
		}
		fresh := newWorld(s.now())
		fresh.Games = s.world.Games
		fresh.Serial = s.world.Serial + 1 // ids that were given are not given again
		s.world = fresh
		return nil
	})
}

// Transport sends requests to the sandbox without leaving the process.
func (s *Sandbox) Transport() http.RoundTripper { return transport{s} }

// transport is the http.RoundTripper of an environment that is the sandbox.
type transport struct{ sandbox *Sandbox }

// RoundTrip answers in process. Like a network it gives up when the request's context ends.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	clone := r.Clone(r.Context())
	if clone.Body == nil {
		clone.Body = http.NoBody
	}
	t.sandbox.serve(w, clone, true)
	// A change that was made before the context ended stays made, as on a network.
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := w.Result()
	response.Request = r
	response.ContentLength = int64(w.Body.Len())
	return response, nil
}

// late waits as long as the fault slow makes an answer late.
func late(ctx context.Context, on bool) {
	if !on {
		return
	}
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
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
	late      bool   // the answer is sent late
	partial   bool   // a range of an object is sent
	inside    bool   // it is of a line of a runbook
	mark      string // what the header knowledge.Simulated says of the answer; empty for one of the estate
}

// maxRequest bounds what a request may send: a part of a multipart upload is at most this.
const maxRequest = 64 << 20 // bytes

// ServeHTTP answers one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, s.grown) }

// serve answers one request. One from inside is of a runbook's line: what it names is there.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, inside bool) {
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
	var output *document.Object
	if err == nil {
		req.inside = inside
		output, err = s.answer(r.Context(), req)
		late(r.Context(), req.late)
	}
	var refused *serviceError
	switch {
	case err == nil:
		p.answer(w, req, output)
	case p == nil:
		http.Error(w, "the sandbox does not know this request: "+err.Error(), http.StatusNotFound)
	case errors.As(err, &refused):
		p.fail(w, req, refused)
	default:
		p.fail(w, req, refuse(http.StatusInternalServerError, "InternalFailure", "the sandbox failed: %s", procedures.Said(err)))
	}
}

// answer executes a call.
func (s *Sandbox) answer(ctx context.Context, r *request) (output *document.Object, err error) {
	return output, s.with(ctx, func() error {
		r.now = s.now().UTC()
		r.id = uuid(r.operation, r.now.String(), strconv.Itoa(s.world.Serial))
		r.late, r.partial, r.mark = s.world.Faults["slow"], false, ""
		// What is over by now is over before the call sees it.
		s.world.settle(r.now)
		s.startGame(r.now)
		if err = s.faultFor(r); err != nil {
			return err
		}
		output, err = s.execute(r)
		s.watchGame(r, output, err)
		return err
	})
}

// touch records that the world changed, and the call in the trail.
func (s *Sandbox) touch(r *request, resource, kind string) {
	s.world.Serial++
	s.world.record(trailEvent{
		Name: r.operation, Source: r.service.EndpointPrefix + ".amazonaws.com", User: "opsbook", Resource: resource, Type: kind, At: r.now,
	})
}
