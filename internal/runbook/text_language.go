package runbook

import (
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
	// sqlVerb is a statement of SQL in capitals, or one of psql's own commands.
	sqlVerb = lazy.Regexp(`^(?:(?:SELECT|INSERT|UPDATE|DELETE|ALTER|CREATE|DROP|GRANT|REVOKE|WITH|SHOW|SET|USE|EXPLAIN|ANALYZE|VACUUM|` +
		`TRUNCATE|CALL|BEGIN|COMMIT|ROLLBACK|KILL|DESCRIBE|FLUSH|LOCK|COPY|REINDEX|MERGE|REPLACE|OPTIMIZE|STOP|START|CHANGE|RESET)\b` +
		`.*(?:;|\s(?:FROM|INTO|SET|TABLE|ON|TO|DATABASE|USER|INDEX|SLAVE|REPLICA|MASTER)\b|,$|\($)|` +
		`(?:BEGIN|COMMIT|ROLLBACK|SELECT)$|\\(?:d[a-zA-Z]*\+?|l\+?|x|c|timing|conninfo|copy|watch|pset|gset)(?:\s|$))`)
	insightsStart = lazy.Regexp(`^(?:fields\s+@|filter\s+@|filter\s+\w+\s*(?:=|like)|stats\s+\w+\(.*\bby\b|` +
		`parse\s+@|display\s+@|source\s+logGroups)`)
	logLine = lazy.Regexp(`^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{4}/\d\d/\d\d \d\d:\d\d|\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|` +
		`FATAL|TRACE|CRITICAL|NOTICE)\]?[:\s]|[IWEF]\d{4} \d\d:\d\d:\d\d|` +
		`[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d |(?:START|END|REPORT) RequestId:|Traceback \(most|\s+at [\w.$]+\(|Error: |Caused by: |` +
		`\d{1,3}(?:\.\d{1,3}){3} - \S+ \[|time="\d{4}-|ts=\d{4}-|level=\w+ )`)
	httpLine = lazy.Regexp(`^(?:(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) (?:/|https?:)\S*(?: HTTP/[\d.]+)?|HTTP/[\d.]+ \d{3}.*)$`)
	drawing  = lazy.Regexp(`[│├└┌┐┘┬┴┼─═║╔╗╚╝▶▼◀▲]|^\s*\|\s*$|-{2,}>`)
	hclStart = lazy.Regexp(`^(?:resource|data|module|variable|output|provider|terraform|locals|backend)\s*(?:"[^"]*"\s*)*\{`)
	iniHead  = lazy.Regexp(`^\[[\w. :/-]+\]$`)
	iniPair  = lazy.Regexp(`^[\w.-]+\s+=\s+\S|^[\w.-]+\s*=\s*\S`)
	// powerShell is a variable of the environment, or one of its commands at the beginning of a line.
	powerShell = lazy.Regexp(`(?m)^\s*(?:\$env:\w+\s*=|(?:Get|Set|New|Remove|Write|Invoke|Start|Stop|Select|` +
		`Where|Add|Import|Export|ConvertTo|ConvertFrom|` +
		`Test|Out)-[A-Z]\w+\b|\$\w+\s*=\s*(?:\(?aws |@|Get-|New-))`)
	pythonLine = lazy.Regexp(`(?m)^(?:import \w+(?:\.\w+)*(?: as \w+)?|from [\w.]+ import .+|def \w+\(.*\).*:|class \w+.*:|` +
		`@\w[\w.]*(?:\(.*\))?|(?:if|for|while|with|try|else|elif)\b.*:|print\(.*\)|\w+ = (?:boto3|\w+\.\w+\().*)\s*$`)
	makeRule   = lazy.Regexp(`^[\w./%-]+(?: [\w./%-]+)*[ \t]*::?(?:[ \t].*)?$`)
	dockerLine = lazy.Regexp(`^(?:FROM|RUN|COPY|ADD|ENV|WORKDIR|CMD|ENTRYPOINT|EXPOSE|ARG|USER|LABEL)\s`)
	// scriptStart begins a text of JavaScript or TypeScript, scriptCall is a method that is called with something.
	scriptStart = lazy.Regexp(`^(?:(?:const|var)\s+[\w${\[].*=|let\s+\w+\s*(?::\s*\w+)?\s=\s|import\s+(?:[\w*{].*\sfrom\s+)?['"]|` +
		`export\s+(?:default|const|async|function|class|interface|type)\b|(?:module\.)?exports[.\s=]|` +
		`(?:async\s+)?function\s*\w*\s*\([^)]+\)\s*\{|` +
		`async\s+function\b|(?:try\s*\{|'use strict'|"use strict")|interface\s+\w+\s*\{|//\s)`)
	scriptCall = lazy.Regexp(`^(?:await\s+|return\s+)?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+\s*\((?:[^)]|\)\s*[.;])|` +
		`=>\s*[{(]|^(?:rs|sh|db)\.\w+\(|^await\s`)
	goStart = lazy.Regexp(`^(?:package \w+$|func (?:\(\w+ \*?\w+\) )?\w+\(|public (?:class|static|interface) |pipeline \{$|` +
		`using [\w.]+;$|import [\w.]+;$|#include )`)
	xmlStart   = lazy.Regexp(`(?s)^(?:<\?xml|<!DOCTYPE|<([A-Za-z][\w:-]*)(?:\s[^<>]*)?>.*</[\w:-]+>\s*$)`)
	cronLine   = lazy.Regexp(`^(?:[\d*][\d*/,-]*\s+){4}[\d*A-Z][\w*/,-]*\s+\S|^@(?:daily|hourly|weekly|reboot|monthly)\s`)
	diffStart  = lazy.Regexp(`(?s)^(?:diff --git |--- a?/?\S+.*\n\+\+\+ |@@ -\d)`)
	nginxStart = lazy.Regexp(`^(?:server|upstream\s+\S+|location\s+.*\S|events|http)\s*\{$`)
	jsonMember = lazy.Regexp(`^"[\w.:/@ -]+"\s*:\s*\S`)
	confLine   = lazy.Regexp(`^[a-z][\w.-]*[ \t]+=[ \t]+\S`) // the shell would run a program of that name
	optionLine = lazy.Regexp(`^--[a-z]`)                     // of a command that is left out
	csvLine    = lazy.Regexp(`^[\w.:@/-]+(?:,[\w .:@/-]*){2,}$`)
)

// languageOfStart is the language that the first words of a text tell, or "".
func languageOfStart(trimmed, first string, lines []string) string {
	switch {
	case diffStart().MatchString(trimmed):
		return "diff"
	case jsonMember().MatchString(first):
		return "json"
	case xmlStart().MatchString(trimmed):
		return "xml"
	case goStart().MatchString(first):
		return "code"
	case scriptStart().MatchString(first) && !parses(trimmed), scriptCall().MatchString(first) && !parses(trimmed):
		return "js"
	case nginxStart().MatchString(first) && !parses(trimmed):
		return "nginx"
	case all(lines, cronLine().MatchString):
		return "cron"
	case len(lines) > 1 && all(lines, confLine().MatchString):
		return "ini"
	case len(lines) > 1 && all(lines, csvLine().MatchString):
		return "csv"
	case pythonLine().MatchString(first) && (strings.HasPrefix(first, "import ") || strings.HasPrefix(first, "from ") || !parses(trimmed)):
		return "python"
	}
	return ""
}

// parses reports whether the shell could read a text.
func parses(text string) bool {
	masked, _ := maskAngles(text, nil)
	_, err := parseShell(masked + "\n")
	return err == nil
}
