package runbook

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// markdownLine is one that no front matter has: a heading, or the marks of a fence.
var markdownLine = lazy.Regexp("^(?:#{1,6} |```|~~~)")

// headOf are the lines of front matter whose first line is mark, up to what can be none of it.
func headOf(source []byte) (mark string, lines []string) {
	for i, line := range strings.Split(string(source[:min(len(source), 64<<10)]), "\n") {
		line = strings.TrimRight(line, " \t\r")
		switch {
		case i == 0 && line != "---" && line != "+++":
			return "", nil
		case i == 0:
			mark = line
			continue
		case line == "" || line == mark || line == "..." || markdownLine().MatchString(line):
			return mark, lines
		}
		lines = append(lines, line)
	}
	return mark, lines
}

// openFrontMatter is the line of the last key of front matter that is not closed; 0 where a file does not begin with any. It has to have a
// key that is known: dashes may also be a rule.
func openFrontMatter(source []byte) int {
	if mark, _ := cutFrontMatter(source); mark != "" {
		return 0
	}
	mark, lines := headOf(source)
	known := func(key string) bool { return slices.Contains(frontMatterKeys, key) || otherKeys[key] }
	if mark == "+++" {
		for _, line := range lines {
			if key, _, ok := strings.Cut(line, "="); ok && known(strings.TrimSpace(key)) {
				return len(lines) + 1
			}
		}
		return 0
	}
	for _, key := range keysOf(strings.Join(lines, "\n")) {
		if known(key) {
			return len(lines) + 1
		}
	}
	return 0
}

// keysOf are the keys of a text that is a mapping of YAML.
func keysOf(text string) []string {
	var top yaml.Node
	if yaml.Unmarshal([]byte(text), &top) != nil || len(top.Content) == 0 || top.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	var keys []string
	for i := 0; i < len(top.Content[0].Content); i += 2 {
		keys = append(keys, top.Content[0].Content[i].Value)
	}
	return keys
}

// isText reports whether what stands between two marks is the document's text: front matter was not closed, and the second mark is a rule
// further down. What is not YAML for another reason stays front matter, with an error.
func isText(mark string, inner []byte) bool {
	if mark != "---" || !slices.ContainsFunc(bytes.Split(inner, []byte("\n")), markdownLine().Match) {
		return false
	}
	var top yaml.Node
	if yaml.Unmarshal(inner, &top) == nil {
		return false
	}
	_, lines := headOf(append([]byte(mark+"\n"), inner...))
	return len(lines) == 0 || keysOf(strings.Join(lines, "\n")) != nil
}

// misplaced finds front matter that has no effect, as it begins too late or is not closed.
func (d *docReader) misplaced() {
	add := func(severity procedures.Severity, line int, format string, args ...any) {
		d.findings = append(d.findings, procedures.Finding{
			File: d.file, Line: line, Column: 1, Severity: severity, Rule: "front-matter", Message: fmt.Sprintf(format, args...),
		})
	}
	if line := lateFrontMatter(d.source); line > 0 {
		add(procedures.SeverityWarning, line,
			"front matter begins on the first line of a file: with a blank line before it, it is text, and has no effect")
	}
	if last := openFrontMatter(d.source); last > 0 {
		mark, _ := headOf(d.source)
		add(procedures.SeverityError, 1,
			"front matter is not closed, so it is text, and has no effect: write `%s` on a line of its own below line %d", mark, last)
	}
}

// yamlAdvice says what to do about a text that is no YAML.
func yamlAdvice(text string, line int) string {
	lines := strings.Split(text, "\n")
	at := ""
	if line > 0 && line <= len(lines) {
		at = lines[line-1]
	}
	for _, near := range []int{line - 1, line, line - 2} { // the parser may name the line after, or before
		if near >= 0 && near < len(lines) && strings.HasPrefix(strings.TrimLeft(lines[near], " "), "\t") {
			return "A tab stands before a text: indent with blanks"
		}
	}
	if strings.Count(at, ": ") > 1 || strings.ContainsAny(at, "{}[]*&!%@`") {
		return "Put a value with `: `, or that begins with one of { [ * & ! % @ `, in quotes"
	}
	return "Each line is `key: value`; what belongs to a key stands below it, indented with blanks"
}

// twice finds keys that stand twice in the mappings of a value.
func (r *yamlReader) twice(n *yaml.Node, depth int) {
	if depth > 20 {
		return
	}
	seen := map[string]int{}
	for i, item := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if first := seen[item.Value]; first > 0 {
				r.add(procedures.SeverityWarning, item.Line, "`%s` stands twice (line %d): the second one counts", item.Value, first)
			}
			seen[item.Value] = r.lineOf(item.Line)
			continue
		}
		r.twice(item, depth+1)
	}
}

// plain reads a text that is not true or false.
func (r *yamlReader) plain(key string, n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		r.wrong(key, n, "a text")
		return ""
	}
	return visible(r.text(key, n))
}

// names reads names: one, or a list of them. what is said of them where one is none.
func (r *yamlReader) names(key string, n *yaml.Node, numbers bool, what string) []string {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var out []string
	for _, item := range items {
		if item.Kind != yaml.ScalarNode || item.Value == "" || item.Tag != "!!str" && (!numbers || item.Tag != "!!int") {
			r.wrong(key, item, what)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

// otherWords are words for our keys that people use.
var otherWords = map[string]string{
	"parameter": "params", "parameters": "params", "env": "environments", "envs": "environments", "cron": "schedule",
	"approvers": "approvals", "timezone": "schedule", "maintainer": "owner",
}

// environmentsForm is what `environments` may be.
const environmentsForm = "the name of an environment of opsbook.yaml, or a list of names such as [staging, production]"
