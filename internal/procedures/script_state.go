package procedures

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// ScriptState is what a step's script leaves behind for the next one of the same run: variables, functions and the folder.
// The zero value is that of a new run. It holds values as they are, secrets too: it is kept encrypted only.
type ScriptState struct {
	Version   int                        `json:"version"`
	Variables map[string]*ScriptVariable `json:"variables,omitempty"`
	Functions map[string]string          `json:"functions,omitempty"` // the source of each body
	Folder    string                     `json:"folder,omitempty"`
	Left      string                     `json:"left,omitempty"` // the folder before it, to which `cd -` goes
	// Settings are the commands that bring back what the shell was set to: "set -o pipefail".
	Settings []string `json:"settings,omitempty"`
	// Status is that of the last command, which $? begins with.
	Status int `json:"status,omitempty"`
	// Typed is the field whose value the steps used first, "" while they used none: what they wrote into files since may hold values.
	Typed string `json:"typed,omitempty"`
	// Sampled are variables, and files as "file /NAME", that were made of a sample of the sandbox.
	Sampled []string `json:"sampled,omitempty"`
	// Secrets are values that the steps learned and that must not be shown.
	Secrets []string `json:"secrets,omitempty"`
	// Generated are those of Secrets that were generated while the runbook ran, SecretWords those that are masked as whole words only.
	Generated   []string `json:"generated,omitempty"`
	SecretWords []string `json:"secretWords,omitempty"`
}

// ScriptVariable is a variable of a script: a text, a list or a map.
type ScriptVariable struct {
	Text     string            `json:"text,omitempty"`
	List     []string          `json:"list,omitempty"`
	Map      map[string]string `json:"map,omitempty"`
	Kind     string            `json:"kind,omitempty"` // "", "list" or "map"
	Exported bool              `json:"exported,omitempty"`
	// Attributes are the letters that declare has given it: i, l, u.
	Attributes string `json:"attributes,omitempty"`
	Unset      bool   `json:"unset,omitempty"` // it is declared, and has no value
	// Indexes are those of List where some are missing; nil for 0, 1, 2 and so on.
	Indexes []int `json:"indexes,omitempty"`
	// Marks are the parts of Text that a person typed; ListMarks and MapMarks have those of the items, and KeyMarks those of the keys.
	Marks     []TextMark            `json:"marks,omitempty"`
	ListMarks [][]TextMark          `json:"list_marks,omitempty"`
	MapMarks  map[string][]TextMark `json:"map_marks,omitempty"`
	KeyMarks  map[string]TextMark   `json:"key_marks,omitempty"`
}

// TextMark says of a part of a text that it is the value of a field, or was made of it by the script.
type TextMark struct {
	From  int    `json:"from"` // bytes
	To    int    `json:"to"`
	Field string `json:"field"`
	Made  bool   `json:"made,omitempty"`
	List  bool   `json:"list,omitempty"`
}

// maxScriptState bounds what is kept from step to step, in bytes.
const maxScriptState = 4 << 20

// MarshalBinary writes the state as JSON. It is an error where the state is larger than what is kept.
func (s *ScriptState) MarshalBinary() ([]byte, error) {
	data, err := json.Marshal(s)
	if err == nil && len(data) > maxScriptState {
		return nil, fmt.Errorf("the step's variables hold %d MB; at most %d MB are kept for the next step",
			len(data)>>20, maxScriptState>>20)
	}
	return data, err
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (s *ScriptState) UnmarshalBinary(data []byte) error { return json.Unmarshal(data, s) }

// Has reports whether a setting was made. A nil state has none.
func (s *ScriptState) Has(setting string) bool {
	return s != nil && slices.Contains(s.Settings, setting)
}

// Merge adds to a state what a step changed: the difference between what the step began with
// and what it left. Steps that run at the same time each begin with the same state and are merged one by one.
func (s *ScriptState) Merge(before, after *ScriptState) {
	if after == nil {
		return
	}
	if before == nil {
		before = &ScriptState{}
	}
	s.Version = after.Version
	if s.Typed == "" {
		s.Typed = after.Typed
	}
	s.Variables = mergeChanged(s.Variables, before.Variables, after.Variables)
	s.Functions = mergeChanged(s.Functions, before.Functions, after.Functions)
	s.Sampled = mergeTexts(s.Sampled, after.Sampled)
	s.Secrets = mergeTexts(s.Secrets, after.Secrets)
	s.Generated, s.SecretWords = mergeTexts(s.Generated, after.Generated), mergeTexts(s.SecretWords, after.SecretWords)
	if after.Folder != before.Folder || after.Left != before.Left {
		s.Folder, s.Left = after.Folder, after.Left
	}
	if !slices.Equal(after.Settings, before.Settings) {
		s.Settings = after.Settings
	}
	s.Status = after.Status // steps that ask for it run alone
}

// mergeTexts is a list with those of another one that are not in it.
func mergeTexts(list, more []string) []string {
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// mergeChanged is into with what differs between before and after.
func mergeChanged[V any](into, before, after map[string]V) map[string]V {
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
