package document

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseYAML reads one YAML document into the values of JSON, in order; an empty text is
// nil. Anchors are followed up to a bound of values, so that a small text cannot become
// a huge value ("billion laughs"). Merge keys (<<) are members like any other. What YAML
// has and JSON has not, such as 0x1f or a date, stays the text that it is written as.
func ParseYAML(data []byte) (Value, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("parse YAML: %w", err)
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	r := &yamlReader{left: 1_000_000}
	return r.value(root.Content[0], 0)
}

// yamlReader counts down how many values may still be read.
type yamlReader struct{ left int }

// value reads a node. An alias takes a level of depth too, so that an anchor that
// contains itself ends with an error.
func (r *yamlReader) value(n *yaml.Node, depth int) (Value, error) {
	if r.left--; r.left < 0 || depth > maxDepth {
		return nil, fmt.Errorf("parse YAML: line %d: too large or too deep", n.Line)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		out := make(List, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := r.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case yaml.MappingNode:
		out := &Object{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := r.value(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(n.Content[i].Value, v)
		}
		return out, nil
	}
	switch n.Tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), nil
	case "!!int", "!!float":
		if v, err := Number(n.Value); err == nil {
			return v, nil
		}
	}
	return n.Value, nil
}
