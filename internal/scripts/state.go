package scripts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// State is what a step leaves behind for the next one of the same run: variables, functions and the folder.
// The zero State is that of a new run.
type State struct {
	Version   int                  `json:"version"`
	Variables map[string]*variable `json:"variables,omitempty"`
	Functions map[string]string    `json:"functions,omitempty"` // the source of each body
	Folder    string               `json:"folder,omitempty"`
	// Secrets are values that the steps learned and that must not be shown.
	Secrets []string `json:"secrets,omitempty"`
}

type variable struct {
	Text     string            `json:"text,omitempty"`
	List     []string          `json:"list,omitempty"`
	Map      map[string]string `json:"map,omitempty"`
	Kind     string            `json:"kind,omitempty"` // "", "list" or "map"
	Exported bool              `json:"exported,omitempty"`
}

// maxState bounds what is kept from step to step.
const maxState = 4 << 20 // bytes

// MarshalBinary writes the state as JSON.
func (s *State) MarshalBinary() ([]byte, error) {
	data, err := json.Marshal(s)
	if err == nil && len(data) > maxState {
		return nil, fmt.Errorf("the step's variables hold %d MB; at most %d MB are kept for the next step", len(data)>>20, maxState>>20)
	}
	return data, err
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (s *State) UnmarshalBinary(data []byte) error { return json.Unmarshal(data, s) }

// maps are the names of the associative arrays.
func (s *State) maps() []string {
	var out []string
	if s != nil {
		for name, v := range s.Variables {
			if v.Kind == "map" {
				out = append(out, name)
			}
		}
	}
	return out
}

// restore is a script that brings the state back. Values are quoted, not code.
// The script begins in a folder: that of the state, where no other one is given.
func (s *State) restore(folder string) (string, error) {
	var b strings.Builder
	if folder != "" {
		quoted, err := syntax.Quote(folder, syntax.LangBash)
		if err != nil {
			return "", err
		}
		folder = "cd " + quoted + "\n"
	}
	if s == nil {
		return folder, nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		v := s.Variables[name]
		switch v.Kind {
		case "list", "map":
			flag := "-a"
			if v.Kind == "map" {
				flag = "-A"
			}
			fmt.Fprintf(&b, "declare %s %s\n", flag, name)
			for i, item := range v.List {
				if err := assign(&b, fmt.Sprintf("%s[%d]", name, i), item); err != nil {
					return "", err
				}
			}
			for _, key := range slices.Sorted(maps.Keys(v.Map)) {
				quoted, err := syntax.Quote(key, syntax.LangBash)
				if err != nil {
					return "", err
				}
				if err := assign(&b, fmt.Sprintf("%s[%s]", name, quoted), v.Map[key]); err != nil {
					return "", err
				}
			}
		default:
			if err := assign(&b, name, v.Text); err != nil {
				return "", err
			}
			if v.Exported {
				fmt.Fprintf(&b, "export %s\n", name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		fmt.Fprintf(&b, "%s() %s\n", name, s.Functions[name])
	}
	return b.String() + folder, nil
}

func assign(b *strings.Builder, name, value string) error {
	quoted, err := syntax.Quote(strings.ReplaceAll(value, "\x00", ""), syntax.LangBash)
	if err != nil {
		return fmt.Errorf("keep the variable %s: %w", name, err)
	}
	_, err = fmt.Fprintf(b, "%s=%s\n", name, quoted)
	return err
}

// keep takes over what a runner holds after a step.
func keep(r *interp.Runner, given map[string]string, secrets []string) *State {
	s := &State{Version: 1, Variables: map[string]*variable{}, Functions: map[string]string{}, Folder: r.Dir, Secrets: secrets}
	for name, v := range r.Vars {
		if strings.HasPrefix(name, "OPSBOOK_") || slices.Contains(ambient, name) || name == "GID" || !v.IsSet() {
			continue
		}
		if value, ok := given[name]; ok && v.Kind == expand.String && v.Str == value {
			continue // it comes from outside, and comes again
		}
		switch v.Kind {
		case expand.Indexed:
			s.Variables[name] = &variable{Kind: "list", List: v.List}
		case expand.Associative:
			s.Variables[name] = &variable{Kind: "map", Map: v.Map}
		default:
			s.Variables[name] = &variable{Text: v.Str, Exported: v.Exported}
		}
	}
	printer := syntax.NewPrinter()
	for name, body := range r.Funcs {
		var b strings.Builder
		if printer.Print(&b, body) == nil {
			s.Functions[name] = b.String()
		}
	}
	return s
}
