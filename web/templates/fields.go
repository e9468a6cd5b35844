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
func choicesURL(parameter string) string {
	return "/choices?" + url.Values{"parameter": {parameter}}.Encode()
}

// filled are the names of the fields that have their values from the page's address.
func (p *RunPage) filled() []string {
	var out []string
	for _, f := range p.Fields {
		if v := p.Given[f.Name]; v != "" && f.Value == v && !f.Secret {
			out = append(out, f.Name)
		}
	}
	return out
}

// parametersForm holds the values that the buttons of all steps send along. Each button has an address of its own.
func (p *RunPage) parametersForm() Form {
	f := p.pressForm("/run-all")
	f.ID, f.Class, f.Plain = "parameters", "fields", true
	if len(p.Fields) == 0 {
		f.Class = "fields none"
	}
	return f
}

// thresholds counts the fields that verdicts judge by, which most leave as they are, and reports whether one has a value of its own.
func (p *RunPage) thresholds() (n int, own bool) {
	for _, f := range p.Fields {
		if f.Threshold {
			n++
			own = own || f.Value != f.Default
		}
	}
	return n, own
}
