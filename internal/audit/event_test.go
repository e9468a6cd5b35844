package audit_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestACallIsTheLineThatWasSent: its text is the whole command line, once, with what AWS answered.
func TestACallIsTheLineThatWasSent(t *testing.T) {
	for want, c := range map[string]procedures.Call{
		"aws lambda get-function --function-name f": {
			Program: "aws", Command: "lambda get-function", Args: []string{"lambda", "get-function", "--function-name", "f"},
		},
		"curl -s http://127.0.0.1/": {Program: "curl", Command: "curl", Args: []string{"-s", "http://127.0.0.1/"}},
	} {
		c.RequestID, c.Code, c.Status = "r1", "AccessDenied", 254
		e, ok := audit.OfEvent(&procedures.Event{Kind: procedures.EventCall, Run: "r", Call: &c}, "e", "p", "d")
		if !ok || e.Kind != audit.Called || e.Text != want || e.Request != "r1" || e.Result != "AccessDenied" || len(e.Digest) != 64 {
			t.Errorf("%s: %+v", want, e)
		}
	}
}
