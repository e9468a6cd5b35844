package scripts

import (
	"maps"
	"reflect"
)

// Merge adds to a state what a step changed: the difference between what the step began with
// and what it left. Steps that run at the same time each begin with the same state and are merged one by one.
func (s *State) Merge(before, after *State) {
	if after == nil {
		return
	}
	if before == nil {
		before = &State{}
	}
	s.Version = after.Version
	s.Variables = merge(s.Variables, before.Variables, after.Variables)
	s.Functions = merge(s.Functions, before.Functions, after.Functions)
	for _, value := range after.Secrets {
		s.Secrets = add(s.Secrets, value)
	}
	if after.Folder != before.Folder {
		s.Folder = after.Folder
	}
}

func merge[V any](into, before, after map[string]V) map[string]V {
	out := maps.Clone(into)
	if out == nil {
		out = map[string]V{}
	}
	for name, value := range after {
		if old, ok := before[name]; !ok || !reflect.DeepEqual(old, value) {
			out[name] = value
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			delete(out, name)
		}
	}
	return out
}
