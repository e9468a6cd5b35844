package web

import (
	"net/http"

	"github.com/opsbook/opsbook/web/templates"
)

// showAccount is the line under an environment's name, for pages that were made before the account was verified. The
// answer says what the server knows already: no call is made for it.
func (s *Server) showAccount(w http.ResponseWriter, r *http.Request) error {
	e, err := s.environment(r)
	if err != nil {
		return err
	}
	f := &templates.Frame{Environment: e, Region: e.Region}
	f.Account, f.Verified = s.Account(e.Name)
	return render(w, r, http.StatusOK, templates.Account(f))
}
