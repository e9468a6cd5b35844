package runbook

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// block is a fenced block of shell text while it is read. All its texts have
// the same lines, and the same columns within them.
type block struct {
	language string // of the fence, in small letters; empty for none
	line     int    // of lines[0] in the file, from 1
	raw      []string
	// shell are the lines that run: prompts are blanks, output is empty, placeholders are sentinels.
	shell []string
	// output marks the lines that show what a command printed.
	output []bool
	// pasted is the index of the first output line of a block that is not a terminal's, or -1.
	pasted int
	marks  []exampleMark // examples' values, for findings
	// bare says that it has no language, and is not shell text from end to end: what does not begin with a command is output.
	bare bool
	// unparsed marks the lines of paragraphs that do not parse.
	unparsed []bool
	// there are the sessions that lines are typed into, by line; nil for those that are run here.
	there []*session
}

// newBlock keeps raw as it is: the page shows it.
func newBlock(language string, line int, raw []string) *block {
	b := &block{
		language: language, line: line, raw: raw, shell: make([]string, len(raw)), output: make([]bool, len(raw)),
		pasted: -1, unparsed: make([]bool, len(raw)), there: make([]*session, len(raw)),
	}
	copy(b.shell, raw)
	for i, line := range raw {
		if m := gluedPrompt().FindStringSubmatch(line); m != nil && commonCommands[m[1]] &&
			!strings.Contains(strings.Join(raw, "\n"), m[1]+"=") {
			b.shell[i] = " " + line[1:]
		}
	}
	if language == "" {
		masked, _ := maskAngles(strings.Join(raw, "\n"), nil)
		file, err := parseShell(masked)
		b.bare = err != nil || !mostlyKnown(file, masked)
	}
	return b
}

var (
	// dollarPrompt is "$ ", "user@host:~$ ", "[user@host dir]$ ", "(env) $ ".
	dollarPrompt = lazy.Regexp(`^[ \t]*(?:\([\w.-]+\)[ \t]*)?(?:\[?[\w.~-]+@[\w.-]+[^$#%>]{0,60}?\]?|` +
		`[\w.~/:-]{1,40}|bash-[\d.]+)?\$[ \t]+`)
	gluedPrompt = lazy.Regexp(`^\$([a-z][\w-]*)[ \t]`) // "$aws s3 ls"
	hostPrompt  = lazy.Regexp(`^[ \t]*\[?[\w.-]+@[\w.-]+[^$#%]{0,60}?\]?[#%][ \t]+`)
	rootPrompt  = lazy.Regexp(`^[ \t]*[#%❯➜>][ \t]+`)
	moreMark    = lazy.Regexp(`^[ \t]*>[ \t]?`)
	morePrompt  = lazy.Regexp(`^[ \t]*>[ \t]+\S`)
	blankBehind = lazy.Regexp(`\\[ \t\x{a0}]+\n$`)
	commandWord = lazy.Regexp(`^(?:[A-Z_]+=\S*[ \t]+)*([\w./-]+)`)
	// tableLine is a line of the tables that aws, psql and mysql draw.
	tableLine = lazy.Regexp(`^[ \t]*(?:\+-[-+]*\+|\|.*\||-{8,}|={8,})[ \t]*$`)
	// columnLine is the head of what kubectl, docker and helm print.
	columnLine = lazy.Regexp(`^[A-Z][A-Z0-9_()/-]+(?:(?: {2,}|\t+)[A-Z][A-Z0-9_()/ -]+)+$`)
)

// stripPrompts turns a terminal's transcript into its commands. It reports whether the block was one.
// `$ aws s3 ls` is a command, what follows it up to the next prompt is output, and a line after `>
// ` continues with a command that is not complete.
func (b *block) stripPrompts() bool {
	prompt := b.promptOf()
	if prompt == nil {
		return false
	}
	pending := "" // the command so far, while it is not complete
	for i, line := range b.shell {
		if pending != "" {
			if m := moreMark().FindString(line); m != "" && !strings.HasPrefix(strings.TrimSpace(line), ">>") {
				line = strings.Repeat(" ", len(m)) + line[len(m):]
			}
			b.shell[i] = line
			pending = b.goesOn(i, pending+line+"\n")
			continue
		}
		m := prompt(line)
		switch {
		case m > 0:
			b.shell[i] = strings.Repeat(" ", m) + line[m:]
			pending = b.goesOn(i, b.shell[i]+"\n")
		case strings.TrimSpace(line) == "", strings.HasPrefix(strings.TrimSpace(line), "#"):
		default:
			b.shell[i], b.output[i] = "", true
		}
	}
	return true
}

// goesOn is as continued, of the text up to a line of a transcript. A blank behind the backslash ends the command for the shell; where
// the next line has the prompt of one that goes on, its writer meant another, and the two are read together, to be told so.
func (b *block) goesOn(i int, text string) string {
	if i+1 < len(b.shell) && blankBehind().MatchString(text) && morePrompt().MatchString(b.shell[i+1]) {
		return text
	}
	return continued(text)
}

// continued returns the text when the shell would ask for more of it, else "".
// A backslash at the end asks for more, and so do an open quote, an open loop and a here-document.
func continued(text string) string {
	if strings.HasSuffix(strings.TrimRight(text, "\n"), `\`) {
		return text
	}
	masked, _ := maskAngles(text, nil)
	if _, err := parseShell(masked); incomplete(err) {
		return text
	}
	return ""
}

// incomplete reports the error of a text that only lacks its end. The parser does not say so of here-documents with a quoted word.
func incomplete(err error) bool {
	return err != nil && (syntax.IsIncomplete(err) || strings.Contains(err.Error(), "unclosed here-document"))
}

// promptOf returns how long a line's prompt is in this block, or nil when it has none.
// A dollar sign decides at once, and so do ❯, ➜ and % before a known command, which begin no comment. A lone # is a prompt only before
// a known command, in a terminal's block, and where there are more of them than comments; beside other prompts it is one there, and
// below a command that makes somebody root or goes elsewhere.
func (b *block) promptOf() func(line string) int {
	length := func(re func() *regexp.Regexp) func(string) int {
		return func(line string) int {
			m := re().FindString(line)
			if m == "" || len(m) == len(line) {
				return 0
			}
			return len(m)
		}
	}
	dollars, hosts, roots, comments := 0, 0, 0, 0
	for _, line := range b.shell {
		switch m := length(rootPrompt)(line); {
		case length(dollarPrompt)(line) > 0 && !isAssignmentLike(line), m > 0 && !isHash(line) && runsCommand(line[m:]):
			dollars++
		case length(hostPrompt)(line) > 0:
			hosts++
		case m > 0 && runsCommand(line[m:]):
			// "# kubectl get pods" is root's prompt before a command; "# List the pods" is a comment.
			roots++
		case m > 0:
			comments++
		}
	}
	terminal := shellLanguages[b.language]
	switch {
	case dollars > 0:
		root := terminal
		return func(line string) int {
			if n := length(dollarPrompt)(line); n > 0 {
				root = root || rootMaker().MatchString(line)
				return n
			}
			if n := length(hostPrompt)(line); n > 0 && runsCommand(line[n:]) {
				return n
			}
			if n := length(rootPrompt)(line); n > 0 && runsCommand(line[n:]) && (!isHash(line) || root) {
				return n
			}
			return 0
		}
	case hosts > 0:
		return length(hostPrompt)
	case roots > 0 && shellLanguages[b.language] && roots > comments:
		return length(rootPrompt)
	}
	return nil
}

// rootMaker is a command after which the prompt is another: root's, or that of another machine.
var rootMaker = lazy.Regexp(`\b(?:sudo (?:-i|-s|su|bash|sh)|su\b|ssh |docker exec|kubectl exec|start-session|execute-command|chroot )`)

// isHash reports a line that may be a comment.
func isHash(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

// runsCommand reports whether what stands behind a prompt is a known command. One that is an English word needs more than words.
func runsCommand(text string) bool {
	word := commandWord().FindStringSubmatch(text)
	if word == nil {
		return false
	}
	if strings.HasPrefix(word[1], "./") {
		return true
	}
	return commonCommands[word[1]] && (!englishCommands[word[1]] || strings.ContainsAny(text, "-/$|=*\"'>~") ||
		!strings.Contains(text, " "))
}

// isAssignmentLike keeps words such as "FOO$ " out; no prompt has an equals sign.
func isAssignmentLike(line string) bool {
	i := strings.IndexByte(line, '$')
	return i > 0 && strings.ContainsAny(line[:i], `=|"';&`)
}

// blankOutput finds answers that were pasted below a command without any prompt: JSON, tables, errors, rows. They are blank lines for the
// shell, and expected output of the step. Below a line that opens a session nothing is looked at: what stands there is typed.
func (b *block) blankOutput(opens func(text string) string) {
	declared := declaredFunctions(b.shell)
	if !b.mayHaveOutput(declared) {
		return
	}
	pending, ran := "", false
	for i := 0; i < len(b.shell); i++ {
		line := b.shell[i]
		if pending == "" && ran && isHash(line) && announces().MatchString(line) {
			for n := b.announcedLength(i + 1); n > 0; n-- {
				i++
				b.shell[i], b.output[i] = "", true
			}
			continue
		}
		if pending == "" && ran {
			if n := b.outputFrom(i, declared); n > 0 {
				for k := i; k < i+n; k++ {
					b.shell[k], b.output[k] = "", true
				}
				if b.pasted < 0 {
					b.pasted = i
				}
				i += n - 1
				continue
			}
		}
		trimmed := strings.TrimSpace(line)
		if pending == "" && (trimmed == "" || strings.HasPrefix(trimmed, "#")) {
			continue
		}
		ran = true // what comes next may be its answer
		statement := pending + line + "\n"
		if pending = continued(statement); pending == "" && opens(strings.TrimSpace(statement)) != "" {
			return
		}
	}
}

// announcedLength is how many lines from one on are the output that the comment above them announces: a document, or what goes on to an
// empty line, a comment or a command.
func (b *block) announcedLength(i int) int {
	if i >= len(b.shell) || surelyCommand(b.shell[i]) && !commandSays(strings.TrimSpace(b.shell[i])) {
		return 0
	}
	if n := outputLength(b.shell[i:]); n > 0 {
		return n
	}
	n := 0
	for i+n < len(b.shell) {
		if line := strings.TrimSpace(b.shell[i+n]); line == "" || isHash(line) || surelyCommand(line) {
			break
		}
		n++
	}
	return n
}

// mayHaveOutput reports whether any line but the first may begin such an answer.
func (b *block) mayHaveOutput(declared map[string]bool) bool {
	for _, line := range b.shell[min(1, len(b.shell)):] {
		trimmed := strings.TrimSpace(line)
		if trimmed == "{" || trimmed == "[" || trimmed == "[]" || strings.HasPrefix(trimmed, `{"`) ||
			tableLine().MatchString(line) || columnLine().MatchString(trimmed) || yamlKey().MatchString(trimmed) ||
			isHash(line) && announces().MatchString(line) || b.bare && isAnswer(line) || isPrinted(line, declared) ||
			ruleLine().MatchString(line) {
			return true
		}
	}
	return false
}

var (
	// announces is a comment that has output under it.
	announces = lazy.Regexp(`(?i)^\s*#+\s*(?:(?:expected|sample|example)?\s*(?:output|result|response)|` +
		`expected|ausgabe|sortie|salida|saída|出力|输出|` +
		`結果|结果|출력|вывод)\s*(?:\([^()]*\)\s*|[-–—][^:：]*)?[:：]?\s*$`)
	// yamlKey is the first line of an answer in YAML; no command's name ends with a colon.
	yamlKey = lazy.Regexp(`^[A-Za-z][\w./-]*:(?:\s.*)?$`)
	// shellWord begins a line of shell text that is no simple command.
	shellWord = lazy.Regexp(`^(?:\w+\+?=|\w+\(\)|[(){}!|&<>\\$"'\x60-]|\[{1,2} |(?:if|then|else|elif|fi|for|` +
		`while|until|do|done|case|esac|in|function|select|` +
		`return|local|read|printf|type|command|declare|readonly|let|true|false|continue|break|alias|trap|exec|` +
		`ulimit|umask|shift|getopts|mapfile|export|unset)\b|;;|\.{1,2}/|[\w.-]+/)`)
)

// isAnswer reports a line that no shell text begins with: its first word is no command that people use.
func isAnswer(line string) bool {
	trimmed := strings.TrimSpace(line)
	word := commandWord().FindStringSubmatch(trimmed)
	if trimmed == "" || isHash(line) || shellWord().MatchString(trimmed) {
		return false
	}
	return word == nil || !commonCommands[word[1]]
}

// outputFrom returns how many lines from one on are what a command above it printed. In a bare block every line that begins
// with no command is.
func (b *block) outputFrom(i int, declared map[string]bool) int {
	if n := outputLength(b.shell[i:]); n > 0 {
		return n
	}
	if n := printedLength(b.shell[i:], declared); n > 0 {
		return n
	}
	if !b.bare || !isAnswer(b.shell[i]) {
		return 0
	}
	n := 1
	for i+n < len(b.shell) && isAnswer(b.shell[i+n]) {
		n++
	}
	return n
}

// outputLength returns how many of the lines, from the first, are a command's answer.
// JSON ends with its document; a table goes on to the next blank line or comment.
func outputLength(lines []string) int {
	first := strings.TrimSpace(lines[0])
	switch {
	case strings.HasPrefix(first, "{") || strings.HasPrefix(first, "["):
		return jsonLength(lines)
	case yamlKey().MatchString(first):
		n := 1
		for n < len(lines) && strings.TrimSpace(lines[n]) != "" && (yamlPair().MatchString(lines[n]) || strings.HasPrefix(lines[n], " ")) {
			n++
		}
		return n
	case tableLine().MatchString(lines[0]), columnLine().MatchString(first):
		n := 1
		for n < len(lines) && strings.TrimSpace(lines[n]) != "" && !strings.HasPrefix(strings.TrimSpace(lines[n]), "#") {
			n++
		}
		return n
	}
	return 0
}

// jsonLength returns how many lines a JSON document takes that begins with the first
// one, or 0. A document that was shortened with "..." counts by its last bracket.
// A document of more than 2,000 lines is none.
func jsonLength(lines []string) int {
	if !beginsJSON(lines) {
		return 0
	}
	text := ""
	for n, line := range lines {
		text += line + "\n"
		if validJSON(text) {
			return n + 1
		}
		if n > 0 && (line == "}" || line == "]") && strings.Contains(text, `"`) {
			return n + 1
		}
		if n > 2000 {
			break
		}
	}
	return 0
}

var (
	objectStart = lazy.Regexp(`^\{\s*(?:["}]|\.\.\.|…|//|$)`)
	arrayStart  = lazy.Regexp(`^\[(?:["\[{\]\d.-]|\s*\{|true\b|false\b|null\b|$)`)
	memberStart = lazy.Regexp(`^\s*(?:["}\]\[{]|-?\d|\.\.\.|…|//|#|true\b|false\b|null\b|$)`)
)

// beginsJSON reports lines that may be a document: not a test of the shell's, `[ -n "$A" ] || exit`, nor its group of commands, whose
// bracket another one may seem to close.
func beginsJSON(lines []string) bool {
	first := strings.TrimSpace(lines[0])
	if validJSON(first) {
		return true
	}
	if strings.HasPrefix(first, "[[ ") || !objectStart().MatchString(first) && !arrayStart().MatchString(first) {
		return false
	}
	return len(first) > 1 || len(lines) == 1 || memberStart().MatchString(lines[1])
}

// expected returns the output lines between two lines, as the document shows them.
func (b *block) expected(first, last int) string {
	var lines []string
	for i := first; i <= last; i++ {
		if b.output[i] {
			lines = append(lines, b.raw[i])
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
