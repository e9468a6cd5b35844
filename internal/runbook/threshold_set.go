package runbook

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// setThreshold is an entry of `thresholds` in front matter: what the verdicts of the file's steps judge by.
type setThreshold struct {
	name, value string // "acm-expiry-days", "45"
	line        int
}

// thresholds reads a mapping of names to numbers, or to lists of ports.
func (r *yamlReader) thresholds(n *yaml.Node) []setThreshold {
	if n.Kind != yaml.MappingNode {
		r.wrong("thresholds", n, "names with their numbers, such as {acm-expiry-days: 45}")
		return nil
	}
	var all []setThreshold
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		texts := []string{value.Value}
		if value.Kind == yaml.SequenceNode {
			texts = nil
			for _, item := range value.Content {
				texts = append(texts, item.Value)
			}
		} else if value.Kind != yaml.ScalarNode {
			r.wrong(name.Value, value, "a number, or a list of ports")
			continue
		}
		all = append(all, setThreshold{name: name.Value, value: strings.Join(texts, " "), line: r.lineOf(name.Line)})
	}
	return all
}

// usual is what a threshold is where nobody sets it: what the file says, else what is built in.
func (f *frontMatter) usual(t procedures.Threshold) string {
	for _, set := range f.Thresholds {
		if set.name == t.Setting() && t.Wrong(set.value) == "" {
			return set.value
		}
	}
	return t.Default
}

// checkThresholds says which thresholds of the front matter no step judges by, and which values are none.
func (d *docReader) checkThresholds(doc *runbook) {
	if d.options.Analyser == nil {
		return
	}
	known := map[string]procedures.Threshold{}
	for _, p := range doc.procedures {
		for _, s := range p.Steps {
			for _, t := range s.Analysis.Thresholds {
				known[t.Setting()] = t
			}
		}
	}
	for _, set := range d.front.Thresholds {
		t, ok := known[set.name]
		severity, message := procedures.SeverityError, t.Wrong(set.value)
		if !ok {
			severity, message = procedures.SeverityWarning, unusedThreshold(set.name, known)
		}
		if message != "" {
			d.findings = append(d.findings, procedures.Finding{
				File: d.file, Line: set.line, Column: 1, Severity: severity, Rule: "front-matter", Message: message,
			})
		}
	}
}

// unusedThreshold says that no step judges by a threshold, and by which they do.
func unusedThreshold(name string, known map[string]procedures.Threshold) string {
	var names []string
	for n := range known {
		names = append(names, n)
	}
	slices.Sort(names)
	message := fmt.Sprintf("`thresholds` sets %q, which no step uses", name)
	switch near := procedures.Nearest(name, names); {
	case near != "":
		return message + fmt.Sprintf(": did you mean %q?", near)
	case len(names) > 0:
		return message + ": there is " + strings.Join(names, ", ")
	}
	return message
}
