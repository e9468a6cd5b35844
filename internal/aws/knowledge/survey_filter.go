package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// filterOfStates is a name, of a member of an input or of a filter in it, that leaves the states which it names.
var filterOfStates = lazy.Regexp(`(?i)(?:status|state)(?:[-.](?:status|state|name|code))?(?:filter|in|equals|e)?s?$`)

// forBad reports whether a call asks only for things in states that are bad, one of them failed: that there is none is good then.
func (s survey) forBad(q answered) bool {
	words := s.states
	if words == nil {
		words = thing
	}
	asked, failed := 0, false
	ask := func(states []string) (bad bool) {
		for _, state := range states {
			verdict, known := words.verdict(state)
			if !known || verdict != procedures.Failed && verdict != procedures.Warned {
				return false
			}
			asked++
			failed = failed || verdict == procedures.Failed
		}
		return true
	}
	if q.input == nil {
		return false
	}
	for name, value := range q.input.All() {
		switch {
		case filterOfStates().MatchString(name):
			if !ask(textsIn(value)) {
				return false
			}
		case name == "Filters" || name == "filters" || name == "Filter":
			list, _ := value.(document.List)
			for _, entry := range list {
				f, _ := entry.(*document.Object)
				if filter := textAt(f, "Name") + textAt(f, "name"); !filterOfStates().MatchString(filter) {
					continue
				}
				for _, values := range []string{"Values", "values"} {
					given, _ := f.Get(values)
					if !ask(textsIn(given)) {
						return false
					}
				}
			}
		}
	}
	return asked > 0 && failed
}

// textsIn are a text, or the texts of a list.
func textsIn(value document.Value) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case document.List:
		var out []string
		for _, one := range v {
			if text, ok := one.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}
