package main

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/procedures"
)

// thresholdValue is a number, or a list of ports, as text.
type thresholdValue string

// UnmarshalYAML reads a number or a list of them.
func (v *thresholdValue) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return n.Decode((*string)(v))
	}
	var texts []string
	if err := n.Decode(&texts); err != nil {
		return err
	}
	*v = thresholdValue(strings.Join(texts, " "))
	return nil
}

// checkThresholds says which names no verdict rule has, and which values are none.
func (c *configuration) checkThresholds(r *configurationReader, root *yaml.Node) {
	known := knowledge.AllThresholds()
	for _, name := range slices.Sorted(maps.Keys(c.Thresholds)) {
		line := under(root, "thresholds", name).Line
		i := slices.IndexFunc(known, func(t procedures.Threshold) bool { return t.Setting() == name })
		if i >= 0 {
			if wrong := known[i].Wrong(string(c.Thresholds[name])); wrong != "" {
				r.add(line, "thresholds: %s", wrong)
			}
			continue
		}
		var names []string
		for _, t := range known {
			names = append(names, t.Setting())
		}
		if near := procedures.Nearest(name, names); near != "" {
			r.add(line, "thresholds: no verdict judges by %q; did you mean %q?", name, near)
		} else {
			r.add(line, "thresholds: no verdict judges by %q; there is %s", name, strings.Join(names, ", "))
		}
	}
}

// thresholds are an environment's variables with those of the thresholds, which its own go before.
func (c *configuration) thresholds(variables map[string]string) map[string]string {
	if len(c.Thresholds) == 0 {
		return variables
	}
	out := map[string]string{}
	for _, t := range knowledge.AllThresholds() {
		if value, ok := c.Thresholds[t.Setting()]; ok {
			out[t.Name] = string(value)
		}
	}
	maps.Copy(out, variables)
	return out
}
