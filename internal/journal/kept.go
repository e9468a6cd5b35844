package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// LargeValue is from how many bytes on a journal has a value of a parameter once, and refers to it afterwards.
const LargeValue = 512

// digestOf is what refers to a large value.
func digestOf(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// Once returns what a request's event has of its parameters: large values that has reports as being in the journal
// already become references.
func Once(values map[string]string, has func(name, value string) bool) (whole, kept map[string]string) {
	for name, value := range values {
		if len(value) < LargeValue || !has(name, value) {
			if whole == nil {
				whole = map[string]string{}
			}
			whole[name] = value
			continue
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[name] = digestOf(value)
	}
	return whole, kept
}

// Referring is an event of an execution as the journal keeps it: where a command, a call, or a judgement has a large value of a
// parameter in it, as services repeat what they refuse, the journal has that already, with the request, and the text names it. What is
// sent and what was printed are not touched.
func Referring(e procedures.Event, parameters map[string]string) procedures.Event {
	switch e.Kind {
	case procedures.EventCommand, procedures.EventCall, procedures.EventCallBegins, procedures.EventSample,
		procedures.EventApplied, procedures.EventStepFinished:
	default:
		return e
	}
	short := references(parameters)
	if short == nil {
		return e
	}
	e.Text, e.Judgement = short.Replace(e.Text), referred(short, e.Judgement)
	if e.Call != nil {
		call := *e.Call
		call.Args = slices.Clone(call.Args)
		for i := range call.Args {
			call.Args[i] = short.Replace(call.Args[i])
		}
		call.Error = short.Replace(call.Error)
		call.RuleVerdict, call.Judgement = referred(short, call.RuleVerdict), referred(short, call.Judgement)
		call.ResourceVerdicts = slices.Clone(call.ResourceVerdicts)
		for i := range call.ResourceVerdicts {
			v := &call.ResourceVerdicts[i]
			v.Name, v.Reason = short.Replace(v.Name), short.Replace(v.Reason)
		}
		e.Call = &call
	}
	return e
}

// references replaces the large values of an execution's parameters by their names; nil where there is none.
func references(parameters map[string]string) *strings.Replacer {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[name]
		if len(value) < LargeValue {
			continue
		}
		refers := fmt.Sprintf("[%s: %d bytes]", name, len(value))
		pairs = append(pairs, value, refers)
		if quoted := strings.ReplaceAll(value, "'", `'\''`); quoted != value { // as a line has it
			pairs = append(pairs, quoted, refers)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return strings.NewReplacer(pairs...)
}

// referred is a judgement whose sentences name large values.
func referred(short *strings.Replacer, j *procedures.Judgement) *procedures.Judgement {
	if j == nil {
		return nil
	}
	out := *j
	out.Reason, out.Expected, out.Advice = short.Replace(j.Reason), short.Replace(j.Expected), short.Replace(j.Advice)
	return &out
}

// parameters are those of a request's event, with the large values that it refers to. A value that no earlier event
// has is left out: whoever shows it has the run's newest values besides.
func (v *View) parameters(e procedures.Event) map[string]string {
	for _, value := range e.Parameters {
		if len(value) >= LargeValue {
			v.large[digestOf(value)] = value
		}
	}
	if len(e.Kept) == 0 {
		return e.Parameters
	}
	out := maps.Clone(e.Parameters)
	if out == nil {
		out = map[string]string{}
	}
	for name, digest := range e.Kept {
		if value, ok := v.large[digest]; ok {
			out[name] = value
		}
	}
	return out
}
