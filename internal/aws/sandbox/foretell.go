package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Foretell says what a healthy sandbox answers a call with, before it is made: procedures.EstateAnswer, GrownAnswer, SampleAnswer,
// EmptyAnswer or NoAnswer. An input of which nothing is known is nil: what it names is taken to grow.
func Foretell(n Named) string {
	r, err := foretelling(n)
	if err != nil {
		return procedures.NoAnswer
	}
	known := n.Input != nil
	if !known {
		r.input = &document.Object{}
	}
	if h, ok := handlers()[n.Service+" "+n.Operation]; ok {
		understood := strings.Fields(h.takes)
		return foretold(r, known, func(name string) bool { return slices.Contains(understood, name) }, r.growsSome)
	}
	if a, k, ok := actOf(n.Service, n.Operation); ok {
		if _, err := a.filter(r, nil); err != nil {
			return procedures.NoAnswer
		}
		return foretold(r, known, a.takenBy(r, k), func() bool { return r.namesOthers(a, k) })
	}
	if t, ok := settingOf(r.service, r.op); ok && (t.does != "get" || n.Service == "s3") {
		return procedures.GrownAnswer
	}
	if _, err := generic(r); err != nil {
		return procedures.NoAnswer
	}
	return map[string]string{knowledge.Sample: procedures.SampleAnswer, knowledge.EmptyAnswer: procedures.EmptyAnswer}[r.mark]
}

// foretelling is a request that nobody made.
func foretelling(n Named) (*request, error) {
	service, err := models.Load(n.Service)
	if err != nil {
		return nil, err
	}
	op := service.Operation(n.Operation)
	if op == nil {
		return nil, fmt.Errorf("%s has no operation %s", n.Service, n.Operation)
	}
	return &request{service: service, operation: n.Operation, op: op, input: n.Input}, nil
}

// foretold is what an operation is answered with that the sandbox has: not at all where the call has a member that it does not take.
func foretold(r *request, known bool, takes func(name string) bool, grows func() bool) string {
	for name := range r.input.All() {
		if !takes(name) {
			return procedures.NoAnswer
		}
	}
	if !known || grows() {
		return procedures.GrownAnswer
	}
	return procedures.EstateAnswer
}

// growsSome reports whether a call names a resource that the estate does not have, of a service that has handlers.
func (r *request) growsSome() bool {
	estate := (*world)(nil)
	for _, g := range growings(r.service.Name) {
		names := g.names(r.input, g.by)
		if len(names) == 0 {
			continue
		}
		if estate == nil {
			estate = newWorld(time.Now())
		}
		there := g.all(estate)
		if slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(there, name) }) {
			return true
		}
	}
	return false
}

// namesOthers reports whether a call names a resource that the estate does not have, of a service that is described.
func (r *request) namesOthers(a *act, k *kind) bool {
	if k == nil {
		return false
	}
	estate := livingOf(r.service.Name).estate
	return slices.ContainsFunc(wholeNames(r.input, a, k), func(name string) bool {
		return !slices.Contains(estate, keyOf(a.kind, name))
	})
}
