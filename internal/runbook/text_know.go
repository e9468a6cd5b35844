package runbook

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

var (
	sqlStart = lazy.Regexp(`(?is)^(?:select\s.+\bfrom\b|select\s+\w+\(|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|` +
		`(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:unique\s+)?(?:table|index|database|schema|user|role|` +
		`view|function|extension|materialized|` +
		`external|publication|subscription|policy|trigger|type)\b|grant\s+.+\bon\b|grant\s+\w+\s+to\b|` +
		`revoke\s+.+\bfrom\b|with\s+\w+\s+as\s*\(|` +
		`explain\s+(?:analyze\s+)?select|truncate\s+table|vacuum\b|reindex\s|begin;|show\s+(?:tables|databases|` +
		`processlist|variables|grants|engine|` +
		`slave|replica|create)\b|kill\s+\d+;|call\s+mysql\.|set\s+(?:session|global)\s)`)
	insightsStart = lazy.Regexp(`^(?:fields\s+@|filter\s+@|filter\s+\w+\s*(?:=|like)|stats\s+\w+\(.*\bby\b|` +
		`parse\s+@|display\s+@|source\s+logGroups)`)
	logLine = lazy.Regexp(`^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|` +
		`FATAL|TRACE|CRITICAL)\]?[:\s]|` +
		`[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d |(?:START|END|REPORT) RequestId:|Traceback \(most|\s+at [\w.$]+\(|Error: |Caused by: )`)
	httpLine = lazy.Regexp(`^(?:(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) (?:/|https?:)\S*(?: HTTP/[\d.]+)?|HTTP/[\d.]+ \d{3}.*)$`)
	drawing  = lazy.Regexp(`[│├└┌┐┘┬┴┼─═║╔╗╚╝▶▼◀▲]|^\s*\|\s*$|-{2,}>`)
	hclStart = lazy.Regexp(`^(?:resource|data|module|variable|output|provider|terraform|locals|backend)\s*(?:"[^"]*"\s*)*\{`)
	iniHead  = lazy.Regexp(`^\[[\w. :/-]+\]$`)
	iniPair  = lazy.Regexp(`^[\w.-]+\s+=\s+\S|^[\w.-]+\s*=\s*\S`)
	// powerShell is a variable of the environment, or one of its commands at the beginning of a line.
	powerShell = lazy.Regexp(`(?m)^\s*(?:\$env:\w+\s*=|(?:Get|Set|New|Remove|Write|Invoke|Start|Stop|Select|` +
		`Where|Add|Import|Export|ConvertTo|ConvertFrom|` +
		`Test|Out)-[A-Z]\w+\b|\$\w+\s*=\s*(?:\(?aws |@|Get-|New-))`)
	pythonLine = lazy.Regexp(`(?m)^(?:import \w+(?:\.\w+)*(?: as \w+)?|from [\w.]+ import .+|def \w+\(.*\).*:|class \w+.*:)\s*$`)
	dockerLine = lazy.Regexp(`^(?:FROM|RUN|COPY|ADD|ENV|WORKDIR|CMD|ENTRYPOINT|EXPOSE|ARG|USER|LABEL)\s`)
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
	case sqlStart().MatchString(withoutSQLComments(trimmed)):
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
	case pythonLine().MatchString(first):
		return "python"
	case strings.HasPrefix(first, "FROM ") && all(lines[:min(2, len(lines))], dockerLine().MatchString):
		return "dockerfile"
	case all(lines, isTableLine):
		return "text"
	case most(lines, logLine().MatchString) && logLine().MatchString(lines[0]):
		return "log"
	case most(lines, drawing().MatchString) && !commonCommands[strings.Fields(first)[0]]:
		return "text"
	}
	return ""
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
	if json.Valid([]byte(text)) {
		return true
	}
	last := text[len(text)-1]
	return (last == '}' || last == ']') && strings.Contains(text, `":`) && !strings.HasPrefix(text, "[[") && !strings.HasPrefix(text, "[ ")
}

// isTableLine reports a line of a table, or of the columns that programs print.
func isTableLine(line string) bool {
	return tableLine().MatchString(line) || columnLine().MatchString(strings.TrimSpace(line))
}

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
