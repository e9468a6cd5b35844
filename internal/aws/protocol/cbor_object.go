package protocol

import (
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// objectFromCBOR orders a structure's members as the model does and drops those that it does not
// know, as botocore does. A map keeps the service's order.
func (r reading) objectFromCBOR(s *models.Shape, o *document.Object) (document.Value, error) {
	out := &document.Object{}
	if s.Type == models.TypeMap {
		for name, inner := range o.All() {
			value, err := r.fromCBOR(s.Value.Shape, inner)
			if err != nil {
				return nil, err
			}
			out.Set(name, value)
		}
		return out, nil
	}
	if err := r.oneMember(s, o); err != nil {
		return nil, err
	}
	for _, m := range s.Members {
		inner, ok := o.Get(m.Name)
		if !ok || inner == nil {
			continue
		}
		value, err := r.fromCBOR(m.Shape, inner)
		if err != nil {
			return nil, err
		}
		out.Set(m.Name, value)
	}
	return out, nil
}
