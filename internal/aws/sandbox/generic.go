package sandbox

import (
	"net/http"
	"slices"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// readingVerb begins the names of operations that list or describe.
var readingVerb = lazy.Regexp(`^(List|Describe|Get|Search|Lookup|Batch(?:Get|Describe))`)

// generic answers an operation without a handler: a reading of one named resource gets a sample, one whose answer is lists
// empty ones, and the header knowledge.Simulated marks both; everything else says that the sandbox does not have it.
func generic(r *request) (*document.Object, error) {
	reads := !knowledge.Of(r.service.Name, r.operation).Effect.Changes()
	if reads {
		if out, ok := sampleAnswer(r); ok {
			r.mark = knowledge.Sample
			return out, nil
		}
		if out, ok := emptyAnswer(r); ok {
			r.mark = knowledge.EmptyAnswer
			return out, nil
		}
	}
	return nil, refuse(http.StatusNotImplemented, "SandboxNotImplemented",
		"the sandbox does not simulate %s %s; run it on a real account", r.service.Name, r.operation)
}

// simulates reports whether the sandbox has something of a service.
func simulates(service string) bool {
	return Describes(service) || slices.ContainsFunc(simulations(), func(s simulation) bool { return s.service == service })
}

// emptyAnswer makes an answer of nothing, where the model says that there can be one: the operation lists or describes, it
// is not about things that have to be named, and all that its answer must have is lists, numbers and flags. A thing of a service that
// the sandbox has is there when it is named, and has none of what is listed.
func emptyAnswer(r *request) (*document.Object, bool) {
	op := r.op
	// An operation whose payload is one member, or that is about a thing by its name, cannot
	// be empty: nobody would believe that the thing is there.
	if op.Output == nil || !readingVerb().MatchString(op.Name) || op.Output.Payload != "" {
		return nil, false
	}
	if op.Input != nil && slices.ContainsFunc(op.Input.Required, func(name string) bool {
		m := op.Input.Member(name)
		if simulates(r.service.Name) && m.Shape.Type == models.TypeString && !mask().MatchString(text(r.input, name)) {
			return false
		}
		return m.Shape.Type == models.TypeString && len(m.Shape.Enum) == 0 || m.Shape.Type == models.TypeList || m.Location == "uri"
	}) {
		return nil, false
	}
	out, lists := &document.Object{}, 0
	for _, m := range op.Output.Members {
		required := op.Output.IsRequired(m.Name)
		switch {
		case m.Location != "" && required:
			return nil, false
		case m.Location != "":
		case m.Shape.Type == models.TypeList && (m.Shape.Min == nil || *m.Shape.Min == 0):
			out.Set(m.Name, document.List{})
			lists++
		case !required:
		case m.Shape.Type == models.TypeInteger || m.Shape.Type == models.TypeLong:
			out.Set(m.Name, int64(0))
		case m.Shape.Type == models.TypeBoolean:
			out.Set(m.Name, false)
		case m.Shape.Type == models.TypeMap:
			out.Set(m.Name, &document.Object{})
		default:
			return nil, false
		}
	}
	return out, lists > 0
}
