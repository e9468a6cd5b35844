package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// rehearse opens a procedure on the sandbox, with the values that the page had where they are not its environment's
// own. Secret values never stand in an address. Values that are too long for one are refused, as without them the
// rehearsal would be of something else. Nothing is executed: the person presses on the sandbox’s page. 303 makes the
// browser get it (RFC 9110, 15.4.4).
func (s *Server) rehearse(w http.ResponseWriter, r *http.Request) error {
	from, err := s.environment(r)
	if err != nil {
		return err
	}
	to, ok := templates.Sandbox(s.Environments)
	if !ok {
		return procedures.Errorf(procedures.CodeRefused, "this server has no sandbox to rehearse on")
	}
	p, err := s.find(r.Context(), from.Name, r.FormValue("procedure"))
	if err != nil {
		return err
	}
	q := url.Values{"environment": {to.Name}}
	for _, parameter := range p.Parameters {
		name, value := parameter.Name, r.FormValue("p."+parameter.Name)
		// Values of one environment would name resources that the sandbox does not have.
		own := from.Variables[name] != "" && from.Variables[name] == value || to.Variables[name] != ""
		if value != "" && !own && !parameter.Secret {
			q.Set("p."+name, value)
		}
	}
	address := templates.ProcedureURL(p.ID) + "?" + q.Encode()
	if len(address) > limits.FieldBytes.Size() {
		return procedures.Errorf(procedures.CodeInvalid, "%w", limits.FieldBytes.Reached().At("the values, all together"))
	}
	s.recorded(r, "opened the procedure on the sandbox, with values of "+from.Name)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// mostUnknown is how many names of an address that are no fields a page says.
const mostUnknown = 5

// given are the values of parameters that an address names, as ?NAME=value or ?p.NAME=value, and the names in it that are no parameters.
// They are proposals for the fields: nothing runs with them before a press.
func given(r *http.Request, p *procedures.Procedure) (values map[string]string, unknown []string) {
	values = map[string]string{}
	q := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(q)) {
		parameter, prefixed := strings.CutPrefix(name, "p.")
		switch {
		case !prefixed && slices.Contains(templates.PageFields, name):
		case slices.ContainsFunc(p.Parameters, func(q procedures.Parameter) bool { return q.Name == parameter }):
			values[parameter] = q.Get(name)
		case len(unknown) < mostUnknown && len(parameter) <= 80 && utf8.ValidString(parameter):
			unknown = append(unknown, parameter)
		}
	}
	return values, unknown
}
