package interpret

import (
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/expand"
)

// maxKept bounds how many elements of an array are looked at.
const maxKept = 100

// assigned names the values of a variable whose name says that they are secrets: a script, or a program, may print them alone.
func (r *running) assigned(name string, v expand.Variable) {
	if !mask.Named(name) || len(v.List) > maxKept || len(v.Map) > maxKept {
		return
	}
	values := append([]string{v.Str}, v.List...)
	for _, value := range slices.AppendSeq(values, maps.Values(v.Map)) {
		if mask.Kept(name, value) {
			r.secretWord(value)
		}
	}
}

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
