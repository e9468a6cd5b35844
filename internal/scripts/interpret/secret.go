package interpret

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// secretWord names a value that a line gives as a secret. One that stands neither in the script nor in what it was given, and that
// no answer has revealed, was computed by the script: it is a generated one.
func (r *running) secretWord(value string) {
	if value == "" || r.Out.Mask().Knows(value) {
		return
	}
	kind := procedures.SecretGenerated
	if strings.Contains(r.script.Text, value) {
		kind = procedures.SecretValue
	}
	for _, given := range r.Parameters {
		if strings.Contains(given, value) || len(given) > 3 && strings.Contains(value, given) {
			kind = procedures.SecretValue
		}
	}
	for _, given := range r.Args {
		if strings.Contains(given, value) {
			kind = procedures.SecretValue
		}
	}
	if r.State != nil && kind == procedures.SecretGenerated {
		for _, v := range r.State.Variables {
			if strings.Contains(v.Text, value) {
				kind = procedures.SecretValue
			}
		}
	}
	r.Out.Mask().Add(value, kind)
}
