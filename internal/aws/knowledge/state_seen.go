package knowledge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxStateDepth is how deep in an answer a state is looked for: below it stand parts of what was asked for.
const maxStateDepth = 4

// anyState are the words of states that say that something is wrong, whatever the service calls its states.
var anyState = vocabularyOf(states{
	warn: "failed, *failed, failure, *failure, error, *error, errored, impaired, unhealthy, *unhealthy, degraded, *degraded",
	info: "no error, no errors, not failed, no failure",
})

// stateWord is what can be a word of a vocabulary: no sentence, no number, no address.
var stateWord = lazy.Regexp(`^[A-Za-z]+(?:[_ -][A-Za-z]+)*$`)

// seenState is a state that an answer has.
type seenState struct {
	list   string // the innermost list that it stands in; empty outside of lists
	thing  string // the name of what has it, where the answer tells
	member string
	value  string
}

// bad reports a state that says that something is wrong: "UPDATE_FAILED", "CreateFailed".
func (s seenState) bad() bool {
	verdict, known := anyState.verdict(s.value)
	return known && verdict == procedures.Warned
}

// stateMembers are the members of an operation's answer, by the model, that say a state. The keys of maps, such as tags, are none.
func (o Operation) stateMembers() map[string]bool {
	s, err := models.Load(o.Service)
	if err != nil || s.Operation(o.Name) == nil {
		return nil
	}
	out, seen := map[string]bool{}, map[*models.Shape]bool{}
	var walk func(shape *models.Shape)
	walk = func(shape *models.Shape) {
		if shape == nil || seen[shape] {
			return
		}
		seen[shape] = true
		for _, m := range shape.Members {
			name := strings.ToLower(m.Name)
			if m.Shape.Type == models.TypeString && (strings.HasSuffix(name, "status") || strings.HasSuffix(name, "state")) {
				out[m.Name] = true
			}
			walk(m.Shape)
		}
		for _, m := range shape.Refs { // of a list, and of a map's values
			walk(m.Shape)
		}
	}
	walk(s.Operation(o.Name).Output)
	return out
}

// statesOf are the states in an answer, in its order; of tells which members say one.
func statesOf(v document.Value, of map[string]bool, in seenState, depth int) (out []seenState) {
	if depth > maxStateDepth {
		return nil
	}
	switch v := v.(type) {
	case *document.Object:
		if name := nameIn(v); name != "" {
			in.thing = name
		}
		for key, value := range v.All() {
			if text, ok := value.(string); ok && of[key] && len(text) <= 50 && stateWord().MatchString(text) {
				out = append(out, seenState{in.list, in.thing, key, text})
			}
		}
		for key, value := range v.All() {
			inner := in
			if _, isList := value.(document.List); isList {
				inner.list, inner.thing = key, ""
			}
			out = append(out, statesOf(value, of, inner, depth+1)...)
		}
	case document.List:
		for _, item := range v {
			out = append(out, statesOf(item, of, in, depth)...)
		}
	}
	return out
}

// nameIn is what a thing is called: by its name, else its identifier, else the end of its ARN.
func nameIn(o *document.Object) string {
	for _, end := range []string{"name", "identifier", "id", "arn"} {
		for key, v := range o.All() {
			if text, ok := v.(string); ok && text != "" && len(text) <= 200 && strings.HasSuffix(strings.ToLower(key), end) {
				return text[strings.LastIndexAny(text, "/:")+1:]
			}
		}
	}
	return ""
}

// seenStates says which states an answer has, of an operation without a rule of its own: a warning where one of them says that something is
// wrong, else only what they are. Nil where it has none.
func (o Operation) seenStates(answer *document.Object) *procedures.Judgement {
	all := statesOf(answer, o.stateMembers(), seenState{}, 0)
	if len(all) == 0 {
		return nil
	}
	first := all[0]
	if i := slices.IndexFunc(all, seenState.bad); i >= 0 {
		first = all[i]
	}
	var same []seenState // of the same list and member
	for _, s := range all {
		if s.list == first.list && s.member == first.member {
			same = append(same, s)
		}
	}
	if first.bad() {
		return judge(procedures.Warned, "%s.", failing(same))
	}
	if first.list == "" {
		return judge(procedures.Info, "%s is %s.", aboutState(first), first.value)
	}
	one, many := nouns(first.list)
	says := tallied(same)
	switch {
	case len(same) == 1:
		says = first.value
	case len(valuesOf(same)) == 1:
		says = "all " + first.value
	}
	return judge(procedures.Info, "%s: %s.", plural(len(same), one, many), says)
}

// aboutState names a state that stands outside of lists: "orders: the health status".
func aboutState(s seenState) string {
	_, member := nouns(s.member)
	member = strings.TrimSuffix(member, " entries")
	if s.thing == "" {
		return "The " + member
	}
	return s.thing + ": the " + member
}

// failing says which of several states are bad.
func failing(all []seenState) string {
	var bad []seenState
	for _, s := range all {
		if s.bad() {
			bad = append(bad, s)
		}
	}
	if bad[0].list == "" {
		return aboutState(bad[0]) + " is " + bad[0].value
	}
	verb := "are"
	if len(bad) == 1 {
		verb = "is"
	}
	_, many := nouns(bad[0].list)
	sentence := fmt.Sprintf("%d of %d %s %s ", len(bad), len(all), many, verb)
	if values := valuesOf(bad); len(values) == 1 {
		sentence += values[0]
	} else {
		sentence += tallied(bad)
	}
	var names []string
	for _, s := range bad {
		if s.thing != "" && !slices.Contains(names, s.thing) {
			names = append(names, s.thing)
		}
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("and %d more", len(names)-3))
	}
	if len(names) == 0 {
		return sentence
	}
	return sentence + ": " + strings.Join(names, ", ")
}

// valuesOf are the different values, in the order in which they are met.
func valuesOf(all []seenState) (out []string) {
	for _, s := range all {
		if !slices.Contains(out, s.value) {
			out = append(out, s.value)
		}
	}
	return out
}

// tallied counts the values: "3 SUCCEEDED, 1 RUNNING".
func tallied(all []seenState) string {
	var out []string
	for _, value := range valuesOf(all) {
		n := 0
		for _, s := range all {
			if s.value == value {
				n++
			}
		}
		out = append(out, fmt.Sprintf("%d %s", n, value))
	}
	return strings.Join(out[:min(len(out), 6)], ", ")
}
