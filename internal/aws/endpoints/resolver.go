package endpoints

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/recent"
	"github.com/opsbook/opsbook/internal/document"
)

// The bounds of what a Resolver keeps.
const (
	maxEndpoints     = 1000
	maxEndpointBytes = 1 << 20
)

// Resolver keeps the endpoints that it found: the rules are only evaluated for parameters that they were not evaluated for
// before. It is safe for concurrent use; nil keeps nothing.
type Resolver struct{ found *recent.Cache[Endpoint] }

// NewResolver returns a resolver that has not found anything yet.
func NewResolver() *Resolver {
	return &Resolver{found: recent.New[Endpoint](maxEndpoints, maxEndpointBytes)}
}

// parsed has the rule sets by service name (*ruleSet). They are read from the models' archive when they are first needed.
var parsed sync.Map

// rulesOf returns a service's rule set. Two callers may parse it at the same time; either result does.
func rulesOf(s *models.Service) (*ruleSet, error) {
	if rules, ok := parsed.Load(s.Name); ok {
		return rules.(*ruleSet), nil
	}
	rules, err := parse(s)
	if err == nil {
		parsed.Store(s.Name, rules)
	}
	return rules, err
}

// Resolve is as the function Resolve. The endpoint is the caller's own.
func (r *Resolver) Resolve(s *models.Service, p Parameters) (Endpoint, error) {
	if r == nil {
		return Resolve(s, p)
	}
	rules, err := rulesOf(s)
	if err != nil {
		return Endpoint{}, err
	}
	key, ok := rules.key(s, p)
	if !ok {
		return rules.resolve(p)
	}
	e, ok := r.found.Get(key)
	if !ok {
		if e, err = rules.resolve(p); err != nil {
			return e, err
		}
		r.found.Put(key, e.size(), e)
	}
	headers := make(map[string][]string, len(e.Headers))
	for name, values := range maps.All(e.Headers) {
		headers[name] = slices.Clone(values)
	}
	e.Headers = headers
	return e, nil
}

// Stats returns what the resolver holds, and how often it found an endpoint there.
func (r *Resolver) Stats() recent.Stats { return r.found.Stats() }

func (e Endpoint) size() int {
	size := len(e.URL) + len(e.SigningRegion) + len(e.SigningName)
	for name, values := range e.Headers {
		size += len(name)
		for _, v := range values {
			size += len(v)
		}
	}
	return size
}

// key is the service and the parameters that its rules look at. It is false where a value cannot be written.
func (r *ruleSet) key(s *models.Service, p Parameters) (string, bool) {
	var values document.List
	for _, name := range r.used {
		v := p[name]
		if names, ok := v.([]string); ok {
			l := make(document.List, len(names))
			for i, n := range names {
				l[i] = n
			}
			v = l
		}
		values = append(values, v)
	}
	text, err := document.Marshal(values)
	return s.Name + " " + string(text), err == nil
}

// mentioned collects the names that rules refer to: {"ref": "Name"}, "{Name}" and "{Name#path}".
func mentioned(v document.Value, names map[string]bool) {
	switch v := v.(type) {
	case document.List:
		for _, inner := range v {
			mentioned(inner, names)
		}
	case *document.Object:
		if name := text(v, "ref"); name != "" {
			names[name] = true
		}
		for _, inner := range v.All() {
			mentioned(inner, names)
		}
	case string:
		for _, part := range strings.Split(v, "{")[1:] {
			name, _, _ := strings.Cut(part, "}")
			name, _, _ = strings.Cut(name, "#")
			names[name] = true
		}
	}
}
