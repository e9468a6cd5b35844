package templates

import (
	"net/url"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Field is a parameter with its value.
type Field struct {
	procedures.Parameter
	Value string
	Used  int // by how many steps
}

// choicesURL is where the choices of a parameter are listed.
func choicesURL(p *RunPage, parameter string) string {
	return "/choices?" + url.Values{"procedure": {p.Procedure.ID}, "environment": {p.Environment.Name}, "parameter": {parameter}}.Encode()
}
