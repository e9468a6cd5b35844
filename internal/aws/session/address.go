package session

import (
	"net/http"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/models"
)

// Addresses decides which addresses a line or a script may name for its calls.
type Addresses interface {
	// Named says why an address is not called; nil where it is.
	Named(address string) error
	// Transport dials only what may be called, with the address asked for again after DNS.
	Transport() http.RoundTripper
}

// address is where the calls of a service go, "" for AWS's own address. named reports that the line or its script says so, and neither the
// environment nor the machine.
func (s *Session) address(service *models.Service) (endpoint string, named bool) {
	if s.Globals.Endpoint != "" {
		return s.Globals.Endpoint, true
	}
	endpoint = accounts.Endpoint(s.Environment, service.ServiceID, s.Identity.Addresses, s.Variable)
	return endpoint, endpoint != accounts.Endpoint(s.Environment, service.ServiceID, s.Identity.Addresses, noVariable)
}

// noVariable finds nothing: accounts.Endpoint asks the machine then.
func noVariable(string) (string, bool) { return "", false }
