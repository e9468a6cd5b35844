package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// maxGiven bounds a value that is handed on in an address, in bytes.
const maxGiven = 1000

// rehearse opens a procedure on the sandbox, with the values that the page had where they are not its environment's
// own. Secret values never stand in an address. Nothing is executed: the person presses on the sandbox’s page. 303
// makes the browser get it (RFC 9110, 15.4.4).
func (s *Server) rehearse(w http.ResponseWriter, r *http.Request) error {
	from, err := s.environment(r)
	if err != nil {
		return err
	}
	to, ok := templates.Sandbox(s.Environments)
	if !ok {
		return procedures.Errorf(procedures.CodeRefused, "this server has no sandbox to rehearse on")
	}
	p, _, err := s.Library().Find(r.FormValue("procedure"))
	if err != nil {
		return err
	}
	q := url.Values{"environment": {to.Name}}
	for _, parameter := range p.Parameters {
		name, value := parameter.Name, r.FormValue("p."+parameter.Name)
		// Values of one environment would name resources that the sandbox does not have.
		own := from.Variables[name] != "" && from.Variables[name] == value || to.Variables[name] != ""
		if value != "" && !own && !parameter.Secret && len(value) <= maxGiven {
			q.Set("p."+name, value)
		}
	}
	http.Redirect(w, r, templates.ProcedureURL(p.ID)+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// given are the values of parameters that an address names. They are proposals for the fields: nothing runs with
// them before a press.
func given(r *http.Request) map[string]string {
	out := map[string]string{}
	for name, values := range r.URL.Query() {
		if parameter, ok := strings.CutPrefix(name, "p."); ok && len(values[0]) <= maxGiven {
			out[parameter] = values[0]
		}
	}
	return out
}
