package runbook

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

var (
	// answerLine is a line that programs print and nobody types: an error, a row, a status, a prompt of an installer.
	answerLine = lazy.Regexp(`^(?:An error occurred \(|HTTP/[\d.]+ \d{3}|\(\d+ rows?\)|(?:---|\.\.\.)$|` +
		`(?:upload|download|copy|move|delete|remove_bucket|make_bucket)(?: failed)?: |` +
		`[\w.]*(?:Error|Exception|Warning)(?::|$)|[^\s'"$=(){}\x60|&;<>]+:(?:\s|$)|` +
		`[a-z]+ (?:error|warning|failed|failure|exception): |` +
		`(?:i|sg|sgr|vpc|subnet|vol|ami|snap|eni|rtb|igw|nat|acl|lt|tgw|pcx|vpce|fs|eipalloc|eipassoc)-(?:[0-9a-f]{8}|[0-9a-f]{17})\b|` +
		`arn:aws[\w-]*:|https?://|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|commit [0-9a-f]{7,40}\b|diff --git a/|` +
		`[a-z][a-z0-9]*(?:_[a-z0-9]+)+[ \t]+=[ \t]+\S|` + // a setting of a file that is edited
		`"[^"$\x60]*[:\s][^"$\x60]*",?$|` + // a text of JSON, alone
		`;; |;<<>>|<(?:html|!DOCTYPE|\?xml)\b|[\w<>-]+(?:\.[\w<>-]+)+\.(?:\s|$)|` + // a host as dig prints it
		`\d[\w.:,%/+-]*(?:\s|$))`)
	// numberedTool are programs whose names begin with a digit.
	numberedTool = lazy.Regexp(`^(?:7z[azr]?|2to3)\s`)
	// gapped are columns: an unknown word, and at least two more behind wide gaps.
	gapped = lazy.Regexp(`^\S+(?:(?: {2,}|\t+)\S+(?: \S+)*){2,}$|^\S+\t\S+`)
	// upperWord begins with a capital letter, as no command does that a person would type.
	upperWord = lazy.Regexp(`^[A-Z][\w.?!,'’-]*$`)
	// upperTool are the few programs that do.
	upperTool = setOf("R Rscript Xvfb MSBuild")
	// stateWord is what --output text prints of one member.
	stateWord = setOf("available active running stopped pending enabled disabled healthy unhealthy inactive deleted creating " +
		"deleting modifying draining in-service completed succeeded failed ok null none terminated")
	// controlWord begins a line that is a command of the shell's own, whatever follows.
	controlWord = lazy.Regexp(`^(?:[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=|\.{1,2}/\S|~/\S|/[\w./-]+(?:\s+[^\s]|$)|` +
		`(?:if|while|until)\s.*(?:;|\bthen\b|\bdo\b|$)|` +
		`(?:for|select)\s+\w+\s+in\b|for\s*\(\(|case\s.*\sin$|(?:done|fi|esac|then|else|do|\}|\))(?:\s*[;|&>]|\s*$)|\(\(|\[\[\s|\[\s|` +
		`\w[\w-]*\s*\(\)|function\s+[\w-]+\s*(?:\(\)\s*)?\{?|(?:export|local|readonly|declare|unset|source|alias|eval|exec|read|trap|` +
		`return|shift|set|let|printf|mapfile|pushd|popd|type|command|builtin|ulimit|umask|exit)\b)`)
)

// isPrinted reports a line that a program printed: nobody types such a command. declared are functions of the block.
func isPrinted(line string, declared map[string]bool) bool {
	trimmed := strings.TrimSpace(line)
	first, rest, _ := strings.Cut(trimmed, " ")
	first, _, _ = strings.Cut(first, "\t")
	switch {
	case trimmed == "" || isHash(line) || declared[first] || upperTool[first]:
		return false
	case tableLine().MatchString(line), columnLine().MatchString(trimmed), logLine().MatchString(line):
		return true
	case surelyCommand(trimmed) && !commandSays(trimmed):
		return false
	case answerLine().MatchString(trimmed):
		return !numberedTool().MatchString(trimmed)
	case upperWord().MatchString(first):
		lower := strings.ToLower(first)
		return !strings.ContainsAny(first, "=/") && (!commonCommands[lower] || englishCommands[lower])
	case gapped().MatchString(trimmed):
		return !shellWord().MatchString(trimmed) && !strings.ContainsAny(rest, "|>$\"'") && !strings.Contains(rest, " -")
	}
	return rest == "" && stateWord[first]
}

// commandSays reports what a program says of itself: "aws: error: …", "Error: …".
func commandSays(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	return len(first) > 1 && strings.HasSuffix(first, ":")
}

// surelyCommand reports a line that somebody types: a command that people use with more than words of English, an assignment, a path.
func surelyCommand(text string) bool {
	text = strings.TrimSpace(text)
	if logLine().MatchString(text) {
		return false
	}
	return runsCommand(text) || controlWord().MatchString(text) && !gapped().MatchString(text)
}

// declaredFunctions are the names that lines declare.
func declaredFunctions(lines []string) map[string]bool {
	var names map[string]bool
	for _, line := range lines {
		if m := functionHead().FindStringSubmatch(line); m != nil {
			if names == nil {
				names = map[string]bool{}
			}
			names[m[1]] = true
		}
	}
	return names
}

// functionHead declares a function of the shell.
var functionHead = lazy.Regexp(`^\s*(?:function\s+)?([\w.-]+)\s*\(\)`)

// printedLength is how many lines from the first are printed: up to a line that is a command, and past an empty line only where what
// follows is printed too.
func printedLength(lines []string, declared map[string]bool) int {
	if len(lines) == 0 || !isPrinted(lines[0], declared) && !isRuled(lines) {
		return 0
	}
	n, indent := 1, indentOf(lines[0])
	for i := 1; i < len(lines); i++ {
		trimmed := strings.TrimSpace(lines[i])
		switch {
		case trimmed == "":
			continue
		case i == n && indentOf(lines[i]) > indent: // it continues the line above
		case isHash(lines[i]), strings.TrimSpace(lines[i-1]) == "" && !isPrinted(lines[i], declared),
			surelyCommand(trimmed) && !isPrinted(lines[i], declared):
			return n
		}
		n = i + 1
	}
	return n
}

// isRuled reports the head of a table: the line below it is a rule.
func isRuled(lines []string) bool {
	return len(lines) > 1 && ruleLine().MatchString(lines[1]) && strings.TrimSpace(lines[0]) != "" && !isHash(lines[0]) &&
		!surelyCommand(lines[0]) && !strings.ContainsAny(lines[0], "$=|")
}

// ruleLine divides the head of a table from its rows.
var ruleLine = lazy.Regexp(`^\s*[-=]{3,}(?:[-=+| ]*[-=])?\s*$`)

// indentOf is how many blanks a line begins with.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// isNoShell reports a text of which no line is a command of the shell's: it begins as nothing does that a person types, or its first
// paragraph does not parse.
func isNoShell(text string) bool {
	lines := contentLines(text)
	declared := declaredFunctions(lines)
	if n := printedLength(lines, declared); n > 0 && n == len(lines) {
		return true
	}
	if len(lines) == 0 || slices.ContainsFunc(lines, func(l string) bool { return surelyCommand(l) && !isPrinted(l, declared) }) {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	masked, _ := maskAngles(first, nil)
	_, err := parseShell(masked + "\n")
	return err != nil && !incomplete(err) && all(lines, func(l string) bool { return isAnswer(l) || strings.TrimSpace(l) == "}" })
}

// withoutPrinted is a text that begins with a command, less the lines below it that were printed.
func withoutPrinted(text string) string {
	first, rest, more := strings.Cut(text, "\n")
	if !more || !runsCommand(strings.TrimSpace(first)) {
		return text
	}
	lines := strings.Split(rest, "\n")
	if n := printedLength(lines, declaredFunctions(lines)); n > 0 {
		lines = lines[n:]
	}
	return first + "\n" + strings.Join(lines, "\n")
}
