package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// expectation is what a person makes of one document. It stands beside the document, under the same name with the ending .yaml:
//
//	procedures:
//	  - title: ECS rollback
//	    steps:
//	      - section: Diagnose             # the steps below it stand in that section
//	      - read: Why tasks stopped       # effect, then title; … in a title stands for any text
//	      - change: Roll back
//	        expected: ACTIVE              # the output that the document shows for it
//	      - hand: The captain agrees      # somebody does it
//	      - or change: Scale out          # an alternative to the step before
//	      - if destroy: Purge the queue   # on demand, outside Run all
//	fields: {CLUSTER: prod, SERVICE: "", ID: ~}   # with their defaults; ~ for one that is not judged
//	findings: [12 aws-enum, 14 * warning]         # line, rule and, where it matters, severity
type expectation struct {
	Procedures []wantedProcedure  `yaml:"procedures"`
	Fields     map[string]*string `yaml:"fields"`
	Findings   []wantedFinding    `yaml:"findings"`
}

// wantedProcedure is one procedure of the document, with its steps in their order.
type wantedProcedure struct {
	Title string       `yaml:"title"`
	Steps []wantedStep `yaml:"steps"`
}

// sections are the procedure's sections that hold steps, each with the number of its steps.
func (p wantedProcedure) sections() []string {
	var in []string
	for _, s := range p.Steps {
		in = append(in, s.section)
	}
	return counted(in)
}

// counted turns a section for each step into a list of "section (steps)". Steps that stand in none are left out.
func counted(sections []string) []string {
	var out []string
	for i := 0; i < len(sections); {
		n := 1
		for i+n < len(sections) && sections[i+n] == sections[i] {
			n++
		}
		if sections[i] != "" {
			out = append(out, fmt.Sprintf("%s (%d)", sections[i], n))
		}
		i += n
	}
	return out
}

// wantedStep is one step.
type wantedStep struct {
	section  string
	aside    string // "or" for an alternative, "if" for one that is done on demand
	does     string // an effect, or "hand"
	title    string
	expected string // "" is not judged
}

// UnmarshalYAML reads the steps, which take the sections between them.
func (p *wantedProcedure) UnmarshalYAML(n *yaml.Node) error {
	var read struct {
		Title string      `yaml:"title"`
		Steps []yaml.Node `yaml:"steps"`
	}
	if err := n.Decode(&read); err != nil {
		return err
	}
	p.Title = read.Title
	section := ""
	for _, item := range read.Steps {
		if item.Kind != yaml.MappingNode {
			return fmt.Errorf("line %d: a step is written as effect: title", item.Line)
		}
		s := wantedStep{section: section}
		for i := 0; i+1 < len(item.Content); i += 2 {
			key, value := item.Content[i].Value, item.Content[i+1].Value
			aside, does, found := strings.Cut(key, " ")
			if !found {
				aside, does = "", key
			}
			switch {
			case key == "section":
				section = value
			case key == "expected":
				s.expected = value
			case slices.Contains([]string{"", "or", "if"}, aside) &&
				slices.Contains([]string{"none", "read", "change", "destroy", "hand"}, does):
				s.aside, s.does, s.title = aside, does, value
			default:
				return fmt.Errorf("line %d: there is no %q", item.Line, key)
			}
		}
		if s.does != "" {
			p.Steps = append(p.Steps, s)
		}
	}
	return nil
}

// wantedFinding is a finding by its line and rule; "*" is any rule, and "" any severity.
type wantedFinding struct {
	line     int
	rule     string
	severity procedures.Severity
}

// UnmarshalYAML reads "12 aws-enum".
func (f *wantedFinding) UnmarshalYAML(n *yaml.Node) error {
	words := strings.Fields(n.Value)
	if len(words) != 2 && len(words) != 3 {
		return fmt.Errorf("line %d: a finding is written as its line and rule", n.Line)
	}
	line, err := strconv.Atoi(words[0])
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	f.line, f.rule = line, words[1]
	if len(words) == 3 {
		f.severity = procedures.Severity(words[2])
	}
	return nil
}

// is reports whether that is the finding.
func (f wantedFinding) is(m procedures.Finding) bool {
	return m.Line == f.line && (f.rule == "*" || f.rule == m.Rule) && (f.severity == "" || f.severity == m.Severity)
}

// expectationOf reads what stands beside a document. Without such a file it is nil.
func expectationOf(folder fs.FS, file string) (*expectation, error) {
	name := strings.TrimSuffix(file, path.Ext(file)) + ".yaml"
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // no expectation is no error
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	var e expectation
	if err := decoder.Decode(&e); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &e, nil
}
