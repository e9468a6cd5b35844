// Package hooks knows what the AWS CLI does besides its models, so that a newer one is noticed: it lists each event that botocore
// handles and each customization, with what became of it here.
package hooks

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed hooks.txt
var table string

// Hook is one of them. State is "done", "unneeded" or "by-hand", and Why where it is done, or the reason.
type Hook struct{ On, Function, State, Why string }

// All lists what is known.
func All() []Hook {
	var out []Hook
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(cells) != 4 {
			continue
		}
		out = append(out, Hook{cells[0], cells[1], cells[2], cells[3]})
	}
	return out
}

// Unknown reads an AWS CLI's source, the folder that holds awscli, and lists what it does that All does not have.
func Unknown(source string) ([]string, error) {
	known := map[string]bool{}
	for _, h := range All() {
		known[h.On+" "+h.Function] = true
	}
	var unknown []string
	seen := func(on, function string) {
		if name := on + " " + function; !known[name] {
			known[name] = true
			unknown = append(unknown, name)
		}
	}
	handlers, err := os.ReadFile(filepath.Join(source, "awscli", "botocore", "handlers.py"))
	if err != nil {
		return nil, err
	}
	_, list, found := strings.Cut(string(handlers), "BUILTIN_HANDLERS = [")
	if !found {
		return nil, fmt.Errorf("%s: no BUILTIN_HANDLERS", source)
	}
	list, _, _ = strings.Cut(list, "\n]\n")
	for _, m := range regexp.MustCompile(`\(\s*'([^']+)',\s*([A-Za-z_]\w*)`).FindAllStringSubmatch(list, -1) {
		if !strings.HasPrefix(m[1], "docs.") {
			seen(m[1], m[2])
		}
	}
	registry, err := os.ReadFile(filepath.Join(source, "awscli", "handlers_registry.py"))
	if err != nil {
		return nil, err
	}
	for _, m := range regexp.MustCompile(`\(\s*'awscli\.([a-z0-9_.]+)',\s*'(\w+)',?\s*\)`).FindAllStringSubmatch(string(registry), -1) {
		seen(strings.TrimPrefix(m[1], "customizations."), m[2])
	}
	return unknown, nil
}
