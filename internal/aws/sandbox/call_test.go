package sandbox

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Call executes one operation without a protocol, for tests. input is JSON.
func (s *Sandbox) Call(ctx context.Context, service, operation, input string) (*document.Object, error) {
	m, err := models.Load(service)
	if err != nil {
		return nil, err
	}
	op := m.Operation(operation)
	if op == nil {
		return nil, fmt.Errorf("no operation %s of %s", operation, service)
	}
	v, err := document.Parse([]byte(input))
	if err != nil {
		return nil, err
	}
	o, ok := v.(*document.Object)
	if !ok {
		return nil, fmt.Errorf("the input of %s is no object", operation)
	}
	r := &request{service: m, operation: operation, op: op, input: o, http: httptest.NewRequestWithContext(ctx, "POST", "/", nil)}
	return s.answer(ctx, r)
}
