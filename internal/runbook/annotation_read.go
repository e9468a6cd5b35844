package runbook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// yamlReader reads one YAML mapping that stands in a document and says what is wrong with it.
// lineOf turns a line of the mapping's text, from 1, into one of the file.
type yamlReader struct {
	file     string
	where    string // "front matter", "an annotation"
	rule     string
	lineOf   func(yamlLine int) int
	findings []procedures.Finding
}

// add notes a finding at the beginning of a line of the mapping.
func (r *yamlReader) add(severity procedures.Severity, line int, format string, args ...any) {
	r.findings = append(r.findings, procedures.Finding{
		File: r.file, Line: r.lineOf(line), Column: 1, Severity: severity, Rule: r.rule, Message: fmt.Sprintf(format, args...),
	})
}

// yamlLine finds the line in an error of the YAML parser.
var yamlLine = lazy.Regexp(`line (\d+)`)

// mapping parses text and returns its top mapping, or nil after noting why not.
// An empty text is nil without a finding.
func (r *yamlReader) mapping(text string) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		line := 1
		if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
			line, _ = strconv.Atoi(m[1])
		}
		r.add(procedures.SeverityError, line, "%s is not YAML, so none of it has an effect: %s. %s", r.where,
			strings.TrimPrefix(err.Error(), "yaml: "), yamlAdvice(text, line))
		return nil
	}
	if doc.Kind == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		r.add(procedures.SeverityError, top.Line, "%s must be a list of keys with values, such as `title: Check the table`", r.where)
		return nil
	}
	return top
}

// wrong notes that a value is of another kind: "`retry` must be a count, such as 1, not a list".
func (r *yamlReader) wrong(key string, n *yaml.Node, want string) {
	r.add(procedures.SeverityError, n.Line, "`%s` must be %s, not %s", key, want, describeNode(n))
}

// describeNode names what stands in the place of a value.
func describeNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "a reference"
	}
	if n.Value == "" {
		return "nothing"
	}
	return strconv.Quote(n.Value)
}

// text reads a scalar.
func (r *yamlReader) text(key string, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.wrong(key, n, "a text")
		return ""
	}
	return n.Value
}

// texts reads a scalar or a list of them.
func (r *yamlReader) texts(key string, n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return []string{n.Value}
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(key, n, "a text or a list of texts")
		return nil
	}
	values := []string{}
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			r.wrong(key, item, "a list of texts")
			continue
		}
		values = append(values, item.Value)
	}
	return values
}

// count reads a whole number from 0 on; what is none is 0 with a finding.
func (r *yamlReader) count(key string, n *yaml.Node) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
		r.wrong(key, n, "a count, such as 1")
		return 0
	}
	return v
}

// duration reads "30s", "10m" or "1h30m"; what is none is 0 with a finding.
func (r *yamlReader) duration(key string, n *yaml.Node) time.Duration {
	d, ok := procedures.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || !ok {
		r.wrong(key, n, "a duration, such as 30s, 10m or 1h30m")
		return 0
	}
	return d
}

// truth reads a boolean of YAML.
func (r *yamlReader) truth(key string, n *yaml.Node) bool {
	var b bool
	if n.Decode(&b) != nil {
		r.wrong(key, n, "true or false")
	}
	return b
}

// oneOf reads one of the allowed words, exactly as they are written here; "" with a finding
// otherwise.
func (r *yamlReader) oneOf(key string, n *yaml.Node, allowed ...string) string {
	for _, a := range allowed {
		if n.Kind == yaml.ScalarNode && n.Value == a {
			return a
		}
	}
	r.wrong(key, n, "one of "+strings.Join(allowed, ", "))
	return ""
}

// annotationKeys are the keys of runbook-format's table of annotations.
var annotationKeys = []string{
	"title", "id", "about", "expect", "warn", "show", "for", "timeout", "retry", "every", "until", "effect", "confirm",
	"approvals", "rollback", "needs", "parallel", "manual", "target", "recovery", "call", "bake", "alarms", "tile",
}

// annotations is what the `#|` lines over one command or block said.
// set has the keys that were given, also those with a zero value: see merge.
type annotations struct {
	procedures.Annotations
	idLine    int
	needsLine int
	set       map[string]bool
}

// readAnnotations reads `#|` lines as YAML. Lines that do not stand together are read in one piece all the same.
// `#| retry: 3` over a command is Retry 3 of its step. blockLine is the line of the block's first
// line in the file; lines have their indices in the block. A key that is given again is passed
// over.
func readAnnotations(file string, blockLine int, lines []comment) (annotations, []procedures.Finding) {
	a := annotations{set: map[string]bool{}}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text + "\n")
	}
	r := &yamlReader{file: file, where: "the annotation", rule: "annotation", lineOf: func(n int) int {
		return blockLine + lines[min(max(n, 1), len(lines))-1].line
	}}
	top := r.mapping(text.String())
	if top == nil {
		return a, r.findings
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if a.set[key.Value] {
			continue
		}
		if !r.annotation(&a, key, value) {
			r.unknownKey(procedures.SeverityError, key, annotationKeys)
			continue
		}
		a.set[key.Value] = true
	}
	return a, r.findings
}

// unknownKey names the key that was meant, as far as one is near, else all keys.
func (r *yamlReader) unknownKey(severity procedures.Severity, key *yaml.Node, keys []string) {
	if near := procedures.Nearest(key.Value, keys); near != "" {
		r.add(severity, key.Line, "%s has no key `%s`: did you mean `%s`?", r.where, key.Value, near)
	} else {
		r.add(severity, key.Line, "%s has no key `%s`. Its keys: %s", r.where, key.Value, strings.Join(keys, ", "))
	}
}

// annotation reads one key; false means that there is no such key.
func (r *yamlReader) annotation(a *annotations, key, n *yaml.Node) bool {
	switch key.Value {
	case "title":
		a.Title = visible(r.text("title", n))
	case "id":
		if a.ID, a.idLine = r.text("id", n), r.lineOf(key.Line); a.ID != "" && slug(a.ID) != a.ID {
			r.add(procedures.SeverityError, n.Line,
				"the id %q may only have small letters, digits and hyphens: write %q", a.ID, slug(a.ID))
			a.ID = slug(a.ID)
		}
	case "about":
		a.About = r.text("about", n)
	case "expect":
		a.Expect = r.expectations("expect", n)
	case "warn":
		a.Warn = r.expectations("warn", n)
	case "show":
		a.Show = r.oneOf("show", n, "table", "chart", "text", "json", "value")
	case "for":
		a.For = r.forEach(n)
	case "timeout":
		a.Timeout = r.duration("timeout", n)
	case "every":
		a.Every = r.duration("every", n)
	case "bake":
		a.Bake = r.duration("bake", n)
	case "alarms":
		a.Alarms = r.texts("alarms", n)
	case "retry":
		a.Retry = r.count("retry", n)
	case "until":
		if a.Until = r.text("until", n); a.Until != "" {
			r.checkExpression("until", a.Until, n.Line)
		}
	case "effect":
		a.Effect = procedures.Effect(r.oneOf("effect", n, "read", "change", "destroy"))
	case "confirm":
		a.Confirm = r.text("confirm", n)
	case "approvals":
		a.Approvals = r.count("approvals", n)
	case "rollback":
		a.Rollback = r.text("rollback", n)
	case "needs":
		a.Needs, a.needsLine = r.texts("needs", n), r.lineOf(key.Line)
	case "parallel":
		b := r.truth("parallel", n)
		a.Parallel = &b
	case "manual":
		a.Manual = r.truth("manual", n)
	case "call":
		a.Call = r.text("call", n)
	case "target":
		a.Target = r.targetTime("target", n)
	case "recovery":
		a.Recovery = r.recovery(n)
	case "tile":
		a.Tile = visible(r.text("tile", n))
	default:
		return false
	}
	return true
}

// expectations reads a JMESPath text, or a list of them and of {that, say, holds}.
// In YAML `expect: [a]` is a list, though [a] is also an expression: it has to be in quotes.
func (r *yamlReader) expectations(key string, n *yaml.Node) []procedures.Expectation {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && n.Style != yaml.FlowStyle {
		items = n.Content
	} else if n.Kind == yaml.SequenceNode {
		r.add(procedures.SeverityError, n.Line,
			"`%s` begins with a bracket, which YAML takes for a list: put the expression in quotes", key)
		return nil
	}
	var all []procedures.Expectation
	for _, item := range items {
		e := procedures.Expectation{Line: r.lineOf(item.Line)}
		switch {
		case item.Kind == yaml.ScalarNode && item.Tag != "!!null" && item.Value != "":
			e.That = item.Value
		case item.Kind == yaml.MappingNode:
			if !r.expectation(key, item, &e) {
				continue
			}
		default:
			r.wrong(key, item, "a JMESPath expression, or a list of them or of {that, say, holds}")
			continue
		}
		r.checkExpression(key, e.That, item.Line)
		for _, m := range sayPart().FindAllStringSubmatch(e.Say, -1) {
			r.checkExpression("say", m[1], item.Line)
		}
		for _, m := range sayPart().FindAllStringSubmatch(e.Holds, -1) {
			r.checkExpression("holds", m[1], item.Line)
		}
		all = append(all, e)
	}
	return all
}

// expectation reads {that, say, holds}; false means that there is no `that`, which is a finding.
func (r *yamlReader) expectation(key string, item *yaml.Node, e *procedures.Expectation) bool {
	for i := 0; i+1 < len(item.Content); i += 2 {
		k, v := item.Content[i], item.Content[i+1]
		switch k.Value {
		case "that":
			e.That, e.Line = r.text("that", v), r.lineOf(v.Line)
		case "say":
			e.Say = r.text("say", v)
		case "holds":
			e.Holds = r.text("holds", v)
		default:
			r.unknownKey(procedures.SeverityError, k, []string{"that", "say", "holds"})
		}
	}
	if e.That == "" {
		r.add(procedures.SeverityError, item.Line, "`%s` has an entry without `that`, the expression that must be true", key)
	}
	return e.That != ""
}

// forEach reads `for: {func: [api, jobs]}`: the step runs once for each value, with the variable
// set.
func (r *yamlReader) forEach(n *yaml.Node) []procedures.ForEach {
	if n.Kind != yaml.MappingNode {
		r.wrong("for", n, "a name with a list of values, such as {func: [api, analysis]}")
		return nil
	}
	var all []procedures.ForEach
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, values := n.Content[i], n.Content[i+1]
		if values.Kind != yaml.SequenceNode || len(values.Content) == 0 {
			r.wrong("for", values, "a name with a list of values, such as {func: [api, analysis]}")
			continue
		}
		if !variableName().MatchString(name.Value) {
			r.add(procedures.SeverityError, name.Line,
				"`for` names the variable %q: a name has only letters, digits and underscores", name.Value)
			continue
		}
		all = append(all, procedures.ForEach{Name: name.Value, Values: r.texts("for", values)})
	}
	return all
}

// variableName is a name of a shell variable (POSIX, Name).
var variableName = lazy.Regexp(`^[A-Za-z_]\w*$`)

// checkExpression reports why a text is not JMESPath.
// Parameters in it count as numbers: their values come later.
func (r *yamlReader) checkExpression(key, expr string, yamlLine int) {
	if _, err := document.Compile(procedures.FillExpression(expr, func(string) string { return "0" })); err != nil {
		r.add(procedures.SeverityError, yamlLine, "`%s: %s` is not JMESPath: %s", key, expr, err)
	}
}

// sayPart is an {expression} in the sentence of an expectation.
var sayPart = lazy.Regexp(`\{([^{}]+)\}`)
