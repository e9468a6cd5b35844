package runbook

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// realLanguage is the language of a text that a fence without a language, or one that says bash, holds: "sql", "json", "yaml", "log" and so
// on; "" where it may well be the shell's. It says so only of what no shell would carry out as it was meant.
func realLanguage(text string) string {
	trimmed := strings.TrimSpace(text)
	lines := contentLines(trimmed)
	if len(lines) == 0 {
		return ""
	}
	first := strings.TrimSpace(lines[0])
	switch {
	case strings.HasPrefix(text, "#!"):
		return ""
	case isJSON(trimmed):
		return "json"
	case isYAML(text):
		return "yaml"
	case sqlStart().MatchString(withoutSQLComments(trimmed)), sqlVerb().MatchString(firstLine(withoutSQLComments(trimmed))):
		return "sql"
	case insightsStart().MatchString(first):
		return "insights"
	case httpLine().MatchString(first):
		return "http"
	case hclStart().MatchString(first) && strings.HasSuffix(trimmed, "}"):
		return "hcl"
	case iniHead().MatchString(first) && len(lines) > 1 && iniPair().MatchString(strings.TrimSpace(lines[1])):
		return "ini"
	case powerShell().MatchString(text) && !slices.ContainsFunc(lines, awsLine().MatchString) && !strings.Contains(text, "<<"):
		return "powershell"
	case strings.HasPrefix(first, "FROM ") && all(lines[:min(2, len(lines))], dockerLine().MatchString):
		return "dockerfile"
	case isMakefile(lines):
		return "make"
	case all(lines, isTableLine), optionLine().MatchString(first), all(lines, isSlashed):
		return "text"
	case most(lines, logLine().MatchString) && logLine().MatchString(lines[0]):
		return "log"
	case most(lines, drawing().MatchString) && !commonCommands[strings.Fields(first)[0]]:
		return "text"
	}
	if told := languageOfStart(trimmed, first, lines); told != "" {
		return told
	}
	if isNoShell(text) {
		return "text"
	}
	return ""
}

// firstLine is a text up to its first line's end.
func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(first)
}

// isMakefile reports rules of make, each with a recipe that a tab begins.
func isMakefile(lines []string) bool {
	recipes := 0
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "\t"):
			recipes++
		case !makeRule().MatchString(line) && !strings.Contains(line, "=") && !strings.HasSuffix(lines[max(0, i-1)], `\`):
			return false
		}
	}
	return recipes > 0 && makeRule().MatchString(lines[0])
}

// contentLines are the lines of a text that are neither blank nor comments.
func contentLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
	}
	return lines
}

// withoutSQLComments is a text from its first line that is no comment of SQL's or the shell's.
func withoutSQLComments(text string) string {
	for {
		line, rest, _ := strings.Cut(text, "\n")
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "--") &&
			!strings.HasPrefix(trimmed, "#") || rest == "" {
			return strings.TrimSpace(text)
		}
		text = rest
	}
}

// isJSON reports a document, also one that was shortened with "..." or has comments.
func isJSON(text string) bool {
	if text[0] != '{' && text[0] != '[' {
		return false
	}
	if validJSON(text) {
		return true
	}
	last := text[len(text)-1]
	return (last == '}' || last == ']') && strings.Contains(text, `":`) && !strings.HasPrefix(text, "[[") && !strings.HasPrefix(text, "[ ")
}

// validJSON reports a whole document, which `[ "$ID" ]`, a test of the shell's, is too by its letters.
func validJSON(text string) bool {
	return json.Valid([]byte(text)) && !bareTest().MatchString(strings.TrimSpace(text))
}

var bareTest = lazy.Regexp(`^\[ +"[^"]*\$[^"]*" +\]$`)

// isTableLine reports a line of a table, or of the columns that programs print.
func isTableLine(line string) bool {
	return tableLine().MatchString(line) || columnLine().MatchString(strings.TrimSpace(line))
}

// isSlashed reports a comment of other languages: "// TODO".
func isSlashed(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "// ") }

// all reports whether every line is one.
func all(lines []string, is func(string) bool) bool {
	for _, line := range lines {
		if !is(line) {
			return false
		}
	}
	return true
}

// most reports whether more than half of the lines are.
func most(lines []string, is func(string) bool) bool {
	n := 0
	for _, line := range lines {
		if is(line) {
			n++
		}
	}
	return 2*n > len(lines)
}

// beginsLikeShell reports a text that does not parse and yet was meant for the shell: its first line is a command with options.
func beginsLikeShell(text string) bool {
	lines := contentLines(text)
	if len(lines) == 0 {
		return false
	}
	first := strings.TrimSpace(lines[0])
	word, rest, _ := strings.Cut(first, " ")
	switch {
	case word == "aws":
		return awsLine().MatchString(first)
	case !commonCommands[word] || englishCommands[word]:
		return false
	}
	return strings.Contains(rest, " -") || strings.HasPrefix(rest, "-") || subcommands[rest] || isCommandLine(first)
}

// awsLine is a command of the AWS CLI: a service and an operation.
var awsLine = lazy.Regexp(`^aws (?:--\S+ (?:[^-]\S* )?)*[a-z][a-z0-9-]+ [a-z][a-z0-9-]+(?:\s|$)`)
